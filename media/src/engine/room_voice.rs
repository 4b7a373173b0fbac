//! A prompt that is played into a room: a member that speaks, hears nothing and has no Leg.

use std::sync::Arc;
use std::time::Instant;

use crate::codec::KnownCodec;
use crate::command::{Hears, LegId, Part, Repeat, Speaks};
use crate::mixer::{MemberIndex, MemberPlan, Mixer};
use crate::player::{Played, Player, Prompt};
use crate::rtp::Header;

/// What a prompt is called in the room, where no offer has named it.
const PAYLOAD_TYPE: u8 = 96;
/// Ticks after the last packet until the room has heard it: what a jitter buffer holds back of a steady stream, and more.
const LAST_WORDS_TICKS: u32 = 10;

/// See the module.
pub(super) struct Voice {
    leg: LegId,
    member: MemberIndex,
    player: Player,
    sequence: u16,
    timestamp: u32,
    ended: u32,
}

/// How far a prompt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    GoesOn,
    ToTheEnd,
}

impl Voice {
    /// None where the room is full.
    pub fn join(
        mixer: &mut Mixer,
        now: Instant,
        (leg, to): (LegId, Speaks),
        prompt: Arc<Prompt>,
    ) -> Option<Self> {
        let member = mixer.join(leg, Part { speaks: to, hears: Hears::Nothing, gain_db: 0 })?;
        // No better than the best ears there: nothing is made anew at a rate that nobody takes.
        let codec = if mixer.is_wide() { KnownCodec::G722 } else { KnownCodec::Pcma };
        mixer.plan(member, Some(MemberPlan::speaking(codec, PAYLOAD_TYPE)), None);
        let mut player = Player::new(now, prompt, Repeat::Once);
        player.encoding = Some((codec, PAYLOAD_TYPE));
        Some(Self { leg, member, player, sequence: 0, timestamp: 0, ended: 0 })
    }

    pub fn leg(&self) -> LegId {
        self.leg
    }

    /// Says the next 20 ms, after so many frames without a tick: nothing of the prompt is left out for them, but its clock goes on as
    /// every talker's does. Were it to stop, all that comes would be late by so much, and what is late by a second nobody plays.
    pub fn speak(&mut self, now: Instant, mixer: &mut Mixer, missed: u32) -> Heard {
        match self.player.step(now) {
            Played::Finished => {
                self.ended += 1;
                return if self.ended > LAST_WORDS_TICKS { Heard::ToTheEnd } else { Heard::GoesOn };
            }
            Played::Mute => {}
            Played::Frame { payload, payload_type, clock_hz, .. } => {
                // Its packets are nobody else's: a source of its own.
                let ticks = clock_hz / crate::player::FRAMES_PER_SECOND;
                self.timestamp = self.timestamp.wrapping_add(ticks.wrapping_mul(missed));
                let header = Header::new(payload_type, self.sequence, self.timestamp, 1);
                mixer.receive(now, self.member, &header, payload);
                self.sequence = self.sequence.wrapping_add(1);
                self.timestamp = self.timestamp.wrapping_add(ticks);
            }
        }
        Heard::GoesOn
    }

    pub fn leave(self, mixer: &mut Mixer) {
        mixer.leave(self.member);
    }
}
