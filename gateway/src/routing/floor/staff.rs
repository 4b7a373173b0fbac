//! What administrators say of queues and agents reaches the distribution.

use std::collections::BTreeMap;
use std::time::Duration;

use super::desk::Desk;
use super::moment::Moment;
use crate::model::{Directory, InteractionState, Queue, QueueId, UserId};
use crate::routing::distribution::{AgentSettings, Destination, QueueSettings};

impl Desk {
    /// Takes over a revision of the Directory: only what has changed is told to the distribution.
    pub fn take_over(&mut self, at: Moment, directory: &Directory, grace: Duration) {
        self.take_over_queues(at, directory);
        self.take_over_agents(at, directory, grace);
        self.route_stranded(at);
    }

    fn take_over_queues(&mut self, at: Moment, directory: &Directory) {
        let wanted: BTreeMap<QueueId, QueueSettings> = directory
            .queues(self.organization)
            .filter(|queue| queue.enabled)
            .map(|queue| (queue.id, queue_settings(queue)))
            .collect();
        let gone: Vec<QueueId> =
            self.queue_settings.keys().filter(|id| !wanted.contains_key(id)).copied().collect();
        for queue in gone {
            // What waited in it goes on waiting without a queue: who may read all sees it and can send it elsewhere.
            let stranded = self.distribution.remove_queue(at.instant, queue);
            self.batch.touched.extend(stranded);
        }
        for (id, settings) in &wanted {
            if self.queue_settings.get(id) != Some(settings) {
                self.distribution.set_queue(at.instant, settings.clone());
            }
        }
        self.queue_settings = wanted;
    }

    fn take_over_agents(&mut self, at: Moment, directory: &Directory, grace: Duration) {
        let mut memberships: BTreeMap<UserId, Vec<QueueId>> = BTreeMap::new();
        for queue in directory.queues(self.organization).filter(|queue| queue.enabled) {
            for member in &queue.members {
                memberships.entry(*member).or_default().push(queue.id);
            }
        }
        let wanted: BTreeMap<UserId, AgentSettings> = directory
            .agents(self.organization)
            .filter(|agent| agent.enabled)
            .map(|agent| {
                let queues = memberships.remove(&agent.id).unwrap_or_default().into_iter().collect();
                (agent.id, AgentSettings { id: agent.id, capacity: agent.usable_capacity(), queues })
            })
            .collect();
        let gone: Vec<UserId> =
            self.agent_settings.keys().filter(|id| !wanted.contains_key(id)).copied().collect();
        for agent in gone {
            self.send_elsewhere(at, agent);
            self.distribution.remove_agent(at.instant, agent);
            self.batch.agents.insert(agent);
        }
        for (id, settings) in &wanted {
            if self.agent_settings.get(id) == Some(settings) {
                continue;
            }
            let new = !self.agent_settings.contains_key(id);
            self.distribution.set_agent(at.instant, settings.clone());
            if new && !self.sockets.contains_key(id) {
                // Nothing is offered to him before his console is there.
                let _ = self.distribution.lost(at.instant, *id, grace);
            }
            self.batch.agents.insert(*id);
        }
        self.agent_settings = wanted;
    }

    /// What waits for an agent who is no more goes to the queue that it came from.
    fn send_elsewhere(&mut self, at: Moment, agent: UserId) {
        let waiting: Vec<_> = self.distribution.waiting(Destination::Agent(agent)).collect();
        for id in waiting {
            let Some(item) = self.interactions.get_mut(&id) else { continue };
            item.agent = None;
            let Some(queue) = item.queue else { continue };
            let _ = self.distribution.transfer(at.instant, id, Destination::Queue(queue));
            self.batch.touched.insert(id);
        }
    }

    /// What waits without being known to the distribution, because its queue was not there, is tried again.
    fn route_stranded(&mut self, at: Moment) {
        let stranded: Vec<_> = self
            .interactions
            .iter()
            .filter(|(id, item)| {
                item.state == InteractionState::Waiting && self.distribution.interaction(**id).is_none()
            })
            .filter_map(|(id, item)| item.arrival(*id))
            .collect();
        for arrival in stranded {
            let _ = self.distribution.arrive(at.instant, arrival);
        }
    }
}

fn queue_settings(queue: &Queue) -> QueueSettings {
    QueueSettings {
        id: queue.id,
        medium: queue.medium,
        offer_timeout: Duration::from_secs(u64::from(queue.offer_timeout_s)),
        wrap_up: Duration::from_secs(u64::from(queue.wrap_up_s)),
        pause_reasons: queue.pause_reasons.iter().copied().collect(),
    }
}
