//! What passes between the floor and signalling: calls that wait for an agent or that an agent has, and what is
//! decided about them. Signalling owns the calls, the floor the Interactions; a call is named by its id on both sides.

use tokio::sync::oneshot;

use crate::model::{Announcement, CallId, ContactId, ExtensionId, OrganizationId, QueueId, UserId};

/// Orders that may wait for signalling; the floor waits for room.
pub const VOICE_ORDERS_LIMIT: usize = 256;
/// Events that may wait for the floor. While more wait in signalling, callers of queues are refused with 503.
pub const VOICE_EVENTS_LIMIT: usize = 1_024;

/// What happened to a call that concerns an agent or a queue. All events of one call come in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VoiceEvent {
    /// Somebody called a queue, or was sent to it by its number: he is answered and hears music.
    Queued {
        organization: OrganizationId,
        call: CallId,
        queue: QueueId,
        /// The number that calls; may be empty.
        caller: String,
        caller_name: Option<String>,
        /// The number that was called.
        dialled: String,
        at_ms: i64,
    },
    /// Somebody called an agent himself, and the agent took it at his Seat. Whose extension nobody's is, is no matter of the floor.
    Direct {
        organization: OrganizationId,
        call: CallId,
        extension: ExtensionId,
        caller: String,
        caller_name: Option<String>,
        dialled: String,
        recorded: bool,
        at_ms: i64,
    },
    /// An agent calls somebody outside from his Seat; the call rings.
    Dialled {
        organization: OrganizationId,
        call: CallId,
        extension: ExtensionId,
        to: String,
        purpose: Purpose,
        at_ms: i64,
    },
    /// The agent and the other party hear each other for the first time: after an order to connect, or when the one who was called answers.
    Connected {
        call: CallId,
        recorded: bool,
    },
    /// Others are in the call than before, on their Seats or phones, whether it concerns a queue or not. Nobody: it is over.
    Engaged {
        organization: OrganizationId,
        call: CallId,
        /// Also of users who are no agents, and of nobody.
        extensions: Vec<ExtensionId>,
        /// Those of them who began the call or took it; at the others it rings.
        taken: Vec<ExtensionId>,
    },
    /// The agent has put the other party on hold.
    Held {
        call: CallId,
    },
    Resumed {
        call: CallId,
    },
    /// The agent has given the call away himself, to a number or to another extension; it goes on without him.
    HandedOver {
        call: CallId,
        /// The number that has it now.
        to: String,
        /// Whose Seat has it now, where it is one.
        extension: Option<ExtensionId>,
    },
    /// The agent's browser is gone for good; the caller hears music again and waits for an order.
    SeatLost {
        call: CallId,
    },
    /// The call is over.
    Ended {
        call: CallId,
        by: Hangup,
        /// The word of the CDR.
        reason: &'static str,
        at_ms: i64,
    },
}

impl VoiceEvent {
    /// The call that it is about.
    pub const fn call(&self) -> CallId {
        match self {
            Self::Queued { call, .. }
            | Self::Direct { call, .. }
            | Self::Dialled { call, .. }
            | Self::Connected { call, .. }
            | Self::Engaged { call, .. }
            | Self::Held { call }
            | Self::Resumed { call }
            | Self::HandedOver { call, .. }
            | Self::SeatLost { call }
            | Self::Ended { call, .. } => *call,
        }
    }
}

/// What an agent dials for; both are of his organization.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Purpose {
    /// The outbound queue that the call counts for.
    pub queue: Option<QueueId>,
    pub contact: Option<ContactId>,
}

/// Who ended a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hangup {
    Agent,
    Customer,
    /// The node, an operator, or a fault.
    System,
}

/// What the floor has decided about a call. One about a call that has ended meanwhile changes nothing.
#[derive(Debug)]
pub enum VoiceOrder {
    /// The agent has accepted: he and the caller who waits hear each other.
    Connect {
        call: CallId,
        user: UserId,
        extension: ExtensionId,
        reply: oneshot::Sender<Result<(), VoiceRefusal>>,
    },
    /// The agent leaves the call, the caller hears music again. `queue`: whose music, and where the record says that he waits.
    BackToWaiting {
        call: CallId,
        queue: Option<QueueId>,
    },
    HangUp {
        call: CallId,
    },
    /// Who waits hears this once, then music again.
    Announce {
        call: CallId,
        prompt: Announcement,
    },
}

/// Why an agent and a caller were not connected; nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VoiceRefusal {
    /// The extension has no Seat, or the Seat's browser is lost.
    #[error("no browser audio")]
    NoSeat,
    #[error("the caller has hung up")]
    NoSuchCall,
    /// Somebody else has the caller, or he is not waiting.
    #[error("the caller does not wait")]
    NotWaiting,
    /// The agent's browser and the caller cannot be brought together on one media worker.
    #[error("the media of the two cannot be connected")]
    Media,
}
