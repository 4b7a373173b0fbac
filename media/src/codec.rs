//! Speech codecs as frames of 16-bit samples, and tones.

pub mod g711;
pub mod g722;
pub mod tone;

pub use tone::goertzel;

/// A codec that can be decoded and encoded here. Any other is forwarded untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KnownCodec {
    G722,
    Pcma,
    Pcmu,
}

impl KnownCodec {
    /// Samples a second after decoding.
    pub const fn sample_rate_hz(self) -> u32 {
        match self {
            Self::G722 => 16_000,
            Self::Pcma | Self::Pcmu => 8_000,
        }
    }

    /// RTP timestamp units a second: 8,000 for G.722 too (RFC 3551 §4.5.2).
    pub const fn clock_hz(self) -> u32 {
        8_000
    }

    /// The static payload type (RFC 3551 §6).
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::G722 => 9,
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }
}

/// Turns payloads into samples at [`KnownCodec::sample_rate_hz`]. One per source: G.722 keeps state.
pub enum Decoder {
    G722(Box<g722::Decoder>),
    Pcma,
    Pcmu,
}

impl Decoder {
    pub fn new(codec: KnownCodec) -> Self {
        match codec {
            KnownCodec::G722 => Self::G722(Box::default()),
            KnownCodec::Pcma => Self::Pcma,
            KnownCodec::Pcmu => Self::Pcmu,
        }
    }

    /// Appends the samples of one payload to `samples`.
    pub fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) {
        match self {
            Self::G722(decoder) => decoder.decode(payload, samples),
            Self::Pcma => samples.extend(payload.iter().map(|&code| g711::alaw_to_linear(code))),
            Self::Pcmu => samples.extend(payload.iter().map(|&code| g711::ulaw_to_linear(code))),
        }
    }
}

/// Turns samples at [`KnownCodec::sample_rate_hz`] into payloads. One per destination: G.722 keeps state.
pub enum Encoder {
    G722(Box<g722::Encoder>),
    Pcma,
    Pcmu,
}

impl Encoder {
    pub fn new(codec: KnownCodec) -> Self {
        match codec {
            KnownCodec::G722 => Self::G722(Box::default()),
            KnownCodec::Pcma => Self::Pcma,
            KnownCodec::Pcmu => Self::Pcmu,
        }
    }

    /// Appends the payload of one frame to `payload`.
    pub fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        match self {
            Self::G722(encoder) => encoder.encode(samples, payload),
            Self::Pcma => payload.extend(samples.iter().map(|&sample| g711::linear_to_alaw(sample))),
            Self::Pcmu => payload.extend(samples.iter().map(|&sample| g711::linear_to_ulaw(sample))),
        }
    }
}
