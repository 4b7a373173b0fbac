//! One side of a recording: packets become samples at the place in time where they belong.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::ring::Facts;
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
    decoder: Option<(KnownCodec, Decoder)>,
    rate: RateChange,
    decoded: Vec<i16>,
    placed: Vec<i16>,
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
            decoder: None,
            rate: RateChange::default(),
            decoded: Vec::new(),
            placed: Vec::new(),
        }
    }

    /// Decodes a packet and puts it where its timestamp says. What lies before the samples already taken is lost.
    pub fn receive(&mut self, facts: &Facts, payload: &[u8]) {
        let Some(codec) = facts.codec else { return };
        let position = self.position(facts);
        if !matches!(&self.decoder, Some((current, _)) if *current == codec) {
            self.decoder = Some((codec, Decoder::beside(codec, self.rate_hz)));
        }
        let Some((_, decoder)) = &mut self.decoder else { return };
        self.decoded.clear();
        decoder.decode(payload, &mut self.decoded);
        self.placed.clear();
        self.rate.convert(&self.decoded, codec.rate_beside(self.rate_hz), self.rate_hz, &mut self.placed);
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

/// Between 8 and 16 kHz, by a half-band filter that remembers the end of the last packet.
#[derive(Default)]
struct RateChange {
    past: [i16; HISTORY],
}

const HISTORY: usize = 14;
/// Odd taps of a half-band low-pass of 15 taps (Hamming window), times 32,768; the middle tap is one half.
const TAPS: [i32; 4] = [-100, 620, -2_200, 9_872];

impl RateChange {
    fn convert(&mut self, samples: &[i16], from_hz: u32, to_hz: u32, out: &mut Vec<i16>) {
        match (from_hz, to_hz) {
            (16_000, 8_000) => self.halve(samples, out),
            (8_000, 16_000) => self.double(samples, out),
            (_, _) => out.extend_from_slice(samples),
        }
    }

    fn halve(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        let joined: Vec<i16> = self.past.iter().chain(samples).copied().collect();
        out.extend(joined.windows(HISTORY + 1).step_by(2).map(|window| {
            let sum: i32 =
                TAPS.iter().enumerate().map(|(n, tap)| tap * pair(window, n * 2, 14 - n * 2)).sum();
            let middle = window.get(7).map_or(0, |&sample| i32::from(sample) << 14);
            clamp((sum + middle) >> 15)
        }));
        self.remember(&joined);
    }

    fn double(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        let joined: Vec<i16> = self.past.iter().chain(samples).copied().collect();
        for window in joined.windows(HISTORY + 1).map(|window| window.get(7..).unwrap_or(&[])) {
            let sum: i32 = TAPS.iter().enumerate().map(|(n, tap)| tap * pair(window, n, 7 - n)).sum();
            out.push(window.get(3).copied().unwrap_or(0));
            out.push(clamp(sum >> 14));
        }
        self.remember(&joined);
    }

    fn remember(&mut self, joined: &[i16]) {
        if let Some(end) = joined.last_chunk::<HISTORY>() {
            self.past = *end;
        }
    }
}

fn pair(window: &[i16], first: usize, second: usize) -> i32 {
    let at = |index: usize| window.get(index).map_or(0, |&sample| i32::from(sample));
    at(first) + at(second)
}

fn clamp(sample: i32) -> i16 {
    sample.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}
