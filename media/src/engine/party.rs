//! One Leg as the engine keeps it: what comes in, what goes out.

use std::net::SocketAddr;
use std::time::Instant;

use super::LegIndex;
use super::timer::{Deadlines, REASONS};
use crate::bridge::OutgoingStream;
use crate::codec::KnownCodec;
use crate::command::LegId;
use crate::dtmf::receiver::DtmfReceiver;
use crate::dtmf::sender::DtmfSender;
use crate::leg::LegSettings;
use crate::leg::latch::Latch;
use crate::player::Player;
use crate::quality::ReceiverStats;
use crate::recorder::Side;
use crate::srtp::Context;

/// Recordings that may tap one Leg.
pub(super) const MAX_TAPS: usize = 4;
/// Legs that may hear one Leg.
pub(super) const MAX_LISTENERS: usize = 64;

/// A Leg, from `AddLeg` to `RemoveLeg`; moved as a whole to another Worker.
pub struct Party {
    pub(super) id: LegId,
    pub(super) settings: Option<Box<LegSettings>>,
    pub(super) incoming: Incoming,
    pub(super) outgoing: Outgoing,
    pub(super) deadlines: Deadlines,
}

/// What one payload type of a peer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Audio { codec: Option<KnownCodec>, clock_hz: u32, index: u8 },
    Event { clock_hz: u32 },
    Unknown,
}

/// The receiving half.
pub(super) struct Incoming {
    pub latch: Option<Latch>,
    pub unprotect: Option<Context>,
    pub formats: Box<[Format; 128]>,
    pub stats: Option<(u32, ReceiverStats)>,
    /// Of sources that ended: received, lost.
    pub past_lost: u64,
    pub last_codec: u8,
    pub dtmf: DtmfReceiver,
    pub listeners: Vec<LegIndex>,
    pub taps: Vec<Tap>,
    pub counters: Counters,
    pub last_received: Option<Instant>,
    pub media: MediaState,
    pub notices: Notices,
}

/// Whether media is expected and comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaState {
    NotYet,
    Flowing,
    TimedOut,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Tap {
    pub recording: u64,
    pub side: Side,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    pub packets: u64,
    pub bytes: u64,
    pub discarded: u64,
    pub wrong_source: u64,
    pub authentication_failed: u64,
}

/// Counts that wait for their rare event.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Notices {
    pub wrong_source: u64,
    pub wrong_from: Option<SocketAddr>,
    pub authentication_failed: u64,
}

/// The sending half.
pub(super) struct Outgoing {
    pub stream: OutgoingStream,
    pub protect: Option<Context>,
    pub to: Option<SocketAddr>,
    pub rtcp_to: Option<SocketAddr>,
    pub hear: Hear,
    pub dtmf: DtmfSender,
    pub packets: u64,
    pub bytes: u64,
    /// Of payload, for sender reports.
    pub octets: u64,
    pub packets_at_last_report: u64,
    pub clock_hz: u32,
    pub remote: Remote,
}

/// What the peer reports of our stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Remote {
    pub round_trip_ms: Option<f32>,
    pub loss_percent: Option<f32>,
    pub jitter_ms: Option<f32>,
}

/// What the Leg is sent.
pub(super) enum Hear {
    Leg { from: LegIndex, map: Box<PayloadMap> },
    Play(Player),
    Silence,
}

/// Their payload type to ours; [`NOT_SENT`]: dropped.
pub(super) type PayloadMap = [u8; 128];
pub(super) const NOT_SENT: u8 = 0xFF;

impl Party {
    pub(super) fn new(id: LegId, ssrc: u32, first_sequence: u16, first_timestamp: u32) -> Self {
        Self {
            id,
            settings: None,
            incoming: Incoming::new(),
            outgoing: Outgoing::new(OutgoingStream::new(ssrc, first_sequence, first_timestamp)),
            deadlines: [None; REASONS],
        }
    }

    /// Its name.
    pub fn id(&self) -> LegId {
        self.id
    }

    /// Whether the peer may be sent anything.
    pub(super) fn may_send(&self) -> bool {
        use crate::sdp::Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        match self.settings.as_ref().map(|settings| settings.direction) {
            Some(SendRecv | SendOnly) => true,
            Some(RecvOnly | Inactive) | None => false,
        }
    }

    /// Whether the peer may send.
    pub(super) fn may_receive(&self) -> bool {
        use crate::sdp::Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        match self.settings.as_ref().map(|settings| settings.direction) {
            Some(SendRecv | RecvOnly) => true,
            Some(SendOnly | Inactive) | None => false,
        }
    }
}

impl Incoming {
    fn new() -> Self {
        Self {
            latch: None,
            unprotect: None,
            formats: Box::new([Format::Unknown; 128]),
            stats: None,
            past_lost: 0,
            last_codec: 0,
            dtmf: DtmfReceiver::default(),
            listeners: Vec::new(),
            taps: Vec::new(),
            counters: Counters::default(),
            last_received: None,
            media: MediaState::NotYet,
            notices: Notices::default(),
        }
    }
}

impl Outgoing {
    fn new(stream: OutgoingStream) -> Self {
        Self {
            stream,
            protect: None,
            to: None,
            rtcp_to: None,
            hear: Hear::Silence,
            dtmf: DtmfSender::default(),
            packets: 0,
            bytes: 0,
            octets: 0,
            packets_at_last_report: 0,
            clock_hz: 8_000,
            remote: Remote::default(),
        }
    }
}
