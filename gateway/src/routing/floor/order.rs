//! What the floor is asked.

use tokio::sync::oneshot;

use super::error::FloorError;
use super::view::{DeskPart, Live, Why};
use super::voice::VoiceRefusal;
use crate::model::{CallId, DispositionId, InteractionId, OrganizationId, PauseReasonId, QueueId, UserId};
use crate::routing::distribution::Scope;

/// Where a person sends an Interaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    Queue(QueueId),
    User(UserId),
}

/// What a person does at the desk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// By the number that the offer was published under.
    Accept(i64),
    Close {
        interaction: InteractionId,
        disposition: Option<DispositionId>,
    },
    /// His own, or as supervisor another's.
    EndWrapUp {
        of: UserId,
    },
    LogIn {
        queues: Vec<QueueId>,
    },
    LogOut {
        of: UserId,
        /// None: all.
        queues: Option<Vec<QueueId>>,
    },
    Open(InteractionId),
    Pause {
        scope: Scope,
        reason: PauseReasonId,
    },
    Ready {
        scope: Scope,
    },
    Refuse(i64),
    Release(InteractionId),
    /// He leaves the platform.
    SignOut,
    Take(InteractionId),
    Transfer {
        interaction: InteractionId,
        to: Target,
    },
}

/// How a call came to be connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    /// He took an offer; by its number.
    Offer(i64),
    /// He picked it himself.
    Choice,
}

/// A call that signalling was asked to give to an agent.
#[derive(Debug)]
pub(super) struct Connecting {
    pub interaction: InteractionId,
    pub call: CallId,
    pub user: UserId,
    pub by: By,
    pub reply: Reply<Result<(), FloorError>>,
}

pub(super) type Reply<T> = oneshot::Sender<T>;

/// A message in the floor's mailbox.
#[derive(Debug)]
pub(super) enum Order {
    Arrived(InteractionId),
    Changed(InteractionId),
    Connected(Connecting, Result<(), VoiceRefusal>),
    CustomerEnded(InteractionId, Reply<()>),
    Deed(UserId, Deed, Reply<Result<(), FloorError>>),
    /// How many Interactions a user has open.
    Holds(UserId, Reply<u32>),
    /// What memory has of those that are asked for.
    Live(Vec<InteractionId>, Reply<Vec<(InteractionId, Live)>>),
    /// What one user has before him.
    Look(UserId, Reply<DeskPart>),
    SocketClosed(UserId),
    SocketOpened(UserId, Reply<Result<(), FloorError>>),
    Why(InteractionId, Reply<Option<Why>>),
}

/// Of which Organization an order is.
pub(super) type Addressed = (OrganizationId, Order);
