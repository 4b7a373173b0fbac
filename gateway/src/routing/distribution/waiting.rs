//! One Interaction on its way, and the one order in which all wait.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Instant;

use super::output::{Offer, RoutingError};
use crate::model::{InteractionId, Medium, QueueId, UserId};

/// For whom an Interaction waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Destination {
    Queue(QueueId),
    /// One agent alone, as after a transfer to a person. What has a queue to go to waits for him no longer than [`super::ALONE`].
    Agent(UserId),
}

impl Destination {
    /// The queue, if it is one.
    pub const fn queue(self) -> Option<QueueId> {
        match self {
            Self::Queue(queue) => Some(queue),
            Self::Agent(_) => None,
        }
    }
}

/// An Interaction that arrives, or comes back after a restart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    pub id: InteractionId,
    pub medium: Medium,
    pub to: Destination,
    /// The last queue it was sent to. Who takes what was meant for him alone has it for this queue; who does not leaves it to this queue.
    pub home: Option<QueueId>,
    /// 0 is usual; more goes first.
    pub priority: u8,
    /// Unix time. Kept through transfers and give-backs: the place in the order is that of the arrival.
    pub arrived_at_ms: i64,
}

/// The place in the order: priority, arrival, then the number, so that the order is total.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    priority: Reverse<u8>,
    arrived_at_ms: i64,
    pub id: InteractionId,
}

/// How far it has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    Waiting,
    Offered(Offer),
    Served(UserId),
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Routed {
    pub arrival: Arrival,
    pub progress: Progress,
    /// Until when it waits for one agent alone.
    pub(super) alone_until: Option<Instant>,
    /// Who said no, and until when he is not asked again.
    pub(super) declined: BTreeMap<UserId, Instant>,
}

impl Routed {
    pub(super) fn new(arrival: Arrival) -> Self {
        let home = arrival.to.queue().or(arrival.home);
        let arrival = Arrival { home, ..arrival };
        Self { arrival, progress: Progress::Waiting, alone_until: None, declined: BTreeMap::new() }
    }

    pub(super) fn place(&self) -> Place {
        let Arrival { id, priority, arrived_at_ms, .. } = self.arrival;
        Place { priority: Reverse(priority), arrived_at_ms, id }
    }

    /// Whether it waits for one agent alone, and has done so for long enough.
    pub(super) fn alone_is_over(&self, now: Instant) -> bool {
        self.progress == Progress::Waiting && self.alone_until.is_some_and(|until| until <= now)
    }

    /// The queue it waits in.
    pub fn queue(&self) -> Option<QueueId> {
        self.arrival.to.queue()
    }

    /// # Errors
    /// Somebody else has it, or nobody.
    pub(super) fn served_by(&self, agent: UserId) -> Result<(), RoutingError> {
        match self.progress {
            Progress::Served(by) if by == agent => Ok(()),
            Progress::Served(_) | Progress::Offered(_) | Progress::Waiting => Err(RoutingError::NotTheirs),
        }
    }
}
