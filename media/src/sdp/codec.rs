//! A codec as SDP names it.

use super::{KnownCodec, h264};

const VIDEO_CLOCK_HZ: u32 = 90_000;

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

    /// Opus for speech: we take redundancy (RFC 7587 §6.1). Its rtpmap says two channels, whatever is sent (§7).
    pub fn opus(payload_type: u8) -> Self {
        Self {
            channels: 2,
            fmtp: Some("minptime=10;useinbandfec=1".to_owned()),
            ..Self::plain(payload_type, "opus", 48_000)
        }
    }

    /// VP8 (RFC 7741).
    pub fn vp8() -> Self {
        Self::plain(96, "VP8", VIDEO_CLOCK_HZ)
    }

    /// VP9 of profile 0 (RFC 9628).
    pub fn vp9() -> Self {
        Self { fmtp: Some("profile-id=0".to_owned()), ..Self::plain(98, "VP9", VIDEO_CLOCK_HZ) }
    }

    /// H.264, constrained baseline at level 3.1 in fragments (RFC 6184 §8.1): what every browser must have (RFC 7742 §6.2).
    pub fn h264() -> Self {
        let fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f".to_owned();
        Self { fmtp: Some(fmtp), ..Self::plain(102, "H264", VIDEO_CLOCK_HZ) }
    }

    /// DTMF events 0 to 15 (RFC 4733 §2.4.1).
    pub fn telephone_event(payload_type: u8, clock_hz: u32) -> Self {
        Self { fmtp: Some("0-15".to_owned()), ..Self::plain(payload_type, "telephone-event", clock_hz) }
    }

    /// The format of a static payload type that needs no rtpmap (RFC 3551 §6, table 4).
    pub fn from_static(payload_type: u8) -> Option<Self> {
        let (name, clock_hz) = match payload_type {
            0 => ("PCMU", 8_000),
            3 => ("GSM", 8_000),
            4 => ("G723", 8_000),
            7 => ("LPC", 8_000),
            8 => ("PCMA", 8_000),
            9 => ("G722", 8_000),
            13 => ("CN", 8_000),
            15 => ("G728", 8_000),
            18 => ("G729", 8_000),
            _ => return None,
        };
        Some(Self::plain(payload_type, name, clock_hz))
    }

    fn plain(payload_type: u8, name: &str, clock_hz: u32) -> Self {
        Self { payload_type, name: name.to_owned(), clock_hz, channels: 1, fmtp: None }
    }

    /// Whether this is telephone-event (RFC 4733), which carries digits and no speech.
    pub fn is_telephone_event(&self) -> bool {
        self.name.eq_ignore_ascii_case("telephone-event")
    }

    /// Whether this is comfort noise (RFC 3389).
    pub fn is_comfort_noise(&self) -> bool {
        self.name.eq_ignore_ascii_case("CN")
    }

    /// Whether this can carry speech by itself: neither telephone-event nor comfort noise nor video.
    pub fn is_speech(&self) -> bool {
        !self.is_telephone_event() && !self.is_comfort_noise() && !self.is_video()
    }

    /// Whether this carries pictures in a format we know to forward: VP8, VP9 or H.264.
    pub fn is_video(&self) -> bool {
        let known = ["VP8", "VP9", "H264"].iter().any(|name| self.name.eq_ignore_ascii_case(name));
        known && self.clock_hz == VIDEO_CLOCK_HZ
    }

    /// Whether this carries retransmissions of another format (RFC 4588).
    pub(super) fn is_rtx(&self) -> bool {
        self.name.eq_ignore_ascii_case("rtx")
    }

    /// Whether packets of the one can be sent as the other by changing the payload type alone.
    pub fn same_format(&self, other: &Self) -> bool {
        self.same_encoding(other)
            && self.same_profile(other)
            && self.relevant_parameters().iter().all(|&(name, default)| {
                let (left, right) = (self.parameter(name), other.parameter(name));
                left.unwrap_or(default).eq_ignore_ascii_case(right.unwrap_or(default))
            })
    }

    /// The codec we can decode and encode, if it is one.
    pub fn known(&self) -> Option<KnownCodec> {
        let known = match self.name.to_ascii_uppercase().as_str() {
            "G722" => KnownCodec::G722,
            "OPUS" => KnownCodec::Opus,
            "PCMA" => KnownCodec::Pcma,
            "PCMU" => KnownCodec::Pcmu,
            _ => return None,
        };
        (self.clock_hz == known.clock_hz() && self.channels == known.channels()).then_some(known)
    }

    /// Whether an offer and an answer mean the same: as [`Self::same_format`], but an answer may restrict what the offer
    /// left open, annexb of G.729 (RFC 7261 §3) and mode-set of AMR (RFC 4867 §8.3.1).
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.same_encoding(other)
            && self.same_profile(other)
            && self.relevant_parameters().iter().all(|&(name, default)| {
                let (left, right) = (self.parameter(name), other.parameter(name));
                match name {
                    "annexb" => true,
                    "mode-set" => left.is_none() || right.is_none() || left == right,
                    _ => left.unwrap_or(default).eq_ignore_ascii_case(right.unwrap_or(default)),
                }
            })
    }

    /// The fmtp to answer `theirs` with: what both can keep to.
    pub(super) fn answered_fmtp(&self, theirs: &Self) -> Option<String> {
        let annex_b_refused = |codec: &Self| codec.parameter("annexb").is_some_and(|value| value == "no");
        if self.is_telephone_event() {
            return self.fmtp.clone();
        }
        match self.name.to_ascii_uppercase().as_str() {
            "H264" => return Some(h264::answered_fmtp(self, theirs)),
            // They say what their sender's receiver likes (RFC 7587 §7, RFC 7741 §6.2): ours, not theirs.
            "OPUS" | "VP8" | "VP9" => return self.fmtp.clone(),
            _ => {}
        }
        if self.name.eq_ignore_ascii_case("G729") && (annex_b_refused(self) || annex_b_refused(theirs)) {
            return Some("annexb=no".to_owned());
        }
        theirs.fmtp.clone().or_else(|| self.fmtp.clone())
    }

    /// A parameter of the fmtp by its name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.fmtp.as_deref()?.split(';').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// A parameter of the fmtp that is a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.parameter(name)?.parse().ok()
    }

    fn same_profile(&self, other: &Self) -> bool {
        !self.name.eq_ignore_ascii_case("H264") || h264::same_profile(self, other)
    }

    fn same_encoding(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            && self.clock_hz == other.clock_hz
            && self.channels == other.channels
    }

    /// Parameters that change the bytes on the wire, each with its default.
    fn relevant_parameters(&self) -> &'static [(&'static str, &'static str)] {
        match self.name.to_ascii_uppercase().as_str() {
            // RFC 4867 §8.1, §8.2.
            "AMR" | "AMR-WB" => &[("octet-align", "0"), ("mode-set", ""), ("crc", "0"), ("interleaving", "")],
            // RFC 4856 §2.1.9.
            "G729" => &[("annexb", "yes")],
            // RFC 6184 §8.2.2.
            "H264" => &[("packetization-mode", "0")],
            // RFC 3952 §5.
            "ILBC" => &[("mode", "30")],
            // RFC 4588 §8.6.
            "RTX" => &[("apt", "")],
            // RFC 9628 §6.
            "VP9" => &[("profile-id", "0")],
            _ => &[],
        }
    }
}
