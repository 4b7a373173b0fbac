//! Where an agent is: logged in, paused, lost, back.

use std::time::{Duration, Instant};

use super::Distribution;
use super::agent::{Presence, Standing};
use super::output::{GaveBack, Output, RoutingError, Withdrawal};
use super::timeout::Due;
use super::waiting::Destination;
use crate::model::{InteractionId, Medium, PauseReasonId, QueueId, UserId};

/// How far a pause reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    All,
    Medium(Medium),
    Queue(QueueId),
}

impl Distribution {
    /// The agent takes what waits in this queue.
    ///
    /// # Errors
    /// He is not a member of it.
    pub fn log_in(&mut self, now: Instant, agent: UserId, queue: QueueId) -> Result<(), RoutingError> {
        if !self.queues.contains_key(&queue) {
            return Err(RoutingError::UnknownQueue);
        }
        let entry = self.agent_mut(agent)?;
        if !entry.settings.queues.contains(&queue) {
            return Err(RoutingError::NotAMember);
        }
        if entry.queues.is_empty() {
            entry.idle_since = now;
        }
        entry.queues.entry(queue).or_insert(Standing::Ready);
        self.tell(Output::AgentChanged(agent));
        self.drain(now);
        Ok(())
    }

    /// The agent takes nothing more of this queue. What he has of it stays with him.
    ///
    /// # Errors
    /// No such agent.
    pub fn log_out(&mut self, now: Instant, agent: UserId, queue: QueueId) -> Result<(), RoutingError> {
        self.agent_mut(agent)?;
        self.forget_standing(now, agent, queue);
        self.drain(now);
        Ok(())
    }

    /// The agent leaves the desk: out of every queue, and what he has waits again, in its old place.
    ///
    /// # Errors
    /// No such agent.
    pub fn leave(&mut self, now: Instant, agent: UserId) -> Result<(), RoutingError> {
        self.agent_mut(agent)?;
        self.empty_hands(now, agent, GaveBack::LoggedOut);
        self.drain(now);
        Ok(())
    }

    /// Nothing is offered from these queues until [`Self::resume`].
    ///
    /// # Errors
    /// None of the queues in reach has this reason, or he is logged in to none of them.
    pub fn pause(
        &mut self,
        now: Instant,
        agent: UserId,
        scope: Scope,
        reason: PauseReasonId,
    ) -> Result<(), RoutingError> {
        let queues = self.in_scope(agent, scope)?;
        let has_reason =
            |queue: &QueueId| self.queues.get(queue).is_some_and(|q| q.pause_reasons.contains(&reason));
        if !queues.iter().any(has_reason) {
            return Err(RoutingError::NoSuchReason);
        }
        for &queue in &queues {
            self.stand(agent, queue, Standing::Paused { reason });
            self.withdraw_from(now, agent, Some(queue));
        }
        self.tell(Output::AgentChanged(agent));
        self.drain(now);
        Ok(())
    }

    /// Ready again.
    ///
    /// # Errors
    /// He is logged in to none of the queues in reach.
    pub fn resume(&mut self, now: Instant, agent: UserId, scope: Scope) -> Result<(), RoutingError> {
        for queue in self.in_scope(agent, scope)? {
            self.stand(agent, queue, Standing::Ready);
        }
        self.agent_mut(agent)?.idle_since = now;
        self.tell(Output::AgentChanged(agent));
        self.drain(now);
        Ok(())
    }

    /// The agent's browser is gone. What he has stays with him for the grace; what he is offered goes on at once. Said again it begins anew.
    ///
    /// # Errors
    /// No such agent.
    pub fn lost(&mut self, now: Instant, agent: UserId, grace: Duration) -> Result<(), RoutingError> {
        let until = now + grace;
        self.agent_mut(agent)?.presence = Presence::Lost { until };
        self.deadlines.insert((until, Due::Grace(agent)));
        self.withdraw_from(now, agent, None);
        self.tell(Output::AgentChanged(agent));
        self.drain(now);
        Ok(())
    }

    /// The agent's browser is back: as if it had never been away, if the grace is not over.
    ///
    /// # Errors
    /// No such agent.
    pub fn found(&mut self, now: Instant, agent: UserId) -> Result<(), RoutingError> {
        let entry = self.agent_mut(agent)?;
        if entry.presence == Presence::Here {
            return Ok(());
        }
        entry.presence = Presence::Here;
        self.tell(Output::AgentChanged(agent));
        self.drain(now);
        Ok(())
    }

