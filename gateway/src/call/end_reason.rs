//! Why a Call ended: one value knows its SIP status, its Q.850 cause and the word in the CDR.

use crate::routing::dial_plan::Refusal;

/// Why a Call, or an attempt at one, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// A party hung up an answered call.
    NormalClearing,
    /// The caller gave up while it rang.
    CallerCancelled,
    /// Rang for the whole ring time-out.
    NoAnswer,
    /// The callee is busy (486, 600).
    Busy,
    /// Whoever has this number is in the Call already: one's own browser, or the party that is to be given away.
    InCallAlready,
    /// The callee refused (603, 403 from the far end).
    Declined,
    /// No such number in the dial plan, or at the far end (404, 484, 604).
    NumberUnknown,
    /// The extension exists but no phone is registered for it.
    NotRegistered,
    /// The dialog that an INVITE wants to replace is not there, or not the sender's to replace.
    NoSuchDialog,
    /// The caller may not call this number.
    NotAllowed,
    /// Too many wrong PINs came from there: refused for a while.
    PinLocked,
    /// A conference asked for its PIN, and the right one did not come in three tries or in time.
    WrongPin,
    /// Offer and answer have no codec, or no encryption, in common (488, 606).
    MediaIncompatible,
    /// Media would have to go from IPv4 to IPv6 or back (488).
    NetworkIncompatible,
    /// What a peer sent could not be understood (400).
    Malformed,
    /// The trunk did not answer our INVITE in time, or its connection failed.
    TrunkUnreachable,
    /// The trunk refused with a status that no other reason names.
    TrunkRefused(u16),
    /// Our own limit: trunk full, no ports, no memory.
    Overloaded,
    /// The browser of a Seat vanished and did not come back in time.
    BrowserLost,
    /// A peer vanished: no media and no answer to a probe.
    PeerLost,
    /// Our 200 was never acknowledged and no media came.
    NotAcknowledged,
    /// The announcement or other service came to its end.
    ServiceFinished,
    /// The party left by transferring the call.
    Transferred,
    /// The call has lasted as long as any may.
    TimeLimit,
    /// An operator ended the call.
    Operator,
    /// The node stopped, in order or not, while the call was up.
    NodeStopped,
}

impl EndReason {
    /// The reason that a final response of the far end stands for.
    pub fn from_status(status: u16) -> Self {
        match status {
            486 | 600 => Self::Busy,
            603 | 403 => Self::Declined,
            404 | 410 | 484 | 604 => Self::NumberUnknown,
            480 => Self::NotRegistered,
            // 487 without a CANCEL of ours: the far end gave up ringing by itself.
            408 | 487 => Self::NoAnswer,
            415 | 488 | 606 => Self::MediaIncompatible,
            other => Self::TrunkRefused(other),
        }
    }

    /// SIP status that the other party is owed (RFC 3261 §21, RFC 4497 §8.4).
    pub fn sip_status(self) -> u16 {
        match self {
            Self::NormalClearing
            | Self::ServiceFinished
            | Self::TimeLimit
            | Self::Transferred
            | Self::Operator => 200,
            Self::CallerCancelled => 487,
            Self::NoAnswer | Self::NotRegistered => 480,
            Self::Busy | Self::InCallAlready => 486,
            Self::Declined => 603,
            Self::NumberUnknown => 404,
            Self::NotAllowed | Self::PinLocked | Self::WrongPin => 403,
            Self::NoSuchDialog => 481,
            Self::MediaIncompatible | Self::NetworkIncompatible => 488,
            Self::Malformed => 400,
            Self::TrunkUnreachable | Self::Overloaded | Self::NodeStopped => 503,
            Self::TrunkRefused(status) => far_end_status(status),
            Self::BrowserLost | Self::PeerLost | Self::NotAcknowledged => 408,
        }
    }

    /// ITU-T Q.850 cause value, as carried in `Reason: Q.850;cause=` (RFC 3326, RFC 4497 §8.4.1).
    pub fn q850_cause(self) -> u8 {
        match self {
            Self::NormalClearing
            | Self::CallerCancelled
            | Self::ServiceFinished
            | Self::Transferred
            | Self::Operator => 16,
            Self::NoAnswer => 19,
            Self::NotRegistered => 20,
            Self::Busy | Self::InCallAlready => 17,
            Self::Declined | Self::WrongPin => 21,
            Self::NumberUnknown => 1,
            Self::NotAllowed | Self::PinLocked => 57,
            Self::NoSuchDialog => 101,
            Self::MediaIncompatible | Self::NetworkIncompatible => 88,
            Self::Malformed => 95,
            Self::TrunkUnreachable => 27,
            Self::TrunkRefused(_) => 31,
            Self::Overloaded => 42,
            Self::BrowserLost | Self::PeerLost => 27,
            Self::NotAcknowledged | Self::TimeLimit => 102,
            Self::NodeStopped => 41,
        }
    }

