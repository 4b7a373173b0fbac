//! The way of one Interaction: arrives, is offered, accepted, sent elsewhere, closed.

use std::time::Instant;

use super::agent::WrapUp;
use super::output::{GaveBack, Offer, OfferId, Output, RoutingError, Withdrawal};
use super::timeout::Due;
use super::waiting::{Arrival, Destination, Progress, Routed};
use super::{ALONE, Distribution};
use crate::model::{InteractionId, UserId};

impl Distribution {
    /// A new Interaction waits.
    ///
    /// # Errors
    /// It is here already, or there is no such queue or agent.
    pub fn arrive(&mut self, now: Instant, arrival: Arrival) -> Result<(), RoutingError> {
        if self.interactions.contains_key(&arrival.id) {
            return Err(RoutingError::Duplicate);
        }
        self.exists(arrival.to)?;
        self.interactions.insert(arrival.id, Routed::new(arrival));
        self.wait(arrival.id);
        self.wait_alone(now, arrival.id);
        self.drain(now);
        Ok(())
    }

    /// An Interaction that an agent had when the node stopped.
    ///
    /// # Errors
    /// It is here already, or there is no such agent.
    pub fn restore(&mut self, arrival: Arrival, agent: UserId) -> Result<(), RoutingError> {
        if self.interactions.contains_key(&arrival.id) {
            return Err(RoutingError::Duplicate);
        }
        self.agent_mut(agent)?.serving.insert(arrival.id, arrival.medium);
        let progress = Progress::Served(agent);
        self.interactions.insert(arrival.id, Routed { progress, ..Routed::new(arrival) });
        Ok(())
    }

    /// The agent takes what he was offered.
    ///
    /// # Errors
    /// The offer is over.
    pub fn accept(&mut self, now: Instant, offer: OfferId) -> Result<InteractionId, RoutingError> {
        let offer = self.end_offer(offer).ok_or(RoutingError::OfferOver)?;
        self.assign(now, offer.interaction, offer.agent);
        self.drain(now);
        Ok(offer.interaction)
    }

    /// The agent does not want it; others are asked.
    ///
    /// # Errors
    /// The offer is over.
    pub fn refuse(&mut self, now: Instant, offer: OfferId) -> Result<(), RoutingError> {
        let Offer { interaction, agent, .. } = *self.offers.get(&offer).ok_or(RoutingError::OfferOver)?;
        self.decline(now, interaction, agent);
        self.withdraw(now, interaction, Withdrawal::Refused);
        self.drain(now);
        Ok(())
    }

    /// The agent picks it himself, out of those that wait, whatever their order.
    ///
    /// # Errors
    /// Somebody has it, or he has no room.
    pub fn take(
        &mut self,
        now: Instant,
        interaction: InteractionId,
        agent: UserId,
    ) -> Result<(), RoutingError> {
        self.can_take(interaction, agent)?;
        self.withdraw(now, interaction, Withdrawal::Gone);
        self.stop_waiting(interaction);
        self.assign(now, interaction, agent);
        self.drain(now);
        Ok(())
    }

    /// Whether [`Self::take`] would succeed.
    ///
    /// # Errors
    /// Somebody has it, or he has no room.
    pub fn can_take(&self, interaction: InteractionId, agent: UserId) -> Result<(), RoutingError> {
        let routed = self.routed(interaction)?;
        if let Progress::Served(_) = routed.progress {
            return Err(RoutingError::Taken);
        }
        let offered_to_him = matches!(routed.progress, Progress::Offered(offer) if offer.agent == agent);
        let entry = self.agents.get(&agent).ok_or(RoutingError::UnknownAgent)?;
        if !offered_to_him && entry.room(routed.arrival.medium).is_err() {
            return Err(RoutingError::NoRoom);
        }
        Ok(())
    }

    /// The agent lays it down, or is lost to it; it waits in its old place. He is not asked for it again at once.
    ///
    /// # Errors
    /// He does not have it.
    pub fn release(
        &mut self,
        now: Instant,
        interaction: InteractionId,
        agent: UserId,
        why: GaveBack,
    ) -> Result<(), RoutingError> {
        self.routed(interaction)?.served_by(agent)?;
        self.decline(now, interaction, agent);
        self.give_back(now, interaction, agent, why);
        self.drain(now);
        Ok(())
    }

