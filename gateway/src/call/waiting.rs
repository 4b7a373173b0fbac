//! Calls of queues: answered by us, with music until the floor says whose Seat takes them.

use std::sync::Arc;

use ramal_media::command::{LegId, Repeat, Source};
use ramal_media::player::Prompt;

use super::calls::{Book, Calls};
use super::context::{Context, QueueDoor};
use super::end_reason::EndReason;
use super::floor_part::{FloorPart, Told};
use super::leg::{LegPhase, Party, Side};
use super::seat::{Ear, SeatPlace};
use super::state::{Call, EndedBy, Phase};
use super::timer::Deadline;
use super::transfer::SubscriptionState;
use crate::model::{Announcement, CallId, Queue, QueueId, UserId};
use crate::routing::floor::voice::{Hangup, VoiceEvent, VoiceRefusal};
use crate::store::Fact;

impl Calls {
    /// The caller who waits and the Seat of an agent hear each other; the Seat's other Calls are held.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn connect_agent(
        &mut self,
        cx: &mut Context<'_>,
        id: CallId,
        user: UserId,
        seat: &SeatPlace,
    ) -> Result<(), VoiceRefusal> {
        let of_the_house = |call: &&mut Box<Call>| call.record.organization == Some(seat.organization);
        let call = self.calls.get_mut(&id).filter(of_the_house).ok_or(VoiceRefusal::NoSuchCall)?;
        match call.phase {
            Phase::Ending => return Err(VoiceRefusal::NoSuchCall),
            Phase::Waiting { .. } if call.seat_leg(seat.media).is_none() => {}
            _ => return Err(VoiceRefusal::NotWaiting),
        }
        call.go_home(cx, seat.worker).map_err(|_| VoiceRefusal::Media)?;
        self.turn_away(cx, seat.media, Some(id));
        self.with(cx, id, |call, cx, book| call.connect_agent(cx, book, user, seat));
        Ok(())
    }

    /// The agent leaves, the customer hears music again. Whoever rings by a transfer that goes on is given up.
    pub fn back_to_waiting(&mut self, cx: &mut Context<'_>, id: CallId, queue: Option<QueueId>) {
        self.with(cx, id, |call, cx, _| {
            if call.wait_again(cx, EndReason::Transferred)
                && let Some(part) = &mut call.floor
            {
                part.told = Told::Waiting; // It is the floor's own word.
                part.queue = queue;
                call.name_queue(cx);
                call.play_music(cx);
            }
        });
    }

    /// Ends a Call for its agent, or one that waits and has none.
    pub fn end_for_floor(&mut self, cx: &mut Context<'_>, id: CallId) {
        self.with(cx, id, |call, cx, book| {
            let agent = call.floor.as_ref().and_then(|part| call.agent_leg(part));
            let by = match agent.and_then(|leg| call.leg(leg)).map(|leg| leg.side) {
                Some(Side::Caller) => EndedBy::Caller,
                Some(Side::Callee) => EndedBy::Callee,
                None => EndedBy::System,
            };
            if let Some(part) = &mut call.floor {
                part.hung_up = Some(if agent.is_some() { Hangup::Agent } else { Hangup::System });
            }
            call.end(cx, book, EndReason::NormalClearing, by);
        });
    }

    /// Who waits hears this once, then music again.
    pub fn announce(&mut self, cx: &mut Context<'_>, id: CallId, prompt: &Announcement) {
        self.with(cx, id, |call, cx, _| {
            let Phase::Waiting { leg } = call.phase else { return };
            let organization = call.record.organization.and_then(|id| cx.directory.organization(id));
            if let Some(prompt) = cx.media.announcement(organization, prompt) {
                call.hear(cx, leg, Source::Play { prompt, repeat: Repeat::Once });
            }
        });
    }
}

impl Call {
    /// A queue answers.
    pub(super) fn wait(&mut self, cx: &mut Context<'_>, book: &mut Book, caller: LegId, queue: &Queue) {
        self.record.destination = Some(format!("queue:{}", queue.name));
        self.record.queue = Some(queue.name.clone());
        if cx.queues == QueueDoor::Closed {
            return self.end(cx, book, EndReason::Overloaded, EndedBy::System);
        }
        match self.answer_here(cx, caller) {
            Ok(()) => {
                self.enter_queue(cx, caller, queue);
                self.set_deadline(cx, book, cx.settings.max_call, Deadline::MaxDuration, 0);
            }
            Err(reason) => self.end(cx, book, reason, EndedBy::System),
        }
    }

