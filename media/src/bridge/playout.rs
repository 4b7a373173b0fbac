//! Packets of one talker as an unbroken flow of samples: losses concealed, pauses filled with the sound of his room, the delay
//! changed without anybody hearing it.

use std::time::Instant;

use crate::codec::comfort_noise::ComfortNoise;
use crate::codec::concealment::Concealer;
use crate::codec::resample::Resampler;
use crate::codec::stretch::{self, Care};
use crate::codec::{Decoder, KnownCodec, opus};
use crate::jitter_buffer::{Incoming, JitterBuffer, Next, Pace, Sound};

/// Frames a second.
pub const FRAMES_PER_SECOND: u32 = 50;
/// Looks into the jitter buffer for one frame. Packets of 2.5 ms, the shortest there are, need eight.
const MAX_LOOKS: usize = 16;

/// See the module.
pub struct Playout {
    rate_hz: u32,
    buffer: JitterBuffer,
    /// One for each codec that was heard: a talker may change between them.
    tracks: Vec<Track>,
    current: usize,
    /// Decoded and not yet played.
    samples: Vec<i16>,
    decoded: Vec<i16>,
    concealer: Concealer,
    noise: ComfortNoise,
    begun: Begun,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    NotYet,
    Yes,
}

struct Track {
    codec: KnownCodec,
    decoder: Decoder,
    resampler: Resampler,
}

impl Playout {
    /// For frames at `rate_hz`, 8 or 16 kHz.
    pub fn new(rate_hz: u32) -> Self {
        Self {
            rate_hz,
            buffer: JitterBuffer::default(),
            tracks: Vec::new(),
            current: 0,
            samples: Vec::new(),
            decoded: Vec::new(),
            concealer: Concealer::new(rate_hz),
            noise: ComfortNoise::default(),
            begun: Begun::NotYet,
        }
    }

    /// Takes a packet.
    pub fn receive(&mut self, now: Instant, incoming: &Incoming<'_>) {
        self.buffer.receive(now, incoming);
    }

    /// Appends the next 20 ms; nothing before the first packet is due.
    pub fn frame(&mut self, now: Instant, out: &mut Vec<i16>) {
        let wanted = (self.rate_hz / FRAMES_PER_SECOND) as usize;
        for _ in 0..MAX_LOOKS {
            if self.samples.len() >= wanted {
                break;
            }
            self.look(now, wanted - self.samples.len());
        }
        let count = wanted.min(self.samples.len());
        out.extend(self.samples.drain(..count));
    }

    /// Samples a second.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// What is made for a codec is made now rather than with its first packet.
    pub fn prepare(&mut self, codec: KnownCodec) {
        track(&mut self.tracks, codec, self.rate_hz);
    }

    /// Nothing is played until further notice: what waits is dropped, and the next packet begins a talk spurt.
    pub fn rest(&mut self) {
        self.samples.clear();
        self.buffer.rest();
    }

    /// Whether there is anything to be played that is not made up.
    pub fn is_waiting(&self) -> bool {
        !self.samples.is_empty() || !self.buffer.is_empty()
    }

    /// Samples that are decoded and not yet played.
    pub fn decoded(&self) -> usize {
        self.samples.len()
    }

    /// The packets behind it.
    pub fn buffer(&self) -> &JitterBuffer {
        &self.buffer
    }

    /// The sound of the talker's room.
    pub fn noise(&mut self) -> &mut ComfortNoise {
        &mut self.noise
    }

    fn look(&mut self, now: Instant, missing: usize) {
        let clock_hz = self.buffer.clock_hz();
        let start = self.samples.len();
        match self.buffer.poll(now) {
            Next::Packet { sound: Sound::ComfortNoise, payload, .. } => {
                self.noise.receive(payload);
                self.buffer.pause();
            }
            Next::Packet { sound: Sound::Speech(codec), payload, pace } => {
                self.current = track(&mut self.tracks, codec, self.rate_hz);
                let Some(track) = self.tracks.get_mut(self.current) else { return };
                self.decoded.clear();
                track.decoder.decode(payload, &mut self.decoded);
                track.resampler.convert(&self.decoded, &mut self.samples);
                if codec == KnownCodec::Opus && opus::is_silence(payload) {
                    self.buffer.pause();
                }
                self.begun = Begun::Yes;
                self.heard(start);
                self.noise.learn(self.samples.get(start..).unwrap_or(&[]));
                self.change_pace(pace);
            }
            Next::Lost { ticks, following } => {
                let count =
                    (u64::from(ticks) * u64::from(self.rate_hz) / u64::from(clock_hz.max(1))) as usize;
                if let Some(Track { decoder: Decoder::Opus(decoder), .. }) = self.tracks.get_mut(self.current)
                {
                    match following {
                        Some(next) => decoder.recover(next, count, &mut self.samples),
                        None => decoder.conceal(count, &mut self.samples),
                    }
                    self.heard(start);
                } else {
                    self.concealer.conceal(&mut self.noise, count, &mut self.samples);
                }
            }
            Next::Nothing(_) if self.begun == Begun::NotYet => {}
            Next::Nothing(_) => {
                self.concealer.conceal(&mut self.noise, missing, &mut self.samples);
                let ticks = missing as u64 * u64::from(clock_hz) / u64::from(self.rate_hz);
                self.buffer.invented(ticks as u32);
            }
        }
    }

    fn heard(&mut self, start: usize) {
        if let Some(fresh) = self.samples.get_mut(start..) {
            self.concealer.hear(&mut self.noise, fresh);
        }
    }

    fn change_pace(&mut self, pace: Pace) {
        let care = match pace {
            Pace::Keep => return,
            Pace::Shorten | Pace::Stretch => Care::Inaudible,
            Pace::ShortenAtOnce => Care::Whatever,
        };
        let period = stretch::period(&self.samples, self.concealer.history(), self.rate_hz, care);
        match (pace, period) {
            (Pace::Stretch, Some(period)) => stretch::stretch(&mut self.samples, period),
            (Pace::Shorten | Pace::ShortenAtOnce, Some(period)) => {
                stretch::shorten(&mut self.samples, period)
            }
            (Pace::Keep, _) | (_, None) => {}
        }
    }
}

/// The place of the track of a codec, made when it is heard for the first time.
fn track(tracks: &mut Vec<Track>, codec: KnownCodec, rate_hz: u32) -> usize {
    tracks.iter().position(|track| track.codec == codec).unwrap_or_else(|| {
        let decoder = Decoder::beside(codec, rate_hz);
        let resampler = Resampler::new(codec.rate_beside(rate_hz), rate_hz);
        tracks.push(Track { codec, decoder, resampler });
        tracks.len() - 1
    })
}
