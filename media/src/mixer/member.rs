//! One member of a room: what it says, what it is sent, and in which encoder.

use crate::bridge::Step;
use crate::bridge::playout::Playout;
use crate::codec::Encoder;
use crate::command::{Hears, LegId, Part};
use crate::player::FRAMES_PER_SECOND;

use super::bus;
use super::plan::MemberPlan;
use super::talker::{Said, Talker};

/// Frames of silence that a member is sent after the last word, so that its end does not break off.
pub const TAIL_FRAMES: u32 = 10;
/// A talker's level is told so often, in frames: 2 s.
const LEVEL_FRAMES: u32 = 100;

/// Whether somebody talks, as it was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Silent,
    /// For so many frames since his level was told.
    Talking(u32),
}

/// What is new of a talker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// How loud, in dBov: -127 to 0 (RFC 6464 §3).
    Began(i8),
    Ended,
    /// Goes on, and is so loud now.
    Level(i8),
}

/// Where the words of this tick go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    None,
    /// Into the sum.
    Room,
    /// To one pair of ears.
    Whisper(LegId),
}

/// What a member is due in this tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Comfort,
    Sound,
}

/// See the module.
pub(super) struct Member {
    pub leg: LegId,
    pub part: Part,
    pub gain: i32,
    pub able: Option<Able>,
    pub voice: Voice,
    /// Frames in which nobody else was heard.
    quiet: u32,
    told: Told,
}

/// What there is only with a codec that we know.
pub(super) struct Able {
    pub plan: MemberPlan,
    pub talker: Talker,
    pub encoder: Encoder,
    /// Whether it got a packet in the last tick.
    pub follows: bool,
}

impl Member {
    pub fn new(leg: LegId, part: Part) -> Self {
        let gain = bus::factor(part.gain_db);
        Self { leg, part, gain, able: None, voice: Voice::None, quiet: 0, told: Told::Silent }
    }

    /// Another agreement. What it has learnt of the talker stays where nothing has changed for it.
    pub fn plan(&mut self, plan: Option<MemberPlan>, inherited: Option<Playout>) {
        if inherited.is_none() && self.able.as_ref().map(|able| &able.plan) == plan.as_ref() {
            return;
        }
        self.able = plan.map(|plan| Able {
            talker: Talker::new(&plan, inherited),
            encoder: Encoder::beside(plan.codec, plan.hear.rate_hz(), plan.dtx),
            follows: false,
            plan,
        });
    }

    pub fn hears(&self) -> bool {
        self.part.hears == Hears::Room
    }

    /// Frames in a row that are due, beginning with the first in which nobody else is heard. What comes after them keeps the path
    /// open, and is not the room's.
    pub fn due(&mut self, others: bool) -> Due {
        self.quiet = if others { 0 } else { self.quiet.saturating_add(1) };
        let comfort = self.able.as_ref().and_then(|able| able.plan.comfort);
        match self.quiet {
            0..=TAIL_FRAMES => Due::Sound,
            quiet if comfort.is_some() && quiet == TAIL_FRAMES + 1 => Due::Comfort,
            _ => Due::Nothing,
        }
    }

    /// Ticks were left out: its next packet does not follow the last one.
    pub fn rest(&mut self) {
        if let Some(able) = &mut self.able {
            able.follows = false;
        }
    }

    /// What has to be told after a tick.
    pub fn talk(&mut self, said: Said) -> Option<Talk> {
        let level = || self.able.as_ref().map_or(-127, |able| bus::dbov(able.talker.level()));
        let (told, talk) = match (self.told, said) {
            (Told::Silent, Said::Nothing) => return None,
            (Told::Silent, Said::Something) => (Told::Talking(0), Some(Talk::Began(level()))),
            (Told::Talking(_), Said::Nothing) => (Told::Silent, Some(Talk::Ended)),
            (Told::Talking(frames), Said::Something) if frames + 1 >= LEVEL_FRAMES => {
                (Told::Talking(0), Some(Talk::Level(level())))
            }
            (Told::Talking(frames), Said::Something) => (Told::Talking(frames + 1), None),
        };
        self.told = told;
        talk
    }
}

impl Able {
    /// How the timestamp of the packet of this tick follows from the one before.
    pub fn step(&mut self) -> Step {
        let clock_hz = self.plan.codec.clock_hz();
        match std::mem::replace(&mut self.follows, true) {
            true => Step::Follow { ticks: clock_hz / FRAMES_PER_SECOND },
            false => Step::Splice { clock_hz },
        }
    }
}