    /// It goes to another queue or agent, and keeps its arrival. Who had it has it no more.
    ///
    /// # Errors
    /// No such Interaction, queue or agent.
    pub fn transfer(
        &mut self,
        now: Instant,
        interaction: InteractionId,
        to: Destination,
    ) -> Result<(), RoutingError> {
        self.exists(to)?;
        let progress = self.routed(interaction)?.progress;
        self.withdraw(now, interaction, Withdrawal::Gone);
        self.stop_waiting(interaction);
        if let Progress::Served(agent) = progress {
            self.lay_down(now, interaction, agent);
        }
        if let Some(routed) = self.interactions.get_mut(&interaction) {
            routed.arrival.to = to;
            routed.arrival.home = to.queue().or(routed.arrival.home);
            routed.progress = Progress::Waiting;
            routed.declined.clear();
            if let Progress::Served(agent) = progress
                && to != Destination::Agent(agent)
            {
                // Who has just sent it away is the last to be asked.
                self.decline(now, interaction, agent);
            }
        }
        self.wait(interaction);
        self.wait_alone(now, interaction);
        self.drain(now);
        Ok(())
    }

    /// It is over: the customer left while waiting, or the agent has closed it, who then has his wrap-up.
    ///
    /// # Errors
    /// No such Interaction.
    pub fn close(&mut self, now: Instant, interaction: InteractionId) -> Result<(), RoutingError> {
        let routed = self.routed(interaction)?;
        let (progress, queue) = (routed.progress, routed.queue());
        self.withdraw(now, interaction, Withdrawal::Gone);
        self.forget(interaction);
        if let Progress::Served(agent) = progress {
            self.lay_down(now, interaction, agent);
            let wrap_up = queue.and_then(|queue| self.queues.get(&queue)).map(|queue| queue.wrap_up);
            if let Some(wrap_up) = wrap_up.filter(|wrap_up| !wrap_up.is_zero()) {
                // The one before is over: nobody wraps up two.
                self.leave_wrap_up(now, agent);
                let until = now + wrap_up;
                self.deadlines.insert((until, Due::WrapUp(agent)));
                self.agent_mut(agent)?.wrap_up = Some(WrapUp { of: interaction, since: now, until });
            }
            self.tell(Output::AgentChanged(agent));
        }
        self.drain(now);
        Ok(())
    }

    /// The wrap-up ends early, by the agent's or a supervisor's word.
    ///
    /// # Errors
    /// No such agent.
    pub fn end_wrap_up(&mut self, now: Instant, agent: UserId) -> Result<(), RoutingError> {
        self.agent_mut(agent)?;
        if self.leave_wrap_up(now, agent) {
            self.tell(Output::AgentChanged(agent));
        }
        self.drain(now);
        Ok(())
    }

    /// Ends the wrap-up of an agent, if he has one, and tells how long it was.
    pub(super) fn leave_wrap_up(&mut self, now: Instant, agent: UserId) -> bool {
        let Some(entry) = self.agents.get_mut(&agent) else { return false };
        let Some(WrapUp { of, since, until }) = entry.wrap_up.take() else { return false };
        entry.idle_since = now;
        let lasted = now.min(until).saturating_duration_since(since);
        self.tell(Output::WrappedUp { interaction: of, lasted });
        true
    }

    fn routed(&self, interaction: InteractionId) -> Result<&Routed, RoutingError> {
        self.interactions.get(&interaction).ok_or(RoutingError::UnknownInteraction)
    }

    fn exists(&self, to: Destination) -> Result<(), RoutingError> {
        match to {
            Destination::Queue(queue) if !self.queues.contains_key(&queue) => Err(RoutingError::UnknownQueue),
            Destination::Agent(agent) if !self.agents.contains_key(&agent) => Err(RoutingError::UnknownAgent),
            Destination::Queue(_) | Destination::Agent(_) => Ok(()),
        }
    }

    fn wait(&mut self, interaction: InteractionId) {
        if let Some(routed) = self.interactions.get_mut(&interaction) {
            routed.progress = Progress::Waiting;
            self.waiting.entry(routed.arrival.to).or_default().insert(routed.place());
        }
    }

