//! Keys as tones in the audio (ITU-T Q.23): made, and found.

use std::collections::VecDeque;
use std::f32::consts::TAU;

use super::Dtmf;
use crate::codec::tone::Oscillator;

/// Frequencies of the rows and of the columns (Q.23 §3).
const ROWS_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS_HZ: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
const KEYPAD: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];
/// Peak of each of the two: -9 dBm0, as most phones have it.
const AMPLITUDE: f64 = 8_000.0;
/// Keys that may wait; a further one is dropped.
const MAX_WAITING: usize = 64;
/// Bounds of what is asked for; receivers want 40 ms (Q.24 annex A).
const DURATION_MS: std::ops::RangeInclusive<u32> = 60..=6_000;
/// Silence behind each key (Q.24 annex A: at least 40 ms).
const PAUSE_MS: u32 = 60;

/// Sounds keys one after the other.
#[derive(Debug, Default)]
pub struct KeySounder {
    waiting: VecDeque<(Dtmf, u32)>,
    current: Option<Sounding>,
}

#[derive(Debug)]
struct Sounding {
    oscillator: Oscillator,
    tone_samples: usize,
    pause_samples: usize,
}

impl KeySounder {
    /// Puts a key at the end of the line.
    pub fn push(&mut self, digit: Dtmf, duration_ms: u32) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back((digit, duration_ms.clamp(*DURATION_MS.start(), *DURATION_MS.end())));
        }
    }

    /// Whether a key is sounding or waits.
    pub fn is_busy(&self) -> bool {
        self.current.is_some() || !self.waiting.is_empty()
    }

    /// Puts what sounds now in the place of the samples; leaves them alone where nothing does.
    pub fn sound(&mut self, rate_hz: u32, samples: &mut [i16]) {
        if self.current.is_none() {
            let Some((digit, duration_ms)) = self.waiting.pop_front() else { return };
            self.current = Some(Sounding::new(digit, duration_ms, rate_hz));
        }
        let Some(current) = &mut self.current else { return };
        let (tone, pause) = samples.split_at_mut(current.tone_samples.min(samples.len()));
        current.oscillator.fill(tone);
        pause.fill(0);
        current.tone_samples -= tone.len();
        current.pause_samples = current.pause_samples.saturating_sub(pause.len());
        if current.tone_samples == 0 && current.pause_samples == 0 {
            self.current = None;
        }
    }
}

impl Sounding {
    fn new(digit: Dtmf, duration_ms: u32, rate_hz: u32) -> Self {
        let key = digit.as_char();
        let place = KEYPAD
            .iter()
            .zip(ROWS_HZ)
            .find_map(|(row, hz)| Some((hz, row.iter().position(|&candidate| candidate == key)?)));
        let (row_hz, column) = place.unwrap_or((0.0, 0));
        let column_hz = COLUMNS_HZ.get(column).copied().unwrap_or(0.0);
        Self {
            oscillator: Oscillator::new(&[row_hz, column_hz], rate_hz, AMPLITUDE),
            tone_samples: (duration_ms * (rate_hz / 1_000)) as usize,
            pause_samples: (PAUSE_MS * (rate_hz / 1_000)) as usize,
        }
    }
}

/// Time between two looks, in parts of a second; each look is at two of them.
const HOPS_PER_S: u32 = 100;
/// Looks that must agree: a tone of 40 ms (Q.24 annex A).
const LOOKS_TO_BEGIN: u8 = 3;
/// Looks without the tone that end it: shorter gaps are dropouts.
const LOOKS_TO_END: u8 = 3;
/// Quieter than this, -36 dBm0, is no key: square of the peak of a sine.
const QUIETEST_POWER: f32 = 250.0 * 250.0;
/// Part of all the power that the two tones must have. A voice has it elsewhere too.
const SHARE: f32 = 0.85;
/// A row may be so much stronger than a column, and the other way round (Q.24 annex A: 4 dB and 8 dB).
const ROW_STRONGER: f32 = 6.3;
const COLUMN_STRONGER: f32 = 6.3;
/// The next strongest of the four must be so much weaker (8 dB).
const NEXT_WEAKER: f32 = 6.3;

