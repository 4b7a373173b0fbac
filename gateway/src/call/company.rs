//! Who is in a Call beside the two that talk: a third party, or a supervisor. All hear a room then; when the last of them has
//! left, the two hear each other without it again. Neither change loses a word.

use ramal_media::command::{Command, Hears, LegId, Part, RoomId, Source, Speaks};

use super::calls::Book;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{Leg, LegPhase, Party};
use super::state::{Call, Phase};

/// Those who are beside the two.
pub struct Company {
    room: RoomId,
    guests: Vec<Guest>,
}

struct Guest {
    leg: LegId,
    role: Role,
}

/// What somebody beside the two is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Supervisor(Supervision),
    Third,
}

/// How a supervisor takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Supervision {
    /// Hears both, nobody hears him.
    Listen,
    /// Hears both, the agent alone hears him.
    Whisper,
    /// All three hear each other.
    Barge,
}

impl Call {
    /// Where the two hear each other while there is company.
    pub(super) fn room(&self) -> Option<RoomId> {
        self.company.as_ref().map(|company| company.room)
    }

    /// Supervisors, in the order they came, and how each is there.
    pub(super) fn watchers(&self) -> impl Iterator<Item = (LegId, Supervision)> {
        let guests = self.company.iter().flat_map(|company| &company.guests);
        guests.filter_map(|guest| match guest.role {
            Role::Supervisor(how) => Some((guest.leg, how)),
            Role::Third => None,
        })
    }

    pub(super) fn is_guest(&self, leg: LegId) -> bool {
        self.role_of(leg).is_some()
    }

    pub(super) fn is_third(&self, leg: LegId) -> bool {
        self.role_of(leg) == Some(Role::Third)
    }

    pub(super) fn has_third(&self) -> bool {
        self.thirds().next().is_some()
    }

    /// How a Leg supervises this Call, if it does.
    pub(super) fn supervises(&self, leg: LegId) -> Option<Supervision> {
        self.watchers().find(|(watcher, _)| *watcher == leg).map(|(_, how)| how)
    }

    /// Third parties, in the order they came.
    pub(super) fn thirds(&self) -> impl Iterator<Item = LegId> {
        let guests = self.company.iter().flat_map(|company| &company.guests);
        guests.filter(|guest| guest.role == Role::Third).map(|guest| guest.leg)
    }

    /// The party whom a whisper is for: the agent of the floor, or else whoever is of the house.
    pub(super) fn advised(&self) -> Option<LegId> {
        let Phase::Talking { a, b } = self.phase else { return None };
        let of_floor = self.floor.as_ref().and_then(|part| self.agent_leg(part));
        let seat = || [a, b].into_iter().find(|leg| self.leg(*leg).is_some_and(|l| l.seat().is_some()));
        let insider = || {
            let inside = |leg: &&Leg| matches!(leg.party, Party::Extension { .. });
            [b, a].into_iter().find(|leg| self.leg(*leg).as_ref().is_some_and(inside))
        };
        of_floor.or_else(seat).or_else(insider)
    }

    /// The one of the two who is not [`Self::advised`]: the customer, or whoever called.
    pub(super) fn outsider(&self) -> Option<LegId> {
        let Phase::Talking { a, b } = self.phase else { return None };
        Some(if self.advised() == Some(a) { b } else { a })
    }

    /// Somebody comes to the two, or takes part in another way.
    pub(super) fn welcome(&mut self, cx: &Context<'_>, book: &mut Book, leg: LegId, role: Role) {
        let Phase::Talking { a, b } = self.phase else { return };
        if self.is_guest(leg) {
            self.guests_mut().filter(|guest| guest.leg == leg).for_each(|guest| guest.role = role);
            return self.connect(cx);
        }
        match &mut self.company {
            Some(company) => company.guests.push(Guest { leg, role }),
            None => {
                let room = book.next_room();
                self.company = Some(Company { room, guests: vec![Guest { leg, role }] });
                // A clip that has their ears is heard to its end first.
                if self.hear_each_other(a, b) && !self.clip_has_ears() {
                    let members = [a, b].map(|leg| (self.on_worker(leg), Part::FULL));
                    self.command(cx, Command::Mix { room, members });
                }
            }
        }
        self.connect(cx);
    }

    /// Decides what each hears while there is company.
    pub(super) fn connect_company(&self, cx: &Context<'_>) {
        let (Phase::Talking { a, b }, Some(company)) = (&self.phase, &self.company) else { return };
        for (listener, speaker) in [(*a, *b), (*b, *a)] {
            let source = self.source_in_company(cx, company, listener, speaker);
            self.hear(cx, listener, source);
        }
        self.connect_guests(cx);
    }

