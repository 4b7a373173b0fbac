//! Automatic call distribution: who gets which Interaction. Queues, agents and offers of one Organization as one state machine; no clock, no I/O.
//!
//! **One change, then drain**: after each verb take [`Distribution::poll_output`] until it is empty, then come back at
//! [`Distribution::poll_timeout`]. What is decided here is written down by the caller, with its reason.
//!
//! All queues and media share one order: priority, then arrival. An agent who has room gets the first in that order which he may take; of several agents
//! the one with the least open, then the one who has been idle longest.

mod agent;
mod interactions;
mod matching;
mod output;
mod presence;
mod settings;
mod timeout;
mod waiting;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::model::{InteractionId, QueueId, UserId};

pub use agent::{Agent, Presence, Standing};
pub use output::{Decision, GaveBack, NotOffered, Offer, OfferId, Output, RoutingError, Withdrawal};
pub use presence::Scope;
pub use settings::{AgentSettings, QueueSettings};
pub use waiting::{Arrival, Destination, Progress, Routed};

use timeout::Due;
use waiting::Place;

/// Who refused an Interaction, or let its offer time out, is not asked again for so long.
pub const DECLINE: Duration = Duration::from_secs(30);
/// What is meant for one agent alone waits so long until he can be asked; then it goes to its queue.
pub const ALONE: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug, Default)]
pub struct Distribution {
    queues: HashMap<QueueId, QueueSettings>,
    agents: BTreeMap<UserId, Agent>,
    interactions: HashMap<InteractionId, Routed>,
    /// Those that nobody has and nobody is offered.
    waiting: BTreeMap<Destination, BTreeSet<Place>>,
    offers: HashMap<OfferId, Offer>,
    deadlines: BTreeSet<(Instant, Due)>,
    outputs: VecDeque<Output>,
    last_offer: u64,
}

impl Distribution {
    /// A new queue, or an old one with new settings. Running offers keep their time. What has waited for one agent alone long enough while
    /// the queue was not there comes home.
    pub fn set_queue(&mut self, now: Instant, settings: QueueSettings) {
        self.queues.insert(settings.id, settings);
        let overdue = self.interactions.values().filter(|routed| routed.alone_is_over(now));
        let overdue: Vec<InteractionId> = overdue.map(|routed| routed.arrival.id).collect();
        overdue.into_iter().for_each(|interaction| self.send_home(interaction));
        self.drain(now);
    }

    /// The queue is no more: its agents are logged out of it. Gives what waited in it, which is forgotten here: the caller sends it elsewhere.
    pub fn remove_queue(&mut self, now: Instant, queue: QueueId) -> Vec<InteractionId> {
        if self.queues.remove(&queue).is_none() {
            return Vec::new();
        }
        let members: Vec<UserId> = self.agents.keys().copied().collect();
        for agent in members {
            self.forget_standing(now, agent, queue);
        }
        let to = Destination::Queue(queue);
        let left =
            |routed: &&Routed| routed.arrival.to == to && !matches!(routed.progress, Progress::Served(_));
        let stranded: Vec<InteractionId> =
            self.interactions.values().filter(left).map(|r| r.arrival.id).collect();
        for &interaction in &stranded {
            self.withdraw(now, interaction, Withdrawal::Gone);
            self.forget(interaction);
        }
        self.drain(now);
        stranded
    }

    /// A new agent, or an old one with new settings: he is logged out of queues that he is a member of no more.
    pub fn set_agent(&mut self, now: Instant, settings: AgentSettings) {
        let id = settings.id;
        let Some(agent) = self.agents.get_mut(&id) else {
            self.agents.insert(id, Agent::new(now, settings));
            return;
        };
        let gone: Vec<QueueId> =
            agent.queues.keys().filter(|q| !settings.queues.contains(q)).copied().collect();
        agent.settings = settings;
        for queue in gone {
            self.forget_standing(now, id, queue);
        }
        self.drain(now);
    }

    /// The agent is no more; what he had waits again.
    pub fn remove_agent(&mut self, now: Instant, agent: UserId) {
        self.empty_hands(now, agent, GaveBack::LoggedOut);
        self.agents.remove(&agent);
        self.drain(now);
    }

    /// What has been decided, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// An agent as he stands.
    pub fn agent(&self, agent: UserId) -> Option<&Agent> {
        self.agents.get(&agent)
    }

    /// All agents.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// An Interaction as it stands.
    pub fn interaction(&self, interaction: InteractionId) -> Option<&Routed> {
        self.interactions.get(&interaction)
    }

    /// What waits for a queue or an agent, first come first.
    pub fn waiting(&self, to: Destination) -> impl Iterator<Item = InteractionId> {
        self.waiting.get(&to).into_iter().flatten().map(|place| place.id)
    }

    fn agent_mut(&mut self, agent: UserId) -> Result<&mut Agent, RoutingError> {
        self.agents.get_mut(&agent).ok_or(RoutingError::UnknownAgent)
    }

    fn tell(&mut self, output: Output) {
        self.outputs.push_back(output);
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
