//! Call-progress tones: frequencies and cadences.

use std::sync::{Arc, Mutex, PoisonError};

use super::prompt::Prompt;
use crate::codec::tone::Oscillator;

/// Whose telephone network a tone should sound like (ITU-T E.180 supplement 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Country {
    /// 425 Hz; ringback 1 s on, 4 s off; busy 0.25/0.25.
    #[default]
    Brazil,
    /// 425 Hz; ringback 1 s on, 4 s off; busy 0.5/0.5.
    Europe,
    /// 440+480 Hz 2 s on, 4 s off; busy 480+620 Hz 0.5/0.5.
    NorthAmerica,
}

/// One or two frequencies, on and off. Cadences are multiples of 20 ms; `off_ms` 0: without a break.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    /// A second frequency of 0 is silent.
    pub frequencies_hz: [f64; 2],
    pub on_ms: u32,
    pub off_ms: u32,
    /// Peak of each sine in 16-bit sample units.
    pub amplitude: f64,
}

/// Peak of a sine of 0 dBm0: 3.17 dB below the largest sine that mu-law can carry (ITU-T G.711 §4).
const MILLIWATT_AMPLITUDE: f64 = 22_655.0;
/// -13 dBm0 for each sine, within what E.180 recommends for progress tones.
const PROGRESS_AMPLITUDE: f64 = 5_070.0;

impl Tone {
    /// What a caller hears while it rings.
    pub const fn ringback(country: Country) -> Self {
        match country {
            Country::Brazil | Country::Europe => Self::progress([425.0, 0.0], 1_000, 4_000),
            Country::NorthAmerica => Self::progress([440.0, 480.0], 2_000, 4_000),
        }
    }

    /// The called party is busy.
    pub const fn busy(country: Country) -> Self {
        match country {
            // 0.24 s, for the cadence is counted in frames of 20 ms; Anatel allows 10 %.
            Country::Brazil => Self::progress([425.0, 0.0], 240, 240),
            Country::Europe => Self::progress([425.0, 0.0], 500, 500),
            Country::NorthAmerica => Self::progress([480.0, 620.0], 500, 500),
        }
    }

    /// The network has no way to the called party.
    pub const fn congestion(country: Country) -> Self {
        match country {
            Country::Brazil | Country::Europe => Self::progress([425.0, 0.0], 200, 200),
            Country::NorthAmerica => Self::progress([480.0, 620.0], 240, 240),
        }
    }

    /// 1004 Hz at 0 dBm0, to measure lines.
    pub const fn milliwatt() -> Self {
        Self { frequencies_hz: [1004.0, 0.0], on_ms: 20, off_ms: 0, amplitude: MILLIWATT_AMPLITUDE }
    }

    /// Any frequency without a break, at the level of the progress tones.
    pub const fn steady(frequency_hz: f64) -> Self {
        Self::progress([frequency_hz, 0.0], 20, 0)
    }

    const fn progress(frequencies_hz: [f64; 2], on_ms: u32, off_ms: u32) -> Self {
        Self { frequencies_hz, on_ms, off_ms, amplitude: PROGRESS_AMPLITUDE }
    }
}

/// Tones are made for whole seconds, so that a steady one of a whole number of hertz goes on without a click.
const STEADY_MS: u32 = 1_000;
/// Longest on and off time together; more is cut.
const MAX_CADENCE_MS: u32 = 20_000;
/// Different tones that are kept ready; further ones are made anew each time.
const MAX_READY: usize = 32;
const RATE_HZ: u32 = 16_000;

impl Tone {
    /// The tone as a prompt to be repeated for ever. Made once: the first call for a tone takes some milliseconds.
    pub fn prompt(self) -> Arc<Prompt> {
        static READY: Mutex<Vec<(Tone, Arc<Prompt>)>> = Mutex::new(Vec::new());
        let mut ready = READY.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, prompt)) = ready.iter().find(|(tone, _)| *tone == self) {
            return prompt.clone();
        }
        let prompt = Prompt::from_samples(&self.samples(), RATE_HZ).unwrap_or_else(|_| Prompt::hold_music());
        if ready.len() < MAX_READY {
            ready.push((self, prompt.clone()));
        }
        prompt
    }

    fn samples(self) -> Vec<i16> {
        let (on_ms, off_ms) = match self.off_ms {
            0 => (STEADY_MS, 0),
            off_ms => (self.on_ms.clamp(20, MAX_CADENCE_MS), off_ms.min(MAX_CADENCE_MS)),
        };
        let frequencies: Vec<f64> = self.frequencies_hz.into_iter().filter(|&hz| hz > 0.0).collect();
        let mut samples = vec![0; (on_ms * (RATE_HZ / 1_000)) as usize];
        Oscillator::new(&frequencies, RATE_HZ, self.amplitude).fill(&mut samples);
        samples.resize(samples.len() + (off_ms * (RATE_HZ / 1_000)) as usize, 0);
        samples
    }
}

/// Notes of the hold music in hertz: broken chords of C, A minor, F and G.
const NOTES_HZ: [f64; 16] = [
    261.6, 329.6, 392.0, 523.3, 220.0, 261.6, 329.6, 440.0, 174.6, 220.0, 261.6, 349.2, 196.0, 246.9, 293.7,
    392.0,
];
const NOTE_MS: u32 = 400;

/// A few bars of plucked notes.
pub(super) fn hold_music_samples(rate_hz: u32) -> Vec<i16> {
    let length = NOTE_MS * rate_hz / 1_000;
    let mut samples = Vec::new();
    for hz in NOTES_HZ {
        let mut note = vec![0; length as usize];
        Oscillator::new(&[hz, hz * 2.0], rate_hz, 2_400.0).fill(&mut note);
        samples.extend(note.iter().enumerate().map(|(at, &sample)| {
            let time = at as f64 / f64::from(length);
            // Attack of a fiftieth of the note, then decay: no clicks between notes.
            let envelope = (time * 50.0).min(1.0) * (1.0 - time) * (1.0 - time);
            (f64::from(sample) * envelope) as i16
        }));
    }
    samples
}
