//! A Call and the phases of its life.

use std::time::Instant;

use ramal_media::command::{Command, LegId, RecordingId, Tapped};
use ramal_media::command::{Repeat, Source};
use ramal_media::player::{Country, Tone};
use ramal_media::recorder::take::Notes;
use ramal_sip::endpoint::DialogId;

use super::brought::Elsewhere;
use super::calls::Book;
use super::clip::PlayedClip;
use super::company::Company;
use super::conferring::Conferring;
use super::context::Context;
use super::end_reason::EndReason;
use super::floor_part::FloorPart;
use super::leg::{Leg, Party};
use super::overhear::Keys;
use super::timer::{Deadline, Due};
use crate::model::{CallId, CallRecord, ExtensionId, ToneCountry};
use crate::routing::floor::voice::Purpose;

pub use crate::model::EndedBy;

/// The phases of a Call, in the order they come.
pub enum Phase {
    /// The caller waits while the branches ring.
    Ringing(Dial),
    Talking {
        a: LegId,
        b: LegId,
    },
    /// `by` has asked to connect `stays` with whoever answers. `pair` are the two in the order of
    /// [`Phase::Talking`], which is that of the recording's channels.
    Transferring {
        by: LegId,
        stays: LegId,
        pair: (LegId, LegId),
        dial: Dial,
    },
    /// The customer hears music until the floor says whose Seat takes him.
    Waiting {
        leg: LegId,
    },
    /// One party in a conference, or on its way in.
    Conferring(Box<Conferring>),
    /// One party with one of our own services.
    Serving {
        leg: LegId,
    },
    /// Every dialog has its final message; statistics and the sealed recording are awaited for the CDR.
    Ending,
}

/// One attempt to reach somebody: all its branches ring in parallel.
pub struct Dial {
    pub token: u64,
    pub waiting: LegId,
    pub branches: Vec<LegId>,
    pub worst: Option<EndReason>,
    /// When it is given up.
    pub until: Instant,
}

impl Dial {
    /// Nobody rings yet.
    pub fn new(waiting: LegId, now: Instant) -> Self {
        Self { token: 0, waiting, branches: Vec::new(), worst: None, until: now }
    }
}

pub struct CallRecording {
    pub id: RecordingId,
    pub path: std::path::PathBuf,
    /// Which of the Call's recordings it is, from 1.
    pub part: u32,
    pub cause: RecordingCause,
    pub started_at_ms: i64,
    pub state: RecordingState,
    /// What the Worker was told last to write.
    pub sides: (Tapped, Tapped),
}

/// Why a Call is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingCause {
    /// Its agent wished it, and may end it.
    Command,
    /// A rule says so: it may be paused, and is not ended before the Call.
    Rule,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RecordingState {
    Failed {
        reason: String,
    },
    Paused,
    Sealed {
        notes: Box<Notes>,
    },
    /// Its file is being completed, while the Call goes on.
    Stopping,
    Writing,
}

impl RecordingState {
    /// Whether the worker still has to say how it ended.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Paused | Self::Stopping | Self::Writing)
    }
}

pub struct Call {
    pub id: CallId,
    pub record: CallRecord,
    pub worker: usize,
    pub legs: Vec<Leg>,
    pub phase: Phase,
    pub recording: Option<CallRecording>,
    pub keys: Keys,
    /// Played into it by its agent.
    pub clip: Option<PlayedClip>,
    /// How many there were, with this one.
    pub recordings: u32,
    /// What is left of Max-Forwards for requests that this Call causes (RFC 3261 §16.6 step 3).
    pub max_forwards: u32,
    pub caller_name: Option<String>,
    pub last_token: u64,
    /// How often a phone has sent it on (301, 302).
    pub redirections: u8,
    pub end_reason: Option<EndReason>,
    /// What its agent dialled for.
    pub purpose: Purpose,
    /// `None`: it does not concern the floor.
    pub floor: Option<FloorPart>,
    /// Who is in it, and whether he began or took it, as the floor was told last.
    pub engaged: Vec<(ExtensionId, bool)>,
    /// Who is there beside the two that talk.
    pub company: Option<Company>,
    /// A Call of the same Seat into which this one goes as soon as it is answered.
    pub merge_into: Option<CallId>,
    /// Its party was brought into another Call: the record ends when that party leaves it.
    pub elsewhere: Elsewhere,
}

