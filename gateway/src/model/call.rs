//! The record that every call leaves, also the one that failed.

use serde::{Deserialize, Serialize};

use crate::model::{CallId, LegRecord, OrganizationId, UserId};

/// Call detail record: one for each Call. Times are Unix milliseconds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallRecord {
    /// Name of the call.
    pub id: CallId,
    /// `None`: refused before its organization was known.
    pub organization: Option<OrganizationId>,
    /// The node that owned the call.
    pub node: String,
    /// Where it came from and went.
    pub direction: Direction,
    /// Calling number.
    pub caller: String,
    /// Called number, as dialled.
    pub callee: String,
    /// Where the dial plan sent it.
    pub destination: Option<String>,
    /// Trunk taken, by name.
    pub trunk: Option<String>,
    /// The INVITE came.
    pub started_at_ms: i64,
    /// The first 180 or 183 went to the caller.
    pub ringing_at_ms: Option<i64>,
    /// The 200 came.
    pub answered_at_ms: Option<i64>,
    /// `None`: the call goes on.
    pub ended_at_ms: Option<i64>,
    /// Name of the end reason; empty while the call goes on.
    pub end_reason: String,
    /// Final SIP status, of the refusal or 200.
    pub sip_status: Option<u16>,
    /// Cause value of ITU-T Q.850.
    pub q850_cause: Option<u8>,
    /// Who ended it.
    pub ended_by: Option<EndedBy>,
    /// Path of the recording.
    pub recording: Option<String>,
    /// Where the last transfer led.
    pub transferred_to: Option<String>,
    /// The queue that it waited in last, by name.
    #[serde(default)]
    pub queue: Option<String>,
    /// The agent of a queue who took it last.
    #[serde(default)]
    pub agent: Option<UserId>,
    /// The parties, caller first.
    pub legs: Vec<LegRecord>,
}

worded_enum! {
    /// How a call ended, as people look for it: each call is one of these.
    CallOutcome {
        /// Somebody talked, or a number of our own did; of a queue's calls: an agent had it.
        Answered = "answered",
        /// It rang, until nobody wanted to wait any longer.
        NotAnswered = "not_answered",
        Busy = "busy",
        /// The called party refused.
        Declined = "declined",
        /// Whoever waited in a queue left before any agent had the call.
        GaveUp = "gave_up",
        /// It could not be made: no such number, no phone there, a carrier that refused, a fault.
        Failed = "failed",
        GoingOn = "going_on",
    }
}

worded_enum! {
    /// Where a call came from and went, as the organization sees it.
    Direction {
        Inbound = "inbound",
        Internal = "internal",
        Outbound = "outbound",
    }
}

worded_enum! {
    /// Who ended a call.
    EndedBy {
        Callee = "callee",
        Caller = "caller",
        System = "system",
    }
}

impl CallRecord {
    /// A call that has just begun and about which nothing else is known.
    pub fn begun(id: CallId, node: &str, direction: Direction, started_at_ms: i64) -> Self {
        Self {
            id,
            organization: None,
            node: node.to_owned(),
            direction,
            caller: String::new(),
            callee: String::new(),
            destination: None,
            trunk: None,
            started_at_ms,
            ringing_at_ms: None,
            answered_at_ms: None,
            ended_at_ms: None,
            end_reason: String::new(),
            sip_status: None,
            q850_cause: None,
            ended_by: None,
            recording: None,
            transferred_to: None,
            queue: None,
            agent: None,
            legs: Vec::new(),
        }
    }

    /// Time spoken in milliseconds; 0 if never answered or not yet ended.
    pub fn talk_ms(&self) -> i64 {
        match (self.answered_at_ms, self.ended_at_ms) {
            (Some(answered), Some(ended)) => (ended - answered).max(0),
            _ => 0,
        }
    }
}
