//! A party's way into a conference: the PIN, if there is one, then the room.

use std::time::Duration;

use ramal_media::command::{LegId, Part, Repeat, RoomId, Source};
use ramal_media::dtmf::Dtmf;
use ramal_media::mixer::Talk;
use ramal_media::player::Tone;

use super::calls::Book;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::Party;
use super::pin_guard::{Guess, Guesser};
use super::state::{Call, EndedBy, Phase};
use super::timer::Deadline;
use super::transfer::SubscriptionState;
use crate::model::{Conference, EventRow, OrganizationId, RecordingRule};
use crate::store::Fact;

/// Wrong PINs of one call.
const WRONG_PINS: u8 = 3;
/// How long a caller may think about a PIN.
const PIN_WAIT: Duration = Duration::from_secs(30);
/// Digits that are kept of somebody who does not stop.
const MAX_DIGITS: usize = 16;
/// Ends what was typed.
const END_OF_PIN: char = '#';
/// What asks for the PIN: a beep every four seconds.
const ASKING: Tone = Tone { frequencies_hz: [950.0, 0.0], on_ms: 200, off_ms: 3_800, amplitude: 5_070.0 };

/// One party of a conference.
pub struct Conferring {
    pub leg: LegId,
    conference: Conference,
    step: Step,
}

enum Step {
    /// The PIN is awaited.
    Asking {
        digits: String,
        wrong: u8,
        token: u64,
    },
    In(Member),
}

/// What a member does in its room.
pub struct Member {
    pub room: RoomId,
    pub part: Part,
    /// While it talks.
    pub level_dbov: Option<i8>,
}

impl Conferring {
    pub fn name(&self) -> &str {
        &self.conference.name
    }

    /// What its members' Calls are told of being recorded.
    pub fn recording(&self) -> RecordingRule {
        self.conference.recording
    }

    /// None on the way in.
    pub fn member(&self) -> Option<&Member> {
        match &self.step {
            Step::In(member) => Some(member),
            Step::Asking { .. } => None,
        }
    }

    pub fn member_mut(&mut self) -> Option<&mut Member> {
        match &mut self.step {
            Step::In(member) => Some(member),
            Step::Asking { .. } => None,
        }
    }
}

impl Call {
    /// A caller has dialled a conference.
    pub(super) fn confer(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        caller: LegId,
        conference: &Conference,
    ) {
        self.record.destination = Some(format!("conference:{}", conference.name));
        if let Err(reason) = self.reach_conference(cx, book, caller, conference) {
            return self.end(cx, book, reason, EndedBy::System);
        }
        match self.answer_here(cx, caller) {
            Ok(()) => {
                self.set_deadline(cx, book, cx.settings.max_call, Deadline::MaxDuration, 0);
                self.ask_or_enter(cx, book, caller, conference);
            }
            Err(reason) => self.end(cx, book, reason, EndedBy::System),
        }
    }

    /// A party gives its peer to a conference.
    pub(super) fn transfer_to_conference(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        (by, stays): (LegId, LegId),
        conference: &Conference,
    ) {
        if let Err(reason) = self.reach_conference(cx, book, stays, conference) {
            return self.refuse_transfer(cx, book, by, reason);
        }
        self.dismiss_company(cx);
        self.notify(cx, book, by, 200, SubscriptionState::Terminated);
        self.drop_leg(cx, by, EndReason::Transferred);
        self.give_up_agreement(cx, stays);
        self.ask_or_enter(cx, book, stays, conference);
    }

    /// All rooms of an organization are on the Worker of its browsers, whose Legs cannot move.
    fn reach_conference(
        &mut self,
        cx: &Context<'_>,
        book: &Book,
        leg: LegId,
        conference: &Conference,
    ) -> Result<(), EndReason> {
        let organization = self.record.organization.ok_or(EndReason::NumberUnknown)?;
        if conference.pin.is_some()
            && book.pins.is_locked(cx.now, &self.guessers(leg, organization, conference))
        {
            tracing::info!(call.id = %self.id, "too many wrong PINs came from there: refused for a while");
            return Err(EndReason::PinLocked);
        }
        if book.conferences.is_full(organization, conference) {
            let limit = conference.max_members;
            tracing::info!(call.id = %self.id, limit, "the conference has as many members as it may");
            return Err(EndReason::Busy);
        }
        self.go_home(cx, cx.media.home_of(organization))
    }

    fn ask_or_enter(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId, conference: &Conference) {
        let token = self.next_token();
        let step = Step::Asking { digits: String::new(), wrong: 0, token };
        self.phase = Phase::Conferring(Box::new(Conferring { leg, conference: conference.clone(), step }));
        if conference.pin.is_none() {
            return self.enter(cx, book);
        }
        self.hear(cx, leg, Source::Tone(ASKING));
        self.set_deadline(cx, book, PIN_WAIT, Deadline::Pin, token);
    }

    fn enter(&mut self, cx: &mut Context<'_>, book: &mut Book) {
        let (Phase::Conferring(conferring), Some(organization)) = (&mut self.phase, self.record.organization)
        else {
            return;
        };
        let new = book.next_room();
        match book.conferences.enter(organization, &conferring.conference, self.id, new) {
            Ok(room) => {
                conferring.step = Step::In(Member { room, part: Part::FULL, level_dbov: None });
                let never = conferring.recording() == RecordingRule::Never;
                self.connect_conference(cx);
                if never {
                    self.seal_recording(cx);
                }
                self.retap(cx);
                self.start_recording(cx, book);
            }
            Err(_) => self.end(cx, book, EndReason::Busy, EndedBy::System),
        }
    }

