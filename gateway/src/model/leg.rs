//! What one leg of a call leaves behind.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// One party's part of a call record.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LegRecord {
    /// Call-ID of the dialog.
    pub sip_call_id: String,
    /// Who it was.
    pub party: Party,
    /// Signalling address of the other end.
    pub remote: Option<SocketAddr>,
    /// Codec in use at the end.
    pub codec: Option<String>,
    /// SRTP suite; `None`: plain RTP.
    pub srtp: Option<String>,
    /// `None`: no media flowed.
    pub statistics: Option<LegStatistics>,
}

/// Who is at the other end of a leg.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// An extension, by number.
    Extension(String),
    /// Something built in, by name.
    Service(String),
    /// A trunk, by name.
    Trunk(String),
    /// Refused before it was known.
    Unknown,
}

/// Media figures of a leg, both ways.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct LegStatistics {
    /// From the other end to us, measured here.
    pub received: StreamStatistics,
    /// From us to the other end, as its RTCP reports it.
    pub sent: StreamStatistics,
    /// Round trip in milliseconds (RFC 3550 §6.4.1).
    pub round_trip_ms: Option<f64>,
    /// Packets that came from another address than the party's and were dropped.
    #[serde(default)]
    pub wrong_source_packets: u64,
    /// Packets that did not pass SRTP authentication and were dropped.
    #[serde(default)]
    pub unauthentic_packets: u64,
    /// Nothing was ever heard of the other end, while the other side of the call was.
    #[serde(default)]
    pub one_way: bool,
}

/// Media figures of one direction.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct StreamStatistics {
    /// Packets that arrived, or that we sent.
    pub packets: u64,
    /// Packets lost on the way.
    pub lost: u64,
    /// Interarrival jitter in milliseconds (RFC 3550 §6.4.1).
    pub jitter_ms: f64,
    /// Mean opinion score, 1 to 4.5 (ITU-T G.107).
    pub mos: Option<f64>,
}