    /// A party gives the Call to a queue by its number.
    pub(super) fn transfer_to_queue(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        by: LegId,
        stays: LegId,
        queue: &Queue,
    ) {
        if cx.queues == QueueDoor::Closed {
            return self.refuse_transfer(cx, book, by, EndReason::Overloaded);
        }
        self.dismiss_company(cx);
        self.notify(cx, book, by, 200, SubscriptionState::Terminated);
        self.drop_leg(cx, by, EndReason::Transferred);
        self.give_up_agreement(cx, stays);
        self.record.queue = Some(queue.name.clone());
        self.enter_queue(cx, stays, queue);
        self.retap(cx);
    }

    fn enter_queue(&mut self, cx: &mut Context<'_>, leg: LegId, queue: &Queue) {
        self.phase = Phase::Waiting { leg };
        if self.floor.as_ref().is_some_and(|part| part.told != Told::HandedOver) {
            // To the floor this is another Interaction: the agent's is over for him.
            let to = queue.name.clone();
            cx.voice.push(VoiceEvent::HandedOver { call: self.id, to, extension: None });
        }
        let part = FloorPart::new(Told::Waiting);
        self.floor = Some(FloorPart { queue: Some(queue.id), customer: Some(leg), ..part });
        let party = self.leg(leg).map(|leg| (leg.party.number().to_owned(), leg.side));
        let (caller, side) = party.unwrap_or((String::new(), Side::Caller));
        cx.voice.push(VoiceEvent::Queued {
            organization: queue.organization,
            call: self.id,
            queue: queue.id,
            caller,
            caller_name: self.caller_name.clone().filter(|_| side == Side::Caller),
            dialled: self.record.callee.clone(),
            at_ms: cx.wall_ms,
        });
        self.play_music(cx);
    }

    pub(super) fn play_music(&self, cx: &Context<'_>) {
        let Phase::Waiting { leg } = self.phase else { return };
        self.hear(cx, leg, Source::Play { prompt: self.music(cx), repeat: Repeat::Forever });
    }

    /// What a party hears that waits or is held: the music of the queue, or our own where there is none or it cannot be read.
    pub(super) fn music(&self, cx: &Context<'_>) -> Arc<Prompt> {
        let organization = self.record.organization.and_then(|id| cx.directory.organization(id));
        let queue = self.floor.as_ref().and_then(|part| part.queue).zip(organization);
        let queue = queue.and_then(|(queue, house)| cx.directory.queue(house.id, queue));
        let music = queue.and_then(|queue| cx.media.announcement(organization, &queue.hold_music()));
        music.unwrap_or_else(|| cx.media.hold_music())
    }

    fn connect_agent(&mut self, cx: &mut Context<'_>, book: &mut Book, user: UserId, seat: &SeatPlace) {
        let Phase::Waiting { leg: customer } = self.phase else { return };
        let agent = self.sit(book, seat, Side::Callee, Ear::Here);
        if let Some(party) = self.leg_mut(agent) {
            party.phase = LegPhase::Up;
        }
        self.count_seat(cx, agent);
        // The recording keeps its sides: whoever called is on the left.
        let called = self.leg(customer).is_some_and(|leg| leg.side == Side::Caller);
        let (a, b) = if called { (customer, agent) } else { (agent, customer) };
        self.phase = Phase::Talking { a, b };
        self.record.agent = Some(user);
        if let (Some(part), Party::Extension { id, .. }) = (&mut self.floor, &seat.party) {
            part.agent = Some(*id);
        }
        cx.facts.push(Fact::CallAnswered(Box::new(self.record.clone())));
        self.settle(cx, book);
    }

    /// Whoever has the customer leaves, and he waits. False where nobody has one.
    pub(super) fn wait_again(&mut self, cx: &mut Context<'_>, reason: EndReason) -> bool {
        let Some(part) = &self.floor else { return false };
        let (agent, queue) = (self.agent_leg(part), part.queue);
        let (Some(agent), Some(customer)) = (agent, part.customer) else { return false };
        if let Phase::Transferring { dial, .. } = &self.phase {
            for branch in dial.branches.clone() {
                self.drop_leg(cx, branch, EndReason::NormalClearing);
            }
        }
        self.dismiss_company(cx);
        self.phase = Phase::Waiting { leg: customer };
        self.drop_leg(cx, agent, reason);
        self.give_up_agreement(cx, customer);
        if let Some(part) = &mut self.floor {
            (part.agent, part.queue) = (None, queue);
        }
        self.retap(cx);
        self.play_music(cx);
        true
    }

    /// The record says in which queue the customer waits now.
    fn name_queue(&mut self, cx: &Context<'_>) {
        let id = self.floor.as_ref().and_then(|part| part.queue).zip(self.record.organization);
        let Some(queue) = id.and_then(|(queue, house)| cx.directory.queue(house, queue)) else { return };
        self.record.queue = Some(queue.name.clone());
    }
}
