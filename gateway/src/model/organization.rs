//! The tenant, and the rule that decides whether its calls are recorded.

row_id! {
    /// Row number of an [`Organization`]; never given twice, not even after a deletion.
    OrganizationId
}

/// The company that owns extensions, trunks and a dial plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organization {
    /// Row number.
    pub id: OrganizationId,
    /// Short unique name: lower-case letters, digits and hyphens.
    pub name: String,
    /// What people read.
    pub title: String,
    /// The domain phones register with, unique, in lower case. Also the digest realm.
    pub sip_domain: String,
    /// Rule for calls about which neither extension nor trunk says anything.
    pub recording: RecordingRule,
    /// Folder with the organization's own announcements.
    pub announcements: Option<String>,
    /// How long an extension rings before the caller hears "no answer".
    pub ring_timeout_s: u32,
    /// Whose tones its callers hear.
    pub country: ToneCountry,
    /// How many days recordings are kept; `None`: for ever.
    pub recording_days: Option<u32>,
}

worded_enum! {
    /// Whose telephone network ringing, busy and congestion sound like.
    ToneCountry {
        Brazil = "brazil",
        Europe = "europe",
        UnitedStates = "united_states",
    }
}

worded_enum! {
    /// Whether calls are recorded.
    RecordingRule {
        /// The next wider rule decides; nothing is recorded if none does.
        Inherit = "inherit",
        Always = "always",
        Never = "never",
    }
}

impl RecordingRule {
    /// Whether a call is recorded: the most specific rule that is not `Inherit` decides, in the order extension, trunk, organization.
    /// Where two extensions disagree, `Always` wins: the one who must keep a record cannot be overruled by the other party.
    pub fn is_recorded(extensions: &[Self], trunk: Option<Self>, organization: Self) -> bool {
        if extensions.contains(&Self::Always) {
            return true;
        }
        if extensions.contains(&Self::Never) {
            return false;
        }
        let wider = trunk.filter(|rule| *rule != Self::Inherit).unwrap_or(organization);
        wider == Self::Always
    }
}

#[cfg(test)]
mod tests {
    use super::RecordingRule::{Always, Inherit, Never};
    use super::*;

    #[test]
    fn most_specific_rule_decides() {
        assert!(RecordingRule::is_recorded(&[Inherit], Some(Inherit), Always));
        assert!(!RecordingRule::is_recorded(&[Inherit], Some(Never), Always));
        assert!(RecordingRule::is_recorded(&[Always], Some(Never), Never));
        assert!(!RecordingRule::is_recorded(&[Never, Inherit], Some(Always), Always));
    }

    #[test]
    fn nobody_asks_then_nothing_is_recorded() {
        assert!(!RecordingRule::is_recorded(&[], None, Inherit));
        assert!(!RecordingRule::is_recorded(&[Inherit, Inherit], Some(Inherit), Inherit));
    }

    #[test]
    fn two_extensions_disagree() {
        assert!(RecordingRule::is_recorded(&[Never, Always], None, Inherit));
    }
}