    /// The agent is in a call, of whatever kind, or in none any more. An offer that he has stays while his phone only rings: see [`Self::took_call`].
    ///
    /// # Errors
    /// No such agent.
    pub fn set_in_call(&mut self, now: Instant, agent: UserId, in_call: bool) -> Result<(), RoutingError> {
        let entry = self.agent_mut(agent)?;
        if entry.in_call == in_call {
            return Ok(());
        }
        entry.in_call = in_call;
        if !in_call {
            entry.idle_since = now;
        }
        self.tell(Output::AgentChanged(agent));
        self.drain(now);
        Ok(())
    }

    /// The agent has begun or taken a call: other calls that he is offered go on to the next at once, in their old place. He has declined none of them.
    /// `own`: the Interaction that this call is, whose offer he may just be accepting.
    ///
    /// # Errors
    /// No such agent.
    pub fn took_call(
        &mut self,
        now: Instant,
        agent: UserId,
        own: Option<InteractionId>,
    ) -> Result<(), RoutingError> {
        self.set_in_call(now, agent, true)?;
        let entry = self.agents.get(&agent).ok_or(RoutingError::UnknownAgent)?;
        let offers = entry.offers.values();
        let other_calls: Vec<InteractionId> = offers
            .filter(|(interaction, medium)| *medium == Medium::Voice && Some(*interaction) != own)
            .map(|(interaction, _)| *interaction)
            .collect();
        for interaction in other_calls {
            self.withdraw(now, interaction, Withdrawal::InCall);
        }
        self.drain(now);
        Ok(())
    }

    fn in_scope(&self, agent: UserId, scope: Scope) -> Result<Vec<QueueId>, RoutingError> {
        let agent = self.agents.get(&agent).ok_or(RoutingError::UnknownAgent)?;
        let reached = |queue: &QueueId| match scope {
            Scope::All => true,
            Scope::Medium(medium) => self.queues.get(queue).is_some_and(|q| q.medium == medium),
            Scope::Queue(one) => *queue == one,
        };
        let queues: Vec<QueueId> = agent.queues.keys().copied().filter(reached).collect();
        if queues.is_empty() { Err(RoutingError::NotLoggedIn) } else { Ok(queues) }
    }

    fn stand(&mut self, agent: UserId, queue: QueueId, standing: Standing) {
        if let Some(place) = self.agents.get_mut(&agent).and_then(|agent| agent.queues.get_mut(&queue)) {
            *place = standing;
        }
    }

    pub(super) fn forget_standing(&mut self, now: Instant, agent: UserId, queue: QueueId) {
        let Some(entry) = self.agents.get_mut(&agent) else { return };
        if entry.queues.remove(&queue).is_some() {
            self.withdraw_from(now, agent, Some(queue));
            self.tell(Output::AgentChanged(agent));
        }
    }

    /// Out of every queue, no offers, and what he has waits again.
    pub(super) fn empty_hands(&mut self, now: Instant, agent: UserId, why: GaveBack) {
        self.withdraw_from(now, agent, None);
        self.leave_wrap_up(now, agent);
        let Some(entry) = self.agents.get_mut(&agent) else { return };
        entry.queues.clear();
        for interaction in entry.holdings() {
            self.give_back(now, interaction, agent, why);
        }
        self.tell(Output::AgentChanged(agent));
    }

    /// Ends his offers from one queue; none: all of them.
    fn withdraw_from(&mut self, now: Instant, agent: UserId, queue: Option<QueueId>) {
        let Some(entry) = self.agents.get(&agent) else { return };
        let concerned = |interaction: &InteractionId| match queue {
            None => true,
            Some(queue) => self
                .interactions
                .get(interaction)
                .is_some_and(|routed| routed.arrival.to == Destination::Queue(queue)),
        };
        let offered: Vec<InteractionId> =
            entry.offers.values().map(|(interaction, _)| *interaction).filter(concerned).collect();
        for interaction in offered {
            self.withdraw(now, interaction, Withdrawal::AgentLeft);
        }
    }
}