/// Finds keys in audio, and does not take a voice for one.
#[derive(Debug)]
pub struct KeyDetector {
    rate_hz: u32,
    coefficients: [f32; 8],
    window: Vec<f32>,
    candidate: Option<Dtmf>,
    agreeing: u8,
    missing: u8,
    current: Option<(Dtmf, u32)>,
}

/// A key that was pressed and released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    pub digit: Dtmf,
    pub duration_ms: u32,
}

impl KeyDetector {
    /// For audio at `rate_hz`.
    pub fn new(rate_hz: u32) -> Self {
        let mut coefficients = [0.0; 8];
        for (coefficient, hz) in coefficients.iter_mut().zip(ROWS_HZ.iter().chain(&COLUMNS_HZ)) {
            *coefficient = 2.0 * (TAU * *hz as f32 / rate_hz.max(1) as f32).cos();
        }
        let window = Vec::with_capacity((2 * rate_hz / HOPS_PER_S) as usize);
        Self { rate_hz, coefficients, window, candidate: None, agreeing: 0, missing: 0, current: None }
    }

    /// Takes audio; at most one key ends in a frame.
    pub fn listen(&mut self, samples: &[i16]) -> Option<Heard> {
        let hop = (self.rate_hz / HOPS_PER_S).max(1) as usize;
        let mut heard = None;
        for piece in samples.chunks(hop) {
            self.window.extend(piece.iter().map(|&sample| f32::from(sample)));
            if self.window.len() >= 2 * hop {
                let digit = self.look();
                self.window.drain(..hop);
                heard = self.follow(digit).or(heard);
            }
        }
        heard
    }

    /// Whether a key sounds now, or may just have begun to: it should not go on to the other side as audio as well.
    pub fn is_sounding(&self) -> bool {
        self.current.is_some() || self.agreeing > 1
    }

    fn follow(&mut self, digit: Option<Dtmf>) -> Option<Heard> {
        self.agreeing = match digit {
            Some(_) if digit == self.candidate => self.agreeing.saturating_add(1),
            Some(_) => 1,
            None => 0,
        };
        self.candidate = digit;
        match &mut self.current {
            Some((current, looks)) if Some(*current) == digit => {
                *looks = looks.saturating_add(1);
                self.missing = 0;
                None
            }
            Some(_) => {
                self.missing += 1;
                (self.missing >= LOOKS_TO_END).then(|| self.finish()).flatten()
            }
            None => {
                if let Some(digit) = digit.filter(|_| self.agreeing >= LOOKS_TO_BEGIN) {
                    self.current = Some((digit, u32::from(LOOKS_TO_BEGIN)));
                    self.missing = 0;
                }
                None
            }
        }
    }

    fn finish(&mut self) -> Option<Heard> {
        let (digit, looks) = self.current.take()?;
        // Each look was at two hops.
        Some(Heard { digit, duration_ms: (looks + 1) * 1_000 / HOPS_PER_S })
    }

    /// The key that sounds in the window.
    fn look(&self) -> Option<Dtmf> {
        let powers = self.powers();
        let (rows, columns) = powers.split_at(4);
        let (row, row_power) = strongest(rows)?;
        let (column, column_power) = strongest(columns)?;
        if row_power > column_power * ROW_STRONGER || column_power > row_power * COLUMN_STRONGER {
            return None;
        }
        let mean_square =
            self.window.iter().map(|sample| sample * sample).sum::<f32>() / self.window.len().max(1) as f32;
        // A sine of peak a has the mean square a²/2.
        if (row_power + column_power) / 2.0 < SHARE * mean_square {
            return None;
        }
        Dtmf::from_char(*KEYPAD.get(row)?.get(column)?)
    }

