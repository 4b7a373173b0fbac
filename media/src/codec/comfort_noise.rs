//! The sound of a room in which nobody speaks: made, measured, and as RFC 3389 payloads.

/// Full scale of a sine, which is what 0 dBov means here (RFC 3389 §3.1): its root mean square.
const FULL_SCALE: f32 = 23_170.0;
/// Quieter than this nobody can tell the level: -75 dBov.
const QUIETEST: f32 = 4.0;
/// Louder than this no room is made: -30 dBov, and -50 where only we think so: it may be one who never pauses.
const LOUDEST: f32 = 730.0;
const LOUDEST_LEARNT: f32 = 73.0;
/// The floor rises by this factor each frame, so that a noisier room is believed after some seconds.
const RISE: f32 = 1.005;
/// Part of the last sample in the next: rooms are not white.
const DARKNESS: f32 = 0.6;

/// Makes noise, and learns how loud it should be.
#[derive(Clone, Debug)]
pub struct ComfortNoise {
    level: f32,
    state: u32,
    last: f32,
}

impl Default for ComfortNoise {
    fn default() -> Self {
        Self { level: QUIETEST, state: 0x2545_F491, last: 0.0 }
    }
}

impl ComfortNoise {
    /// Takes what a talker sends: his pauses tell how his room sounds.
    pub fn learn(&mut self, samples: &[i16]) {
        if !samples.is_empty() {
            self.level = rms(samples).min(self.level * RISE).clamp(QUIETEST, LOUDEST_LEARNT);
        }
    }

    /// Takes the level of a payload (RFC 3389 §3.1); the spectrum of the others is not made.
    pub fn receive(&mut self, payload: &[u8]) {
        let Some(&level) = payload.first() else { return };
        self.level = (FULL_SCALE * 10_f32.powf(-f32::from(level & 0x7F) / 20.0)).clamp(QUIETEST, LOUDEST);
    }

    /// The payload that says how loud the noise is (RFC 3389 §3.1).
    pub fn payload(&self) -> [u8; 1] {
        [(20.0 * (FULL_SCALE / self.level).log10()).round().clamp(0.0, 127.0) as u8]
    }

    /// Root mean square.
    pub fn level(&self) -> f32 {
        self.level
    }

    /// The next sample.
    pub fn sample(&mut self) -> f32 {
        // Xorshift: nobody has to be surprised by it but an ear.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        let white = f32::from((self.state >> 16) as u16 as i16) / 32_768.0;
        self.last = DARKNESS * self.last + white;
        // White noise of peak 1 has a root mean square of 1/sqrt(3); the filter raises it by 1/sqrt(1 - d²).
        self.last * self.level * (3.0 * (1.0 - DARKNESS * DARKNESS)).sqrt()
    }

    /// Appends so many samples.
    pub fn fill(&mut self, count: usize, samples: &mut Vec<i16>) {
        samples.extend((0..count).map(|_| self.sample() as i16));
    }
}

/// Root mean square of some samples.
pub fn rms(samples: &[i16]) -> f32 {
    let sum: f32 = samples.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
    (sum / samples.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_comes_from_the_pauses_of_a_talker() {
        let (mut noise, mut samples) = (ComfortNoise::default(), Vec::new());
        let talk: Vec<i16> = (0..160).map(|n| if n % 8 < 4 { 8_000 } else { -8_000 }).collect();
        let pause: Vec<i16> = (0..160).map(|n| if n % 2 == 0 { 60 } else { -60 }).collect();
        for frame in 0..1_000 {
            noise.learn(if frame % 50 < 30 { &talk } else { &pause });
        }
        noise.fill(16_000, &mut samples);
        assert!((50.0..80.0).contains(&rms(&samples)), "{}", rms(&samples));
    }

    #[test]
    fn a_level_goes_over_the_wire_and_comes_back() {
        let mut noise = ComfortNoise::default();
        for level in [35, 50, 70] {
            noise.receive(&[level, 99, 99]);
            assert_eq!(noise.payload(), [level]);
        }
        noise.receive(&[]);
        assert_eq!(noise.payload(), [70]);
    }
}
