//! Whether somebody speaks, told by loudness against the room. In doubt somebody does: a pause that is sent costs packets, speech
//! that is not sent costs words.

use super::comfort_noise::rms;

/// So many times as loud as the room is no longer the room (6 dB).
const ABOVE_THE_ROOM: f32 = 2.0;
/// Louder than this root mean square, -49 dBov, nothing is left out: it may be music, or one who never pauses.
const LOUDEST_PAUSE: f32 = 80.0;
/// Quiet frames of 20 ms that still belong to speech: ends of words are quiet, and so are gaps between them.
const HANGOVER_FRAMES: u32 = 15;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    Voice,
    /// So many frames of this pause came before.
    Pause {
        frames: u32,
    },
}

/// Follows one talker.
#[derive(Clone, Debug, Default)]
pub struct VoiceActivity {
    quiet_frames: u32,
}

impl VoiceActivity {
    /// Takes the next 20 ms. `room` is the root mean square of the talker's room as far as it is known.
    pub fn listen(&mut self, samples: &[i16], room: f32) -> Activity {
        self.judge(rms(samples), room)
    }

    /// The same where the root mean square of the 20 ms is known.
    pub fn judge(&mut self, level: f32, room: f32) -> Activity {
        if is_loud(level, room) {
            self.quiet_frames = 0;
            return Activity::Voice;
        }
        self.quiet_frames = self.quiet_frames.saturating_add(1);
        match self.quiet_frames.checked_sub(HANGOVER_FRAMES + 1) {
            Some(frames) => Activity::Pause { frames },
            None => Activity::Voice,
        }
    }
}

/// Whether a root mean square is that of a voice in a room of that loudness.
pub fn is_loud(level: f32, room: f32) -> bool {
    level > (room * ABOVE_THE_ROOM).min(LOUDEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_begins_late_and_ends_at_once() {
        let mut activity = VoiceActivity::default();
        let (loud, quiet) = ([2_000; 160], [10; 160]);
        let mut listen = |samples: &[i16]| activity.listen(samples, 8.0);
        assert_eq!(listen(&loud), Activity::Voice);
        for _ in 0..HANGOVER_FRAMES {
            assert_eq!(listen(&quiet), Activity::Voice);
        }
        assert_eq!([listen(&quiet), listen(&quiet)], [0, 1].map(|frames| Activity::Pause { frames }));
        assert_eq!(listen(&loud), Activity::Voice);
        assert_eq!(listen(&quiet), Activity::Voice);
    }
}
