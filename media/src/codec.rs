//! Speech codecs as frames of 16-bit samples, and tones.

pub mod comfort_noise;
pub mod concealment;
pub mod g711;
pub mod g722;
pub mod opus;
pub mod pitch;
pub mod resample;
pub mod stretch;
pub mod tone;
pub mod voice_activity;

pub use tone::goertzel;

/// A codec that can be decoded and encoded here. Any other is forwarded untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KnownCodec {
    G722,
    Opus,
    Pcma,
    Pcmu,
}

impl KnownCodec {
    /// Its encoding name in SDP (RFC 3551 §6, RFC 7587 §7).
    pub const fn name(self) -> &'static str {
        match self {
            Self::G722 => "G722",
            Self::Opus => "opus",
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// Samples a second of its full band.
    pub const fn sample_rate_hz(self) -> u32 {
        match self {
            Self::G722 => 16_000,
            Self::Opus => 48_000,
            Self::Pcma | Self::Pcmu => 8_000,
        }
    }

    /// The rate to run it at together with a partner at `other_hz`: Opus follows, the others know one rate only.
    pub const fn rate_beside(self, other_hz: u32) -> u32 {
        match self {
            Self::Opus => opus::rate_hz(other_hz),
            Self::G722 | Self::Pcma | Self::Pcmu => self.sample_rate_hz(),
        }
    }

    /// RTP timestamp units a second: 8,000 for G.722 too (RFC 3551 §4.5.2).
    pub const fn clock_hz(self) -> u32 {
        match self {
            Self::Opus => opus::CLOCK_HZ,
            Self::G722 | Self::Pcma | Self::Pcmu => 8_000,
        }
    }

    /// Channels in its rtpmap (RFC 7587 §7: Opus always says two).
    pub const fn channels(self) -> u8 {
        match self {
            Self::Opus => 2,
            Self::G722 | Self::Pcma | Self::Pcmu => 1,
        }
    }

    /// Timestamp units that a payload covers; 0 for what is no payload.
    pub fn duration_ticks(self, payload: &[u8]) -> u32 {
        match self {
            Self::Opus => opus::duration_ticks(payload),
            Self::G722 | Self::Pcma | Self::Pcmu => payload.len() as u32,
        }
    }
}

/// Turns payloads into samples. One per source: G.722 and Opus keep state.
pub enum Decoder {
    G722(Box<g722::Decoder>),
    Opus(Box<opus::Decoder>),
    Pcma,
    Pcmu,
}

impl Decoder {
    /// At [`KnownCodec::sample_rate_hz`].
    pub fn new(codec: KnownCodec) -> Self {
        Self::beside(codec, codec.sample_rate_hz())
    }

    /// At [`KnownCodec::rate_beside`] a partner at `other_hz`.
    pub fn beside(codec: KnownCodec, other_hz: u32) -> Self {
        match codec {
            KnownCodec::G722 => Self::G722(Box::default()),
            KnownCodec::Opus => Self::Opus(Box::new(opus::Decoder::new(other_hz))),
            KnownCodec::Pcma => Self::Pcma,
            KnownCodec::Pcmu => Self::Pcmu,
        }
    }

    /// Appends the samples of one payload to `samples`.
    pub fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) {
        match self {
            Self::G722(decoder) => decoder.decode(payload, samples),
            Self::Opus(decoder) => decoder.decode(payload, samples),
            Self::Pcma => samples.extend(payload.iter().map(|&code| g711::alaw_to_linear(code))),
            Self::Pcmu => samples.extend(payload.iter().map(|&code| g711::ulaw_to_linear(code))),
        }
    }
}

/// Turns samples into payloads. One per destination: G.722 and Opus keep state.
pub enum Encoder {
    G722(Box<g722::Encoder>),
    Opus(Box<opus::Encoder>),
    Pcma,
    Pcmu,
}

impl Encoder {
    /// At [`KnownCodec::sample_rate_hz`].
    pub fn new(codec: KnownCodec) -> Self {
        Self::beside(codec, codec.sample_rate_hz(), opus::Dtx::Off)
    }

    /// At [`KnownCodec::rate_beside`] a partner at `other_hz`.
    pub fn beside(codec: KnownCodec, other_hz: u32, dtx: opus::Dtx) -> Self {
        match codec {
            KnownCodec::G722 => Self::G722(Box::default()),
            KnownCodec::Opus => Self::Opus(Box::new(opus::Encoder::new(other_hz, dtx))),
            KnownCodec::Pcma => Self::Pcma,
            KnownCodec::Pcmu => Self::Pcmu,
        }
    }

