//! Supervisors in running Calls, at their own Seats: they listen, whisper, barge in, or take a Call over.

use ramal_media::command::LegId;

use super::calls::{Book, Calls};
use super::company::{Role, Supervision};
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{LegPhase, Side};
use super::seat::{Ear, SeatPlace};
use super::state::{Call, Phase};
use crate::model::CallId;

/// Supervisors of one Call.
const SUPERVISORS: usize = 4;

/// Why a Call cannot be supervised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuperviseRefusal {
    #[error("no such call")]
    NoSuchCall,
    /// Nobody talks, or it has no agent.
    #[error("the call is not in the state for this")]
    WrongState,
    /// The supervisor is one of those who talk.
    #[error("one's own call")]
    OwnCall,
    #[error("the call has {SUPERVISORS} supervisors already")]
    Full,
    /// It runs on another media worker than browsers and is recorded there.
    #[error("the call cannot go to the browsers of its organization")]
    Media,
}

impl Calls {
    /// A supervisor takes part in a Call, or does so in another way than before.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn supervise(
        &mut self,
        cx: &mut Context<'_>,
        id: CallId,
        seat: &SeatPlace,
        how: Supervision,
    ) -> Result<(), SuperviseRefusal> {
        let call = self.of_the_house(id, seat)?;
        if how == Supervision::Whisper && call.advised().is_none() {
            return Err(SuperviseRefusal::WrongState);
        }
        self.sit_by(cx, id, seat)?;
        self.with(cx, id, |call, cx, book| {
            let guest = call.guest_at(book, cx, seat);
            call.welcome(cx, book, guest, Role::Supervisor(how));
        });
        Ok(())
    }

    /// A supervisor takes the place of the agent, who is out of the Call then.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn take_over(
        &mut self,
        cx: &mut Context<'_>,
        id: CallId,
        seat: &SeatPlace,
    ) -> Result<(), SuperviseRefusal> {
        let agent = self.of_the_house(id, seat)?.advised().ok_or(SuperviseRefusal::WrongState)?;
        self.sit_by(cx, id, seat)?;
        self.with(cx, id, |call, cx, book| {
            let guest = call.guest_at(book, cx, seat);
            call.welcome(cx, book, guest, Role::Supervisor(Supervision::Barge));
            call.record.transferred_to = Some(seat.party.number().to_owned());
            call.drop_leg(cx, agent, EndReason::Transferred);
            call.step_in(cx, book, agent, guest);
        });
        Ok(())
    }

    fn of_the_house(&self, id: CallId, seat: &SeatPlace) -> Result<&Call, SuperviseRefusal> {
        let call = self.calls.get(&id).ok_or(SuperviseRefusal::NoSuchCall)?;
        let own = call.record.organization == Some(seat.organization);
        if own { Ok(call) } else { Err(SuperviseRefusal::NoSuchCall) }
    }

    /// Whether the Seat may come into the Call; its other Calls are held then.
    fn sit_by(&mut self, cx: &mut Context<'_>, id: CallId, seat: &SeatPlace) -> Result<(), SuperviseRefusal> {
        let of_the_house = |call: &&mut Box<Call>| call.record.organization == Some(seat.organization);
        let call = self.calls.get_mut(&id).filter(of_the_house).ok_or(SuperviseRefusal::NoSuchCall)?;
        if !matches!(call.phase, Phase::Talking { .. }) {
            return Err(SuperviseRefusal::WrongState);
        }
        match call.seat_leg(seat.media) {
            Some(own) if !call.is_guest(own) || call.is_third(own) => return Err(SuperviseRefusal::OwnCall),
            Some(_) => {}
            None if call.watchers().count() >= SUPERVISORS => return Err(SuperviseRefusal::Full),
            None => call.go_home(cx, seat.worker).map_err(|_| SuperviseRefusal::Media)?,
        }
        self.turn_away(cx, seat.media, Some(id));
        Ok(())
    }
}

impl Call {
    /// The part of a supervisor's Seat in this Call, which is made if there is none.
    fn guest_at(&mut self, book: &mut Book, cx: &Context<'_>, seat: &SeatPlace) -> LegId {
        if let Some(known) = self.seat_leg(seat.media) {
            self.take_ear(known);
            return known;
        }
        let leg = self.sit(book, seat, Side::Callee, Ear::Here);
        if let Some(party) = self.leg_mut(leg) {
            party.phase = LegPhase::Up;
        }
        self.count_seat(cx, leg);
        leg
    }
}
