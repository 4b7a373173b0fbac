//! What administrators say of queues and agents, as far as it decides who gets what.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::{Capacity, Medium, PauseReasonId, QueueId, UserId};

/// A queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueSettings {
    pub id: QueueId,
    pub medium: Medium,
    /// How long an agent may think about an offer.
    pub offer_timeout: Duration,
    /// After an Interaction of this queue the agent has so long before the next one; zero: none.
    pub wrap_up: Duration,
    /// Only a queue with reasons can be paused.
    pub pause_reasons: BTreeSet<PauseReasonId>,
}

/// An agent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentSettings {
    pub id: UserId,
    pub capacity: Capacity,
    /// The queues that the agent may log in to.
    pub queues: BTreeSet<QueueId>,
}
