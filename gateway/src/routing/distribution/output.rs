//! What the distribution decides, and why.

use std::time::{Duration, Instant};

use crate::model::{InteractionId, PauseReasonId, QueueId, UserId};

/// Names one proposal to one agent; never used again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct OfferId(pub u64);

/// A proposal to one agent. Until it ends nobody else is offered the Interaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offer {
    pub id: OfferId,
    pub interaction: InteractionId,
    pub agent: UserId,
    pub until: Instant,
}

/// What to do or to tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    Offered(Offer),
    /// The offer is over without an acceptance.
    Withdrawn {
        offer: Offer,
        why: Withdrawal,
    },
    Assigned {
        interaction: InteractionId,
        agent: UserId,
    },
    /// It waits again, in its old place.
    GivenBack {
        interaction: InteractionId,
        agent: UserId,
        why: GaveBack,
    },
    /// The one agent that it was meant for has not taken it: it waits in its queue now.
    SentHome {
        interaction: InteractionId,
        agent: UserId,
        queue: QueueId,
    },
    /// Why this agent and not another, to be kept with the Interaction.
    Decided(Decision),
    /// An agent's wrap-up of it is over.
    WrappedUp {
        interaction: InteractionId,
        lasted: Duration,
    },
    /// Something that others see of the agent has changed.
    AgentChanged(UserId),
}

/// Why an offer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Withdrawal {
    /// The customer left, or the Interaction was sent elsewhere.
    Gone,
    /// The agent logged out, paused or is lost.
    AgentLeft,
    /// The agent has begun or taken another call. He has not said no to this one.
    InCall,
    Refused,
    TimedOut,
}

/// Why an agent has an Interaction no more that goes on without him.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GaveBack {
    /// Nothing was heard of the agent for longer than the grace.
    Lost,
    LoggedOut,
    Released,
}

/// One offer with its reasons.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    pub interaction: InteractionId,
    pub queue: Option<QueueId>,
    pub agent: UserId,
    /// What he had open. Of those who had least, he was idle for the longest time.
    pub open: u32,
    pub idle: Duration,
    /// Everybody else of the queue.
    pub others: Vec<(UserId, NotOffered)>,
}

/// Why an agent is not offered an Interaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotOffered {
    /// Has as many chats as he may have.
    AtCapacity {
        open: u32,
        of: u32,
    },
    /// Refused it, or let it time out, and is not asked again before this.
    Declined {
        until: Instant,
    },
    /// Was free for a shorter time.
    IdleForLess {
        idle: Duration,
    },
    /// Is in a call that came by no queue: he talks, rings or dials, on his Seat or his phone.
    InCall,
    /// His browser is gone.
    Lost,
    /// Has more open than the one who was chosen.
    MoreOpen {
        open: u32,
    },
    NotLoggedIn,
    /// Has a call, which takes all attention; or has anything open where this is a call.
    NotFree {
        open: u32,
    },
    Paused {
        reason: PauseReasonId,
    },
    WrapUp {
        until: Instant,
    },
    /// May not take this medium at all.
    WithoutCapacity,
}

/// Why an order was refused: the words for the one who gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RoutingError {
    #[error("no such agent")]
    UnknownAgent,
    #[error("no such queue")]
    UnknownQueue,
    #[error("no such interaction is open")]
    UnknownInteraction,
    #[error("an interaction with this number is already open")]
    Duplicate,
    #[error("the agent is not a member of this queue: an administrator can add him")]
    NotAMember,
    #[error("the agent is not logged in to this queue")]
    NotLoggedIn,
    #[error("this queue has no such pause reason")]
    NoSuchReason,
    #[error("the offer is over: it timed out, was withdrawn, or another took its place")]
    OfferOver,
    #[error("the interaction is already with an agent")]
    Taken,
    #[error("the agent does not have this interaction")]
    NotTheirs,
    #[error("the agent has no room for this interaction now")]
    NoRoom,
}