    /// Appends the payload of one frame to `payload`.
    pub fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        match self {
            Self::G722(encoder) => encoder.encode(samples, payload),
            Self::Opus(encoder) => encoder.encode(samples, payload),
            Self::Pcma => payload.extend(samples.iter().map(|&sample| g711::linear_to_alaw(sample))),
            Self::Pcmu => payload.extend(samples.iter().map(|&sample| g711::linear_to_ulaw(sample))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CODECS: [KnownCodec; 3] = [KnownCodec::G722, KnownCodec::Pcma, KnownCodec::Pcmu];
    const ALL: [KnownCodec; 4] = [KnownCodec::G722, KnownCodec::Opus, KnownCodec::Pcma, KnownCodec::Pcmu];

    /// A tone through a codec in frames of 20 ms, without its first 100 ms.
    fn through(codec: KnownCodec, frequency_hz: f64) -> (Vec<i16>, usize) {
        let rate = codec.sample_rate_hz();
        let mut oscillator = tone::Oscillator::new(&[frequency_hz], rate, 10_000.0);
        let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
        let mut frame = vec![0; rate as usize / 50];
        let (mut payload, mut decoded, mut payload_bytes) = (Vec::new(), Vec::new(), 0);
        for _ in 0..50 {
            oscillator.fill(&mut frame);
            payload.clear();
            encoder.encode(&frame, &mut payload);
            payload_bytes = payload.len();
            decoder.decode(&payload, &mut decoded);
        }
        (decoded.split_off(rate as usize / 10), payload_bytes)
    }

    #[test]
    fn a_tone_survives_every_codec_and_nothing_else_appears() {
        for codec in ALL {
            let (decoded, payload_bytes) = through(codec, 1_000.0);
            assert!(codec == KnownCodec::Opus || payload_bytes == 160, "{codec:?}");
            let rate = codec.sample_rate_hz();
            assert_eq!(decoded.len(), rate as usize * 9 / 10);
            let tone = goertzel(&decoded, rate, 1_000.0).sqrt();
            assert!((tone - 10_000.0).abs() < 500.0, "{codec:?} {tone}");
            for other in [300.0, 1_700.0, 2_500.0, 3_300.0] {
                let power = goertzel(&decoded, rate, other);
                assert!(power < tone * tone / 1_000.0, "{codec:?} {other} Hz {power}");
            }
        }
    }

    #[test]
    fn g722_carries_what_g711_cannot() {
        let (decoded, _) = through(KnownCodec::G722, 5_500.0);
        assert!(goertzel(&decoded, 16_000, 5_500.0).sqrt() > 8_000.0);
    }

    #[test]
    fn goertzel_measures_the_amplitude() {
        let mut samples = [0; 800];
        tone::Oscillator::new(&[697.0, 1_209.0], 8_000, 4_000.0).fill(&mut samples);
        assert!((goertzel(&samples, 8_000, 697.0).sqrt() - 4_000.0).abs() < 200.0);
        assert!((goertzel(&samples, 8_000, 1_209.0).sqrt() - 4_000.0).abs() < 200.0);
        assert!(goertzel(&samples, 8_000, 941.0).sqrt() < 400.0);
        assert_eq!(goertzel(&[], 8_000, 941.0), 0.0);
    }

    #[test]
    fn an_odd_sample_does_not_unsettle_g722() {
        let (mut encoder, mut payload) = (Encoder::new(KnownCodec::G722), Vec::new());
        encoder.encode(&[1, 2, 3], &mut payload);
        encoder.encode(&[], &mut payload);
        assert_eq!(payload.len(), 1);
    }

    proptest! {
        #[test]
        fn nothing_panics_on_any_payload(payload in proptest::collection::vec(any::<u8>(), 0..400)) {
            Decoder::new(KnownCodec::Opus).decode(&payload, &mut Vec::new());
            for codec in CODECS {
                let mut samples = Vec::new();
                Decoder::new(codec).decode(&payload, &mut samples);
                let per_byte = codec.sample_rate_hz() as usize / 8_000;
                prop_assert_eq!(samples.len(), payload.len() * per_byte);
            }
        }
    }
}
