//! One recording: two timelines and the file they go to.

use std::io;
use std::time::{Duration, Instant};

use super::Side;
use super::ring::Facts;
use super::timeline::Timeline;
use super::wav::{Store, Wav};

/// So long a packet may be late before its place in the file is written as silence.
pub const HOLD_BACK: Duration = Duration::from_millis(300);
/// Time between two writes. With [`HOLD_BACK`] and the rest of the way less than the second that a crash may cost.
pub const FLUSH_INTERVAL: Duration = Duration::from_millis(400);
/// Frames written at once.
const CHUNK_FRAMES: u64 = 16_384;

/// Sans-IO but for the [`Store`] it is given.
pub struct Take {
    start: Instant,
    left: Timeline,
    right: Timeline,
    wav: Wav,
    sides: [Vec<i16>; 2],
}

impl Take {
    /// `start` is the time of the first sample.
    pub fn new(start: Instant, rate_hz: u32, store: Box<dyn Store>) -> io::Result<Self> {
        Ok(Self {
            start,
            left: Timeline::new(start, rate_hz),
            right: Timeline::new(start, rate_hz),
            wav: Wav::create(store, rate_hz)?,
            sides: [Vec::new(), Vec::new()],
        })
    }

    /// One packet of one side.
    pub fn receive(&mut self, facts: &Facts, payload: &[u8]) {
        match facts.side {
            Side::Left => self.left.receive(facts, payload),
            Side::Right => self.right.receive(facts, payload),
        }
    }

    /// Writes what no packet can change any more.
    pub fn flush(&mut self, now: Instant) -> io::Result<()> {
        self.write_until(self.frame_at(now.checked_sub(HOLD_BACK).unwrap_or(self.start)))
    }

    /// Writes the rest. Returns the length in seconds.
    pub fn finish(mut self, at: Instant) -> io::Result<f64> {
        self.write_until(self.frame_at(at))?;
        Ok(self.wav.frames() as f64 / f64::from(self.wav.rate_hz()))
    }

    fn frame_at(&self, time: Instant) -> u64 {
        let elapsed = time.saturating_duration_since(self.start);
        (elapsed.as_micros() * u128::from(self.wav.rate_hz()) / 1_000_000) as u64
    }

    fn write_until(&mut self, end: u64) -> io::Result<()> {
        while self.wav.frames() < end {
            let next = end.min(self.wav.frames() + CHUNK_FRAMES);
            let [left, right] = &mut self.sides;
            left.clear();
            right.clear();
            self.left.take(next, left);
            self.right.take(next, right);
            self.wav.append(left, right)?;
        }
        Ok(())
    }
}
