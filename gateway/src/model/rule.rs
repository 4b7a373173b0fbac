//! A rule's Plugin put to work: asked when an Interaction arrives.

use std::collections::BTreeMap;

use crate::model::{OrganizationId, SealedSecret};

row_id! {
    /// Row number of a [`Rule`].
    RuleId
}

/// One of the rules of an Organization, asked in the order of their positions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    pub id: RuleId,
    pub organization: OrganizationId,
    pub position: i64,
    /// What people read.
    pub title: String,
    /// Name of the Plugin.
    pub plugin: String,
    /// Fields of the Plugin's form but its secrets, as text.
    pub settings: BTreeMap<String, String>,
    /// Its secrets, sealed with the node's key under [`Rule::secret_label`].
    pub secrets: BTreeMap<String, SealedSecret>,
    pub enabled: bool,
}

impl Rule {
    /// What a secret of a rule is bound to.
    pub fn secret_label(organization: OrganizationId, plugin: &str, field: &str) -> String {
        format!("rule {organization}/{plugin}/{field}")
    }

    /// Who it is to its Plugin, for ever.
    pub fn owner(&self) -> String {
        format!("rule:{}", self.id)
    }
}
