//! What the floor is told of a Call: one that waits in a queue, that an agent dialled, or that he took at his own number.
//! A Call is compared with what the floor was told last, after each event.

use ramal_media::command::LegId;

use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{Leg, Party};
use super::state::{Call, EndedBy, Phase};
use crate::model::{Direction, ExtensionId, OrganizationId, QueueId};
use crate::routing::floor::voice::{Hangup, VoiceEvent};

/// Why a Call concerns the floor, and what it knows of it.
pub struct FloorPart {
    /// Whose music the customer hears while he waits.
    pub queue: Option<QueueId>,
    /// The Seat that has the Call, or has had it last.
    pub agent: Option<ExtensionId>,
    /// The party that is no agent, once it is known.
    pub customer: Option<LegId>,
    pub told: Told,
    /// Who hung up, where one of the two did.
    pub hung_up: Option<Hangup>,
}

/// What the floor was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Ended,
    /// It goes on without an agent's Seat.
    HandedOver,
    Held,
    /// An agent dialled, nobody has answered.
    Ringing,
    Talking,
    Waiting,
}

impl FloorPart {
    pub(super) const fn new(told: Told) -> Self {
        Self { queue: None, agent: None, customer: None, told, hung_up: None }
    }
}

impl Call {
    /// Tells the floor what has changed.
    pub(super) fn report(&mut self, cx: &mut Context<'_>) {
        if self.floor.is_none() {
            self.floor = self.becomes_known(cx);
        }
        self.follow_agent();
        let Some(part) = &self.floor else { return };
        let (before, now) = (part.told, self.standing(part));
        if before == now {
            return;
        }
        if let Some(part) = &mut self.floor {
            part.told = now;
        }
        match (before, now) {
            (_, Told::Ended) => self.report_end(cx),
            (_, Told::HandedOver) => self.report_handed_over(cx),
            (Told::HandedOver, Told::Talking | Told::Held) => self.report_handed_over(cx),
            (_, Told::Waiting) => cx.voice.push(VoiceEvent::SeatLost { call: self.id }),
            (Told::Talking, Told::Held) => cx.voice.push(VoiceEvent::Held { call: self.id }),
            (Told::Held, Told::Talking) => cx.voice.push(VoiceEvent::Resumed { call: self.id }),
            (_, Told::Talking) => cx.voice.push(self.connected()),
            (_, Told::Held) => {
                cx.voice.push(self.connected());
                cx.voice.push(VoiceEvent::Held { call: self.id });
            }
            (_, Told::Ringing) => {}
        }
    }

    /// A Call that a Seat has dialled or taken, with somebody outside at the other end, concerns the floor from then on.
    fn becomes_known(&self, cx: &mut Context<'_>) -> Option<FloorPart> {
        let organization = self.record.organization?;
        if self.merge_into.is_some() {
            return None; // A third party of another Call is no customer of his own.
        }
        match &self.phase {
            Phase::Ringing(dial) if self.record.direction == Direction::Outbound => {
                let agent = self.seat_of(dial.waiting)?;
                cx.voice.push(VoiceEvent::Dialled {
                    organization,
                    call: self.id,
                    extension: agent,
                    to: self.record.callee.clone(),
                    purpose: self.purpose,
                    at_ms: cx.wall_ms,
                });
                Some(FloorPart { agent: Some(agent), ..FloorPart::new(Told::Ringing) })
            }
            Phase::Talking { a, b } => {
                let pair = [(*a, *b), (*b, *a)];
                let (agent, customer) = pair.into_iter().find_map(|(seat, far)| {
                    let outside = matches!(self.leg(far)?.party, Party::Trunk { .. });
                    self.seat_of(seat).filter(|_| outside).map(|agent| (agent, far))
                })?;
                cx.voice.push(self.taken_directly(organization, agent, customer, cx.wall_ms));
                let part = FloorPart::new(Told::Talking);
                Some(FloorPart { agent: Some(agent), customer: Some(customer), ..part })
            }
            _ => None,
        }
    }

    fn connected(&self) -> VoiceEvent {
        VoiceEvent::Connected { call: self.id, recorded: self.recording.is_some() }
    }

