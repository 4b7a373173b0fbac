//! One recording: two timelines and the file they go to.

use std::io;
use std::time::{Duration, Instant};

use super::gap::MAX_GAPS;
use super::peaks::PeakMeter;
use super::ring::Facts;
use super::timeline::Timeline;
use super::wav::Store;
use super::{Format, Gap, Peaks, Side, Sink, ogg_opus::OggOpus, wav::Wav};

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
    file: Box<dyn Sink>,
    sides: [Vec<i16>; 2],
    gaps: Vec<Gap>,
    peaks: PeakMeter,
}

/// What is known of a recording at its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    pub seconds: f64,
    /// Pauses: from and to, in seconds of the file.
    pub pauses: Vec<(f64, f64)>,
    pub peaks: Peaks,
}

impl Take {
    /// `start` is the time of the first sample.
    pub fn new(start: Instant, rate_hz: u32, format: Format, store: Box<dyn Store>) -> io::Result<Self> {
        let file: Box<dyn Sink> = match format {
            Format::OggOpus => Box::new(OggOpus::create(store, rate_hz)?),
            Format::Wav => Box::new(Wav::create(store, rate_hz)?),
        };
        Ok(Self {
            start,
            left: Timeline::new(start, rate_hz),
            right: Timeline::new(start, rate_hz),
            file,
            sides: [Vec::new(), Vec::new()],
            gaps: Vec::new(),
            peaks: PeakMeter::new(rate_hz),
        })
    }

    /// One packet of one side. While paused nobody sends any, and what comes all the same is not taken.
    pub fn receive(&mut self, facts: &Facts, payload: &[u8]) {
        if self.is_paused() {
            return;
        }
        match facts.side {
            Side::Left => self.left.receive(facts, payload),
            Side::Right => self.right.receive(facts, payload),
        }
    }

    /// From here on nothing of what is said stands in the file.
    pub fn pause(&mut self, at: Instant) {
        if self.is_paused() {
            return;
        }
        let from = self.frame_at(at);
        let full = self.gaps.len() >= MAX_GAPS;
        match self.gaps.last_mut() {
            // Rather too little is kept than too much.
            Some(last) if full => last.to = None,
            _ => self.gaps.push(Gap { from, to: None }),
        }
    }

    /// The pause is over.
    pub fn resume(&mut self, at: Instant) {
        let to = self.frame_at(at);
        if let Some(last) = self.gaps.last_mut().filter(|last| last.to.is_none()) {
            last.to = Some(to);
        }
    }

    /// Writes what no packet can change any more.
    pub fn flush(&mut self, now: Instant) -> io::Result<()> {
        self.write_until(self.frame_at(now.checked_sub(HOLD_BACK).unwrap_or(self.start)))
    }

    /// Writes the rest.
    pub fn finish(mut self, at: Instant) -> io::Result<Notes> {
        self.write_until(self.frame_at(at))?;
        self.file.finish()?;
        let seconds = |frame: u64| frame as f64 / f64::from(self.file.rate_hz());
        let end = self.file.frames();
        let pauses = self.gaps.iter().map(|gap| (seconds(gap.from), seconds(gap.to.unwrap_or(end))));
        let pauses = pauses.collect();
        Ok(Notes { seconds: seconds(end), pauses, peaks: self.peaks.finish() })
    }

    fn is_paused(&self) -> bool {
        self.gaps.last().is_some_and(|gap| gap.to.is_none())
    }

    fn frame_at(&self, time: Instant) -> u64 {
        let elapsed = time.saturating_duration_since(self.start);
        (elapsed.as_micros() * u128::from(self.file.rate_hz()) / 1_000_000) as u64
    }

    fn write_until(&mut self, end: u64) -> io::Result<()> {
        while self.file.frames() < end {
            let (first, rate_hz) = (self.file.frames(), self.file.rate_hz());
            let next = end.min(first + CHUNK_FRAMES);
            let [left, right] = &mut self.sides;
            left.clear();
            right.clear();
            self.left.take(next, left);
            self.right.take(next, right);
            // The last ones are those that may reach what is written now; there are few.
            for gap in self.gaps.iter().rev().take_while(|gap| gap.to.is_none_or(|to| to > first)) {
                gap.blank(rate_hz, first, left);
                gap.blank(rate_hz, first, right);
            }
            self.peaks.measure(left, right);
            self.file.append(left, right)?;
        }
        Ok(())
    }
}
