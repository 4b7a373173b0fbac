//! One side of a recording: packets become samples at the place in time where they belong.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::ring::Facts;
use crate::codec::resample::Resampler;
use crate::codec::{Decoder, KnownCodec};

/// How far a packet's timestamp and its arrival may disagree before the timestamps are anchored anew: more than jitter,
/// less than anybody would hear between two sides.
pub const TOLERANCE: Duration = Duration::from_millis(200);
/// Audio one side holds that is not written yet. More than what is flushed late, and a bound against any timestamp.
const MAX_BUFFERED_SECONDS: u64 = 10;

/// Samples of one side from `base` on.
pub struct Timeline {
    start: Instant,
    rate_hz: u32,
    base: u64,
    samples: VecDeque<i16>,
    anchor: Option<Anchor>,
    track: Option<Track>,
    decoded: Vec<i16>,
    placed: Vec<i16>,
}

/// The codec that comes now.
struct Track {
    codec: KnownCodec,
    decoder: Decoder,
    resampler: Resampler,
}

impl Track {
    fn new(codec: KnownCodec, rate_hz: u32) -> Self {
        let decoder = Decoder::beside(codec, rate_hz);
        Self { codec, decoder, resampler: Resampler::new(codec.rate_beside(rate_hz), rate_hz) }
    }
}

/// Which sample a timestamp stands for.
#[derive(Clone, Copy)]
struct Anchor {
    ssrc: u32,
    timestamp: u32,
    position: i64,
}

impl Timeline {
    /// `start` is the time of sample 0.
    pub fn new(start: Instant, rate_hz: u32) -> Self {
        Self {
            start,
            rate_hz,
            base: 0,
            samples: VecDeque::new(),
            anchor: None,
            track: None,
            decoded: Vec::new(),
            placed: Vec::new(),
        }
    }

    /// Decodes a packet and puts it where its timestamp says. What lies before the samples already taken is lost.
    pub fn receive(&mut self, facts: &Facts, payload: &[u8]) {
        let Some(codec) = facts.codec else { return };
        let position = self.position(facts);
        if !matches!(&self.track, Some(track) if track.codec == codec) {
            self.track = Some(Track::new(codec, self.rate_hz));
        }
        let Some(track) = &mut self.track else { return };
        self.decoded.clear();
        track.decoder.decode(payload, &mut self.decoded);
        self.placed.clear();
        track.resampler.convert(&self.decoded, &mut self.placed);
        self.place(position);
    }

    /// The samples up to `end`, silence where nothing came.
    pub fn take(&mut self, end: u64, out: &mut Vec<i16>) {
        let wanted = end.saturating_sub(self.base) as usize;
        let present = wanted.min(self.samples.len());
        out.extend(self.samples.drain(..present));
        out.resize(out.len() + wanted - present, 0);
        self.base = self.base.max(end);
    }

    fn position(&mut self, facts: &Facts) -> i64 {
        let elapsed = facts.arrival.saturating_duration_since(self.start);
        let by_arrival = (elapsed.as_micros() * u128::from(self.rate_hz) / 1_000_000) as i64;
        let tolerance = (TOLERANCE.as_millis() as i64) * i64::from(self.rate_hz) / 1_000;
        if let Some(anchor) = self.anchor.filter(|anchor| anchor.ssrc == facts.ssrc) {
            let ticks = i64::from(facts.timestamp.wrapping_sub(anchor.timestamp).cast_signed());
            let position =
                anchor.position + ticks * i64::from(self.rate_hz) / i64::from(facts.clock_hz.max(1));
            if (position - by_arrival).abs() <= tolerance {
                // Anchored at the newest packet, so that the timestamp may wrap in a call of any length.
                self.anchor = Some(Anchor { ssrc: facts.ssrc, timestamp: facts.timestamp, position });
                return position;
            }
        }
        self.anchor = Some(Anchor { ssrc: facts.ssrc, timestamp: facts.timestamp, position: by_arrival });
        by_arrival
    }

    fn place(&mut self, position: i64) {
        let offset = position - self.base as i64;
        let limit = (MAX_BUFFERED_SECONDS * u64::from(self.rate_hz)) as i64;
        if offset + self.placed.len() as i64 > limit {
            return;
        }
        let skipped = usize::try_from(-offset).unwrap_or(0).min(self.placed.len());
        let first = usize::try_from(offset).unwrap_or(0);
        let fresh = self.placed.get(skipped..).unwrap_or(&[]);
        if self.samples.len() < first + fresh.len() {
            self.samples.resize(first + fresh.len(), 0);
        }
        self.samples.iter_mut().skip(first).zip(fresh).for_each(|(to, from)| *to = *from);
    }
}
