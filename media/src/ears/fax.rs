//! The tones of fax machines (ITU-T T.30 §4): the one that calls, and the one that answers.

use super::{FRAME_MS, RATE_HZ, power};
use crate::codec::goertzel;

/// Which machine is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaxTone {
    /// CED: 2100 Hz for 2.6 to 4 s, the called machine.
    Called,
    /// CNG: 1100 Hz, half a second of every three and a half, the calling machine.
    Calling,
}

/// Quieter than this root mean square, -43 dBov, is no tone.
const QUIETEST: f32 = 230.0;
/// Part of all the power that the tone must have.
const SHARE: f32 = 0.7;
/// Time that the tones last at least: CNG may be 425 ms long (T.30 §4.1.1), CED is far longer than any key or word.
const CALLING_MS: u32 = 380;
const CALLED_MS: u32 = 600;

/// Finds each of them once.
#[derive(Debug, Default)]
pub struct FaxFinder {
    calling: Tone,
    called: Tone,
}

#[derive(Debug, Default)]
struct Tone {
    ms: u32,
    told: bool,
}

impl Tone {
    fn follow(&mut self, sounds: bool, needed_ms: u32) -> bool {
        self.ms = if sounds { self.ms.saturating_add(FRAME_MS) } else { 0 };
        let found = self.ms >= needed_ms && !self.told;
        self.told |= found;
        found
    }
}

impl FaxFinder {
    /// Takes one frame.
    pub fn listen(&mut self, frame: &[i16]) -> Option<FaxTone> {
        let power = power(frame);
        let loud = power > QUIETEST * QUIETEST;
        // The square of a sine's peak is twice its mean square. Machines may be 38 Hz away (T.30 §4.1.1).
        let share = |hz: f64| goertzel(frame, RATE_HZ, hz) as f32 / 2.0;
        let sounds = |hz: f64| loud && [-25.0, 0.0, 25.0].iter().any(|by| share(hz + by) > SHARE * power);
        let (calling, called) = (sounds(1_100.0), sounds(2_100.0));
        if self.calling.follow(calling, CALLING_MS) {
            return Some(FaxTone::Calling);
        }
        self.called.follow(called, CALLED_MS).then_some(FaxTone::Called)
    }
}
