//! A pause of a recording: nothing of what was said stands in the file, and a short tone at each end says so.

use std::f64::consts::TAU;

/// A gap, in frames of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub from: u64,
    /// None: the recording is paused.
    pub to: Option<u64>,
}

/// Gaps of one recording. With the last one the recording stays silent.
pub const MAX_GAPS: usize = 1_000;
/// Length of a mark in milliseconds. Less than what is held back, so that the second one is known before it is written.
const MARK_MS: u64 = 150;
/// What telephone networks announce recording with.
const MARK_HZ: f64 = 1_400.0;
/// About -24 dBov.
const MARK_AMPLITUDE: f64 = 2_000.0;

impl Gap {
    /// Takes away what lies in the gap from frames `first..` of a side, and puts the marks there.
    pub fn blank(self, rate_hz: u32, first: u64, samples: &mut [i16]) {
        let end = first + samples.len() as u64;
        let (from, to) = (self.from.max(first), self.to.unwrap_or(u64::MAX).min(end));
        for frame in from..to {
            if let Some(sample) = samples.get_mut((frame - first) as usize) {
                *sample = self.sample(rate_hz, frame);
            }
        }
    }

    fn sample(self, rate_hz: u32, frame: u64) -> i16 {
        let mark = MARK_MS * u64::from(rate_hz) / 1_000;
        let begins = frame < self.from + mark;
        let ends = self.to.is_some_and(|to| frame + mark >= to);
        if !begins && !ends {
            return 0;
        }
        let seconds = (frame - self.from) as f64 / f64::from(rate_hz);
        ((seconds * MARK_HZ * TAU).sin() * MARK_AMPLITUDE) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_gap_is_left_and_both_ends_are_marked() {
        let gap = Gap { from: 8_000, to: Some(24_000) };
        let mut samples = vec![9_999; 32_000];
        for (piece, chunk) in samples.chunks_mut(1_600).enumerate() {
            gap.blank(8_000, piece as u64 * 1_600, chunk);
        }
        assert!(samples[..8_000].iter().chain(&samples[24_000..]).all(|&sample| sample == 9_999));
        assert!(samples[8_000..24_000].iter().all(|&sample| sample.abs() <= 2_000));
        assert!(samples[9_200..22_800].iter().all(|&sample| sample == 0));
        for mark in [&samples[8_000..9_200], &samples[22_800..24_000]] {
            assert!(crate::codec::goertzel(mark, 8_000, 1_400.0).sqrt() > 1_500.0);
        }
    }
}
