//! Clips of sound that an agent plays into his Call: to the customer, or to all.

use std::sync::Arc;

use ramal_media::command::{Command, LegId, Repeat, RoomId, Source, Speaks};
use ramal_media::player::Prompt;

use super::calls::Book;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::Side;
use super::seat::SeatRefusal;
use super::state::{Call, EndedBy, Phase};
use crate::model::SoundClipId;

/// What is played, to whom, and what comes after it.
#[derive(Clone, Debug)]
pub struct Clip {
    pub id: SoundClipId,
    pub prompt: Arc<Prompt>,
    pub hearers: ClipHearers,
    pub then: AfterClip,
}

impl PartialEq for Clip {
    /// The same sound is the same place in memory.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.prompt, &other.prompt) && self.hearers == other.hearers && self.then == other.then
    }
}

/// Who hears a clip. The others go on hearing whom they heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipHearers {
    /// All who are in the Call.
    Both,
    Customer,
}

/// What comes after a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterClip {
    /// The Call ends.
    HangUp,
    /// Both hear each other again.
    Talk,
}

/// A clip that is being played.
pub struct PlayedClip {
    id: SoundClipId,
    by: LegId,
    /// Its end is the end of the clip.
    customer: LegId,
    then: AfterClip,
    way: Way,
}

/// How it comes to those who hear it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In the place of what they heard.
    Ears,
    /// Beside what is said there. `voice` names it to the Worker.
    Room { room: RoomId, voice: LegId },
}

impl Call {
    /// Plays a clip; one that is being played makes room for it. Where there is company it is played into the room: all go on
    /// hearing each other.
    ///
    /// # Errors
    /// Nobody talks with the agent, or the customer is on hold.
    pub(super) fn play_clip(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        by: LegId,
        clip: &Clip,
    ) -> Result<(), SeatRefusal> {
        let Phase::Talking { .. } = self.phase else { return Err(SeatRefusal::WrongState) };
        let Some(customer) = self.peer_of(by) else { return Err(SeatRefusal::WrongState) };
        let held = |leg: LegId| self.leg(leg).is_none_or(|leg| leg.holds() || !leg.listens());
        if held(customer) || held(by) {
            return Err(SeatRefusal::WrongState);
        }
        let had_ears = self.clip_has_ears();
        self.hush_clip(cx, book);
        if had_ears && self.company.is_some() {
            self.connect(cx); // Who had only the clip in his ears is not in the room yet.
        }
        let way = match self.room() {
            Some(room) => Way::Room { room, voice: book.next_leg() },
            None => Way::Ears,
        };
        match way {
            Way::Ears => self.play_to_ears(cx, (by, customer), clip),
            Way::Room { room, voice } => {
                book.by_leg.insert(voice, self.id);
                let to = match clip.hearers {
                    ClipHearers::Both => Speaks::Everyone,
                    ClipHearers::Customer => Speaks::Only(self.on_worker(customer)),
                };
                self.command(cx, Command::PlayInRoom { room, voice, to, prompt: Arc::clone(&clip.prompt) });
            }
        }
        self.clip = Some(PlayedClip { id: clip.id, by, customer, then: clip.then, way });
        self.retap(cx);
        Ok(())
    }

    fn play_to_ears(&self, cx: &Context<'_>, (by, customer): (LegId, LegId), clip: &Clip) {
        let source = || Source::Play { prompt: Arc::clone(&clip.prompt), repeat: Repeat::Once };
        self.hear(cx, customer, source());
        match clip.hearers {
            ClipHearers::Both => self.hear(cx, by, source()),
            ClipHearers::Customer => self.hear(cx, by, Source::Leg(customer)),
        }
    }

    /// The agent has heard enough of it: the conversation goes on.
    ///
    /// # Errors
    /// None is being played.
    pub(super) fn stop_clip(&mut self, cx: &mut Context<'_>, book: &mut Book) -> Result<(), SeatRefusal> {
        if self.clip.is_none() {
            return Err(SeatRefusal::WrongState);
        }
        self.hush_clip(cx, book);
        self.connect(cx);
        Ok(())
    }

    /// Whether a clip is being played, and both it was begun with still talk.
    pub(super) fn clip_goes_on(&self) -> bool {
        let Some(clip) = &self.clip else { return false };
        let here = |leg: LegId| self.leg(leg).is_some_and(|leg| leg.listens() && !leg.holds());
        let talk =
            matches!(self.phase, Phase::Talking { .. }) && self.peer_of(clip.by) == Some(clip.customer);
        let there = match clip.way {
            Way::Ears => true,
            Way::Room { room, .. } => self.room() == Some(room),
        };
        talk && there && here(clip.by) && here(clip.customer)
    }

    /// Whether one is being played in the place of what the two say.
    pub(super) fn clip_has_ears(&self) -> bool {
        self.clip.as_ref().is_some_and(|clip| clip.way == Way::Ears) && self.clip_goes_on()
    }

    /// Whether one is being played into the room, which stays for it when the last guest has left.
    pub(super) fn clip_needs_room(&self) -> bool {
        self.clip.as_ref().is_some_and(|clip| clip.way != Way::Ears) && self.clip_goes_on()
    }

    /// What is being played.
    pub(super) fn clip_shown(&self) -> Option<SoundClipId> {
        self.clip.as_ref().filter(|_| self.clip_goes_on()).map(|clip| clip.id)
    }

    /// What was heard of a clip whose parties do something else now is all that is heard of it.
    pub(super) fn forget_clip(&mut self, cx: &Context<'_>, book: &mut Book) {
        if !self.clip_goes_on() {
            self.hush_clip(cx, book);
        }
    }

    fn hush_clip(&mut self, cx: &Context<'_>, book: &mut Book) {
        if let Some(PlayedClip { way: Way::Room { room, voice }, .. }) = self.clip.take() {
            book.by_leg.remove(&voice);
            self.command(cx, Command::HushInRoom { room, voice });
            self.leave_empty_room(cx);
        }
    }

    /// A prompt has ended at a party, or in the room.
    pub(super) fn clip_finished(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        let Some(clip) = &self.clip else { return };
        let ends_with = match clip.way {
            Way::Ears => clip.customer,
            Way::Room { voice, .. } => voice,
        };
        if ends_with != leg {
            return; // The other one who hears it.
        }
        let (by, then) = (clip.by, clip.then);
        self.hush_clip(cx, book);
        match then {
            AfterClip::Talk => self.connect(cx),
            AfterClip::HangUp => {
                self.note_hangup(by);
                let by = match self.leg(by).map(|leg| leg.side) {
                    Some(Side::Caller) => EndedBy::Caller,
                    Some(Side::Callee) | None => EndedBy::Callee,
                };
                self.end(cx, book, EndReason::NormalClearing, by);
            }
        }
    }
}
