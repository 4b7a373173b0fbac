//! G.722 at 64 kbit/s: 16 kHz samples, one octet for two samples (RFC 3551 §4.5.2).

use audio_codec::g722::{G722Decoder, G722Encoder};
use audio_codec::{Decoder as _, Encoder as _};

/// The state of one direction of decoding.
pub struct Decoder(G722Decoder);

impl Default for Decoder {
    fn default() -> Self {
        Self(G722Decoder::new())
    }
}

impl Decoder {
    /// Appends two samples for each octet.
    pub fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) {
        let start = samples.len();
        samples.resize(start + 2 * payload.len(), 0);
        let Some(room) = samples.get_mut(start..) else { return };
        let written = self.0.decode_into(payload, room).unwrap_or(0);
        samples.truncate(start + written);
    }
}

/// The state of one direction of encoding.
pub struct Encoder(G722Encoder);

impl Default for Encoder {
    fn default() -> Self {
        Self(G722Encoder::new())
    }
}

impl Encoder {
    /// Appends one octet for two samples; an odd sample at the end is left out.
    pub fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let even = samples.len() & !1;
        let start = payload.len();
        payload.resize(start + self.0.max_encode_bytes(even), 0);
        let (Some(samples), Some(room)) = (samples.get(..even), payload.get_mut(start..)) else { return };
        let written = self.0.encode_into(samples, room).unwrap_or(0);
        payload.truncate(start + written);
    }
}
