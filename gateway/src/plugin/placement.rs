//! A plugin put to work: an inbox, or a rule, of one Organization.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{InboxId, OrganizationId};

/// For whom a plugin works and with which settings. Cheap to keep in an `Arc`; a change of settings makes a new one.
#[derive(Clone, PartialEq, Eq)]
pub struct Placement {
    pub organization: OrganizationId,
    /// What it is, unique within the Organization and for ever: `inbox:7`, `rule:3`.
    pub owner: String,
    /// The inbox, if it is one.
    pub inbox: Option<InboxId>,
    /// Fields of the settings form, as text.
    pub settings: BTreeMap<String, String>,
    /// Fields of the kind `secret`, opened.
    pub secrets: BTreeMap<String, String>,
}

impl fmt::Debug for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Placement")
            .field("organization", &self.organization)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}
