//! What people do at the desk.

use std::time::Duration;

use serde_json::json;

use super::batch::{OfferNews, event};
use super::desk::{Desk, Item};
use super::error::FloorError;
use super::moment::Moment;
use super::order::{Deed, Target};
use super::outputs::turn;
use super::view::{self, CallState};
use super::voice::VoiceOrder;
use crate::model::{
    Agent, Directory, DispositionId, EndedByWhom, InteractionEventKind, InteractionId, InteractionState,
    Medium, Permission, QueueId, UserId,
};
use crate::routing::distribution::{Destination, GaveBack, OfferId, Presence, Progress, RoutingError, Scope};
use crate::store::InteractionChange;

/// Consoles that one user may have open.
const CONSOLES_LIMIT: u32 = 16;

/// Who asks, and what he may.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub user: UserId,
    pub directory: &'a Directory,
    pub agent: &'a Agent,
    /// How long somebody whose browser is gone keeps what he has.
    pub grace: Duration,
}

impl Asker<'_> {
    fn supervises(&self) -> bool {
        self.agent.may(Permission::Supervise)
    }

    /// # Errors
    /// The other is not himself, and he does not supervise.
    fn over(&self, other: UserId) -> Result<(), FloorError> {
        if other == self.user || self.supervises() { Ok(()) } else { Err(FloorError::NotYours) }
    }
}

impl Desk {
    /// Does what a person asks. A call that has to be connected first is none of this, see [`super::calls`].
    pub fn act(&mut self, at: Moment, asker: Asker<'_>, deed: Deed) -> Result<(), FloorError> {
        let now = at.instant;
        match deed {
            Deed::Accept(number) => self.accept(at, asker.user, number),
            Deed::Close { interaction, disposition } => self.close(at, asker, interaction, disposition),
            Deed::EndWrapUp { of } => {
                asker.over(of)?;
                Ok(self.distribution.end_wrap_up(now, of)?)
            }
            Deed::LogIn { queues } => self.log_in(at, asker, &queues),
            Deed::LogOut { of, queues } => {
                asker.over(of)?;
                self.log_out(at, of, queues)
            }
            Deed::Open(interaction) => self.open(asker.user, interaction),
            Deed::Pause { scope, reason } => Ok(self.distribution.pause(now, asker.user, scope, reason)?),
            Deed::Ready { scope } => Ok(self.distribution.resume(now, asker.user, scope)?),
            Deed::Refuse(number) => {
                let offer = self.own_offer(asker.user, number)?;
                Ok(self.distribution.refuse(now, offer)?)
            }
            Deed::Release(interaction) => self.release(at, asker, interaction),
            Deed::SignOut => Ok(self.distribution.leave(now, asker.user)?),
            Deed::Take(interaction) => self.take(at, asker, interaction),
            Deed::Transfer { interaction, to } => self.transfer(at, asker, interaction, to),
        }
    }

    fn log_in(&mut self, at: Moment, asker: Asker<'_>, queues: &[QueueId]) -> Result<(), FloorError> {
        for queue in queues {
            let medium = self.queue_settings.get(queue).ok_or(RoutingError::UnknownQueue)?.medium;
            if !asker.agent.takes(medium) {
                return Err(match medium {
                    Medium::Voice => FloorError::NoPhone,
                    Medium::Chat => FloorError::CannotTake("conversations"),
                });
            }
        }
        for queue in queues {
            self.distribution.log_in(at.instant, asker.user, *queue)?;
        }
        if !self.sockets.contains_key(&asker.user) {
            // Without a console he is given time to open one, and nothing else.
            self.distribution.lost(at.instant, asker.user, asker.grace)?;
        }
        Ok(())
    }

    fn log_out(&mut self, at: Moment, of: UserId, queues: Option<Vec<QueueId>>) -> Result<(), FloorError> {
        let all = self.distribution.agent(of).ok_or(RoutingError::UnknownAgent)?.queues.keys().copied();
        for queue in queues.unwrap_or_else(|| all.collect()) {
            self.distribution.log_out(at.instant, of, queue)?;
        }
        Ok(())
    }