    /// The eight by Goertzel's algorithm side by side: squares of their peaks.
    fn powers(&self) -> [f32; 8] {
        let (mut previous, mut before) = ([0.0_f32; 8], [0.0_f32; 8]);
        for &sample in &self.window {
            for ((previous, before), coefficient) in
                previous.iter_mut().zip(&mut before).zip(&self.coefficients)
            {
                let next = sample + coefficient * *previous - *before;
                *before = *previous;
                *previous = next;
            }
        }
        let half = self.window.len().max(1) as f32 / 2.0;
        let mut powers = [0.0; 8];
        for (place, power) in powers.iter_mut().enumerate() {
            let (previous, before, coefficient) = (previous[place], before[place], self.coefficients[place]);
            *power =
                (previous * previous + before * before - coefficient * previous * before) / (half * half);
        }
        powers
    }
}

/// The strongest, if the others are far weaker.
fn strongest(powers: &[f32]) -> Option<(usize, f32)> {
    let (place, &power) = powers.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let clear =
        powers.iter().enumerate().all(|(other, &weaker)| other == place || weaker * NEXT_WEAKER < power);
    (clear && power > QUIETEST_POWER).then_some((place, power))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str, rate_hz: u32, duration_ms: u32) -> Vec<i16> {
        let mut sounder = KeySounder::default();
        text.chars().for_each(|key| sounder.push(Dtmf::from_char(key).unwrap(), duration_ms));
        let mut samples = Vec::new();
        while sounder.is_busy() {
            let mut frame = vec![0; rate_hz as usize / 50];
            sounder.sound(rate_hz, &mut frame);
            samples.extend(frame);
        }
        samples.extend(vec![0; rate_hz as usize / 10]);
        samples
    }

    fn heard(samples: &[i16], rate_hz: u32) -> (String, Vec<u32>) {
        let mut detector = KeyDetector::new(rate_hz);
        let found: Vec<Heard> =
            samples.chunks(rate_hz as usize / 50).filter_map(|frame| detector.listen(frame)).collect();
        (
            found.iter().map(|key| key.digit.as_char()).collect(),
            found.iter().map(|key| key.duration_ms).collect(),
        )
    }

    #[test]
    fn every_key_is_found_once_whatever_its_length() {
        for rate_hz in [8_000, 16_000] {
            for duration_ms in [60, 100, 250] {
                let (text, durations) = heard(&keys("0123456789*#ABCD11", rate_hz, duration_ms), rate_hz);
                assert_eq!(text, "0123456789*#ABCD11");
                assert!(durations.iter().all(|found| found.abs_diff(duration_ms) <= 20), "{durations:?}");
            }
        }
    }

    #[test]
    fn keys_are_found_in_noise_and_after_g711() {
        let mut noise = crate::codec::comfort_noise::ComfortNoise::default();
        noise.receive(&[45]);
        let mut samples = keys("1590#", 8_000, 100);
        for sample in &mut samples {
            let noisy = (f32::from(*sample) + noise.sample()) as i16;
            *sample = crate::codec::g711::ulaw_to_linear(crate::codec::g711::linear_to_ulaw(noisy));
        }
        assert_eq!(heard(&samples, 8_000).0, "1590#");
    }

    #[test]
    fn a_voice_is_no_key() {
        // Two minutes of vowels that glide over all the frequencies of keys.
        let (mut phase, mut samples) = (0.0_f64, Vec::new());
        for n in 0..120 * 8_000_u32 {
            let seconds = f64::from(n) / 8_000.0;
            let pitch_hz = 140.0 + 60.0 * (seconds * 0.9).sin() + 15.0 * (seconds * 7.1).sin();
            phase = (phase + pitch_hz / 8_000.0) % 1.0;
            let formants = [600.0 + 250.0 * (seconds * 1.3).sin(), 1_400.0 + 500.0 * (seconds * 1.7).cos()];
            let sum: f64 = (1..20)
                .map(|harmonic| {
                    let hz = pitch_hz * f64::from(harmonic);
                    let gain: f64 =
                        formants.iter().map(|formant| 1.0 / (1.0 + ((hz - formant) / 90.0).powi(2))).sum();
                    gain * (phase * f64::from(harmonic) * std::f64::consts::TAU).sin()
                })
                .sum();
            samples.push((sum * 5_000.0) as i16);
        }
        assert_eq!(heard(&samples, 8_000).0, "");
    }
}
