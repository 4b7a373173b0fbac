//! Sine tones, made and measured.

use std::f64::consts::TAU;

/// Frequencies one [`Oscillator`] can sound at once.
pub const MAX_FREQUENCIES: usize = 4;

/// Sounds up to [`MAX_FREQUENCIES`] sines at one level, with unbroken phase from frame to frame.
#[derive(Clone, Debug)]
pub struct Oscillator {
    sines: [Sine; MAX_FREQUENCIES],
    amplitude: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sine {
    phase: f64,
    step: f64,
}

impl Oscillator {
    /// `amplitude` is the peak of each sine in sample units; frequencies beyond [`MAX_FREQUENCIES`] are left out.
    pub fn new(frequencies_hz: &[f64], sample_rate_hz: u32, amplitude: f64) -> Self {
        let mut sines = [Sine::default(); MAX_FREQUENCIES];
        for (sine, hz) in sines.iter_mut().zip(frequencies_hz) {
            sine.step = TAU * hz / f64::from(sample_rate_hz.max(1));
        }
        Self { sines, amplitude }
    }

    /// The next samples.
    pub fn fill(&mut self, samples: &mut [i16]) {
        for sample in samples {
            *sample = self.next_sample();
        }
    }

    fn next_sample(&mut self) -> i16 {
        let mut sum = 0.0;
        for sine in &mut self.sines {
            sum += sine.phase.sin();
            sine.phase = (sine.phase + sine.step) % TAU;
        }
        (sum * self.amplitude).round() as i16
    }
}

/// Power of one frequency in `samples` by Goertzel's algorithm: the square of the sine's peak amplitude, whatever the
/// number of samples. 0 where there are none.
pub fn goertzel(samples: &[i16], sample_rate_hz: u32, frequency_hz: f64) -> f64 {
    if samples.is_empty() || sample_rate_hz == 0 {
        return 0.0;
    }
    let coefficient = 2.0 * (TAU * frequency_hz / f64::from(sample_rate_hz)).cos();
    let (mut previous, mut before) = (0.0, 0.0);
    for &sample in samples {
        let next = f64::from(sample) + coefficient * previous - before;
        before = previous;
        previous = next;
    }
    let energy = previous * previous + before * before - coefficient * previous * before;
    let half = samples.len() as f64 / 2.0;
    energy.max(0.0) / (half * half)
}
