//! Why an inbox or a rule does not work: in words for the administrator, and by a code for whoever has words of his own for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

worded_enum! {
    /// What ails a Placement. The console has words for each, in each of its languages, with places for its details.
    FaultCode {
        /// The plugin tells something by itself: `reason`.
        Alarm = "alarm",
        /// Of `plugin`: requests without TLS to `place`; `command` grants them.
        CleartextNotGranted = "cleartext_not_granted",
        /// Of `plugin`: requests to `host`; `command` grants them.
        HostNotGranted = "host_not_granted",
        /// The manifest of `plugin` does not name `host`.
        HostNotNamed = "host_not_named",
        NeverConnected = "never_connected",
        /// The plugin is not on this node, or cannot be loaded.
        NoPlugin = "no_plugin",
        /// The secrets were sealed with the key of another node.
        OtherKey = "other_key",
        /// It wanted more than `n` MiB.
        OutOfMemory = "out_of_memory",
        /// It computed longer than `n` ms.
        OutOfTime = "out_of_time",
        /// Of `plugin`: `host`, in this machine or in a private network; `command` grants it.
        PrivateNotGranted = "private_not_granted",
        ProviderBusy = "provider_busy",
        /// The provider could not be asked: `reason`.
        ProviderFails = "provider_fails",
        /// `field` must be filled in.
        SettingMissing = "setting_missing",
        /// `field` does not fit: `reason`, and by the code of a refusal `reason_code`, whose values are there too.
        SettingWrong = "setting_wrong",
        /// The provider refuses the token: `reason`.
        TokenRefused = "token_refused",
        /// It gave back `n` pieces.
        TooMuch = "too_much",
        /// It did not end within `n` ms.
        TooSlow = "too_slow",
        /// It broke off: `reason`.
        Trap = "trap",
        /// The plugin cannot do what it is asked for.
        Unsupported = "unsupported",
    }
}

/// A code with the values that its words have places for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FaultCause {
    #[schema(value_type = String)]
    pub code: FaultCode,
    /// Values by name. Those that a provider or a plugin said are in its own words.
    pub details: BTreeMap<String, String>,
}

/// See the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlacementFault {
    pub text: String,
    /// None of those that were kept before there were codes.
    pub cause: Option<FaultCause>,
}

impl PlacementFault {
    pub fn new(code: FaultCode, text: impl Into<String>) -> Self {
        Self { text: text.into(), cause: Some(FaultCause { code, details: BTreeMap::new() }) }
    }

    /// A value that the words of the code have a place for.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Some(cause) = &mut self.cause {
            cause.details.insert(name.to_owned(), value.into());
        }
        self
    }
}
