//! Three-way calls: two Calls of a Seat become one in which all three hear each other (F069).

use ramal_media::command::LegId;

use super::calls::Calls;
use super::company::Role;
use super::context::Context;
use super::seat::{SeatCommand, SeatRefusal};
use super::state::{Call, Phase};
use crate::model::CallId;

impl Calls {
    /// Brings the other party of `other` into `id`. A Call that still rings comes in as soon as it is answered.
    pub(super) fn merge(
        &mut self,
        cx: &mut Context<'_>,
        media: LegId,
        id: CallId,
        other: CallId,
    ) -> Result<(), SeatRefusal> {
        let second = self.calls.get_mut(&other).filter(|_| id != other).ok_or(SeatRefusal::NoSuchCall)?;
        let consults = second.seat_leg(media).ok_or(SeatRefusal::NoSuchCall)?;
        if second.company.is_some() || second.is_guest(consults) {
            return Err(SeatRefusal::WrongState);
        }
        match &second.phase {
            Phase::Talking { .. } => {}
            Phase::Ringing(dial) if dial.waiting == consults => {
                second.merge_into = Some(id);
                return Ok(());
            }
            _ => return Err(SeatRefusal::WrongState),
        }
        self.bring(cx, media, id, other)
    }

    /// A Call that was dialled to be merged has been answered.
    pub(super) fn merge_into(&mut self, cx: &mut Context<'_>, first: CallId, id: CallId) {
        let seats =
            |call: &Call| call.legs.iter().filter_map(|leg| Some(leg.seat()?.media)).collect::<Vec<_>>();
        let shared = match (self.calls.get(&first), self.calls.get(&id)) {
            (Some(into), Some(from)) if matches!(into.phase, Phase::Talking { .. }) => {
                seats(from).into_iter().find(|media| {
                    // One of the two who talk may have brought him in, or a third one.
                    let may = |leg| into.allows(leg, &SeatCommand::Merge(id));
                    into.seat_leg(*media).is_some_and(may) && from.seat_leg(*media).is_some()
                })
            }
            _ => None,
        };
        let brought = shared.map(|media| self.bring(cx, media, first, id));
        if !matches!(brought, Some(Ok(()))) {
            // The first is over meanwhile, is being given away, or can take nobody in: the two of the second talk.
            tracing::info!(call.id = %id, "a call that was to join another stays by itself");
            self.with(cx, id, |call, cx, book| call.start_recording(cx, book));
        }
    }

    fn bring(
        &mut self,
        cx: &mut Context<'_>,
        media: LegId,
        id: CallId,
        other: CallId,
    ) -> Result<(), SeatRefusal> {
        let join = self.seat_join(media, id, other).ok_or(SeatRefusal::WrongState)?.bringing();
        let moved = self.part_with_peer(cx, &join).ok_or(SeatRefusal::WrongState)?;
        self.with(cx, id, |call, cx, book| {
            let arrived = moved.id;
            call.legs.push(moved);
            if let Some(agent) = call.seat_leg(media) {
                call.take_ear(agent);
            }
            call.give_up_agreement(cx, arrived);
            call.welcome(cx, book, arrived, Role::Third);
            call.retap(cx);
            call.mask_who_came(cx);
            // A rule of the one who came may be the first that asks for a recording.
            call.start_recording(cx, book);
        });
        Ok(())
    }
}

impl Call {
    /// The Call that this one is to go into. One that has come to a conference or to a service of ours goes nowhere.
    pub(super) fn joins(&self) -> Option<CallId> {
        self.merge_into.filter(|_| !matches!(self.phase, Phase::Conferring(_) | Phase::Serving { .. }))
    }

    /// The Call that this one goes into, once it is answered; told once.
    pub(super) fn take_merge(&mut self) -> Option<CallId> {
        match self.phase {
            Phase::Talking { .. } => self.merge_into.take(),
            _ => None,
        }
    }
}