    /// The offer under this number, if it is his.
    pub fn own_offer(&self, user: UserId, number: i64) -> Result<OfferId, FloorError> {
        let over = FloorError::Routing(RoutingError::OfferOver);
        let id = self.offer_of(number).ok_or(over)?;
        let agent = self.distribution.agent(user).ok_or(over)?;
        agent.offers.contains_key(&id).then_some(id).ok_or(over)
    }

    fn accept(&mut self, at: Moment, user: UserId, number: i64) -> Result<(), FloorError> {
        let id = self.own_offer(user, number)?;
        let offered = self.distribution.agent(user).and_then(|agent| agent.offers.get(&id));
        let interaction = offered.map(|(interaction, _)| *interaction);
        let progress = interaction.and_then(|id| self.distribution.interaction(id)).map(|r| r.progress);
        self.distribution.accept(at.instant, id)?;
        if let Some(Progress::Offered(offer)) = progress {
            self.batch.offers.push(OfferNews::Accepted(offer));
        }
        Ok(())
    }

    fn item(&self, interaction: InteractionId) -> Result<&Item, FloorError> {
        self.interactions.get(&interaction).ok_or(FloorError::Unknown)
    }

    /// Whether this agent may pick what waits: it waits in a queue of his, or for him, or he may read all.
    pub fn may_take(&self, asker: Asker<'_>, interaction: InteractionId) -> Result<(), FloorError> {
        let item = self.item(interaction)?;
        let own_queue = item.queue.is_some_and(|queue| {
            let settings = self.agent_settings.get(&asker.user);
            settings.is_some_and(|settings| settings.queues.contains(&queue))
        });
        let open_to_him = match item.agent {
            Some(agent) => agent == asker.user,
            None => own_queue,
        };
        if !open_to_him && !asker.agent.may(Permission::ReadAllInteractions) {
            return Err(FloorError::Unknown);
        }
        if item.state == InteractionState::Open {
            return Err(RoutingError::Taken.into());
        }
        if self.distribution.interaction(interaction).is_some() {
            self.distribution.can_take(interaction, asker.user)?;
        }
        if asker.agent.takes(item.medium) {
            Ok(())
        } else {
            Err(FloorError::CannotTake(item.medium.as_str()))
        }
    }

    pub fn take(
        &mut self,
        at: Moment,
        asker: Asker<'_>,
        interaction: InteractionId,
    ) -> Result<(), FloorError> {
        self.may_take(asker, interaction)?;
        if self.distribution.interaction(interaction).is_none() {
            // It waited without a queue: now it waits for him.
            let arrival = self.item(interaction)?.arrival_at(interaction, Destination::Agent(asker.user));
            self.distribution.arrive(at.instant, arrival)?;
        }
        self.distribution.take(at.instant, interaction, asker.user)?;
        self.without_console(at, asker)
    }

    /// Who has no console has what he takes for the grace, unless he opens one.
    fn without_console(&mut self, at: Moment, asker: Asker<'_>) -> Result<(), FloorError> {
        if !self.sockets.contains_key(&asker.user) {
            self.distribution.lost(at.instant, asker.user, asker.grace)?;
        }
        Ok(())
    }

    /// Who has it now, if the one who asks may decide about it.
    fn holder(&self, asker: Asker<'_>, interaction: InteractionId) -> Result<Option<UserId>, FloorError> {
        let item = self.item(interaction)?;
        match (item.state, item.agent) {
            (InteractionState::Open, Some(agent)) => asker.over(agent).map(|()| Some(agent)),
            _ if asker.supervises() => Ok(None),
            _ => Err(FloorError::NotYours),
        }
    }

    fn open(&mut self, user: UserId, interaction: InteractionId) -> Result<(), FloorError> {
        let item = self.item(interaction)?;
        if item.state == InteractionState::Open && item.agent == Some(user) {
            self.batch.touched.insert(interaction);
            self.batch.steps.push(crate::store::InteractionStep {
                interaction,
                change: InteractionChange::Opened,
                event: None,
            });
        }
        // Who only looks on changes nothing.
        Ok(())
    }

    fn release(
        &mut self,
        at: Moment,
        asker: Asker<'_>,
        interaction: InteractionId,
    ) -> Result<(), FloorError> {
        let agent = self.holder(asker, interaction)?.ok_or(RoutingError::NotTheirs)?;
        if self.item(interaction)?.ended_at_ms.is_some() {
            return Err(FloorError::Ended);
        }
        Ok(self.distribution.release(at.instant, interaction, agent, GaveBack::Released)?)
    }

