//! Live change between 8 and 16 kHz: a half-band filter in its two phases, of which one is a mere delay.

/// Taps of the other phase on each side of its middle.
const HALF: usize = 24;
const TAPS: usize = 2 * HALF;
/// Samples of the past that the next frame needs.
const PAST: usize = TAPS - 1;

/// Turns frames at one rate into frames at another, remembering the end of the last one. What the lower rate cannot carry is
/// more than 60 dB down in what comes out.
pub enum Resampler {
    /// The rates are the same.
    None,
    Double(Box<Doubler>),
    Halve(Box<Halver>),
}

impl Resampler {
    /// Between equal rates, or from 8 to 16 kHz, or back; any other pair is passed through unchanged.
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        match (from_hz, to_hz) {
            (8_000, 16_000) => Self::Double(Box::default()),
            (16_000, 8_000) => Self::Halve(Box::default()),
            (_, _) => Self::None,
        }
    }

    /// Appends the frame at the other rate. Of an odd number of samples to be halved the last one is left out.
    pub fn convert(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        match self {
            Self::None => out.extend_from_slice(samples),
            Self::Double(doubler) => doubler.convert(samples, out),
            Self::Halve(halver) => halver.convert(samples, out),
        }
    }
}

/// From 8 to 16 kHz.
#[derive(Default)]
pub struct Doubler {
    line: Line,
}

impl Doubler {
    fn convert(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.line.extend(samples.iter().copied());
        out.reserve(2 * samples.len());
        for window in self.line.windows() {
            // The samples there are, and between two of them the one that the filter makes.
            out.push(window[HALF - 1] as i16);
            out.push(round(2.0 * dot(window)));
        }
        self.line.keep_past();
    }
}

/// From 16 to 8 kHz.
#[derive(Default)]
pub struct Halver {
    even: Line,
    odd: Vec<f32>,
}

impl Halver {
    fn convert(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        let pairs = || samples.as_chunks::<2>().0.iter();
        self.even.extend(pairs().map(|pair| pair[0]));
        self.odd.resize(self.odd.len().max(HALF), 0.0);
        self.odd.extend(pairs().map(|pair| f32::from(pair[1])));
        for (window, &middle) in self.even.windows().zip(&self.odd) {
            out.push(round(dot(window) + 0.5 * middle));
        }
        self.even.keep_past();
        let used = self.odd.len().saturating_sub(HALF);
        self.odd.drain(..used);
    }
}

/// Samples with the past that the filter looks back on.
struct Line(Vec<f32>);

impl Default for Line {
    fn default() -> Self {
        Self(vec![0.0; PAST])
    }
}

impl Line {
    fn extend(&mut self, samples: impl Iterator<Item = i16>) {
        self.0.extend(samples.map(f32::from));
    }

    fn windows(&self) -> impl Iterator<Item = &[f32; TAPS]> {
        self.0.array_windows::<TAPS>()
    }

    fn keep_past(&mut self) {
        let used = self.0.len().saturating_sub(PAST);
        self.0.drain(..used);
    }
}

fn dot(window: &[f32; TAPS]) -> f32 {
    // Eight sums side by side, for one alone would wait for itself.
    let mut sums = [0.0; 8];
    let (taps, _) = TAP.as_chunks::<8>();
    let (samples, _) = window.as_chunks::<8>();
    for (taps, samples) in taps.iter().zip(samples) {
        for ((sum, tap), sample) in sums.iter_mut().zip(taps).zip(samples) {
            *sum += tap * sample;
        }
    }
    sums.iter().sum()
}

fn round(sample: f32) -> i16 {
    // Not `round`, which is a call into the C library on processors of the first x86-64 generation.
    (sample + 0.5_f32.copysign(sample)) as i16
}

/// The first half of the odd taps of a half-band low-pass, a sinc under a Kaiser window with beta 7: flat to 3.6 kHz, -70 dB
/// from 4.4 kHz. The second half is its mirror image.
const HALF_TAP: [f32; HALF] = [
    -0.00006318,
    0.00013146,
    -0.00023453,
    0.00038244,
    -0.00058675,
    0.00086068,
    -0.00121917,
    0.00167912,
    -0.00225973,
    0.00298304,
    -0.00387487,
    0.00496625,
    -0.00629589,
    0.00791402,
    -0.00988908,
    0.01231915,
    -0.0153527,
    0.01922877,
    -0.02436101,
    0.03153375,
    -0.0424343,
    0.06146227,
    -0.10477562,
    0.31788587,
];

static TAP: [f32; TAPS] = mirrored();

const fn mirrored() -> [f32; TAPS] {
    let mut taps = [0.0; TAPS];
    let mut n = 0;
    while n < HALF {
        taps[n] = HALF_TAP[n];
        taps[TAPS - 1 - n] = HALF_TAP[n];
        n += 1;
    }
    taps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{goertzel, tone::Oscillator};

    fn through(hz: f64, from_hz: u32, to_hz: u32) -> Vec<i16> {
        let mut oscillator = Oscillator::new(&[hz], from_hz, 20_000.0);
        let (mut resampler, mut out) = (Resampler::new(from_hz, to_hz), Vec::new());
        let mut frame = vec![0; from_hz as usize / 50];
        for _ in 0..60 {
            oscillator.fill(&mut frame);
            resampler.convert(&frame, &mut out);
        }
        out.split_off(to_hz as usize / 5)
    }

    #[test]
    fn speech_passes_and_nothing_folds_over() {
        for (hz, from_hz, to_hz) in
            [(300.0, 8_000, 16_000), (3_400.0, 8_000, 16_000), (3_400.0, 16_000, 8_000)]
        {
            let level = goertzel(&through(hz, from_hz, to_hz), to_hz, hz).sqrt();
            assert!((level - 20_000.0).abs() < 200.0, "{hz} Hz: {level}");
        }
        for hz in [4_500.0, 5_000.0, 6_000.0, 7_000.0] {
            let alias = goertzel(&through(hz, 16_000, 8_000), 8_000, 8_000.0 - hz).sqrt();
            assert!(alias < 20.0, "{hz} Hz: {alias}, more than -60 dB");
        }
        for hz in [500.0, 1_000.0, 3_400.0] {
            let image = goertzel(&through(hz, 8_000, 16_000), 16_000, 8_000.0 - hz).sqrt();
            assert!(image < 20.0, "{hz} Hz: {image}, more than -60 dB");
        }
    }

    #[test]
    fn frames_of_any_length_join_without_a_seam() {
        let mut samples = vec![0; 1_600];
        Oscillator::new(&[440.0], 16_000, 10_000.0).fill(&mut samples);
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        Resampler::new(16_000, 8_000).convert(&samples, &mut whole);
        let mut resampler = Resampler::new(16_000, 8_000);
        for piece in [0..2, 2..162, 162..800, 800..1_600] {
            resampler.convert(&samples[piece], &mut pieces);
        }
        assert_eq!(whole, pieces);
    }
}