    /// What a member hears, from its part and from whether it holds us.
    pub(super) fn connect_conference(&self, cx: &Context<'_>) {
        let Phase::Conferring(conferring) = &self.phase else { return };
        let leg = conferring.leg;
        let holds = self.leg(leg).is_none_or(|party| party.holds());
        match conferring.member() {
            Some(_) if holds => self.hear(cx, leg, Source::Silence),
            Some(member) => {
                let source = Source::Room { room: member.room, part: member.part };
                self.hear(cx, leg, source);
            }
            None => self.hear(cx, leg, Source::Tone(ASKING)),
        }
    }

    /// Takes a digit where it is one of a PIN, or may not be anything else. False where it is for somebody to hear.
    pub(super) fn pin_digit(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        from: LegId,
        digit: Dtmf,
    ) -> bool {
        let Phase::Conferring(conferring) = &mut self.phase else { return false };
        let Conferring { leg, conference, step } = &mut **conferring;
        let (Step::Asking { digits, wrong, .. }, Some(pin), true) = (step, &conference.pin, *leg == from)
        else {
            return true;
        };
        let key = digit.as_char();
        if key != END_OF_PIN && digits.len() < MAX_DIGITS {
            digits.push(key);
        }
        if key != END_OF_PIN && digits.len() < pin.len() {
            if digits.len() == 1 {
                self.hear(cx, from, Source::Silence);
            }
            return true;
        }
        let right = *digits == *pin;
        digits.clear();
        *wrong += u8::from(!right);
        let (wrong, conference) = (*wrong, conference.clone());
        let guess = self.judge_guess(cx, book, from, &conference, right);
        if guess == Guess::Locks {
            self.end(cx, book, EndReason::PinLocked, EndedBy::System);
        } else if right {
            self.enter(cx, book);
        } else if wrong >= WRONG_PINS {
            tracing::warn!(call.id = %self.id, "three wrong PINs of a conference: the call is ended");
            self.end(cx, book, EndReason::WrongPin, EndedBy::System);
        } else {
            self.hear(cx, from, Source::Play { prompt: busy(cx).prompt(), repeat: Repeat::Forever });
        }
        true
    }

    /// Keeps in mind what was guessed, over all calls of whoever guesses.
    fn judge_guess(
        &self,
        cx: &mut Context<'_>,
        book: &mut Book,
        from: LegId,
        conference: &Conference,
        right: bool,
    ) -> Guess {
        let Some(organization) = self.record.organization else { return Guess::Counted };
        let guessers = self.guessers(from, organization, conference);
        // Calls that were asked already when it locked guess no further.
        if book.pins.is_locked(cx.now, &guessers) {
            return Guess::Locks;
        }
        if right {
            book.pins.right(&guessers);
            return Guess::Counted;
        }
        let guess = book.pins.wrong(cx.now, &guessers);
        if guess == Guess::Locks {
            tracing::warn!(call.id = %self.id, "too many wrong PINs of a conference: whoever guesses is refused for a while");
            let source = self.leg(from).map(|leg| leg.party.label()).unwrap_or_default();
            cx.facts.push(Fact::Event(EventRow {
                at_ms: cx.wall_ms,
                organization: Some(organization),
                kind: "conference.pin_locked".to_owned(),
                call: Some(self.id),
                detail: format!("{}: {source}", conference.name),
            }));
        }
        guess
    }

    /// Whose guesses are counted together: a number's, and all of a trunk, whose callers may give any number.
    fn guessers(&self, leg: LegId, organization: OrganizationId, conference: &Conference) -> Vec<Guesser> {
        let place = (organization, conference.name.clone());
        match self.leg(leg).map(|leg| &leg.party) {
            Some(Party::Extension { number, .. }) => vec![Guesser::Extension(place, number.clone())],
            Some(Party::Trunk { id, number, .. }) => {
                vec![Guesser::Number(place.clone(), *id, number.clone()), Guesser::Trunk(place, *id)]
            }
            None => Vec::new(),
        }
    }

    pub(super) fn pin_timeout(&mut self, cx: &mut Context<'_>, book: &mut Book, asked: u64) {
        let Phase::Conferring(conferring) = &self.phase else { return };
        if matches!(conferring.step, Step::Asking { token, .. } if token == asked) {
            self.end(cx, book, EndReason::WrongPin, EndedBy::System);
        }
    }

    /// A member begins or ends to talk.
    pub(super) fn note_talk(&mut self, leg: LegId, talk: Talk) {
        let Phase::Conferring(conferring) = &mut self.phase else { return };
        let speaks = conferring.leg == leg;
        if let Some(member) = conferring.member_mut().filter(|_| speaks) {
            member.level_dbov = match talk {
                Talk::Began(level) | Talk::Level(level) => Some(level),
                Talk::Ended => None,
            };
        }
    }
}

/// What was typed is wrong: to be typed again.
fn busy(cx: &Context<'_>) -> Tone {
    Tone::busy(cx.settings.country)
}
