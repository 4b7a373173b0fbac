//! What call control asks of a Worker. Everything here is data: who performs it decides nothing.

use std::path::PathBuf;
use std::sync::Arc;

use crate::dtmf::Dtmf;
use crate::ears::ListenFor;
use crate::io::{LegSockets, WorkerHandle};
use crate::leg::{LegSettings, LegStatistics};
use crate::player::prompt::Prompt;
use crate::player::tone::Tone;
use crate::webrtc::IceCredentials;

/// Names a Leg on every Worker of a Node. Given by call control, never reused while the Node lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

impl LegId {
    /// Marks a Leg that carries the pictures of another. Call control counts its Legs from 1 and never comes here.
    const PICTURES: u64 = 1 << 63;

    /// The Leg beside this one that carries the pictures of its phone.
    pub(crate) fn pictures(self) -> Self {
        Self(self.0 | Self::PICTURES)
    }

    /// The Leg whose pictures this one carries; itself where it carries none.
    pub(crate) fn sound(self) -> Self {
        Self(self.0 & !Self::PICTURES)
    }

    /// Whether it carries the pictures of another.
    pub(crate) fn is_pictures(self) -> bool {
        self.0 & Self::PICTURES != 0
    }
}

/// What one side of a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tapped {
    /// What that Leg is sent by us: the room that it is in without itself, or a prompt. Nothing of what is forwarded to it.
    Hears(LegId),
    Nobody,
    /// What that Leg sends us.
    Says(LegId),
}

impl Tapped {
    /// Whose it is.
    pub fn leg(self) -> Option<LegId> {
        match self {
            Self::Hears(leg) | Self::Says(leg) => Some(leg),
            Self::Nobody => None,
        }
    }
}

/// Names a recording on every Worker of a Node. Given by call control, never reused while the Node lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordingId(pub u64);

/// Names a room on every Worker of a Node. Given by call control, never reused while the Node lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u64);

/// What a Leg does in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub speaks: Speaks,
    pub hears: Hears,
    /// How much louder or softer it is heard.
    pub gain_db: i8,
}

impl Part {
    /// Speaks to all and hears all.
    pub const FULL: Self = Self { speaks: Speaks::Everyone, hears: Hears::Room, gain_db: 0 };
}

/// By whom a Leg is heard in its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    Everyone,
    /// It is mute.
    Nobody,
    /// It whispers: that member alone hears it.
    Only(LegId),
}

/// What a Leg is sent of its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    /// It is deaf.
    Nothing,
    Room,
}

/// Who takes the answer to [`Command::Statistics`]. Called on the Worker's thread: hand the list on, do not work there.
pub type StatisticsReply = Box<dyn FnOnce(Vec<(LegId, LegStatistics)>) + Send>;

