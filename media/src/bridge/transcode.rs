//! What one Leg sends, decoded and encoded anew for another that does not take it as it is: a packet every 20 ms.

use std::time::{Duration, Instant};

use super::Step;
use super::playout::{FRAMES_PER_SECOND, Playout};
use crate::codec::opus::{self, Dtx};
use crate::codec::voice_activity::{Activity, VoiceActivity};
use crate::codec::{Encoder, KnownCodec};
use crate::dtmf::Dtmf;
use crate::dtmf::tones::{Heard, KeyDetector, KeySounder};
use crate::jitter_buffer::{Incoming, JitterBuffer, Sound};
use crate::leg::LegSettings;
use crate::player::FRAME;
use crate::rtp::Header;

/// No packet of ours carries more than this.
const WIDEST_HZ: u32 = 16_000;
/// After a pause of the machine longer than this, what was missed is not sent in a burst.
const MAX_CATCH_UP: Duration = Duration::from_millis(200);
/// Audio beside an RFC 4733 event is silenced until so long after its last packet: the key goes on as an event already.
const EVENT_HOLD: Duration = Duration::from_millis(60);
/// Half a second: what keeps a path through a NAT open, and lets a room that grows louder be heard.
const COMFORT_EVERY_FRAMES: u32 = 25;

/// What is decided where the route is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the payload types mean that are decoded, with their clocks.
    sounds: Vec<(u8, Sound, u32)>,
    rate_hz: u32,
    codec: KnownCodec,
    payload_type: u8,
    dtx: Dtx,
    /// What pauses are sent as, where comfort noise was agreed.
    comfort: Option<u8>,
    keys: Keys,
}

/// How the one who is heard sends keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    Events,
    /// In his audio, where they have to be found.
    Tones,
}

impl Plan {
    /// None where nothing of what is heard has to be decoded, or nothing can be encoded.
    pub fn new(heard: &LegSettings, hearing: &LegSettings) -> Option<Self> {
        let forwarded =
            |codec: &crate::sdp::Codec| hearing.codecs.iter().any(|other| other.codec.same_format(codec));
        let known =
            |agreed: &&crate::sdp::AgreedCodec| !forwarded(&agreed.codec) && agreed.codec.known().is_some();
        let widest_hz = heard.codecs.iter().filter(known).filter_map(|agreed| agreed.codec.known());
        let widest_hz = widest_hz.map(|codec| codec.sample_rate_hz().min(WIDEST_HZ)).max()?;
        let (codec, agreed) =
            hearing.codecs.iter().find_map(|agreed| Some((agreed.codec.known()?, agreed)))?;
        let sound = |agreed: &crate::sdp::AgreedCodec| match agreed.codec.known() {
            Some(codec) if !forwarded(&agreed.codec) => Some(Sound::Speech(codec)),
            None if agreed.codec.is_comfort_noise() => Some(Sound::ComfortNoise),
            Some(_) | None => None,
        };
        let sounds = heard.codecs.iter().filter_map(|agreed| {
            Some((agreed.receive_pt & 0x7F, sound(agreed)?, agreed.codec.clock_hz.max(1)))
        });
        let silence_left_out = agreed.codec.parameter("usedtx") == Some("1");
        // Opus has its own way with silence. Otherwise noise must share the clock of the speech (RFC 3389 §4).
        let comfort = hearing.codecs.iter().find(|other| {
            codec != KnownCodec::Opus
                && other.codec.is_comfort_noise()
                && other.codec.clock_hz == agreed.codec.clock_hz
        });
        Some(Self {
            sounds: sounds.collect(),
            rate_hz: codec.rate_beside(widest_hz),
            codec,
            payload_type: agreed.send_pt & 0x7F,
            dtx: if silence_left_out { Dtx::On } else { Dtx::Off },
            comfort: comfort.map(|comfort| comfort.send_pt & 0x7F),
            keys: if heard.dtmf.is_some() { Keys::Events } else { Keys::Tones },
        })
    }

    /// The payload types that are decoded.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> {
        self.sounds.iter().map(|&(payload_type, _, _)| payload_type)
    }
}

/// See the module.
pub struct Transcode {
    plan: Plan,
    playout: Playout,
    encoder: Encoder,
    sounder: KeySounder,
    detector: Option<KeyDetector>,
    samples: Vec<i16>,
    payload: Vec<u8>,
    activity: VoiceActivity,
    next: Option<Instant>,
    /// Frames since the last packet; none: what follows begins a talk spurt.
    frames: Option<u32>,
    event_until: Option<Instant>,
}

/// What a tick gave.
#[derive(Debug, Default)]
pub struct Ticked<'a> {
    pub packet: Option<Frame<'a>>,
    /// A key that the talker sent as a tone.
    pub heard: Option<Heard>,
}

/// A packet of 20 ms, or of a pause.
#[derive(Debug)]
pub struct Frame<'a> {
    pub payload: &'a [u8],
    pub payload_type: u8,
    pub clock_hz: u32,
    pub step: Step,
}