    /// What is meant for one agent alone has its time for him.
    fn wait_alone(&mut self, now: Instant, interaction: InteractionId) {
        let Some(routed) = self.interactions.get_mut(&interaction) else { return };
        routed.alone_until = match routed.arrival.to {
            Destination::Agent(_) => Some(now + ALONE),
            Destination::Queue(_) => None,
        };
        if let Some(until) = routed.alone_until {
            self.deadlines.insert((until, Due::Alone(interaction)));
        }
    }

    /// What waits for one agent alone goes to its queue; what has none goes on waiting for him.
    pub(super) fn send_home(&mut self, interaction: InteractionId) {
        let Some(routed) = self.interactions.get(&interaction) else { return };
        let (Destination::Agent(agent), Some(queue)) = (routed.arrival.to, routed.arrival.home) else {
            return;
        };
        if !self.queues.contains_key(&queue) {
            return;
        }
        self.stop_waiting(interaction);
        if let Some(routed) = self.interactions.get_mut(&interaction) {
            routed.arrival.to = Destination::Queue(queue);
            routed.alone_until = None;
        }
        self.wait(interaction);
        self.tell(Output::SentHome { interaction, agent, queue });
    }

    pub(super) fn stop_waiting(&mut self, interaction: InteractionId) {
        let Some(routed) = self.interactions.get(&interaction) else { return };
        let to = routed.arrival.to;
        let Some(places) = self.waiting.get_mut(&to) else { return };
        places.remove(&routed.place());
        if places.is_empty() {
            self.waiting.remove(&to);
        }
    }

    pub(super) fn forget(&mut self, interaction: InteractionId) {
        self.stop_waiting(interaction);
        self.interactions.remove(&interaction);
    }

    /// Ends the offer of an Interaction, if there is one; it waits again.
    pub(super) fn withdraw(&mut self, now: Instant, interaction: InteractionId, why: Withdrawal) {
        let Some(Progress::Offered(offer)) = self.interactions.get(&interaction).map(|r| r.progress) else {
            return;
        };
        if self.end_offer(offer.id).is_none() {
            return;
        }
        if why == Withdrawal::TimedOut
            && let Some(agent) = self.agents.get_mut(&offer.agent)
        {
            agent.idle_since = now;
        }
        self.wait(interaction);
        self.tell(Output::Withdrawn { offer, why });
        self.tell(Output::AgentChanged(offer.agent));
        let waits_on = match why {
            Withdrawal::Refused | Withdrawal::TimedOut => false,
            Withdrawal::AgentLeft | Withdrawal::InCall => {
                self.interactions.get(&interaction).is_some_and(|routed| !routed.alone_is_over(now))
            }
            // The caller says what becomes of it.
            Withdrawal::Gone => true,
        };
        if !waits_on {
            self.send_home(interaction);
        }
    }

    fn end_offer(&mut self, offer: OfferId) -> Option<Offer> {
        let offer = self.offers.remove(&offer)?;
        self.deadlines.remove(&(offer.until, Due::Offer(offer.id)));
        if let Some(agent) = self.agents.get_mut(&offer.agent) {
            agent.offers.remove(&offer.id);
        }
        Some(offer)
    }

    fn assign(&mut self, now: Instant, interaction: InteractionId, agent: UserId) {
        let Some(routed) = self.interactions.get_mut(&interaction) else { return };
        routed.progress = Progress::Served(agent);
        routed.declined.clear();
        routed.alone_until = None;
        if let Some(home) = routed.arrival.home {
            routed.arrival.to = Destination::Queue(home);
        }
        let medium = routed.arrival.medium;
        if let Some(entry) = self.agents.get_mut(&agent) {
            entry.serving.insert(interaction, medium);
            entry.idle_since = now;
        }
        self.tell(Output::Assigned { interaction, agent });
        self.tell(Output::AgentChanged(agent));
    }

    fn lay_down(&mut self, now: Instant, interaction: InteractionId, agent: UserId) {
        if let Some(entry) = self.agents.get_mut(&agent) {
            entry.serving.remove(&interaction);
            entry.idle_since = now;
        }
    }

    pub(super) fn give_back(
        &mut self,
        now: Instant,
        interaction: InteractionId,
        agent: UserId,
        why: GaveBack,
    ) {
        self.lay_down(now, interaction, agent);
        self.wait(interaction);
        self.tell(Output::GivenBack { interaction, agent, why });
        self.tell(Output::AgentChanged(agent));
    }
}