impl Call {
    pub fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.iter().find(|l| l.id == id)
    }

    pub fn leg_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|l| l.id == id)
    }

    pub fn leg_of(&self, dialog: DialogId) -> Option<LegId> {
        self.legs.iter().find(|l| l.dialog() == Some(dialog)).map(|l| l.id)
    }

    /// The party that `leg` talks with now.
    pub fn peer_of(&self, leg: LegId) -> Option<LegId> {
        match &self.phase {
            Phase::Talking { a, b } if *a == leg => Some(*b),
            Phase::Talking { a, b } if *b == leg => Some(*a),
            Phase::Transferring { by, stays, .. } if *by == leg => Some(*stays),
            Phase::Transferring { by, stays, .. } if *stays == leg => Some(*by),
            _ => None,
        }
    }

    pub fn next_token(&mut self) -> u64 {
        self.last_token += 1;
        self.last_token
    }

    pub fn command(&self, cx: &Context<'_>, command: Command) {
        cx.media.send(self.worker, command);
    }

    /// What a Leg is sent from now on. A Seat that listens to another of its Calls is not disturbed.
    pub fn hear(&self, cx: &Context<'_>, leg: LegId, source: Source) {
        let Some(listener) = self.leg(leg).filter(|l| l.listens()) else { return };
        let source = match source {
            Source::Leg(speaker) => Source::Leg(self.on_worker(speaker)),
            other => other,
        };
        self.command(cx, Command::Hear { leg: listener.on_worker(), source });
    }

    /// The Leg that the Worker knows.
    pub fn on_worker(&self, leg: LegId) -> LegId {
        self.leg(leg).map_or(leg, Leg::on_worker)
    }

    /// Hands what was agreed with a party to its worker.
    pub fn configure(&self, cx: &Context<'_>, leg: LegId) {
        let timeout_ms = cx.settings.media_timeout_ms;
        // A Seat was configured when it was taken.
        let own = self.leg(leg).filter(|l| l.seat().is_none());
        if let Some(settings) = own.and_then(|l| l.settings(timeout_ms)) {
            self.command(cx, Command::Configure { leg, settings });
        }
    }

    /// Decides who hears what, from the phase and from who holds whom. Called after each change of either.
    pub fn connect(&self, cx: &Context<'_>) {
        match &self.phase {
            // A clip is heard to its end.
            Phase::Talking { .. } if self.clip_has_ears() => self.connect_guests(cx),
            Phase::Talking { .. } if self.company.is_some() => self.connect_company(cx),
            Phase::Conferring(_) => self.connect_conference(cx),
            Phase::Talking { a, b } => {
                for (listener, speaker) in [(*a, *b), (*b, *a)] {
                    let source = self.source_for(cx, listener, speaker);
                    self.hear(cx, listener, source);
                }
            }
            Phase::Transferring { by, stays, .. } => {
                self.hear(cx, *by, Source::Silence);
                self.hear(cx, *stays, Source::Tone(Tone::ringback(self.country(cx))));
            }
            Phase::Ringing(_) | Phase::Serving { .. } | Phase::Waiting { .. } | Phase::Ending => {}
        }
    }

    /// Whose tones the parties hear.
    pub fn country(&self, cx: &Context<'_>) -> Country {
        let organization = self.record.organization.and_then(|id| cx.directory.organization(id));
        match organization.map(|organization| organization.country) {
            None => cx.settings.country,
            Some(ToneCountry::Brazil) => Country::Brazil,
            Some(ToneCountry::Europe) => Country::Europe,
            Some(ToneCountry::UnitedStates) => Country::NorthAmerica,
        }
    }

    pub(super) fn source_for(&self, cx: &Context<'_>, listener: LegId, speaker: LegId) -> Source {
        let (Some(hears), Some(speaks)) = (self.leg(listener), self.leg(speaker)) else {
            return Source::Silence;
        };
        if hears.holds() {
            return Source::Silence;
        }
        // A carrier that holds with `sendonly` plays its own music; a phone that does so sends silence.
        let brings_music = speaks.sends() && matches!(speaks.party, Party::Trunk { .. });
        if speaks.holds() && !brings_music {
            return Source::Play { prompt: self.music(cx), repeat: Repeat::Forever };
        }
        Source::Leg(speaker)
    }

    pub fn set_deadline(
        &self,
        cx: &Context<'_>,
        book: &mut Book,
        after: std::time::Duration,
        deadline: Deadline,
        token: u64,
    ) {
        book.timers.set(cx.now + after, Due { call: self.id, deadline, token });
    }
}
