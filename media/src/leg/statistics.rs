//! What a Leg counted, as it is shown live and written into the CDR.

use std::borrow::Cow;

/// What is known of the audio that the peer sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AudioFlow {
    /// Nobody was to hear it, or not for long enough.
    #[default]
    Unknown,
    /// Something was heard.
    Heard,
    /// Nothing was ever heard, while the other side of the call was.
    OneWay,
}

/// Facts of one Leg since it was added. "Received" is what the peer sent us, "remote" what the peer reports of our packets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegStatistics {
    /// RTP packets that passed the source check and authentication.
    pub packets_received: u64,
    /// UDP payload bytes of those.
    pub bytes_received: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    /// Expected and not received (RFC 3550 A.3).
    pub packets_lost: u64,
    /// Garbage, unknown payload types, and what came while the Leg was not to receive.
    pub packets_discarded: u64,
    /// Came from another address than the locked one.
    pub wrong_source: u64,
    /// Did not pass SRTP authentication, or were replayed.
    pub authentication_failed: u64,
    pub loss_percent: f32,
    pub jitter_ms: f32,
    /// From the peer's last report (RFC 3550 §6.4.1); none until then.
    pub round_trip_ms: Option<f32>,
    /// Of what we received, 1.0 to 4.5 (ITU-T G.107); none before the first packet or for an unknown codec.
    pub mos: Option<f32>,
    /// Of the last interval between reports, 5 s on average, as loss and MOS of a whole call tell late what is the matter now.
    pub recent_loss_percent: f32,
    pub recent_mos: Option<f32>,
    pub remote_loss_percent: Option<f32>,
    pub remote_jitter_ms: Option<f32>,
    /// Name in SDP of the codec last received; of the preferred one before that; empty before `Configure`.
    pub codec: Cow<'static, str>,
    pub srtp: bool,
    pub audio: AudioFlow,
    pub last_received_ms_ago: Option<u64>,
}
