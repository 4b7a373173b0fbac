//! What a Worker tells call control.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::command::{LegId, RecordingId};
use crate::dtmf::Dtmf;
use crate::ears::Noticed;
use crate::leg::LegStatistics;
use crate::mixer::Talk;
use crate::recorder::take::Notes;

/// One fact. Facts that a stranger can cause come at most once a second for each Leg, with their count.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody tried keys that are not the agreed ones; `packets` since the last such event.
    AuthenticationFailed { leg: LegId, packets: u64 },
    /// The browser said that it leaves (DTLS close_notify). It may come back by another `Configure`.
    BrowserClosed { leg: LegId },
    /// ICE and DTLS are up; again after each new browser instance, and after [`Event::BrowserLost`].
    BrowserConnected { leg: LegId },
    /// Nothing came of the browser for [`crate::webrtc::LOST_AFTER`].
    BrowserLost { leg: LegId },
    /// A press of a key, once, at its end (RFC 4733 §2.5.1.3).
    Dtmf { leg: LegId, digit: Dtmf, duration_ms: u32 },
    /// The first packet of the Leg that was let through.
    FirstMedia { leg: LegId },
    /// The sockets are closed; nothing more comes of this Leg.
    LegRemoved { leg: LegId, statistics: LegStatistics },
    /// Media came again after [`Event::MediaTimeout`].
    MediaResumed { leg: LegId },
    /// Nothing came for as long as was configured, though the direction allows the peer to send.
    MediaTimeout { leg: LegId },
    /// What the Leg should hear cannot be sent to it: once for each cause and route.
    NotForwardable { leg: LegId, reason: NotForwardable },
    /// Of this Leg nothing was ever heard, neither packets nor anything but silence in them, although the Leg that hears it, and that
    /// it hears, is heard. Once.
    OneWayAudio { leg: LegId },
    /// What [`crate::command::Command::ListenFor`] asked for.
    Noticed { leg: LegId, noticed: Noticed },
    /// Somebody needs a whole picture of this Leg, and its phone takes no such request in RTCP: signalling is to ask it (RFC 5168).
    PictureWanted { leg: LegId },
    /// The prompt has been sent to its end.
    PlayFinished { leg: LegId },
    /// Every five seconds while the Leg is configured.
    Quality { leg: LegId, statistics: LegStatistics },
    /// A change of a recording.
    Recording { recording: RecordingId, event: RecordingEvent },
    /// From now on only this address is heard (RTP bleed).
    SourceLocked { leg: LegId, from: SocketAddr },
    /// A member of a room begins to talk, goes on, or ends.
    Talk { leg: LegId, talk: Talk },
    /// Packets of another address than the locked one were dropped; `packets` since the last such event.
    WrongSource { leg: LegId, from: SocketAddr, packets: u64 },
}

/// Why a Leg does not get what it should hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotForwardable {
    /// None of the codecs of the Leg can be encoded here.
    NoEncoder,
    /// The two Legs share no format, and what the one sends cannot be decoded or what the other takes cannot be encoded.
    NoCommonFormat,
    /// The room has [`crate::mixer::MAX_MEMBERS`].
    RoomFull,
    /// The Leg to be heard is not on this Worker.
    SourceMissing,
}

/// What happened to a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordingEvent {
    /// The file could not be made or written: the recording is over, the call is not. What was written is playable.
    Failed { reason: String },
    /// The disk or the recorder was too slow: audio of this length is silence in the file.
    Overrun { lost_ms: u32 },
    /// The file is complete.
    Sealed { notes: Box<Notes>, path: PathBuf },
    /// A side sends a codec that cannot be decoded here: it is silence in the file. Once for each codec.
    Undecodable { codec: String },
}
