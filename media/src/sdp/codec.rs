//! A codec as SDP names it.

use super::KnownCodec;

/// One payload format of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Codec {
    pub payload_type: u8,
    /// As written by its sender; compared without case.
    pub name: String,
    pub clock_hz: u32,
    pub channels: u8,
    pub fmtp: Option<String>,
}

impl Codec {
    /// G.711 µ-law, payload type 0.
    pub fn pcmu() -> Self {
        Self::plain(0, "PCMU", 8_000)
    }

    /// G.711 A-law, payload type 8.
    pub fn pcma() -> Self {
        Self::plain(8, "PCMA", 8_000)
    }

    /// G.722, payload type 9; its clock is 8,000 though it samples at 16,000 (RFC 3551 §4.5.2).
    pub fn g722() -> Self {
        Self::plain(9, "G722", 8_000)
    }

    /// DTMF events 0 to 15 (RFC 4733 §2.4.1).
    pub fn telephone_event(payload_type: u8, clock_hz: u32) -> Self {
        Self { fmtp: Some("0-15".to_owned()), ..Self::plain(payload_type, "telephone-event", clock_hz) }
    }

    fn plain(payload_type: u8, name: &str, clock_hz: u32) -> Self {
        Self { payload_type, name: name.to_owned(), clock_hz, channels: 1, fmtp: None }
    }

    /// Whether this is telephone-event (RFC 4733), which carries digits and no speech.
    pub fn is_telephone_event(&self) -> bool {
        self.name.eq_ignore_ascii_case("telephone-event")
    }

    /// Whether packets of the one can be sent as the other by changing the payload type alone.
    pub fn same_format(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            && self.clock_hz == other.clock_hz
            && self.channels == other.channels
    }

    /// The codec we can decode and encode, if it is one.
    pub fn known(&self) -> Option<KnownCodec> {
        let known = match self.name.to_ascii_uppercase().as_str() {
            "G722" => KnownCodec::G722,
            "PCMA" => KnownCodec::Pcma,
            "PCMU" => KnownCodec::Pcmu,
            _ => return None,
        };
        (self.clock_hz == known.clock_hz() && self.channels == 1).then_some(known)
    }
}
