//! Speech made a little shorter or longer by one period of its voice, which keeps its pitch (overlap and add).

use super::comfort_noise::rms;
use super::concealment::cross_fade;
use super::pitch;

/// Voices that repeat themselves less than this are not touched.
const ALIKE: f32 = 0.6;
/// What is quieter than this (-55 dBov) may be cut and doubled anywhere.
const QUIET: f32 = 40.0;

/// How careful to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Only where nobody hears it.
    Inaudible,
    /// In any case.
    Whatever,
}

/// The period by which the end of `samples` may change; `history` ends with those and is longer.
pub fn period(samples: &[i16], history: &[i16], rate_hz: u32, care: Care) -> Option<usize> {
    let pitch = pitch::find(history, rate_hz, samples.len() / 2)?;
    let allowed = care == Care::Whatever || pitch.likeness > ALIKE || rms(history) < QUIET;
    allowed.then_some(pitch.period)
}

/// Takes one period out of the end of `samples`, which holds at least two.
pub fn shorten(samples: &mut Vec<i16>, period: usize) {
    let Some(start) = samples.len().checked_sub(2 * period) else { return };
    let (head, tail) = samples.split_at_mut(start + period);
    cross_fade(head.get(start..).unwrap_or(&[]), tail);
    samples.drain(start..start + period);
}

/// Doubles one period at the end of `samples`, which holds at least two.
pub fn stretch(samples: &mut Vec<i16>, period: usize) {
    let Some(start) = samples.len().checked_sub(2 * period) else { return };
    samples.extend_from_within(start + period..);
    // The first of the two now alike becomes what led to them, so that the second follows it as it did before.
    let (head, tail) = samples.split_at_mut(start + period);
    let before = head.get(start..).unwrap_or(&[]);
    for ((place, sample), &before) in tail.iter_mut().enumerate().zip(before) {
        let weight = (place as f32 + 1.0) / (period as f32 + 1.0);
        *sample = (f32::from(*sample) * (1.0 - weight) + f32::from(before) * weight) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{goertzel, tone::Oscillator};

    #[test]
    fn a_voice_gets_shorter_and_longer_and_keeps_its_pitch() {
        let mut voice = vec![0; 400];
        Oscillator::new(&[200.0, 600.0], 8_000, 5_000.0).fill(&mut voice);
        let period = period(&voice[240..], &voice, 8_000, Care::Inaudible).unwrap();
        assert_eq!(period % 40, 0);
        for change in [shorten, stretch] {
            let mut changed = voice.clone();
            change(&mut changed, period);
            assert_eq!(changed.len().abs_diff(voice.len()), period);
            changed.truncate(320);
            let strength = goertzel(&changed, 8_000, 200.0).sqrt();
            assert!((strength - 5_000.0).abs() < 250.0, "{strength}");
            let steps = changed.iter().zip(&changed[1..]).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs());
            assert!(steps.max().unwrap() < 3_600, "no click");
        }
    }

    #[test]
    fn what_is_no_voice_is_left_alone_unless_it_must_be() {
        let mut seed = 1_u32;
        let noise: Vec<i16> = (0..400)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 16) as u16 as i16 / 8
            })
            .collect();
        assert_eq!(period(&noise[240..], &noise, 8_000, Care::Inaudible), None);
        assert!(period(&noise[240..], &noise, 8_000, Care::Whatever).is_some());
        assert!(period(&[0; 160], &[0; 400], 8_000, Care::Inaudible).is_some());
    }
}
