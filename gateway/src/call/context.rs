//! What a Call may touch while it handles one event.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ramal_media::command::{Command, LegId};
use ramal_media::io::{LegSockets, WebRtcFace};
use ramal_media::player::Country;
use ramal_media::sdp::SrtpPolicy;
use ramal_sip::auth::Credentials;
use ramal_sip::endpoint::Endpoint;
use ramal_sip::message::Uri;
use ramal_sip::transport::Flow;

use super::codecs::Taker;
use super::end_reason::EndReason;
use super::leg::Party;
use super::page::PageEvent;
use super::seat::SeatPlace;
use crate::model::{Announcement, Directory, Extension, ExtensionId, Organization, OrganizationId, Trunk};
use crate::routing::floor::voice::VoiceEvent;
use crate::store::Fact;

/// The surroundings of call control for the length of one event.
pub struct Context<'a> {
    pub now: Instant,
    /// Milliseconds since the Unix epoch, for what is stored.
    pub wall_ms: i64,
    pub endpoint: &'a mut Endpoint,
    pub directory: &'a Directory,
    pub reach: &'a dyn Reach,
    pub media: &'a dyn MediaPlane,
    pub settings: &'a CallSettings,
    /// Facts for the store, in order.
    pub facts: &'a mut Vec<Fact>,
    /// What the pages of extensions are told, in order.
    pub pages: &'a mut Vec<(ExtensionId, PageEvent)>,
    /// What the floor is told, in order.
    pub voice: &'a mut Vec<VoiceEvent>,
    pub queues: QueueDoor,
}

/// Whether callers of queues are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueDoor {
    /// The floor does not follow, or does not run: they are refused.
    Closed,
    Open,
}

/// What the node's configuration says about calls.
#[derive(Clone, Debug)]
pub struct CallSettings {
    /// Name of this node, in every CDR.
    pub node: String,
    /// A party that sends no media for so long is asked whether it is still there.
    pub media_timeout_ms: u32,
    /// How long a silent party may stay silent between two such questions.
    pub probe_interval: Duration,
    /// How long a trunk may ring.
    pub trunk_ring_timeout: Duration,
    /// No call lasts longer.
    pub max_call: Duration,
    pub country: Country,
}

/// Where a party can be reached now. Signalling knows; a Call asks.
pub trait Reach {
    /// One place for each live Binding of the extension and one for its Seat; none when nothing of it is there.
    fn extension(&self, extension: &Extension) -> Vec<Place>;
    /// The Worker of the organization's browsers, once it has any: a Call that may come to one begins there.
    fn browsers_worker(&self, organization: OrganizationId) -> Option<usize>;
    /// The target for `number` at the trunk, or why there is none.
    fn trunk(&self, trunk: &Trunk, number: &str) -> Result<Target, EndReason>;
    /// Our own Contact for requests and responses on that flow.
    fn contact(&self, flow: &Flow, user: &str) -> Uri;
}

/// One place where a party can be rung.
#[derive(Clone, Debug)]
pub enum Place {
    Phone(Box<Target>),
    Seat(Box<SeatPlace>),
}

/// One place to send an INVITE to.
#[derive(Clone, Debug)]
pub struct Target {
    pub party: Party,
    pub uri: Uri,
    pub flow: Flow,
    pub contact: Uri,
    pub credentials: Option<Credentials>,
    /// Further ways to the same party, tried one after the other where one does not answer (RFC 3263 §4.3).
    pub others: Vec<Flow>,
    /// What the first offer says.
    pub media: MediaKind,
    /// What a second offer says if the first is refused for its media; `None`: there is no second.
    pub retry: Option<MediaKind>,
}

/// How the media of a party travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// RTP between addresses, plain or with keys in the SDP.
    Rtp(SrtpPolicy),
    /// ICE and DTLS, to a browser.
    WebRtc,
}

impl MediaKind {
    pub fn taker(self) -> Taker {
        match self {
            Self::Rtp(_) => Taker::Phone,
            Self::WebRtc => Taker::Browser,
        }
    }
}

/// The media workers as call control sees them.
pub trait MediaPlane {
    /// A bound RTP and RTCP port pair.
    fn allocate(&self) -> io::Result<LegSockets>;
    /// The worker that a new Call shall live on.
    fn pick(&self) -> usize;
    /// The Worker on which all browser legs of an organization live.
    fn home_of(&self, organization: OrganizationId) -> usize;
    /// How browsers reach that Worker; `None` when the node listens for none.
    fn browser_face(&self, worker: usize) -> Option<WebRtcFace>;
    /// Hands a command to a worker; never blocks. A full mailbox is counted by the implementor.
    fn send(&self, worker: usize, command: Command);
    /// Moves a leg between workers (attended transfer only).
    fn move_leg(&self, leg: LegId, from: usize, to: usize);
    /// Where the recording of a call is to be written.
    ///
    /// # Errors
    /// Why it cannot be: the disk is nearly full, or the folder cannot be made.
    fn recording_path(&self, organization: &str, name: &str, started_ms: i64) -> Result<PathBuf, String>;
    /// What a held or waiting party hears.
    fn hold_music(&self) -> std::sync::Arc<ramal_media::player::Prompt>;
    /// An announcement; `None` when it cannot be read.
    fn announcement(
        &self,
        organization: Option<&Organization>,
        name: &Announcement,
    ) -> Option<std::sync::Arc<ramal_media::player::Prompt>>;
}