    /// Those beside the two hear the room.
    pub(super) fn connect_guests(&self, cx: &Context<'_>) {
        let Some(company) = &self.company else { return };
        for guest in &company.guests {
            let holds = self.leg(guest.leg).is_none_or(Leg::holds);
            let source = match self.part_of(guest.role) {
                Some(part) if !holds => Source::Room { room: company.room, part },
                Some(_) | None => Source::Silence,
            };
            self.hear(cx, guest.leg, source);
        }
    }

    /// Music is for one who is alone.
    fn source_in_company(
        &self,
        cx: &Context<'_>,
        company: &Company,
        listener: LegId,
        speaker: LegId,
    ) -> Source {
        let is_there = |leg: LegId| self.leg(leg).is_some_and(|party| !party.holds());
        let third = company.guests.iter().any(|guest| guest.role == Role::Third && is_there(guest.leg));
        if is_there(listener) && (is_there(speaker) || third) {
            return Source::Room { room: company.room, part: Part::FULL };
        }
        self.source_for(cx, listener, speaker)
    }

    fn part_of(&self, role: Role) -> Option<Part> {
        let speaks = match role {
            Role::Third | Role::Supervisor(Supervision::Barge) => Speaks::Everyone,
            Role::Supervisor(Supervision::Listen) => Speaks::Nobody,
            Role::Supervisor(Supervision::Whisper) => Speaks::Only(self.on_worker(self.advised()?)),
        };
        Some(Part { speaks, hears: Hears::Room, gain_db: 0 })
    }

    /// Somebody has left: a guest, or one of the two whose place a third party takes. False where the Call is over with him.
    pub(super) fn company_goes_on(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) -> bool {
        if self.is_guest(leg) {
            self.guest_left(cx, leg);
            return true;
        }
        let Phase::Talking { a, b } = self.phase else { return false };
        let Some(third) = self.thirds().next().filter(|_| a == leg || b == leg) else { return false };
        self.step_in(cx, book, leg, third);
        true
    }

    /// A guest takes the place of one of the two, who has left.
    pub(super) fn step_in(&mut self, cx: &mut Context<'_>, book: &mut Book, leaves: LegId, guest: LegId) {
        if let Some(company) = &mut self.company {
            company.guests.retain(|known| known.leg != guest);
        }
        self.replace_in_pair(leaves, guest);
        self.retap(cx);
        self.shrink(cx);
        self.align(cx);
        self.start_recording(cx, book);
    }

    /// A guest has left.
    pub(super) fn guest_left(&mut self, cx: &Context<'_>, leg: LegId) {
        if let Some(company) = &mut self.company {
            company.guests.retain(|guest| guest.leg != leg);
        }
        self.shrink(cx);
    }

    /// The Call goes where no company can follow.
    pub(super) fn dismiss_company(&mut self, cx: &mut Context<'_>) {
        let Some(company) = self.company.take() else { return };
        for guest in company.guests {
            self.drop_leg(cx, guest.leg, EndReason::Transferred);
        }
    }

    /// What was played into a room without guests has ended.
    pub(super) fn leave_empty_room(&mut self, cx: &Context<'_>) {
        if self.is_alone_in_room() && matches!(self.phase, Phase::Talking { .. }) {
            self.shrink(cx);
        }
    }

    fn is_alone_in_room(&self) -> bool {
        self.company.as_ref().is_some_and(|company| company.guests.is_empty())
    }

    /// Without guests, and without a clip that is played to both, the two need no room.
    fn shrink(&mut self, cx: &Context<'_>) {
        if self.is_alone_in_room() && !self.clip_needs_room() {
            self.company = None;
            if let Phase::Talking { a, b } = self.phase
                && self.hear_each_other(a, b)
                && !self.clip_has_ears()
            {
                let legs = [a, b].map(|leg| self.on_worker(leg));
                return self.command(cx, Command::Unmix { legs });
            }
        }
        self.connect(cx);
    }

    fn hear_each_other(&self, a: LegId, b: LegId) -> bool {
        let hears = |leg: &Leg| leg.phase == LegPhase::Up && !leg.holds();
        [a, b].into_iter().all(|leg| self.leg(leg).is_some_and(hears))
    }

    fn role_of(&self, leg: LegId) -> Option<Role> {
        let guests = self.company.iter().flat_map(|company| &company.guests);
        guests.filter(|guest| guest.leg == leg).map(|guest| guest.role).next()
    }

    fn guests_mut(&mut self) -> impl Iterator<Item = &mut Guest> {
        self.company.iter_mut().flat_map(|company| &mut company.guests)
    }
}
