//! Whether somebody speaks: louder than the room, which is learnt, for some frames.

use super::power;

/// Root mean square below which nobody speaks, -50 dBov.
const QUIETEST: f32 = 104.0;
/// A voice is so much louder than the room (9 dB), in powers.
const ABOVE_ROOM: f32 = 8.0;
/// What is quieter than the room becomes the room at once; what is louder, within some seconds.
const ROOM_GROWS: f32 = 1.01;
/// Loud frames that make a beginning: a click is shorter.
const FRAMES_TO_BEGIN: u32 = 3;
/// Quiet frames that make an end: gaps between words are shorter.
const FRAMES_TO_END: u32 = 15;
/// The room as it is taken for before anything was heard: loud enough that a voice at once is one.
const FIRST_ROOM: f32 = 900.0;

/// Follows one talker.
#[derive(Debug)]
pub struct VoiceFollower {
    room: f32,
    frames: u32,
    speaks: bool,
}

impl Default for VoiceFollower {
    fn default() -> Self {
        Self { room: FIRST_ROOM, frames: 0, speaks: false }
    }
}

impl VoiceFollower {
    /// Takes one frame; whether somebody speaks.
    pub fn listen(&mut self, frame: &[i16]) -> bool {
        let power = power(frame);
        let loud = power > (self.room * ABOVE_ROOM).max(QUIETEST * QUIETEST);
        self.room = if power < self.room { power.max(1.0) } else { (self.room * ROOM_GROWS).min(power) };
        self.frames = if loud == self.speaks { 0 } else { self.frames + 1 };
        let needed = if self.speaks { FRAMES_TO_END } else { FRAMES_TO_BEGIN };
        if self.frames >= needed {
            (self.speaks, self.frames) = (loud, 0);
        }
        self.speaks
    }
}
