//! A phone number inside an organization.

use crate::model::{Ha1Pair, OrganizationId, RecordingRule};

row_id! {
    /// Row number of an [`Extension`].
    ExtensionId
}

/// A phone number inside the organization; its digest user name is the number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extension {
    /// Row number.
    pub id: ExtensionId,
    /// Owner.
    pub organization: OrganizationId,
    /// 2 to 15 digits.
    pub number: String,
    /// What the other party's phone shows.
    pub display_name: Option<String>,
    /// What digest needs; the password itself is not kept.
    pub ha1: Ha1Pair,
    /// Recording rule of this extension.
    pub recording: RecordingRule,
    /// How many phones may be registered at once.
    pub max_bindings: u32,
    /// Whether prefix rules apply to this extension at all; `false` keeps a lobby phone from running up a bill.
    pub may_call_trunks: bool,
    /// Overrides the organization's.
    pub ring_timeout_s: Option<u32>,
    /// `false`: registers nothing, calls nobody, rings never.
    pub enabled: bool,
}
