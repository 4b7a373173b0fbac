//! Clips of sound that an agent plays into his Call: to the customer, or to both.

use std::sync::Arc;

use ramal_media::command::{LegId, Repeat, Source};
use ramal_media::player::Prompt;

use super::calls::Book;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::Side;
use super::seat::SeatRefusal;
use super::state::{Call, EndedBy, Phase};

/// What is played, to whom, and what comes after it.
#[derive(Clone, Debug)]
pub struct Clip {
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

/// Who hears a clip. The other one goes on hearing whom he heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipHearers {
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
    by: LegId,
    /// Its end is the end of the clip.
    customer: LegId,
    hearers: ClipHearers,
    then: AfterClip,
}

impl Call {
    /// Plays a clip; one that is being played makes room for it.
    ///
    /// # Errors
    /// Nobody talks with the agent, or the customer is on hold.
    pub(super) fn play_clip(&mut self, cx: &Context<'_>, by: LegId, clip: Clip) -> Result<(), SeatRefusal> {
        let Phase::Talking { .. } = self.phase else { return Err(SeatRefusal::WrongState) };
        let Some(customer) = self.peer_of(by) else { return Err(SeatRefusal::WrongState) };
        // In a three-way call everybody hears the room.
        if self.company.is_some() {
            return Err(SeatRefusal::WrongState);
        }
        let held = |leg: LegId| self.leg(leg).is_none_or(|leg| leg.holds() || !leg.listens());
        if held(customer) || held(by) {
            return Err(SeatRefusal::WrongState);
        }
        let source = || Source::Play { prompt: Arc::clone(&clip.prompt), repeat: Repeat::Once };
        self.hear(cx, customer, source());
        match clip.hearers {
            ClipHearers::Both => self.hear(cx, by, source()),
            ClipHearers::Customer => self.hear(cx, by, Source::Leg(customer)),
        }
        self.clip = Some(PlayedClip { by, customer, hearers: clip.hearers, then: clip.then });
        Ok(())
    }

    /// The agent has heard enough of it: the conversation goes on.
    ///
    /// # Errors
    /// None is being played.
    pub(super) fn stop_clip(&mut self, cx: &Context<'_>) -> Result<(), SeatRefusal> {
        self.clip.take().ok_or(SeatRefusal::WrongState)?;
        self.connect(cx);
        Ok(())
    }

    /// Whether a clip is being played, and both it was begun with still talk.
    pub(super) fn clip_goes_on(&self) -> bool {
        let Some(clip) = &self.clip else { return false };
        let here = |leg: LegId| self.leg(leg).is_some_and(|leg| leg.listens() && !leg.holds());
        let talk =
            matches!(self.phase, Phase::Talking { .. }) && self.peer_of(clip.by) == Some(clip.customer);
        talk && here(clip.by) && here(clip.customer)
    }

    /// What was heard of a clip whose parties do something else now is all that is heard of it.
    pub(super) fn forget_clip(&mut self) {
        if !self.clip_goes_on() {
            self.clip = None;
        }
    }

    /// A prompt has ended at a party: whether it was a clip.
    pub(super) fn clip_finished(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) -> bool {
        let Some(clip) = &self.clip else { return false };
        if clip.customer != leg {
            return clip.by == leg && clip.hearers == ClipHearers::Both;
        }
        let (by, then) = (clip.by, clip.then);
        self.clip = None;
        match then {
            AfterClip::Talk => self.connect(cx),
            AfterClip::HangUp => {
                let by = match self.leg(by).map(|leg| leg.side) {
                    Some(Side::Caller) => EndedBy::Caller,
                    Some(Side::Callee) | None => EndedBy::Callee,
                };
                self.end(cx, book, EndReason::NormalClearing, by);
            }
        }
        true
    }
}
