//! What an offer/answer decided for the packets of one Leg.

use std::net::SocketAddr;

use crate::sdp::{Agreed, AgreedCodec, Direction, RtpVideo, SrtpKeys};
use crate::webrtc::WebRtcAgreed;

/// Where packets of a Leg may come from, and where we send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourcePolicy {
    /// Only the address of the SDP is heard, from the first packet on.
    Exact,
    /// Any address is heard; we send to the address of the SDP. For peers that send from another port than they receive at.
    Open,
    /// Symmetric RTP (RFC 4961): the first packets that pass authentication, or agree with each other where there is
    /// none, decide where we send and whom we hear until the next offer/answer names a new address.
    LearnAndLock,
}

/// Everything a packet of the Leg needs, decided once.
#[derive(Clone, Debug, PartialEq)]
pub struct LegSettings {
    pub remote_rtp: SocketAddr,
    pub remote_rtcp: SocketAddr,
    pub rtcp_mux: bool,
    /// The first is what prompts are sent in, if it can be encoded.
    pub codecs: Vec<AgreedCodec>,
    /// telephone-event, if it was agreed.
    pub dtmf: Option<AgreedCodec>,
    /// Ours.
    pub direction: Direction,
    /// As the peer wishes it. Packets of our own are of 20 ms, which every peer must take (RFC 3551 §4.2).
    pub ptime_ms: u32,
    pub srtp: Option<SrtpKeys>,
    pub webrtc: Option<Box<WebRtcAgreed>>,
    /// Of a phone; without effect before [`crate::command::Command::AddPictures`].
    pub video: Option<Box<RtpVideo>>,
    pub source_policy: SourcePolicy,
    /// [`crate::event::Event::MediaTimeout`] after so long without a packet; 0: never.
    pub media_timeout_ms: u32,
}

impl From<&Agreed> for LegSettings {
    /// With [`SourcePolicy::LearnAndLock`] and no media timeout.
    fn from(agreed: &Agreed) -> Self {
        Self {
            remote_rtp: agreed.remote_rtp,
            remote_rtcp: agreed.remote_rtcp,
            rtcp_mux: agreed.rtcp_mux,
            codecs: agreed.codecs.clone(),
            dtmf: agreed.dtmf.clone(),
            direction: agreed.direction,
            ptime_ms: agreed.ptime_ms,
            srtp: agreed.srtp.clone(),
            webrtc: agreed.webrtc.clone(),
            video: agreed.video.clone(),
            source_policy: SourcePolicy::LearnAndLock,
            media_timeout_ms: 0,
        }
    }
}

impl From<&RtpVideo> for LegSettings {
    /// Those of the pictures alone, with [`SourcePolicy::LearnAndLock`].
    fn from(video: &RtpVideo) -> Self {
        Self {
            remote_rtp: video.remote_rtp,
            remote_rtcp: video.remote_rtcp,
            rtcp_mux: video.rtcp_mux,
            codecs: video.formats.clone(),
            dtmf: None,
            direction: video.direction,
            ptime_ms: 0,
            srtp: video.srtp.clone(),
            webrtc: None,
            video: None,
            source_policy: SourcePolicy::LearnAndLock,
            media_timeout_ms: 0,
        }
    }
}

impl LegSettings {
    /// The clock of the stream: that of the preferred codec. Timestamps of events are on it too, for they share the stream.
    pub fn clock_hz(&self) -> u32 {
        self.codecs.first().map_or(8_000, |agreed| agreed.codec.clock_hz.max(1))
    }

    /// The clock that durations of events are in: nearly always that of the stream (RFC 4733 §2.1).
    pub fn event_clock_hz(&self) -> u32 {
        self.dtmf.as_ref().map_or_else(|| self.clock_hz(), |event| event.codec.clock_hz.max(1))
    }
}
