//! What phones say and hear: a tone in any codec, and what is left of it at the far end.

use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Decoder, Encoder, KnownCodec, goertzel};
use ramal_media::sdp::{AgreedCodec, Codec};

use super::{Call, Received};

pub const OPUS_PT: u8 = 111;
pub const CN_PT: u8 = 13;

/// A codec under its usual number, both ways.
pub fn agreed(codec: KnownCodec) -> AgreedCodec {
    let codec = match codec {
        KnownCodec::G722 => Codec::g722(),
        KnownCodec::Opus => Codec::opus(OPUS_PT),
        KnownCodec::Pcma => Codec::pcma(),
        KnownCodec::Pcmu => Codec::pcmu(),
    };
    AgreedCodec { send_pt: codec.payload_type, receive_pt: codec.payload_type, codec }
}

/// One phone's mouth.
pub struct Talker {
    leg: usize,
    codec: KnownCodec,
    pub encoder: Encoder,
    pub oscillator: Oscillator,
}

impl Talker {
    /// Says a sine with this peak.
    pub fn new(call: &mut Call, leg: usize, codec: KnownCodec, hz: f64, peak: f64) -> Self {
        call.phones[leg].ticks = codec.clock_hz() / 50;
        let oscillator = Oscillator::new(&[hz], codec.sample_rate_hz(), peak);
        Self { leg, codec, encoder: Encoder::new(codec), oscillator }
    }

    /// The next 20 ms.
    pub fn payload(&mut self) -> Vec<u8> {
        let mut samples = vec![0; self.codec.sample_rate_hz() as usize / 50];
        self.oscillator.fill(&mut samples);
        let mut payload = Vec::new();
        self.encoder.encode(&samples, &mut payload);
        payload
    }

    pub fn talk(&mut self, call: &mut Call) {
        let payload = self.payload();
        call.send_payload(self.leg, agreed(self.codec).receive_pt, &payload);
    }
}

/// What a phone heard.
pub fn ear(packets: &[Received], codec: KnownCodec) -> Vec<i16> {
    let (mut decoder, mut samples) = (Decoder::new(codec), Vec::new());
    packets
        .iter()
        .filter(|packet| packet.header.payload_type == agreed(codec).send_pt)
        .for_each(|packet| decoder.decode(&packet.payload, &mut samples));
    samples
}

/// The peak of a tone in what was heard.
pub fn strength(samples: &[i16], codec: KnownCodec, hz: f64) -> f64 {
    goertzel(samples, codec.sample_rate_hz(), hz).sqrt()
}
