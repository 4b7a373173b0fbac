//! Tones: made, and found again by Goertzel's filter.

use std::f64::consts::TAU;

/// Samples of a sine at this frequency and rate, from sample `from`.
pub fn sine(hz: f64, rate_hz: u32, from: usize, count: usize) -> Vec<i16> {
    let step = TAU * hz / f64::from(rate_hz);
    (from..from + count).map(|n| ((step * n as f64).sin() * 10_000.0) as i16).collect()
}

/// Share of the signal's power that lies at this frequency, 0 to 1; 0 for silence.
pub fn share(samples: &[i16], hz: f64, rate_hz: u32) -> f64 {
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    if samples.is_empty() || energy / (samples.len() as f64) < 100.0 {
        return 0.0;
    }
    let omega = TAU * hz / f64::from(rate_hz);
    let coefficient = 2.0 * omega.cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for sample in samples {
        let s0 = f64::from(*sample) + coefficient * s1 - s2;
        s2 = s1;
        s1 = s0;
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    (2.0 * power / (samples.len() as f64 * energy)).min(1.0)
}

/// Whether 200 ms or more hold each of the first tones and none of the others. Tones are multiples of 5 Hz.
pub fn mixed(samples: &[i16], present: &[f64], absent: &[f64], rate_hz: u32) -> bool {
    let enough = samples.len() >= rate_hz as usize / 5;
    let least = 0.4 / present.len().max(1) as f64;
    enough
        && present.iter().all(|hz| share(samples, *hz, rate_hz) > least)
        && absent.iter().all(|hz| share(samples, *hz, rate_hz) < 0.02)
}

/// Runs over a sound that grows, 200 ms at a time, and misses nothing of what came all at once while this process stood still.
pub struct Windows {
    next: usize,
    length: usize,
    step: usize,
}

impl Windows {
    /// Over what comes behind this sample.
    pub fn from(sample: usize, rate_hz: u32) -> Windows {
        Windows { next: sample, length: rate_hz as usize / 5, step: rate_hz as usize / 50 }
    }

    /// Whether a window that was not looked at yet fits.
    pub fn any(&mut self, sound: &[i16], fits: impl Fn(&[i16]) -> bool) -> bool {
        while let Some(window) = sound.get(self.next..self.next + self.length) {
            self.next += self.step;
            if fits(window) {
                return true;
            }
        }
        false
    }
}

/// Root mean square, in units of 16-bit samples.
pub fn rms(samples: &[i16]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::{Windows, rms, share, sine};

    #[test]
    fn a_tone_is_found_where_it_is_and_nowhere_else() {
        let tone = sine(440.0, 8000, 0, 1600);
        assert!(share(&tone, 440.0, 8000) > 0.99);
        assert!(share(&tone, 880.0, 8000) < 0.01);
        assert_eq!(share(&[0; 1600], 440.0, 8000), 0.0);
        assert!((rms(&tone) - 7071.0).abs() < 20.0);
    }

    #[test]
    fn a_tone_that_came_and_went_at_once_is_found_once() {
        let sound = [vec![0; 4_000], sine(440.0, 8000, 0, 1_600), vec![0; 4_000]].concat();
        let is_tone = |window: &[i16]| share(window, 440.0, 8000) > 0.7 && rms(window) > 7_000.0;
        let mut windows = Windows::from(0, 8000);
        assert!(!windows.any(&sound[..4_000], is_tone));
        assert!(windows.any(&sound, is_tone) && !windows.any(&sound, is_tone));
        assert!(!Windows::from(4_100, 8000).any(&sound, is_tone));
    }
}
