//! Who is asked next, and why not the others.

use std::time::Instant;

use super::Distribution;
use super::agent::Agent;
use super::output::{Decision, NotOffered, Offer, OfferId, Output};
use super::timeout::Due;
use super::waiting::{Destination, Place, Progress, Routed};
use crate::model::{InteractionId, Medium, UserId};

/// How long an agent may think about what is meant for him alone.
const PERSONAL_OFFER: std::time::Duration = std::time::Duration::from_secs(30);

impl Distribution {
    /// Why each agent of its queue is not offered this Interaction now; `Ok`: he could be asked, and is being asked or is next.
    pub fn explain(&self, now: Instant, interaction: InteractionId) -> Vec<(UserId, Result<(), NotOffered>)> {
        let Some(routed) = self.interactions.get(&interaction) else { return Vec::new() };
        self.concerned(routed).map(|agent| (agent.settings.id, could_take(now, agent, routed))).collect()
    }

    /// Offers what can be offered, first come first.
    pub(super) fn drain(&mut self, now: Instant) {
        while let Some((interaction, agent)) = self.next_match(now) {
            self.offer(now, interaction, agent);
        }
    }

    /// The first in the one order that somebody could take, and who.
    fn next_match(&self, now: Instant) -> Option<(InteractionId, UserId)> {
        let free = |medium| self.agents.values().any(|a| a.attentive().is_ok() && a.free(medium).is_ok());
        let (voice, chat) = (free(Medium::Voice), free(Medium::Chat));
        if !voice && !chat {
            return None;
        }
        let mut heads: Vec<_> = self.waiting.values().map(|places| places.iter().peekable()).collect();
        loop {
            let first = heads.iter_mut().filter_map(|head| head.peek().copied().copied()).min()?;
            for head in &mut heads {
                head.next_if_eq(&&first);
            }
            let Place { id, .. } = first;
            let Some(routed) = self.interactions.get(&id) else { continue };
            let hopeless = match routed.arrival.medium {
                Medium::Voice => !voice,
                Medium::Chat => !chat,
            };
            if hopeless {
                continue;
            }
            if let Some(agent) = self.best(now, routed) {
                return Some((id, agent));
            }
        }
    }

    /// Of those who could take it the one with the least open, then the one idle for longest, then the lowest number.
    fn best(&self, now: Instant, routed: &Routed) -> Option<UserId> {
        let able = self.concerned(routed).filter(|agent| could_take(now, agent, routed).is_ok());
        able.min_by_key(|agent| rank(agent)).map(|agent| agent.settings.id)
    }

    fn concerned<'a>(&'a self, routed: &'a Routed) -> impl Iterator<Item = &'a Agent> {
        self.agents.values().filter(|agent| match routed.arrival.to {
            Destination::Queue(queue) => agent.settings.queues.contains(&queue),
            Destination::Agent(only) => agent.settings.id == only,
        })
    }

    fn offer(&mut self, now: Instant, interaction: InteractionId, agent: UserId) {
        let Some(routed) = self.interactions.get(&interaction) else { return };
        let Some(chosen) = self.agents.get(&agent) else { return };
        let (medium, queue) = (routed.arrival.medium, routed.queue());
        let think =
            queue.and_then(|queue| self.queues.get(&queue)).map_or(PERSONAL_OFFER, |q| q.offer_timeout);
        let open = all_open(chosen);
        let others = self
            .concerned(routed)
            .filter(|other| other.settings.id != agent)
            .map(|other| (other.settings.id, why_not(now, other, routed, open)))
            .collect();
        let idle = now.saturating_duration_since(chosen.idle_since);
        self.tell(Output::Decided(Decision { interaction, queue, agent, open, idle, others }));
        self.last_offer += 1;
        let offer = Offer { id: OfferId(self.last_offer), interaction, agent, until: now + think };
        self.stop_waiting(interaction);
        self.offers.insert(offer.id, offer);
        self.deadlines.insert((offer.until, Due::Offer(offer.id)));
        if let Some(routed) = self.interactions.get_mut(&interaction) {
            routed.progress = Progress::Offered(offer);
        }
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.offers.insert(offer.id, (interaction, medium));
        }
        self.tell(Output::Offered(offer));
        self.tell(Output::AgentChanged(agent));
    }
}

fn could_take(now: Instant, agent: &Agent, routed: &Routed) -> Result<(), NotOffered> {
    match routed.arrival.to {
        Destination::Queue(queue) => agent.stands_in(queue)?,
        Destination::Agent(_) => agent.stands_anywhere()?,
    }
    agent.attentive()?;
    if let Some(&until) = routed.declined.get(&agent.settings.id)
        && until > now
    {
        return Err(NotOffered::Declined { until });
    }
    agent.free(routed.arrival.medium)
}

/// Why this one was not chosen where another was.
fn why_not(now: Instant, agent: &Agent, routed: &Routed, chosen_open: u32) -> NotOffered {
    match could_take(now, agent, routed) {
        Err(reason) => reason,
        Ok(()) if all_open(agent) > chosen_open => NotOffered::MoreOpen { open: all_open(agent) },
        Ok(()) => NotOffered::IdleForLess { idle: now.saturating_duration_since(agent.idle_since) },
    }
}

fn rank(agent: &Agent) -> (u32, Instant, UserId) {
    (all_open(agent), agent.idle_since, agent.settings.id)
}

fn all_open(agent: &Agent) -> u32 {
    agent.open(Medium::Voice) + agent.open(Medium::Chat)
}
