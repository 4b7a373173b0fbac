//! A channel's Plugin put to work: one number, one bot, one website.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Capabilities, InboxId, OrganizationId, PlacementFault, QueueId, SealedSecret};

worded_enum! {
    /// Whether an inbox works, as far as is known without asking its provider.
    InboxState {
        /// The provider took its settings.
        Ready = "ready",
        /// Its Plugin failed shortly before and is left alone for a while.
        Resting = "resting",
        /// Somebody must do something: `fault` says what.
        Faulty = "faulty",
        /// Switched off by an administrator.
        Off = "off",
        /// It works, but no queue takes what comes by it: it has none, or one that is off, and no rule chooses another.
        LeadsNowhere = "leads_nowhere",
    }
}

/// What an inbox turned out to be at the provider.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct InboxAccount {
    /// The provider's id.
    pub id: String,
    /// What people call it: a number, a handle.
    pub title: String,
    /// What the administrator must still do by hand, in words for him.
    #[serde(default)]
    pub remaining_steps: Vec<String>,
    /// Of the Plugin that it was connected by.
    #[serde(default)]
    pub plugin_version: String,
}

/// One configured instance of a messaging service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inbox {
    pub id: InboxId,
    pub organization: OrganizationId,
    /// Short, unique within the Organization.
    pub name: String,
    /// What people read.
    pub title: String,
    /// Name of the Plugin.
    pub plugin: String,
    /// Where its conversations wait, if no rule says otherwise.
    pub queue: Option<QueueId>,
    /// Fields of the Plugin's form but its secrets, as text.
    pub settings: BTreeMap<String, String>,
    /// Its secrets, sealed with the node's key under [`Inbox::secret_label`].
    pub secrets: BTreeMap<String, SealedSecret>,
    pub enabled: bool,
    /// [`InboxState::Ready`] or [`InboxState::Faulty`]: what else there is shows only in a running node.
    pub state: InboxState,
    /// Why it is faulty.
    pub fault: Option<PlacementFault>,
    /// What its address for providers and pages ends with: 128 bits that nobody guesses, and no secret.
    pub hook_key: String,
    pub account: Option<InboxAccount>,
    /// What the provider can do, by the account or else by the Plugin's manifest.
    pub capabilities: Capabilities,
    /// Where the next poll goes on.
    pub poll_cursor: Option<String>,
}

impl Inbox {
    /// What a secret of this inbox is bound to: moved to another row or field it does not open.
    pub fn secret_label(&self, field: &str) -> String {
        format!("inbox {}/{field}", self.hook_key)
    }

    /// Who it is to its Plugin, for ever.
    pub fn owner(&self) -> String {
        format!("inbox:{}", self.id)
    }
}
