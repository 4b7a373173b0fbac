//! One Leg as the engine keeps it: what comes in, what goes out.

use std::net::SocketAddr;
use std::time::Instant;

use super::LegIndex;
use super::browser_media::Picture;
use super::keep_up::KeepUp;
use super::listen::Overheard;
use super::one_way::Audibility;
use super::output::Channel;
use super::room::Place;
use super::timer::{Deadlines, REASONS};
use crate::bridge::OutgoingStream;
use crate::bridge::transcode::Transcode;
use crate::codec::KnownCodec;
use crate::command::LegId;
use crate::dtmf::receiver::DtmfReceiver;
use crate::dtmf::sender::DtmfSender;
use crate::leg::LegSettings;
use crate::leg::latch::Latch;
use crate::leg::webrtc::Browser;
use crate::player::Player;
use crate::quality::ReceiverStats;
use crate::recorder::Side;
use crate::sdp::Direction;
use crate::srtp::Context;

/// Recordings that may tap one half of a Leg.
pub(super) const MAX_TAPS: usize = 4;
/// Legs that may hear one Leg.
pub(super) const MAX_LISTENERS: usize = 64;

/// A Leg, from `AddLeg` to `RemoveLeg`; moved as a whole to another Worker.
///
/// Every packet reads one of these and writes to another, out of thousands: what is rare or large is behind a box, so that the
/// rest takes few cache lines.
pub struct Party {
    pub(super) id: LegId,
    pub(super) settings: Option<Box<LegSettings>>,
    /// That of the settings.
    pub(super) direction: Option<Direction>,
    pub(super) incoming: Incoming,
    pub(super) outgoing: Outgoing,
    pub(super) deadlines: Deadlines,
    /// The instance beneath a WebRTC leg: that is what seals its packets and knows where they go.
    pub(super) browser: Option<Box<Browser>>,
    pub(super) picture: Option<Box<Picture>>,
}

/// What one payload type of a peer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Audio { codec: Option<KnownCodec>, clock_hz: u32, index: u8 },
    Event { clock_hz: u32 },
    Unknown,
    Video,
}

/// The receiving half. What every packet touches comes first.
#[repr(C)]
pub(super) struct Incoming {
    pub unprotect: Option<Box<Context>>,
    pub latch: Option<Latch>,
    pub formats: PerPayloadType<Format>,
    pub last_codec: u8,
    /// The same, where we know it: its name needs no look at the settings.
    pub last_known_codec: Option<KnownCodec>,
    pub media: MediaState,
    pub listeners: Listeners,
    /// Where it speaks, beside or instead of being listened to.
    pub room: Option<Place>,
    pub taps: Vec<Tap>,
    pub last_received: Option<Instant>,
    pub counters: Counters,
    pub stats: Option<(u32, ReceiverStats)>,
    /// Of sources that ended: received, lost.
    pub past_lost: u64,
    pub packets_at_last_report: u64,
    /// Lost, when the last interval between reports ended, and how much was lost in it.
    pub lost_at_last_report: u64,
    pub recent_loss_percent: Option<f32>,
    pub dtmf: DtmfReceiver,
    pub notices: Notices,
    /// Of the datagram that a browser instance is opening.
    pub wire_length: usize,
    pub audibility: Audibility,
    /// What somebody asked to be listened for; nearly always nothing.
    pub overheard: Option<Box<Overheard>>,
}

/// Whether media is expected and comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaState {
    NotYet,
    Flowing,
    /// It has stopped, and whoever has to know does.
    Away,
    TimedOut,
    /// Nothing has come for a while, and nobody has to know: a member of a room that says nothing.
    Resting,
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

/// The sending half. What every packet touches comes first.
#[repr(C)]
pub(super) struct Outgoing {
    pub stream: OutgoingStream,
    pub protect: Option<Box<Context>>,
    pub to: Option<SocketAddr>,
    pub packets: u64,
    pub bytes: u64,
    /// Of payload, for sender reports.
    pub octets: u64,
    pub clock_hz: u32,
    pub hear: Hear,
    /// What it is sent in a room in which there is nothing to hear.
    pub keep_up: Option<KeepUp>,
    /// While a browser that is heard is away.
    pub comfort: Option<Box<Player>>,
    pub dtmf: DtmfSender,
    pub packets_at_last_report: u64,
    pub rtcp_to: Option<SocketAddr>,
    /// Where RTCP goes out: that of the settings.
    pub rtcp_channel: Channel,
    pub remote: Remote,
    /// Recordings of what is sent that we make ourselves.
    pub taps: Vec<Tap>,
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
    Leg { from: LegIndex, map: PerPayloadType<u8>, transcode: Option<Box<Transcode>> },
    Play(Player),
    Room(Place),
    Silence,
}

