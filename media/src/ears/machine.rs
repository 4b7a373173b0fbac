//! Who answered: a person says a word or two and waits; a machine goes on, or sounds its tone.

use super::{FRAME, FRAME_MS, RATE_HZ, power};
use crate::codec::goertzel;

/// What answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answerer {
    Machine,
    Person,
    /// Nothing that would tell, in [`DECIDED_MS`].
    Unknown,
}

/// A greeting longer than this, pauses between its words included, is no person's.
const LONG_GREETING_MS: u32 = 2_000;
/// Silence behind a greeting: whoever speaks it waits for an answer.
const WAITING_MS: u32 = 800;
/// Nobody keeps so quiet who has just answered.
pub const DECIDED_MS: u32 = 6_000;
/// A steady tone of so long is that of a machine that records now.
const TONE_MS: u32 = 240;
/// Part of all the power that it has.
const TONE_SHARE: f64 = 0.75;
/// Quieter than this root mean square, -43 dBov, is no tone.
const TONE_QUIETEST: f32 = 230.0;
/// Where machines have it.
const TONE_HZ: std::ops::RangeInclusive<f64> = 350.0..=2_200.0;

/// Finds out once.
#[derive(Debug, Default)]
pub struct AnswererFinder {
    ms: u32,
    /// From the first word to the last so far.
    greeting_ms: u32,
    quiet_ms: u32,
    tone_ms: u32,
    tone_hz: f64,
}

impl AnswererFinder {
    /// Takes one frame, and whether somebody speaks in it.
    pub fn listen(&mut self, frame: &[i16], speaks: bool) -> Option<Answerer> {
        self.ms += FRAME_MS;
        self.follow_tone(frame);
        if self.tone_ms >= TONE_MS {
            return Some(Answerer::Machine);
        }
        match (speaks, self.greeting_ms) {
            (true, before) => {
                self.greeting_ms = before + self.quiet_ms + FRAME_MS;
                self.quiet_ms = 0;
            }
            (false, 0) => {}
            (false, _) => self.quiet_ms += FRAME_MS,
        }
        if self.greeting_ms >= LONG_GREETING_MS {
            Some(Answerer::Machine)
        } else if self.greeting_ms > 0 && self.quiet_ms >= WAITING_MS {
            Some(Answerer::Person)
        } else {
            (self.ms >= DECIDED_MS).then_some(Answerer::Unknown)
        }
    }

    /// The frequency by its zero crossings, then how much of the sound it is.
    fn follow_tone(&mut self, frame: &[i16]) {
        let mean = power(frame);
        let crossings = frame.windows(2).filter(|two| (two[0] < 0) != (two[1] < 0)).count();
        let hz = crossings as f64 * f64::from(RATE_HZ) / FRAME as f64 / 2.0;
        let steady = (hz - self.tone_hz).abs() <= 50.0 || self.tone_ms == 0;
        let tone = mean > TONE_QUIETEST * TONE_QUIETEST && TONE_HZ.contains(&hz) && steady && {
            let share = |hz: f64| goertzel(frame, RATE_HZ, hz) / 2.0 / f64::from(mean);
            [-25.0, 0.0, 25.0].iter().any(|by| share(hz + by) > TONE_SHARE)
        };
        if tone {
            self.tone_hz = if self.tone_ms == 0 { hz } else { self.tone_hz };
            self.tone_ms += FRAME_MS;
        } else {
            self.tone_ms = 0;
        }
    }
}
