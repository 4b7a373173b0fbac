//! What is heard in the place of a lost packet: the voice goes on with its last period, ever softer, and turns into the sound
//! of its room. After ITU-T G.711 Appendix I, for any rate.

use super::comfort_noise::ComfortNoise;
use super::pitch;

/// Samples kept, in parts of a second: 50 ms.
const HISTORY_PER_S: u32 = 20;
/// The voice keeps its strength for 10 ms, and is gone after 60 (G.711 App. I §I.2.7).
const STEADY_PER_S: u32 = 100;
const GONE_MS: u32 = 60;
/// A second and a third period are added after 10 ms each, for one alone sounds like a buzzer (§I.2.6).
const MORE_PERIODS: usize = 3;
/// Below this the last samples are no voice: more of them are repeated, so that no tone is made of noise.
const VOICED: f32 = 0.4;
/// The voice that comes back is faded in over 5 ms.
const REJOIN_PER_S: u32 = 200;

/// The end of what was heard, and what is made of it.
pub struct Concealer {
    rate_hz: u32,
    history: Vec<i16>,
    gap: Option<Gap>,
    made: Vec<i16>,
}

struct Gap {
    period: usize,
    periods: usize,
    offset: usize,
    samples: usize,
}

impl Concealer {
    /// For samples at `rate_hz`.
    pub fn new(rate_hz: u32) -> Self {
        let history = vec![0; (rate_hz / HISTORY_PER_S) as usize];
        Self { rate_hz, history, gap: None, made: Vec::new() }
    }

    /// Takes what was heard. After a gap its beginning is blended with what would have gone on.
    pub fn hear(&mut self, noise: &mut ComfortNoise, samples: &mut [i16]) {
        if self.gap.is_some() {
            let count = ((self.rate_hz / REJOIN_PER_S) as usize).min(samples.len());
            let mut made = std::mem::take(&mut self.made);
            made.clear();
            self.extend(noise, count, &mut made);
            cross_fade(&made, samples);
            self.made = made;
            self.gap = None;
        }
        let kept = self.history.len();
        if let Some(newest) = samples.len().checked_sub(kept).and_then(|start| samples.get(start..)) {
            self.history.copy_from_slice(newest);
        } else {
            self.history.rotate_left(samples.len());
            let end = kept - samples.len();
            self.history.iter_mut().skip(end).zip(samples).for_each(|(to, from)| *to = *from);
        }
    }

    /// Appends so many samples in the place of lost ones.
    pub fn conceal(&mut self, noise: &mut ComfortNoise, count: usize, samples: &mut Vec<i16>) {
        if self.gap.is_none() {
            let longest = pitch::longest(self.rate_hz);
            let found = pitch::find(&self.history, self.rate_hz, longest);
            let period = found.filter(|pitch| pitch.likeness > VOICED).map_or(longest, |pitch| pitch.period);
            self.gap = Some(Gap { period, periods: 1, offset: 0, samples: 0 });
        }
        self.extend(noise, count, samples);
    }

    /// The last 50 ms that were heard.
    pub fn history(&self) -> &[i16] {
        &self.history
    }

    /// Whether the voice has died away, so that only its room is left.
    pub fn is_over(&self) -> bool {
        self.gap.as_ref().is_some_and(|gap| gap.samples >= self.gone())
    }

    fn gone(&self) -> usize {
        (self.rate_hz * GONE_MS / 1_000) as usize
    }

    fn extend(&mut self, noise: &mut ComfortNoise, count: usize, samples: &mut Vec<i16>) {
        let (steady, gone) = ((self.rate_hz / STEADY_PER_S) as usize, self.gone());
        let Some(gap) = &mut self.gap else { return };
        for _ in 0..count {
            let voice = gap.next(&self.history, steady);
            let faded = gap.samples.saturating_sub(steady) as f32 / (gone - steady).max(1) as f32;
            let gain = (1.0 - faded).max(0.0);
            samples.push((voice * gain + noise.sample() * (1.0 - gain)) as i16);
            gap.samples = gap.samples.saturating_add(1);
        }
    }
}

impl Gap {
    /// The next sample of the repeated periods; a quarter of one is blended where they meet, so that nothing clicks.
    fn next(&mut self, history: &[i16], steady: usize) -> f32 {
        let at = |back: usize| {
            history
                .len()
                .checked_sub(back)
                .and_then(|place| history.get(place))
                .map_or(0.0, |&s| f32::from(s))
        };
        let length = self.period * self.periods;
        let quarter = (self.period / 4).max(1);
        let back = length - self.offset;
        let sample = if back <= quarter {
            let weight = back as f32 / quarter as f32;
            at(back) * weight + at(back + length) * (1.0 - weight)
        } else {
            at(back)
        };
        self.offset += 1;
        if self.offset >= length {
            self.offset = 0;
            let wanted = (1 + self.samples / steady.max(1)).min(MORE_PERIODS);
            if (wanted + 1) * self.period + quarter <= history.len() {
                self.periods = wanted;
            }
        }
        sample
    }
}

/// Turns the beginning of `samples` gradually from `from` into itself.
pub fn cross_fade(from: &[i16], samples: &mut [i16]) {
    let count = from.len().min(samples.len()).max(1) as f32;
    for ((place, sample), &from) in samples.iter_mut().enumerate().zip(from) {
        let weight = (place as f32 + 1.0) / (count + 1.0);
        *sample = (f32::from(*sample) * weight + f32::from(from) * (1.0 - weight)) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::comfort_noise::rms;
    use crate::codec::{goertzel, tone::Oscillator};

    #[test]
    fn a_voice_goes_on_through_a_lost_frame_and_dies_away_in_a_long_gap() {
        for rate_hz in [8_000_u32, 16_000] {
            let frame = rate_hz as usize / 50;
            let (mut concealer, mut noise) = (Concealer::new(rate_hz), ComfortNoise::default());
            let mut voice = Oscillator::new(&[200.0, 400.0], rate_hz, 5_000.0);
            let mut samples = vec![0; frame];
            for _ in 0..10 {
                voice.fill(&mut samples);
                concealer.hear(&mut noise, &mut samples);
            }
            let mut made = Vec::new();
            concealer.conceal(&mut noise, frame, &mut made);
            assert!(goertzel(&made, rate_hz, 200.0).sqrt() > 4_000.0);
            let jump = made
                .iter()
                .chain(samples.last())
                .zip(made.iter().skip(1))
                .map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs())
                .max();
            assert!(jump.unwrap() < 4_000, "{jump:?}");
            made.clear();
            concealer.conceal(&mut noise, 4 * frame, &mut made);
            assert!(concealer.is_over() && rms(&made[3 * frame..]) < 10.0);
            voice.fill(&mut samples);
            concealer.hear(&mut noise, &mut samples);
            assert!(samples[0].abs() < 1_000, "no click when the voice comes back");
        }
    }
}
