//! What time alone brings about.

use std::time::Instant;

use super::agent::Presence;
use super::output::{GaveBack, OfferId, Output, Withdrawal};
use super::{DECLINE, Distribution};
use crate::model::{InteractionId, UserId};

/// Why the distribution wants to be woken. One that has been overtaken does nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Due {
    /// It has waited for one agent alone for long enough.
    Alone(InteractionId),
    /// Somebody who declined may be asked again.
    Ask(InteractionId),
    /// A lost agent gives back what he has.
    Grace(UserId),
    Offer(OfferId),
    WrapUp(UserId),
}

impl Distribution {
    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(at, _)| at)
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(at, due)) = self.deadlines.first()
            && at <= now
        {
            self.deadlines.pop_first();
            match due {
                Due::Alone(interaction) => self.alone_is_over(now, interaction),
                Due::Ask(interaction) => self.forget_declines(now, interaction),
                Due::Grace(agent) => self.grace_is_over(now, agent),
                Due::Offer(offer) => self.offer_timed_out(now, offer),
                Due::WrapUp(agent) => self.wrap_up_is_over(now, agent),
            }
        }
        self.drain(now);
    }

    fn alone_is_over(&mut self, now: Instant, interaction: InteractionId) {
        let over = self.interactions.get(&interaction).is_some_and(|routed| routed.alone_is_over(now));
        if over {
            self.send_home(interaction);
        }
    }

    fn forget_declines(&mut self, now: Instant, interaction: InteractionId) {
        if let Some(routed) = self.interactions.get_mut(&interaction) {
            routed.declined.retain(|_, until| *until > now);
        }
    }

    fn grace_is_over(&mut self, now: Instant, agent: UserId) {
        let lost = self.agents.get(&agent).is_some_and(|agent| match agent.presence {
            Presence::Lost { until } => until <= now,
            Presence::Here => false,
        });
        if lost {
            self.empty_hands(now, agent, GaveBack::Lost);
        }
    }

    fn offer_timed_out(&mut self, now: Instant, offer: OfferId) {
        if let Some(offer) = self.offers.get(&offer).copied() {
            self.decline(now, offer.interaction, offer.agent);
            self.withdraw(now, offer.interaction, Withdrawal::TimedOut);
        }
    }

    fn wrap_up_is_over(&mut self, now: Instant, agent: UserId) {
        let wrap_up = self.agents.get(&agent).and_then(|agent| agent.wrap_up);
        if wrap_up.is_some_and(|wrap_up| wrap_up.until <= now) && self.leave_wrap_up(now, agent) {
            self.tell(Output::AgentChanged(agent));
        }
    }

    /// He is not asked for this one again for a while.
    pub(super) fn decline(&mut self, now: Instant, interaction: InteractionId, agent: UserId) {
        let until = now + DECLINE;
        if let Some(routed) = self.interactions.get_mut(&interaction) {
            routed.declined.insert(agent, until);
            self.deadlines.insert((until, Due::Ask(interaction)));
        }
        // Who declines goes to the end of those who wait for work.
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.idle_since = now;
        }
    }
}
