//! The floor of one Organization: its distribution, and what stands beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use super::batch::Batch;
use super::board::Boards;
use super::moment::Moment;
use super::view::{CallView, Live};
use crate::feed::Sight;
use crate::model::{
    CallId, InteractionId, InteractionRow, InteractionState, Medium, OrganizationId, QueueId, UserId,
};
use crate::routing::distribution::{
    AgentSettings, Arrival, Destination, Distribution, OfferId, Progress, QueueSettings,
};
use crate::store::StandingRow;

/// See the module.
#[derive(Debug)]
pub(super) struct Desk {
    pub organization: OrganizationId,
    pub distribution: Distribution,
    /// All that are not closed.
    pub interactions: HashMap<InteractionId, Item>,
    /// As their rows are.
    pub standings: BTreeMap<(UserId, QueueId), StandingRow>,
    /// Consoles that are open, by user.
    pub sockets: HashMap<UserId, u32>,
    /// Visitors who left their page, and when that counts as the end.
    pub left: BTreeSet<(Instant, InteractionId)>,
    /// For what an agent has his wrap-up.
    pub wrap_ups: HashMap<UserId, InteractionId>,
    /// Closed ones that somebody still wraps up: the queue that counts it, and when they were closed.
    pub wrapped_up_still: HashMap<InteractionId, (QueueId, i64)>,
    /// Calls that signalling is connecting now.
    pub connecting: BTreeSet<InteractionId>,
    pub boards: Boards,
    pub batch: Batch,
    /// What the distribution was told last.
    pub queue_settings: BTreeMap<QueueId, QueueSettings>,
    pub agent_settings: BTreeMap<UserId, AgentSettings>,
    /// Added to the numbers of offers, so that none of an earlier run of the process means one of this.
    pub offer_base: i64,
}

/// An Interaction that is not closed, as far as its row need not be asked.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Item {
    pub protocol: String,
    pub title: String,
    pub medium: Medium,
    pub priority: u8,
    pub started_at_ms: i64,
    pub assigned_at_ms: Option<i64>,
    /// What agents have done for it, without the part of the one who has it now.
    pub handled_ms: i64,
    pub waiting_since_ms: Option<i64>,
    pub queue: Option<QueueId>,
    /// Who has it; while it waits: for whom alone.
    pub agent: Option<UserId>,
    pub state: InteractionState,
    pub ended_at_ms: Option<i64>,
    /// Who could see it when it was last told of.
    pub told: Option<Sight>,
    pub call: Option<(CallId, CallView)>,
    pub left_at_ms: Option<i64>,
}

impl Item {
    pub fn of(row: &InteractionRow) -> Self {
        Self {
            protocol: row.protocol.clone(),
            title: row.title.clone(),
            medium: row.medium,
            priority: row.priority,
            started_at_ms: row.started_at_ms,
            assigned_at_ms: row.assigned_at_ms,
            handled_ms: row.handled_ms,
            waiting_since_ms: row.waiting_since_ms,
            queue: row.queue,
            agent: row.agent,
            state: row.state,
            ended_at_ms: row.ended_at_ms,
            told: None,
            call: None,
            left_at_ms: row.left_at_ms,
        }
    }

    /// It waits, for one agent alone or for whoever is next. Who waited already waits on.
    pub fn wait(&mut self, at_ms: i64, agent: Option<UserId>) {
        if self.state != InteractionState::Waiting {
            self.waiting_since_ms = Some(at_ms);
        }
        self.state = InteractionState::Waiting;
        self.agent = agent;
    }

    /// How long the agent who has it now has had it; none: nobody has it.
    pub fn part_ms(&self, until_ms: i64) -> Option<i64> {
        let assigned_at_ms = self.assigned_at_ms.filter(|_| self.state == InteractionState::Open)?;
        Some((until_ms - assigned_at_ms).max(0))
    }

    /// How it stands before the distribution; none: for nobody.
    pub fn arrival(&self, id: InteractionId) -> Option<Arrival> {
        let to = match (self.state, self.agent, self.queue) {
            (InteractionState::Waiting, Some(agent), _) => Destination::Agent(agent),
            (_, _, Some(queue)) => Destination::Queue(queue),
            (_, Some(agent), None) => Destination::Agent(agent),
            (_, None, None) => return None,
        };
        Some(self.arrival_at(id, to))
    }

    /// As if it had been sent there from the beginning.
    pub fn arrival_at(&self, id: InteractionId, to: Destination) -> Arrival {
        Arrival {
            id,
            medium: self.medium,
            to,
            home: self.queue,
            priority: self.priority,
            arrived_at_ms: self.started_at_ms,
        }
    }
}

impl Desk {
    pub fn new(organization: OrganizationId, offer_base: i64) -> Self {
        Self {
            organization,
            distribution: Distribution::default(),
            interactions: HashMap::new(),
            standings: BTreeMap::new(),
            sockets: HashMap::new(),
            left: BTreeSet::new(),
            wrap_ups: HashMap::new(),
            wrapped_up_still: HashMap::new(),
            connecting: BTreeSet::new(),
            boards: Boards::default(),
            batch: Batch::default(),
            queue_settings: BTreeMap::new(),
            agent_settings: BTreeMap::new(),
            offer_base,
        }
    }

    /// The number that an offer is published under.
    pub fn offer_number(&self, offer: OfferId) -> i64 {
        self.offer_base.saturating_add(i64::try_from(offer.0).unwrap_or(i64::MAX))
    }

    pub fn offer_of(&self, number: i64) -> Option<OfferId> {
        u64::try_from(number.checked_sub(self.offer_base)?).ok().map(OfferId)
    }

    /// What memory alone has of one.
    pub fn live(&self, id: InteractionId) -> Live {
        let offered = self
            .distribution
            .interaction(id)
            .is_some_and(|routed| matches!(routed.progress, Progress::Offered(_)));
        let call = self.interactions.get(&id).and_then(|item| item.call.as_ref());
        Live { offered, call: call.map(|(_, view)| view.clone()) }
    }

    /// One that begins, or is known again after a restart. What has no destination that exists waits all the same: somebody may pick it.
    pub fn admit(&mut self, at: Moment, id: InteractionId, item: Item) {
        let (state, agent, arrival) = (item.state, item.agent, item.arrival(id));
        self.interactions.insert(id, item);
        self.batch.touched.insert(id);
        match (state, agent, arrival) {
            (InteractionState::Open, Some(agent), Some(arrival)) => {
                if self.distribution.restore(arrival, agent).is_ok() {
                    self.batch.agents.insert(agent);
                }
            }
            (InteractionState::Waiting, _, Some(arrival)) => {
                // No such queue, or it is switched off: it waits without one.
                let _ = self.distribution.arrive(at.instant, arrival);
            }
            (InteractionState::Open | InteractionState::Waiting | InteractionState::Closed, _, _) => {}
        }
    }

    /// Forgets one that is closed.
    pub fn dismiss(&mut self, id: InteractionId) -> Option<Item> {
        self.left.retain(|(_, other)| *other != id);
        self.connecting.remove(&id);
        self.interactions.remove(&id)
    }

    /// When time alone brings something about.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let left = self.left.first().map(|(at, _)| *at);
        [self.distribution.poll_timeout(), left, self.boards.due()].into_iter().flatten().min()
    }
}
