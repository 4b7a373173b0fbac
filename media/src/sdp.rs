//! Offer and answer (RFC 3264) over session descriptions (RFC 8866): audio of phones and trunks, audio and video of browsers.

mod acceptance;
mod codec;
mod codec_match;
mod crypto;
mod description;
mod dialect;
mod draft;
mod events;
mod h264;
mod negotiation;
mod numbering;
mod rtp_side;
mod rtp_video;
mod seed;
mod webrtc;
mod write;

pub use codec::Codec;
pub use dialect::Dialect;
pub use negotiation::Negotiation;
pub use seed::Seed;

pub use crate::codec::KnownCodec;

use std::net::SocketAddr;

use thiserror::Error;

use crate::srtp::{MasterKey, Suite};
use crate::webrtc::WebRtcAgreed;

/// Which way media flows, seen from the one who says it (RFC 8866 §6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    /// The direction of someone who sends and receives or not.
    pub fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the one who says it sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the one who says it receives.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// What is left of a wish where they do this.
    fn against(self, theirs: Self) -> Self {
        Self::new(self.sends() && theirs.receives(), self.receives() && theirs.sends())
    }

    /// The attribute that says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// Whether a leg speaks SRTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SrtpPolicy {
    /// Plain only: RTP/SAVP is refused.
    Off,
    /// Plain in our offers; theirs are answered as they are.
    Offered,
    /// RTP/SAVP in our offers; a plain offer is refused.
    Required,
}

/// Our end, as it is written into descriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalMedia {
    /// As advertised; may differ from the bound address behind NAT.
    pub rtp: SocketAddr,
    pub rtcp: SocketAddr,
    pub srtp: SrtpPolicy,
}

/// What their offer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteOffer {
    /// In their order, telephone-event included.
    pub codecs: Vec<Codec>,
    /// As they say it: `SendOnly` is a hold.
    pub direction: Direction,
    pub srtp: bool,
    /// Of the stream that we would take.
    pub dialect: Dialect,
    /// Video formats of the first stream that we could take, in their order; none where the leg cannot carry video.
    pub video: Vec<Codec>,
}

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    pub remote_rtp: SocketAddr,
    pub remote_rtcp: SocketAddr,
    pub rtcp_mux: bool,
    /// The first is preferred; never empty; telephone-event is in `dtmf` instead.
    pub codecs: Vec<AgreedCodec>,
    /// telephone-event (RFC 4733), with the clock that its durations are in.
    pub dtmf: Option<AgreedCodec>,
    /// Ours.
    pub direction: Direction,
    /// They put us on hold: sendonly, inactive, or the address 0.0.0.0.
    pub remote_direction_hold: bool,
    pub ptime_ms: u32,
    pub srtp: Option<SrtpKeys>,
    /// Of a WebRTC leg: its addresses and keys come from ICE and DTLS, so that the fields above say nothing of them.
    pub webrtc: Option<Box<WebRtcAgreed>>,
    /// Of a phone that shows pictures.
    pub video: Option<Box<RtpVideo>>,
}

/// The video of a leg with RTP between addresses: a stream with a transport of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpVideo {
    pub remote_rtp: SocketAddr,
    pub remote_rtcp: SocketAddr,
    pub rtcp_mux: bool,
    /// The first is preferred; never empty.
    pub formats: Vec<AgreedCodec>,
    /// Ours.
    pub direction: Direction,
    pub srtp: Option<SrtpKeys>,
    pub refresh: Refresh,
    pub rate_requests: RateRequests,
    /// What they take at most, in bit/s (RFC 3890 §6.2, RFC 8866 §5.8).
    pub max_bps: Option<u64>,
}

/// How they are asked for a whole picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refresh {
    /// Picture Loss Indication (RFC 4585 §6.3.1).
    Pli,
    /// Full Intra Request (RFC 5104 §4.3.1).
    Fir,
    /// By an INFO of SIP (RFC 5168).
    Signalling,
}

/// Whether they can be asked to send less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateRequests {
    NotTaken,
    /// TMMBR (RFC 5104 §4.2.1).
    Tmmbr,
}

/// A codec with the numbers both sides gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedCodec {
    pub codec: Codec,
    /// What they expect of us.
    pub send_pt: u8,
    /// What they send.
    pub receive_pt: u8,
}

impl From<Codec> for AgreedCodec {
    /// With one number for both ways, as an answer has it.
    fn from(codec: Codec) -> Self {
        Self { send_pt: codec.payload_type, receive_pt: codec.payload_type, codec }
    }
}

/// Keys of both directions (RFC 4568).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SrtpKeys {
    pub send: MasterKey,
    pub receive: MasterKey,
    pub suite: Suite,
}

/// Whose fault an [`SdpError`] is, and so which SIP status fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The description cannot be read: 400.
    Malformed,
    /// Readable, but nothing we can agree on: 488.
    NotAcceptable,
    /// A verb called out of turn by us: 500.
    Misuse,
}

/// Why an offer or answer was not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SdpError {
    #[error("malformed session description: {0}")]
    Malformed(String),
    #[error("session description of {bytes} bytes is over the limit")]
    TooLarge { bytes: usize },
    #[error("their media address is {theirs}, ours is {ours}")]
    AddressFamily { theirs: &'static str, ours: &'static str },
    #[error("no audio stream that can be used")]
    NotAudio,
    #[error("no codec in common")]
    NoCommonCodec,
    #[error("no SRTP suite or profile in common: {0}")]
    NoCommonSrtp(String),
    #[error("no ICE, DTLS or multiplexing in common: {0}")]
    NoCommonTransport(String),
    #[error("the answer has {answered} streams, the offer had {offered}")]
    StreamCount { offered: usize, answered: usize },
    #[error("{0} is not possible in this state")]
    OutOfTurn(&'static str),
}

impl SdpError {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Malformed(_) | Self::TooLarge { .. } | Self::StreamCount { .. } => Fault::Malformed,
            Self::AddressFamily { .. }
            | Self::NotAudio
            | Self::NoCommonCodec
            | Self::NoCommonSrtp(_)
            | Self::NoCommonTransport(_) => Fault::NotAcceptable,
            Self::OutOfTurn(_) => Fault::Misuse,
        }
    }
}

#[cfg(test)]
mod tests;