/// One order to one Worker. An order about a Leg or a recording that the Worker does not hold is dropped.
pub enum Command {
    /// The Leg takes its sockets; it hears [`Source::Silence`] and sends nothing until it is configured. Packets that
    /// come before the first `Configure` are dropped.
    AddLeg { leg: LegId, sockets: LegSockets },
    /// A Leg with sockets may exchange pictures from now on, through sockets of their own (RFC 3264 §5.1). What is agreed of them
    /// comes with the next `Configure` of the Leg; they move and end with it.
    AddPictures { leg: LegId, sockets: LegSockets },
    /// The Leg speaks WebRTC: it has no sockets of its own, its ufrag finds it on those of the Worker. It never moves to
    /// another Worker. Refused, as a Leg that is gone, where the Worker does not listen for browsers.
    AddBrowserLeg { leg: LegId, ice: IceCredentials },
    /// After each offer/answer. May repeat: SSRC, sequence numbers and timestamps go on, and an SRTP context whose
    /// keys are unchanged is kept with its rollover counter. On a WebRTC leg, other ICE credentials are an ICE restart and
    /// DTLS goes on (RFC 8842 §5.1); another remote fingerprint is a new browser instance, which begins anew beneath the Leg.
    Configure { leg: LegId, settings: Box<LegSettings> },
    /// What this Leg is sent from now on.
    Hear { leg: LegId, source: Source },
    /// Two Legs that hear each other go on in a room, with these parts: nothing that is under way between them is lost.
    Mix { room: RoomId, members: [(LegId, Part); 2] },
    /// Two members of a room hear each other without it again: what the room still has of them goes out first.
    Unmix { legs: [LegId; 2] },
    /// RFC 4733 events toward this Leg, one after the other; what it hears is suppressed meanwhile. Where no telephone-event was
    /// agreed: a tone, if its audio is encoded here, and nothing if packets are forwarded to it.
    SendDtmf { leg: LegId, digit: Dtmf, duration_ms: u32 },
    /// Plays a prompt into a room, to all or to one pair of ears: those who talk go on. [`crate::event::Event::PlayFinished`] of `voice`,
    /// a Leg that is nobody's, when it was heard to its end.
    PlayInRoom { room: RoomId, voice: LegId, to: Speaks, prompt: Arc<Prompt> },
    /// Ends such a prompt before its end, without an event.
    HushInRoom { room: RoomId, voice: LegId },
    /// Writes two sides into one stereo file, WAV or Ogg/Opus by its name. The file must not exist.
    Record { recording: RecordingId, path: PathBuf, left: Tapped, right: Tapped },
    /// What to listen for on a Leg from now on: it comes as [`crate::event::Event::Noticed`].
    ListenFor { leg: LegId, wanted: ListenFor },
    /// Keys of a Leg reach whoever hears it as events only: as sound neither him nor a recording. What the Leg says comes 60 ms
    /// later meanwhile.
    MaskKeys { leg: LegId, masked: bool },
    /// From now on nothing that is said stands in the file; the pause is marked in it.
    PauseRecord { recording: RecordingId },
    /// The pause of a recording is over.
    ResumeRecord { recording: RecordingId },
    /// The recording goes on with other sides: after a transfer, or when a third one comes.
    Retap { recording: RecordingId, left: Tapped, right: Tapped },
    /// Who is seen by this Leg is asked for a whole picture, by RTCP (RFC 4585 §6.3.1) or by [`crate::event::Event::PictureWanted`].
    RefreshPicture { leg: LegId },
    /// Ends with [`crate::event::RecordingEvent::Sealed`].
    StopRecord { recording: RecordingId },
    /// The Leg goes to another Worker with its sockets, SRTP state and statistics. It hears silence there until the next
    /// `Hear`; whoever heard it here hears silence too. Recordings of it here go on without it.
    MoveLeg { leg: LegId, to: WorkerHandle },
    /// Closes the sockets. Ends with [`crate::event::Event::LegRemoved`].
    RemoveLeg { leg: LegId },
    /// [`crate::event::Event::Quality`] of this Leg now.
    Report { leg: LegId },
    /// The statistics of every Leg of the Worker.
    Statistics { reply: StatisticsReply },
}

/// What a Leg is sent.
#[derive(Clone, Debug)]
pub enum Source {
    /// Nothing is sent.
    Silence,
    /// Every packet of that Leg whose format this Leg agreed to, at arrival; what it did not agree to is decoded and encoded
    /// anew, every 20 ms. The Leg itself: echo.
    Leg(LegId),
    /// Recorded audio in the first codec of the Leg that can be encoded here.
    Play { prompt: Arc<Prompt>, repeat: Repeat },
    /// All members of a room but itself, which is made a member by this. A room begins with its first member and ends with its
    /// last. Again for the same room: another part in it. Decoded, added and encoded anew every 20 ms.
    Room { room: RoomId, part: Part },
    /// A tone, without end.
    Tone(Tone),
}

/// How often a prompt is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// To its end, then [`crate::event::Event::PlayFinished`] and silence.
    Once,
    /// Until the next `Hear`.
    Forever,
}
