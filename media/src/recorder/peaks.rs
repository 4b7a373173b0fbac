//! The outline of a recording, as a player draws it.

/// Points kept: when there are more, each two become one and the interval doubles.
pub const MAX_POINTS: usize = 2_000;
/// Time of one point of a short recording.
const FIRST_INTERVAL_MS: u32 = 50;

/// The largest sample of each interval, of both sides; 255 is full scale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peaks {
    pub interval_ms: u32,
    pub left: Vec<u8>,
    pub right: Vec<u8>,
}

/// Measures while it is written.
#[derive(Debug)]
pub struct PeakMeter {
    peaks: Peaks,
    rate_hz: u32,
    /// Frames in the point that is being measured, and its values.
    frames: u32,
    current: [u16; 2],
}

impl PeakMeter {
    /// For sound at `rate_hz`.
    pub fn new(rate_hz: u32) -> Self {
        let peaks = Peaks { interval_ms: FIRST_INTERVAL_MS, ..Peaks::default() };
        Self { peaks, rate_hz, frames: 0, current: [0; 2] }
    }

    /// Takes so many frames of both sides.
    pub fn measure(&mut self, left: &[i16], right: &[i16]) {
        let (mut left, mut right) = (left, right);
        while !left.is_empty() || !right.is_empty() {
            let room = (self.peaks.interval_ms * self.rate_hz / 1_000).saturating_sub(self.frames).max(1);
            let count = (room as usize).min(left.len().max(right.len()));
            for (current, side) in self.current.iter_mut().zip([&mut left, &mut right]) {
                let (now, later) = side.split_at(count.min(side.len()));
                *current = now.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0).max(*current);
                *side = later;
            }
            self.frames += count as u32;
            if self.frames * 1_000 >= self.peaks.interval_ms * self.rate_hz {
                self.close();
            }
        }
    }

    /// The outline so far.
    pub fn finish(mut self) -> Peaks {
        if self.frames > 0 {
            self.close();
        }
        self.peaks
    }

    fn close(&mut self) {
        let [left, right] = self.current.map(|peak| (peak >> 7).min(255) as u8);
        self.peaks.left.push(left);
        self.peaks.right.push(right);
        (self.frames, self.current) = (0, [0; 2]);
        if self.peaks.left.len() >= MAX_POINTS {
            for side in [&mut self.peaks.left, &mut self.peaks.right] {
                *side = side.chunks(2).map(|two| two.iter().copied().max().unwrap_or(0)).collect();
            }
            self.peaks.interval_ms *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_has_no_more_points_than_a_minute_may_have() {
        let mut meter = PeakMeter::new(8_000);
        for second in 0..3_600 {
            let loud = if second == 1_800 { 32_000 } else { 100 };
            meter.measure(&[loud; 8_000], &[-16_384; 8_000]);
        }
        let peaks = meter.finish();
        assert!(peaks.left.len() <= MAX_POINTS && peaks.left.len() == peaks.right.len());
        let loudest = peaks.left.iter().position(|&point| point == 250).unwrap() as u32;
        assert_eq!(
            loudest * peaks.interval_ms / 1_000,
            1_800 * 1_000 / peaks.interval_ms * peaks.interval_ms / 1_000
        );
        assert!(peaks.right.iter().all(|&point| point == 128));
        let covered_ms = u64::from(peaks.interval_ms) * peaks.left.len() as u64;
        assert!((3_600_000..3_610_000).contains(&covered_ms), "{covered_ms}");
    }
}