/// Their payload type to ours; [`NOT_SENT`]: dropped; [`TRANSCODED`]: decoded and encoded anew.
pub(super) type PayloadMap = [u8; 128];
pub(super) const NOT_SENT: u8 = 0xFF;
pub(super) const TRANSCODED: u8 = 0xFE;

/// A value for each payload type, and the one that was asked for last: nearly always the same again, and close by.
pub(super) struct PerPayloadType<T> {
    table: Box<[T; 128]>,
    recent: Option<(u8, T)>,
}

impl<T: Copy> PerPayloadType<T> {
    pub fn new(table: Box<[T; 128]>) -> Self {
        Self { table, recent: None }
    }

    /// None above 127.
    pub fn get(&mut self, payload_type: u8) -> Option<T> {
        if let Some((recent, value)) = self.recent
            && recent == payload_type
        {
            return Some(value);
        }
        let value = *self.table.get(usize::from(payload_type))?;
        self.recent = Some((payload_type, value));
        Some(value)
    }

    /// The same for a rare question.
    pub fn peek(&self, payload_type: u8) -> Option<T> {
        self.table.get(usize::from(payload_type)).copied()
    }
}

/// Who hears a Leg: nearly always one.
#[derive(Default)]
pub(super) struct Listeners {
    first: Option<LegIndex>,
    others: Vec<LegIndex>,
}

impl Listeners {
    pub fn get(&self, place: usize) -> Option<LegIndex> {
        match place.checked_sub(1) {
            None => self.first,
            Some(place) => self.others.get(place).copied(),
        }
    }

    pub fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    pub fn push(&mut self, listener: LegIndex) {
        match self.first {
            None => self.first = Some(listener),
            Some(_) => self.others.push(listener),
        }
    }

    pub fn remove(&mut self, listener: LegIndex) {
        self.others.retain(|&other| other != listener);
        if self.first == Some(listener) {
            self.first = self.others.pop();
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = LegIndex> {
        self.first.into_iter().chain(self.others.iter().copied())
    }
}

impl Party {
    pub(super) fn new(id: LegId, stream: OutgoingStream) -> Self {
        Self {
            id,
            settings: None,
            direction: None,
            incoming: Incoming::new(),
            outgoing: Outgoing::new(stream),
            deadlines: [None; REASONS],
            browser: None,
            picture: None,
        }
    }

    /// Its name.
    pub fn id(&self) -> LegId {
        self.id
    }

    /// Whether there is a way to the peer: an address, or a browser instance that knows one.
    pub(super) fn is_reachable(&self) -> bool {
        self.outgoing.to.is_some() || self.browser.as_ref().is_some_and(|browser| browser.is_connected())
    }

    /// Whether the peer may be sent anything.
    pub(super) fn may_send(&self) -> bool {
        use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        match self.direction {
            Some(SendRecv | SendOnly) => true,
            Some(RecvOnly | Inactive) | None => false,
        }
    }

    /// Whether the peer may send.
    pub(super) fn may_receive(&self) -> bool {
        use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        match self.direction {
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
            formats: PerPayloadType::new(Box::new([Format::Unknown; 128])),
            stats: None,
            past_lost: 0,
            packets_at_last_report: 0,
            lost_at_last_report: 0,
            recent_loss_percent: None,
            last_codec: 0,
            last_known_codec: None,
            dtmf: DtmfReceiver::default(),
            listeners: Listeners::default(),
            room: None,
            taps: Vec::new(),
            counters: Counters::default(),
            last_received: None,
            media: MediaState::NotYet,
            notices: Notices::default(),
            wire_length: 0,
            audibility: Audibility::default(),
            overheard: None,
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
            rtcp_channel: Channel::Rtcp,
            hear: Hear::Silence,
            keep_up: None,
            comfort: None,
            dtmf: DtmfSender::default(),
            packets: 0,
            bytes: 0,
            octets: 0,
            packets_at_last_report: 0,
            clock_hz: 8_000,
            remote: Remote::default(),
            taps: Vec::new(),
        }
    }
}
