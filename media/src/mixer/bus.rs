//! Sums of samples, and what is left of them without one.

use super::plan::Band;

/// Full scale of a sine: 0 dBov.
const FULL_SCALE: f32 = 23_170.0;
/// Gain 1 in the fixed point of [`scale`].
pub const UNITY: i32 = 1 << 12;

/// All voices of one tick at one rate.
pub struct Bus {
    frame: usize,
    /// Empty where there is none: silence is not even written.
    sum: Vec<i32>,
}

impl Bus {
    pub fn new(band: Band) -> Self {
        Self { frame: band.frame(), sum: Vec::with_capacity(band.frame()) }
    }

    pub fn clear(&mut self) {
        self.sum.clear();
    }

    pub fn add(&mut self, samples: &[i16]) {
        self.sum.resize(self.frame, 0);
        self.sum.iter_mut().zip(samples).for_each(|(sum, &sample)| *sum += i32::from(sample));
    }

    /// All voices.
    pub fn whole(&self, out: &mut Vec<i16>) {
        out.clear();
        out.extend(self.sum.iter().map(|&sum| clamp(sum)));
        out.resize(self.frame, 0);
    }

    /// All voices but this one.
    pub fn without(&self, own: &[i16], out: &mut Vec<i16>) {
        out.clear();
        out.extend(self.sum.iter().zip(own).map(|(&sum, &own)| clamp(sum - i32::from(own))));
    }
}

/// Adds what is for one pair of ears alone.
pub fn add(out: &mut [i16], samples: &[i16]) {
    out.iter_mut().zip(samples).for_each(|(out, &sample)| *out = out.saturating_add(sample));
}

/// Decibels as a factor for [`scale`].
pub fn factor(gain_db: i8) -> i32 {
    (10_f32.powf(f32::from(gain_db) / 20.0) * UNITY as f32) as i32
}

pub fn scale(samples: &mut [i16], factor: i32) {
    if factor != UNITY {
        samples.iter_mut().for_each(|sample| *sample = clamp((i32::from(*sample) * factor) >> 12));
    }
}

/// Root mean square.
pub fn level_of(samples: &[i16]) -> f32 {
    // In whole numbers, which the compiler adds side by side.
    let sum: i64 = samples.iter().map(|&sample| i64::from(i32::from(sample) * i32::from(sample))).sum();
    (sum as f32 / samples.len().max(1) as f32).sqrt()
}

/// A root mean square in dBov, -127 to 0 (RFC 6464 §3).
pub fn dbov(level: f32) -> i8 {
    (20.0 * (level.max(0.001) / FULL_SCALE).log10()).round().clamp(-127.0, 0.0) as i8
}

fn clamp(sum: i32) -> i16 {
    sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_does_not_wrap_and_comes_back_exactly() {
        let mut bus = Bus::new(Band::Narrow);
        let (loud, soft) = ([30_000; 160], [-123; 160]);
        bus.clear();
        bus.add(&loud);
        bus.add(&loud);
        bus.add(&soft);
        let mut out = Vec::new();
        bus.whole(&mut out);
        assert_eq!(out[0], i16::MAX);
        bus.without(&loud, &mut out);
        assert_eq!(out, vec![29_877; 160]);
        add(&mut out, &loud);
        assert_eq!(out[0], i16::MAX);
    }

    #[test]
    fn gain_and_level_are_decibels() {
        let mut samples = [1_000; 160];
        scale(&mut samples, factor(6));
        assert!((1_990..2_000).contains(&samples[0]), "{}", samples[0]);
        assert_eq!([dbov(23_170.0), dbov(2_317.0), dbov(0.0)], [0, -20, -127]);
        assert_eq!(level_of(&[-300; 160]), 300.0);
    }
}
