//! What a member says: its packets as frames, and whether anybody speaks in them.

use std::time::{Duration, Instant};

use super::bus::{level_of, scale};
use super::plan::{Band, MemberPlan};
use crate::bridge::playout::Playout;
use crate::codec::resample::Resampler;
use crate::codec::voice_activity::{Activity, VoiceActivity, is_loud};
use crate::codec::{KnownCodec, g711, opus};
use crate::jitter_buffer::{Incoming, Sound};
use crate::rtp::Header;

/// Audio beside an RFC 4733 event is left out until so long after its last packet: others do not hear keys.
const EVENT_HOLD: Duration = Duration::from_millis(60);
/// Frames of a pause after which a member is no longer decoded.
const SLEEP_AFTER_FRAMES: u32 = 25;
/// Frames that may pass before the first packet is due.
const MAX_UNBEGUN_FRAMES: u32 = 50;
/// Part of the last level in the next.
const LEVEL_MEMORY: f32 = 0.8;

/// Whether a member is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    /// Nothing was said for a while: packets are looked at when they come, no tick is spent.
    Asleep,
    Awake,
}

/// What there was in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Nothing,
    Something,
}

/// See the module.
pub struct Talker {
    playout: Playout,
    watch: Watch,
    activity: VoiceActivity,
    /// Of what came last.
    codec: KnownCodec,
    unbegun: u32,
    event_until: Option<Instant>,
    /// The frame of this tick, in both bands where both are wanted.
    own: [Vec<i16>; 2],
    resampler: Resampler,
    level: f32,
}

impl Talker {
    /// `inherited` are packets on their way to somebody who is now a member too: nothing of them is lost.
    pub fn new(plan: &MemberPlan, inherited: Option<Playout>) -> Self {
        let watch = if inherited.is_some() { Watch::Awake } else { Watch::Asleep };
        let mut playout = inherited.unwrap_or_else(|| Playout::new(plan.talk.rate_hz()));
        plan.speech().for_each(|codec| playout.prepare(codec));
        let band = Band::of(playout.rate_hz());
        Self {
            resampler: Resampler::new(band.rate_hz(), band.other().rate_hz()),
            playout,
            watch,
            activity: VoiceActivity::default(),
            codec: plan.codec,
            unbegun: 0,
            event_until: None,
            own: Band::ALL.map(|band| Vec::with_capacity(2 * band.frame())),
            level: 0.0,
        }
    }

    /// Takes a packet; what a sleeper says when nobody speaks is not even kept.
    pub fn receive(
        &mut self,
        now: Instant,
        header: &Header,
        payload: &[u8],
        (sound, clock_hz): (Sound, u32),
    ) {
        if self.watch == Watch::Asleep {
            let Sound::Speech(codec) = sound else { return };
            if self.is_quiet(codec, payload) {
                return;
            }
            (self.watch, self.unbegun) = (Watch::Awake, 0);
            self.activity = VoiceActivity::default();
        }
        if let Sound::Speech(codec) = sound {
            self.codec = codec;
        }
        let (ssrc, timestamp) = (header.ssrc, header.timestamp);
        self.playout.receive(now, &Incoming { ssrc, timestamp, clock_hz, sound, payload });
    }

    /// A packet of an event came.
    pub fn note_event(&mut self, now: Instant) {
        self.event_until = Some(now + EVENT_HOLD);
    }

    pub fn is_awake(&self) -> bool {
        self.watch == Watch::Awake
    }

    /// The next 20 ms, in the bands that are wanted; nothing of a member that is silent.
    pub fn listen(&mut self, now: Instant, gain: i32, wanted: [bool; 2]) -> Said {
        if self.watch == Watch::Asleep {
            return Said::Nothing;
        }
        let (native, other) = self.bands();
        let [narrow, wide] = &mut self.own;
        let (samples, rest) = if native == Band::Narrow { (narrow, wide) } else { (wide, narrow) };
        samples.clear();
        self.playout.frame(now, samples);
        let begun = !samples.is_empty();
        let level = level_of(samples);
        self.level = self.level * LEVEL_MEMORY + level * (1.0 - LEVEL_MEMORY);
        let room = self.playout.noise().level();
        let activity = self.activity.judge(level, room);
        if !begun {
            self.unbegun += 1;
        }
        let key = self.event_until.is_some_and(|until| now < until);
        match activity {
            Activity::Voice if begun && !key => {}
            Activity::Pause { frames } if frames >= SLEEP_AFTER_FRAMES && self.may_sleep() => {
                self.sleep();
                return Said::Nothing;
            }
            Activity::Voice | Activity::Pause { .. } => {
                if self.unbegun > MAX_UNBEGUN_FRAMES {
                    self.sleep();
                }
                return Said::Nothing;
            }
        }
        samples.resize(native.frame(), 0);
        scale(samples, gain);
        if wanted[other as usize] {
            rest.clear();
            self.resampler.convert(samples, rest);
            rest.resize(other.frame(), 0);
        }
        Said::Something
    }

    /// A frame that waits, at the rate of `band`: what is left when the room is over. None when nothing waits.
    pub fn last_words(&mut self, now: Instant, gain: i32, band: Band) -> Option<&[i16]> {
        if self.watch == Watch::Asleep || !self.playout.is_waiting() {
            return None;
        }
        let (native, other) = self.bands();
        let [narrow, wide] = &mut self.own;
        let (samples, rest) = if native == Band::Narrow { (narrow, wide) } else { (wide, narrow) };
        samples.clear();
        self.playout.frame(now, samples);
        if samples.is_empty() {
            return None;
        }
        samples.resize(native.frame(), 0);
        scale(samples, gain);
        if native == band {
            return Some(samples);
        }
        rest.clear();
        self.resampler.convert(samples, rest);
        rest.resize(other.frame(), 0);
        Some(rest)
    }

    /// What [`Self::listen`] gave.
    pub fn own(&self, band: Band) -> &[i16] {
        &self.own[band as usize]
    }

    /// Root mean square of late.
    pub fn level(&self) -> f32 {
        self.level
    }

    /// What waits is forgotten.
    pub fn sleep(&mut self) {
        self.watch = Watch::Asleep;
        self.level = 0.0;
        self.playout.rest();
    }

    fn bands(&self) -> (Band, Band) {
        let native = Band::of(self.playout.rate_hz());
        (native, native.other())
    }

    /// Who pauses and goes on sending is looked at packet by packet where that is cheap; otherwise he is decoded as long as
    /// packets come, for who knows what is in them.
    fn may_sleep(&self) -> bool {
        self.playout.buffer().is_empty() || is_cheap(self.codec)
    }

    fn is_quiet(&mut self, codec: KnownCodec, payload: &[u8]) -> bool {
        let room = self.playout.noise().level();
        let level = |decode: fn(u8) -> i16| {
            let sum: i64 = payload.iter().map(|&code| i64::from(decode(code)).pow(2)).sum();
            (sum as f32 / payload.len().max(1) as f32).sqrt()
        };
        match codec {
            KnownCodec::Pcma => !is_loud(level(g711::alaw_to_linear), room),
            KnownCodec::Pcmu => !is_loud(level(g711::ulaw_to_linear), room),
            KnownCodec::Opus => opus::is_silence(payload),
            KnownCodec::G722 => false,
        }
    }
}

fn is_cheap(codec: KnownCodec) -> bool {
    match codec {
        KnownCodec::Pcma | KnownCodec::Pcmu => true,
        KnownCodec::G722 | KnownCodec::Opus => false,
    }
}