    fn transfer(
        &mut self,
        at: Moment,
        asker: Asker<'_>,
        interaction: InteractionId,
        to: Target,
    ) -> Result<(), FloorError> {
        let from = self.holder(asker, interaction)?;
        let item = self.item(interaction)?;
        if item.ended_at_ms.is_some() {
            return Err(FloorError::Ended);
        }
        let (medium, queue) = (item.medium, item.queue);
        let (destination, queue, agent) = match to {
            Target::Queue(id) => {
                let settings = self.queue_settings.get(&id).ok_or(RoutingError::UnknownQueue)?;
                if settings.medium != medium {
                    return Err(FloorError::WrongMedium);
                }
                (Destination::Queue(id), Some(id), None)
            }
            Target::User(id) => {
                let other = asker.directory.agent(self.organization, id).ok_or(RoutingError::UnknownAgent)?;
                if from == Some(id) {
                    return Err(FloorError::SameAgent);
                }
                if !other.takes(medium) {
                    return Err(FloorError::CannotTake(medium.as_str()));
                }
                (Destination::Agent(id), queue, Some(id))
            }
        };
        let (to_user, to_queue) = (agent, destination.queue());
        let detail = json!({ "from": from, "to_user": to_user, "to_queue": to_queue });
        let told = event(InteractionEventKind::Transferred, Some(asker.user), detail);
        let mark = self.batch.steps.len();
        self.batch.step(interaction, InteractionChange::Waiting { queue, agent }, told);
        let sent = match self.distribution.interaction(interaction) {
            Some(_) => self.distribution.transfer(at.instant, interaction, destination),
            None => self.send_stranded(at, interaction, destination),
        };
        if let Err(error) = sent {
            self.batch.steps.truncate(mark);
            return Err(error.into());
        }
        self.lay_down(at, interaction);
        if let Some(item) = self.interactions.get_mut(&interaction) {
            item.wait(at.wall_ms, agent);
            item.queue = queue;
        }
        self.back_to_music(at, interaction);
        self.batch.agents.extend(from);
        Ok(())
    }

    fn send_stranded(
        &mut self,
        at: Moment,
        interaction: InteractionId,
        to: Destination,
    ) -> Result<(), RoutingError> {
        let item = self.interactions.get(&interaction).ok_or(RoutingError::UnknownInteraction)?;
        let arrival = item.arrival_at(interaction, to);
        self.distribution.arrive(at.instant, arrival)
    }

    fn close(
        &mut self,
        at: Moment,
        asker: Asker<'_>,
        interaction: InteractionId,
        disposition: Option<DispositionId>,
    ) -> Result<(), FloorError> {
        let agent = self.holder(asker, interaction)?;
        let queue = self.item(interaction)?.queue;
        if let Some(id) = disposition {
            let offered = view::dispositions(asker.directory, self.organization, queue);
            if !offered.iter().any(|one| one.id == id.0) {
                return Err(FloorError::NoSuchDisposition);
            }
        }
        let told =
            event(InteractionEventKind::Closed, Some(asker.user), json!({ "disposition": disposition }));
        let by = EndedByWhom::Agent;
        self.batch.step(interaction, InteractionChange::Closed { disposition, by }, told);
        self.finish(at, interaction);
        if let Some(agent) = agent {
            self.wrap_ups.insert(agent, interaction);
        }
        Ok(())
    }

    /// Takes a closed one from the floor: the call is hung up, the agent has his wrap-up, the board counts.
    pub fn finish(&mut self, at: Moment, interaction: InteractionId) {
        self.lay_down(at, interaction);
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        if let Some((call, view)) = &mut item.call
            && view.state != CallState::Ended
        {
            turn(view, CallState::Ended, at);
            self.batch.voice.push(VoiceOrder::HangUp { call: *call });
        }
        let (was, queue, handled_ms) = (item.state, item.queue, item.handled_ms);
        item.state = InteractionState::Closed;
        item.ended_at_ms.get_or_insert(at.wall_ms);
        // One that had no queue is not known to the distribution.
        let _ = self.distribution.close(at.instant, interaction);
        match (queue, was) {
            (Some(queue), InteractionState::Open) => {
                self.boards.handled(queue, handled_ms);
                if self.is_wrapped_up(interaction) {
                    self.wrapped_up_still.insert(interaction, (queue, at.wall_ms));
                }
            }
            (Some(queue), InteractionState::Waiting) => self.boards.abandoned(queue),
            (Some(_), InteractionState::Closed) | (None, _) => {}
        }
    }

