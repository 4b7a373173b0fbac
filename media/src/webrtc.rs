//! What a WebRTC leg has beyond RTP (RFC 8834): ICE, DTLS and the streams of its one transport. Decided at offer/answer,
//! only followed by the engine.

pub mod certificate;

use std::net::SocketAddr;
use std::time::Duration;

use crate::sdp::{Codec, Direction};

/// A browser that sends no packet for so long is lost. It checks its consent every 5 s (RFC 7675 §5.1); a lite agent only
/// answers, so silence is all it can notice.
pub const LOST_AFTER: Duration = Duration::from_secs(15);

/// Short-term credentials of one ICE agent (RFC 8445 §5.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IceCredentials {
    /// 4 to 256 ice-chars (RFC 8839 §5.4). Ours finds the Leg on its Worker's shared socket, so it is unique on the Node.
    pub ufrag: String,
    /// 22 to 256 ice-chars.
    pub pwd: String,
}

/// SHA-256 of a DTLS certificate (RFC 8122 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// Who opens the DTLS handshake, seen from us (RFC 8842 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DtlsRole {
    Active,
    Passive,
}

impl DtlsRole {
    /// The value of `a=setup` that says it (RFC 4145 §4).
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Passive => "passive",
        }
    }
}

/// How a candidate is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CandidateTransport {
    Udp,
    /// Passive ICE-TCP (RFC 6544): the browser connects.
    Tcp,
}

/// An address where this Node listens for browsers; as advertised, which may differ from what is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    pub transport: CandidateTransport,
    pub address: SocketAddr,
}

/// Our end of a WebRTC leg, as it is written into descriptions. Always ICE-lite (RFC 8445 §2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRtcLocal {
    pub ice: IceCredentials,
    pub fingerprint: Fingerprint,
    pub candidates: Vec<Candidate>,
}

/// RTP header extensions that we speak (RFC 8285).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderExtension {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid`
    Mid,
    /// `http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`
    TransportWideCc,
    /// `http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time`
    AbsSendTime,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level` (RFC 6464)
    AudioLevel,
}

/// The one media stream of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// `a=mid` (RFC 9143), at most 16 bytes.
    pub mid: String,
    /// Ours, as written into our description.
    pub local_ssrc: u32,
    /// Theirs, where the description names it.
    pub remote_ssrc: Option<u32>,
}

/// A video format with its retransmission (RFC 4588).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoFormat {
    pub codec: Codec,
    /// What they expect of us.
    pub send_pt: u8,
    /// What they send.
    pub receive_pt: u8,
    /// RTX payload types: to send, to receive.
    pub rtx: Option<(u8, u8)>,
}

/// The video of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Video {
    pub track: Track,
    /// Ours, for retransmissions.
    pub local_rtx_ssrc: u32,
    pub remote_rtx_ssrc: Option<u32>,
    /// The first is preferred; never empty.
    pub formats: Vec<VideoFormat>,
    /// Ours.
    pub direction: Direction,
}

/// What both ends of a WebRTC leg agreed on, beyond codecs and direction of its audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRtcAgreed {
    pub local_ice: IceCredentials,
    /// New ones in a later description: ICE restart (RFC 8445 §9).
    pub remote_ice: IceCredentials,
    /// A new one in a later description: another browser instance, which needs DTLS and SRTP anew.
    pub remote_fingerprint: Fingerprint,
    pub dtls_role: DtlsRole,
    pub audio: Track,
    pub video: Option<Video>,
    /// Ids that both sides use (RFC 8285 §5).
    pub extensions: Vec<(u8, HeaderExtension)>,
}
