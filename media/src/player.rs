//! Audio of our own: prompts, hold music and tones, as packets every 20 ms.

mod mp3;
mod ogg;
pub mod prompt;
pub mod resample;
pub mod sound;
pub mod tone;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::codec::KnownCodec;
use crate::command::Repeat;

pub use prompt::{Prompt, PromptError};
pub use tone::{Country, Tone};

/// Time between packets.
pub const FRAME: Duration = Duration::from_millis(20);
/// The same as a number.
pub const FRAMES_PER_SECOND: u32 = 50;
/// After a pause of the machine longer than this, what was missed is not sent in a burst.
const MAX_CATCH_UP: Duration = Duration::from_millis(200);

/// A prompt on its way to one Leg.
#[derive(Debug)]
pub struct Player {
    prompt: Arc<Prompt>,
    repeat: Repeat,
    /// Codec and payload type of the Leg; none until it is configured with one that can be encoded.
    pub encoding: Option<(KnownCodec, u8)>,
    frame: usize,
    next: Instant,
    continuity: Continuity,
}

/// Whether the next packet follows the last one of this player without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    Begins,
    Follows,
}

/// What a step of a player gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Played<'a> {
    Frame {
        payload: &'a [u8],
        payload_type: u8,
        clock_hz: u32,
        continuity: Continuity,
    },
    /// Time passes though nothing can be sent.
    Mute,
    Finished,
}

impl Player {
    /// The first packet is due at once.
    pub fn new(now: Instant, prompt: Arc<Prompt>, repeat: Repeat) -> Self {
        Self { prompt, repeat, encoding: None, frame: 0, next: now, continuity: Continuity::Begins }
    }

    /// When [`Self::step`] wants to be called: the first time plus a whole number of frames.
    pub fn deadline(&self) -> Instant {
        self.next
    }

    /// Something else was sent between: the next packet begins a talk spurt.
    pub fn interrupt(&mut self) {
        self.continuity = Continuity::Begins;
    }

    /// The packet that is due at `now`.
    pub fn step(&mut self, now: Instant) -> Played<'_> {
        self.next += FRAME;
        while now.saturating_duration_since(self.next) > MAX_CATCH_UP {
            self.next += FRAME;
            self.continuity = Continuity::Begins;
        }
        if self.frame >= self.prompt.frames() {
            match self.repeat {
                Repeat::Once => return Played::Finished,
                Repeat::Forever => self.frame = 0,
            }
        }
        let frame = self.frame;
        self.frame += 1;
        let Some((codec, payload_type)) = self.encoding else { return Played::Mute };
        let continuity = std::mem::replace(&mut self.continuity, Continuity::Follows);
        Played::Frame {
            payload: self.prompt.frame(codec, frame),
            payload_type,
            clock_hz: codec.clock_hz(),
            continuity,
        }
    }
}
