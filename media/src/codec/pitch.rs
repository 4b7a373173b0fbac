//! The period of a voice, from the samples that it last spoke.

/// A voice repeats itself after 2.5 to 15 ms: 66 to 400 Hz.
const SHORTEST_PER_S: u32 = 400;
const LONGEST_PER_S: u32 = 66;
/// What is compared with its repetition, in parts of a second: 15 ms.
const COMPARED_PER_S: u32 = 66;

/// How a voice repeats itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pitch {
    /// Samples.
    pub period: usize,
    /// 1: exactly; near 0: this is noise, or silence.
    pub likeness: f32,
}

/// Samples that [`find`] looks at.
pub const fn looked_at(rate_hz: u32) -> usize {
    (rate_hz / LONGEST_PER_S + rate_hz / COMPARED_PER_S) as usize
}

/// The longest period there is.
pub const fn longest(rate_hz: u32) -> usize {
    (rate_hz / LONGEST_PER_S) as usize
}

/// The period at the end of `samples`, at most so long; none where there are fewer than [`looked_at`].
pub fn find(samples: &[i16], rate_hz: u32, at_most: usize) -> Option<Pitch> {
    let compared = (rate_hz / COMPARED_PER_S) as usize;
    let periods = (rate_hz / SHORTEST_PER_S) as usize..=longest(rate_hz).min(at_most);
    let samples = samples.len().checked_sub(looked_at(rate_hz)).and_then(|start| samples.get(start..))?;
    // A voice has its strength below 2 kHz: a fourth of the samples tells its period, all of them the exact one.
    let coarse = (rate_hz / 4_000).max(1) as usize;
    let rough = best(samples, compared, periods.clone().step_by(coarse), coarse)?;
    let near = rough.saturating_sub(coarse).max(*periods.start())..=(rough + coarse).min(*periods.end());
    let period = best(samples, compared, near, 1)?;
    Some(Pitch { period, likeness: likeness(samples, compared, period, 1) })
}

fn best(
    samples: &[i16],
    compared: usize,
    periods: impl Iterator<Item = usize>,
    step: usize,
) -> Option<usize> {
    let scored = periods.map(|period| (period, likeness(samples, compared, period, step)));
    scored.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(period, _)| period)
}

/// Normalized correlation of the last `compared` samples with those one period before.
fn likeness(samples: &[i16], compared: usize, period: usize, step: usize) -> f32 {
    let end = samples.len();
    let (Some(now), Some(before)) = (
        samples.get(end.saturating_sub(compared)..),
        samples.get(end.saturating_sub(compared + period)..end - period),
    ) else {
        return 0.0;
    };
    let (mut product, mut now_power, mut before_power) = (0.0, 0.0, 0.0);
    for (&now, &before) in now.iter().zip(before).step_by(step) {
        let (now, before) = (f32::from(now), f32::from(before));
        product += now * before;
        now_power += now * now;
        before_power += before * before;
    }
    // The one keeps silence from dividing by nothing, and is far below any voice.
    product / (now_power * before_power + 1.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tone::Oscillator;

    #[test]
    fn the_period_of_a_voice_is_found_and_noise_has_none() {
        for rate_hz in [8_000, 16_000] {
            let mut samples = vec![0; 1_000];
            Oscillator::new(&[125.0, 250.0, 375.0], rate_hz, 4_000.0).fill(&mut samples);
            let pitch = find(&samples, rate_hz, 1_000).unwrap();
            assert_eq!(pitch.period, rate_hz as usize / 125);
            assert!(pitch.likeness > 0.99);
            let mut seed = 1_u32;
            let noise: Vec<i16> = (0..1_000)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 16) as u16 as i16 / 8
                })
                .collect();
            assert!(find(&noise, rate_hz, 1_000).unwrap().likeness < 0.5);
        }
        assert_eq!(find(&[0; 100], 8_000, 1_000), None);
        assert_eq!(find(&[0; 1_000], 8_000, 10), None);
        assert!(find(&[0; 1_000], 8_000, 1_000).unwrap().likeness < 0.1);
    }
}
