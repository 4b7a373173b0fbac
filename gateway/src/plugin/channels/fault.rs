//! What ails an inbox or a rule, as it is kept and told.

use crate::model::{FaultCode, PlacementFault};
use crate::plugin::channels::{Idle, translate};
use crate::plugin::fault::Fault;
use crate::plugin::form::FieldFault;
use crate::plugin::manifest::Lack;
use crate::plugin::unfit::Unfit;
use crate::plugin::wit::outbound::SendError;

impl From<Idle> for PlacementFault {
    fn from(idle: Idle) -> Self {
        let code = match idle {
            // Nobody is told so: what is off has no fault.
            Idle::Off | Idle::NoPlugin => FaultCode::NoPlugin,
            Idle::OtherKey => FaultCode::OtherKey,
        };
        Self::new(code, idle.to_string())
    }
}

impl From<Lack> for PlacementFault {
    fn from(lack: Lack) -> Self {
        let text = lack.to_string();
        match lack {
            Lack::Cleartext { plugin, place, command } => Self::new(FaultCode::CleartextNotGranted, text)
                .with("plugin", plugin)
                .with("place", place)
                .with("command", command),
            Lack::Host { plugin, host, command } => Self::new(FaultCode::HostNotGranted, text)
                .with("plugin", plugin)
                .with("host", host)
                .with("command", command),
            Lack::NotNamed { plugin, host } => {
                Self::new(FaultCode::HostNotNamed, text).with("plugin", plugin).with("host", host)
            }
            Lack::Private { plugin, host, command } => Self::new(FaultCode::PrivateNotGranted, text)
                .with("plugin", plugin)
                .with("host", host)
                .with("command", command),
        }
    }
}

/// It failed a moment ago, and rests.
impl From<Fault> for PlacementFault {
    fn from(fault: Fault) -> Self {
        let text = format!("the plugin {fault}");
        match fault {
            Fault::OutOfTime(time) => {
                Self::new(FaultCode::OutOfTime, text).with("n", time.as_millis().to_string())
            }
            Fault::TooSlow(time) => {
                Self::new(FaultCode::TooSlow, text).with("n", time.as_millis().to_string())
            }
            Fault::OutOfMemory(mib) => Self::new(FaultCode::OutOfMemory, text).with("n", mib.to_string()),
            Fault::Trap(words) => Self::new(FaultCode::Trap, text).with("reason", words),
            Fault::TooMuch(pieces) => Self::new(FaultCode::TooMuch, text).with("n", pieces.to_string()),
        }
    }
}

impl From<&FieldFault> for PlacementFault {
    fn from(fault: &FieldFault) -> Self {
        let text = fault.to_string();
        let field = fault.field.trim_start_matches("settings.");
        if fault.reason == Unfit::Empty {
            return Self::new(FaultCode::SettingMissing, text).with("field", field);
        }
        let told = Self::new(FaultCode::SettingWrong, text).with("field", field);
        let told = told.with("reason", fault.reason.to_string());
        let told = fault.reason.values().fold(told, |told, (name, value)| told.with(name, value.to_string()));
        match fault.reason.code() {
            Some(code) => told.with("reason_code", code),
            None => told,
        }
    }
}

/// Nobody has asked the provider yet.
pub fn never_connected() -> PlacementFault {
    PlacementFault::new(FaultCode::NeverConnected, "it was never connected")
}

/// What the plugin says of its provider by itself.
pub fn alarm(words: String) -> PlacementFault {
    PlacementFault::new(FaultCode::Alarm, words.clone()).with("reason", words)
}

/// The provider does not know who we are.
pub fn token_refused(reason: &str) -> PlacementFault {
    let text = format!("the provider refuses its token: {reason}");
    PlacementFault::new(FaultCode::TokenRefused, text).with("reason", reason)
}

/// The provider could not be asked who we are.
pub fn not_asked(error: &SendError) -> PlacementFault {
    let words = translate::words(error);
    let text = format!("the provider could not be asked: {words}");
    match error {
        SendError::RateLimited(_) => PlacementFault::new(FaultCode::ProviderBusy, text),
        SendError::Unsupported => PlacementFault::new(FaultCode::Unsupported, text),
        SendError::Unauthorized(reason) => {
            PlacementFault::new(FaultCode::TokenRefused, text).with("reason", reason.as_str())
        }
        SendError::Invalid(_)
        | SendError::Other(_)
        | SendError::Temporary(_)
        | SendError::Unknown(_)
        | SendError::Unreachable(_)
        | SendError::WindowClosed => {
            PlacementFault::new(FaultCode::ProviderFails, text).with("reason", words)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn told(fault: &PlacementFault) -> (FaultCode, Vec<(&str, &str)>) {
        let cause = fault.cause.as_ref().unwrap();
        (cause.code, cause.details.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
    }

    #[test]
    fn what_ails_a_placement_has_a_code_its_values_and_words() {
        let slow = PlacementFault::from(Fault::TooSlow(Duration::from_millis(200)));
        assert_eq!(told(&slow), (FaultCode::TooSlow, vec![("n", "200")]));
        assert_eq!(slow.text, "the plugin did not end within 200 ms");
        let refused = not_asked(&SendError::Unauthorized("bad token".to_owned()));
        assert_eq!(told(&refused), (FaultCode::TokenRefused, vec![("reason", "bad token")]));
        let empty = FieldFault::new("settings.token", Unfit::Empty);
        let missing = PlacementFault::from(&empty);
        assert_eq!(told(&missing), (FaultCode::SettingMissing, vec![("field", "token")]));
        let few = FieldFault::new("settings.limit", Unfit::Integer { least: Some(1), most: None });
        let values = vec![
            ("field", "limit"),
            ("least", "1"),
            ("reason", "must be a whole number, 1 or more"),
            ("reason_code", "at_least"),
        ];
        assert_eq!(told(&PlacementFault::from(&few)), (FaultCode::SettingWrong, values));
        let lack = Lack::Host { plugin: "ab".into(), host: "a.example".into(), command: "grant".into() };
        let (code, values) =
            (FaultCode::HostNotGranted, vec![("command", "grant"), ("host", "a.example"), ("plugin", "ab")]);
        assert_eq!(told(&PlacementFault::from(lack)), (code, values));
    }
}