    /// The word in the CDR.
    pub fn cdr_text(self) -> &'static str {
        match self {
            Self::NormalClearing => "normal_clearing",
            Self::CallerCancelled => "caller_cancelled",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::InCallAlready => "in_call_already",
            Self::Declined => "declined",
            Self::NumberUnknown => "number_unknown",
            Self::NotRegistered => "not_registered",
            Self::NotAllowed => "not_allowed",
            Self::PinLocked => "pin_locked",
            Self::WrongPin => "wrong_pin",
            Self::NoSuchDialog => "no_such_dialog",
            Self::MediaIncompatible => "media_incompatible",
            Self::NetworkIncompatible => "network_incompatible",
            Self::Malformed => "malformed",
            Self::TrunkUnreachable => "trunk_unreachable",
            Self::TrunkRefused(_) => "trunk_refused",
            Self::Overloaded => "overloaded",
            Self::BrowserLost => "browser_lost",
            Self::PeerLost => "peer_lost",
            Self::NotAcknowledged => "not_acknowledged",
            Self::ServiceFinished => "service_finished",
            Self::TimeLimit => "time_limit",
            Self::Transferred => "transferred",
            Self::Operator => "operator",
            Self::NodeStopped => "node_stopped",
        }
    }

    /// The `Reason` header value that a BYE or CANCEL carries (RFC 3326 §2).
    pub fn reason_header(self) -> String {
        format!("Q.850;cause={};text=\"{}\"", self.q850_cause(), self.cdr_text())
    }

    /// The `Warning` header value that explains a refusal better than its status (RFC 3261 §20.43).
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::NetworkIncompatible => Some("301 ramal \"Incompatible network address formats\""),
            Self::PinLocked => Some("399 ramal \"Too many wrong PINs: try again in 15 minutes\""),
            _ => None,
        }
    }

    /// Which of two refusals a caller should hear of when all branches failed (RFC 3261 §16.7 step 6):
    /// the one that says most about the callee.
    pub fn tells_more_than(self, other: Self) -> bool {
        self.weight() > other.weight()
    }

    fn weight(self) -> u8 {
        match self {
            Self::Declined => 9,
            Self::Busy => 8,
            Self::MediaIncompatible | Self::NetworkIncompatible => 7,
            Self::NumberUnknown => 6,
            Self::TrunkRefused(_) => 5,
            Self::NoAnswer => 4,
            Self::NotRegistered => 3,
            Self::TrunkUnreachable => 2,
            _ => 1,
        }
    }
}

/// What the caller is told of a status that only makes sense between us and the trunk: a challenge
/// or a redirection is our matter, not the caller's.
fn far_end_status(status: u16) -> u16 {
    match status {
        401 | 407 | 300..=399 => 503,
        400..=699 => status,
        _ => 500,
    }
}

impl From<Refusal> for EndReason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownNumber => Self::NumberUnknown,
            Refusal::NotAllowed => Self::NotAllowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EndReason;

    #[test]
    fn a_busy_phone_tells_the_caller_busy_in_every_form() {
        let reason = EndReason::from_status(486);
        assert_eq!((reason.sip_status(), reason.q850_cause(), reason.cdr_text()), (486, 17, "busy"));
        assert_eq!(reason.reason_header(), "Q.850;cause=17;text=\"busy\"");
    }

    #[test]
    fn a_challenge_by_the_trunk_is_not_passed_to_the_caller() {
        assert_eq!(EndReason::from_status(407).sip_status(), 503);
        assert_eq!(EndReason::from_status(500).sip_status(), 500);
    }

    #[test]
    fn a_far_end_that_stops_ringing_by_itself_is_no_caller_who_gave_up() {
        assert_eq!(EndReason::from_status(487), EndReason::NoAnswer);
    }

    #[test]
    fn of_two_branches_the_one_that_says_more_is_reported() {
        assert!(EndReason::Busy.tells_more_than(EndReason::TrunkUnreachable));
        assert!(!EndReason::NoAnswer.tells_more_than(EndReason::Declined));
    }
}