    /// The customer has ended it, or did not come back, or his call is over, whoever ended that.
    pub fn ended(&mut self, at: Moment, interaction: InteractionId, (by, why): (EndedByWhom, &'static str)) {
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        match item.state {
            InteractionState::Waiting => {
                let told = event(InteractionEventKind::Abandoned, None, json!({ "by": by, "why": why }));
                self.batch.step(interaction, InteractionChange::Abandoned { by }, told);
                item.agent = None;
                self.finish(at, interaction);
            }
            InteractionState::Open if item.ended_at_ms.is_none() => {
                item.ended_at_ms = Some(at.wall_ms);
                item.left_at_ms = None;
                let kind = match item.medium {
                    Medium::Voice => InteractionEventKind::Ended,
                    Medium::Chat => InteractionEventKind::CustomerEnded,
                };
                let told = event(kind, None, json!({ "by": by, "why": why }));
                self.batch.step(interaction, InteractionChange::Ended { by }, told);
            }
            InteractionState::Open | InteractionState::Closed => {}
        }
    }

    /// A console of the user is open.
    pub fn socket_opened(&mut self, at: Moment, user: UserId) -> Result<(), FloorError> {
        let open = self.sockets.entry(user).or_default();
        if *open >= CONSOLES_LIMIT {
            return Err(FloorError::TooManyConsoles);
        }
        *open += 1;
        Ok(self.distribution.found(at.instant, user)?)
    }

    /// One of them is no more; after the last one he counts as lost.
    pub fn socket_closed(&mut self, at: Moment, user: UserId, grace: Duration) {
        let Some(open) = self.sockets.get_mut(&user) else { return };
        *open = open.saturating_sub(1);
        if *open == 0 {
            self.sockets.remove(&user);
            // Who is no more needs no grace.
            let _ = self.distribution.lost(at.instant, user, grace);
        }
    }

    /// A visitor has left his page, or has come back: as his row says.
    pub fn visitor(
        &mut self,
        at: Moment,
        interaction: InteractionId,
        left_at_ms: Option<i64>,
        grace_ms: i64,
    ) {
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        if item.left_at_ms == left_at_ms {
            return;
        }
        let kind = match left_at_ms {
            Some(_) => InteractionEventKind::CustomerLeft,
            None => InteractionEventKind::CustomerReturned,
        };
        item.left_at_ms = left_at_ms;
        self.left.retain(|(_, other)| *other != interaction);
        self.batch.note(interaction, event(kind, None, json!({})));
        self.await_visitor(at, interaction, grace_ms);
    }

    /// Sets the timer of a visitor who is away.
    pub fn await_visitor(&mut self, at: Moment, interaction: InteractionId, grace_ms: i64) {
        let left = self.interactions.get(&interaction).and_then(|item| item.left_at_ms);
        if let Some(left_at_ms) = left {
            self.left.insert((at.instant_of(left_at_ms.saturating_add(grace_ms)), interaction));
        }
    }

    /// What time alone brings about.
    pub fn handle_timeout(&mut self, at: Moment) {
        self.distribution.handle_timeout(at.instant);
        while let Some(&(due, interaction)) = self.left.first()
            && due <= at.instant
        {
            self.left.pop_first();
            self.ended(at, interaction, (EndedByWhom::Customer, "did_not_come_back"));
        }
    }

    /// Who stands at the desk: here, lost, or away.
    pub fn is_lost(&self, user: UserId) -> bool {
        let presence = self.distribution.agent(user).map(|agent| agent.presence);
        matches!(presence, Some(Presence::Lost { .. }))
    }
}

/// Words that the API uses for how far a pause reaches.
pub fn scope_of(queue: Option<QueueId>, medium: Option<Medium>) -> Scope {
    match (queue, medium) {
        (Some(queue), _) => Scope::Queue(queue),
        (None, Some(medium)) => Scope::Medium(medium),
        (None, None) => Scope::All,
    }
}