    fn taken_directly(
        &self,
        organization: OrganizationId,
        extension: ExtensionId,
        customer: LegId,
        at_ms: i64,
    ) -> VoiceEvent {
        VoiceEvent::Direct {
            organization,
            call: self.id,
            extension,
            caller: self.leg(customer).map(|leg| leg.party.number().to_owned()).unwrap_or_default(),
            caller_name: self.caller_name.clone(),
            dialled: self.record.callee.clone(),
            recorded: self.recording.is_some(),
            at_ms,
        }
    }

    /// Whoever talks with the agent is the customer, also when somebody else has taken the customer's place; a Seat to
    /// which a Call that was given away comes, is the agent.
    fn follow_agent(&mut self) {
        let Some(part) = &self.floor else { return };
        if part.told == Told::HandedOver {
            let has_it = part.customer.and_then(|customer| self.peer_of(customer));
            let agent = has_it.and_then(|leg| self.seat_of(leg)).or(part.agent);
            if let Some(part) = &mut self.floor {
                part.agent = agent;
            }
        }
        let Some(part) = &self.floor else { return };
        let Some(customer) = self.agent_leg(part).and_then(|agent| self.peer_of(agent)) else { return };
        if let Some(part) = &mut self.floor {
            part.customer = Some(customer);
        }
    }

    fn standing(&self, part: &FloorPart) -> Told {
        if self.record.ended_at_ms.is_some() {
            return Told::Ended;
        }
        match &self.phase {
            Phase::Waiting { .. } => Told::Waiting,
            Phase::Ringing(_) => Told::Ringing,
            Phase::Transferring { .. } => part.told, // It may come back.
            Phase::Conferring(_) | Phase::Serving { .. } => Told::HandedOver,
            Phase::Talking { .. } => match self.agent_leg(part).and_then(|leg| self.leg(leg)) {
                Some(agent) if agent.listens() => Told::Talking,
                Some(_) => Told::Held,
                None => Told::HandedOver,
            },
            Phase::Ending => Told::Ended,
        }
    }

    fn report_handed_over(&mut self, cx: &mut Context<'_>) {
        let Some(part) = &self.floor else { return };
        let has_it = part.customer.and_then(|customer| self.peer_of(customer));
        let extension = has_it.and_then(|leg| self.seat_of(leg));
        let to = has_it.and_then(|leg| self.leg(leg)).map(|leg| leg.party.number().to_owned());
        let to = to.or_else(|| self.record.transferred_to.clone()).unwrap_or_default();
        cx.voice.push(VoiceEvent::HandedOver { call: self.id, to, extension });
        if let Some(part) = self.floor.as_mut().filter(|_| extension.is_some()) {
            part.agent = extension;
            part.told = Told::Talking;
        }
    }

    fn report_end(&self, cx: &mut Context<'_>) {
        let hung_up = self.floor.as_ref().and_then(|part| part.hung_up);
        let by = hung_up.unwrap_or(match self.record.ended_by {
            Some(EndedBy::System) | None => Hangup::System,
            Some(EndedBy::Caller | EndedBy::Callee) => Hangup::Customer,
        });
        let reason = self.end_reason.map_or("unknown", EndReason::cdr_text);
        cx.voice.push(VoiceEvent::Ended { call: self.id, by, reason, at_ms: cx.wall_ms });
    }

    /// Remembers whose doing it is that the Call ends.
    pub(super) fn note_hangup(&mut self, leg: LegId) {
        let Some(part) = &self.floor else { return };
        let by = if self.is_agent(part, leg) { Hangup::Agent } else { Hangup::Customer };
        if let Some(part) = &mut self.floor {
            part.hung_up.get_or_insert(by);
        }
    }

    /// The Seat that has the Call for the floor, while it has.
    pub(super) fn agent_leg(&self, part: &FloorPart) -> Option<LegId> {
        let (Phase::Talking { a, b } | Phase::Transferring { pair: (a, b), .. }) = self.phase else {
            return None;
        };
        [a, b].into_iter().find(|leg| self.is_agent(part, *leg))
    }

    pub(super) fn is_agent(&self, part: &FloorPart, leg: LegId) -> bool {
        part.agent.is_some() && self.seat_of(leg) == part.agent && part.customer != Some(leg)
    }

    /// The extension whose Seat it is.
    fn seat_of(&self, leg: LegId) -> Option<ExtensionId> {
        let leg: &Leg = self.leg(leg)?;
        match leg.party {
            Party::Extension { id, .. } if leg.seat().is_some() => Some(id),
            Party::Extension { .. } | Party::Trunk { .. } => None,
        }
    }
}