impl Transcode {
    /// Begins with the first packet.
    pub fn new(plan: Plan) -> Self {
        let rate_hz = plan.rate_hz;
        Self {
            playout: Playout::new(rate_hz),
            encoder: Encoder::beside(plan.codec, rate_hz, plan.dtx),
            sounder: KeySounder::default(),
            detector: (plan.keys == Keys::Tones).then(|| KeyDetector::new(rate_hz)),
            samples: Vec::new(),
            payload: Vec::new(),
            activity: VoiceActivity::default(),
            next: None,
            frames: None,
            event_until: None,
            plan,
        }
    }

    /// What is under way, for whoever plays it on.
    pub fn into_playout(self) -> Playout {
        self.playout
    }

    /// What it was made for.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Takes a packet of the one who is heard. `tick` is when to begin, if this has not begun.
    pub fn receive(&mut self, now: Instant, tick: Instant, header: &Header, payload: &[u8]) {
        let found = self.plan.sounds.iter().find(|(payload_type, _, _)| *payload_type == header.payload_type);
        let Some(&(_, sound, clock_hz)) = found else { return };
        let (ssrc, timestamp) = (header.ssrc, header.timestamp);
        self.playout.receive(now, &Incoming { ssrc, timestamp, clock_hz, sound, payload });
        self.next.get_or_insert(tick);
    }

    /// A packet of an event came: its tone is not to be heard as well.
    pub fn note_event(&mut self, now: Instant) {
        self.event_until = Some(now + EVENT_HOLD);
    }

    /// A key that the hearing one gets as a tone. `tick` as for [`Self::receive`].
    pub fn sound_key(&mut self, tick: Instant, digit: Dtmf, duration_ms: u32) {
        self.sounder.push(digit, duration_ms);
        self.next.get_or_insert(tick);
    }

    /// The part of our packets that the hearing one reports as lost.
    pub fn expect_loss(&mut self, percent: f32) {
        if let Encoder::Opus(encoder) = &mut self.encoder {
            encoder.expect_loss(percent as u8);
        }
    }

    /// Something else is sent now; the next packet that has to be decoded begins anew.
    pub fn rest(&mut self) {
        self.next = None;
        self.frames = None;
    }

    /// When [`Self::tick`] wants to be called.
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// Something else was sent between: the next packet begins a talk spurt.
    pub fn interrupt(&mut self) {
        self.frames = None;
    }

    /// The packets that wait.
    pub fn buffer(&self) -> &JitterBuffer {
        self.playout.buffer()
    }

    /// The packet that is due at `now`.
    pub fn tick(&mut self, now: Instant) -> Ticked<'_> {
        let Some(due) = self.next else { return Ticked::default() };
        let mut next = due + FRAME;
        while now.saturating_duration_since(next) > MAX_CATCH_UP {
            next += FRAME;
            self.frames = None;
        }
        self.next = Some(next);
        self.samples.clear();
        self.playout.frame(now, &mut self.samples);
        let heard = self.detector.as_mut().and_then(|detector| detector.listen(&self.samples));
        self.silence_keys(now);
        if self.sounder.is_busy() {
            self.samples.resize((self.plan.rate_hz / FRAMES_PER_SECOND) as usize, 0);
            self.sounder.sound(self.plan.rate_hz, &mut self.samples);
        }
        Ticked { packet: self.encode(), heard }
    }

    fn silence_keys(&mut self, now: Instant) {
        let event = self.event_until.is_some_and(|until| now < until);
        if event || self.detector.as_ref().is_some_and(KeyDetector::is_sounding) {
            let count = self.samples.len();
            self.samples.clear();
            self.playout.noise().fill(count, &mut self.samples);
        }
    }

    fn encode(&mut self) -> Option<Frame<'_>> {
        if self.samples.is_empty() {
            return None;
        }
        self.payload.clear();
        let payload_type = match self.plan.comfort {
            Some(comfort) => self.encode_speech_or(comfort),
            None => self.encode_speech(),
        };
        let Some(payload_type) = payload_type else {
            self.frames = self.frames.map(|frames| frames.saturating_add(1));
            return None;
        };
        let clock_hz = self.plan.codec.clock_hz();
        let ticks = |frames: u32| (frames + 1).saturating_mul(clock_hz / FRAMES_PER_SECOND);
        let step = match self.frames.replace(0) {
            None => Step::Begin { clock_hz },
            Some(frames) if frames > 0 && payload_type == self.plan.payload_type => {
                Step::Resume { ticks: ticks(frames) }
            }
            Some(frames) => Step::Follow { ticks: ticks(frames) },
        };
        Some(Frame { payload: &self.payload, payload_type, clock_hz, step })
    }

    fn encode_speech(&mut self) -> Option<u8> {
        self.encoder.encode(&self.samples, &mut self.payload);
        let left_out = self.plan.dtx == Dtx::On && opus::is_silence(&self.payload);
        (!left_out && !self.payload.is_empty()).then_some(self.plan.payload_type)
    }

    /// Speech as it is; of a pause now and then how loud the room is. What is left out does not reach the encoder, so that
    /// its state stays that of their decoder.
    fn encode_speech_or(&mut self, comfort: u8) -> Option<u8> {
        match self.activity.listen(&self.samples, self.playout.noise().level()) {
            Activity::Voice => self.encode_speech(),
            Activity::Pause { frames } if frames % COMFORT_EVERY_FRAMES == 0 => {
                self.payload.extend_from_slice(&self.playout.noise().payload());
                Some(comfort)
            }
            Activity::Pause { .. } => None,
        }
    }
}
