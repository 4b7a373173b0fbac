//! An entry of an organization's dial plan.

use serde::{Deserialize, Serialize};

use crate::model::{OrganizationId, RecordingRule, SoundClipId, TrunkId};

row_id! {
    /// Row number of a [`DialRule`].
    DialRuleId
}

/// One rule; the first that matches, by position, wins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DialRule {
    /// Row number.
    pub id: DialRuleId,
    /// Owner.
    pub organization: OrganizationId,
    /// Order inside the organization, from 0.
    pub position: u32,
    /// What it matches and what it does.
    pub kind: DialRuleKind,
}

/// What a rule matches and what it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DialRuleKind {
    /// An extension dials `number` and reaches a built-in service.
    Service {
        /// Exact number.
        number: String,
        /// What answers.
        service: Service,
    },
    /// An extension dials a number with this prefix; it goes to a trunk.
    Prefix {
        /// Leading digits, perhaps with `+`; empty matches every number.
        prefix: String,
        /// Where the call goes.
        trunk: TrunkId,
        /// How many leading characters are taken off.
        strip: u32,
        /// What is put in front afterwards.
        prepend: String,
        /// Fewest characters of the dialled number.
        min_digits: u32,
        /// Most characters of the dialled number.
        max_digits: u32,
        /// Who may use the rule.
        allow: AllowedExtensions,
    },
    /// A trunk calls a number of ours.
    TrunkNumber {
        /// Where the call comes from.
        trunk: TrunkId,
        /// The number called.
        number: TrunkNumber,
        /// Where the call goes.
        destination: Destination,
    },
}

impl DialRuleKind {
    /// The conference that it leads to.
    pub fn conference(&self) -> Option<&Conference> {
        let (Self::Service { service, .. }
        | Self::TrunkNumber { destination: Destination::Service(service), .. }) = self
        else {
            return None;
        };
        match service {
            Service::Conference(conference) => Some(conference),
            Service::Announcement(_)
            | Service::Busy
            | Service::Congestion
            | Service::Echo
            | Service::Queue(_)
            | Service::Ringback
            | Service::Tone => None,
        }
    }

    /// The announcement that it plays.
    pub fn announcement(&self) -> Option<&Announcement> {
        let (Self::Service { service: Service::Announcement(announcement), .. }
        | Self::TrunkNumber {
            destination: Destination::Service(Service::Announcement(announcement)),
            ..
        }) = self
        else {
            return None;
        };
        Some(announcement)
    }
}

/// Who may use a prefix rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowedExtensions {
    /// Every extension with `may_call_trunks`.
    All,
    /// These numbers, and they need `may_call_trunks` too.
    Only(Vec<String>),
}

/// The number that a trunk calls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrunkNumber {
    /// Whatever it calls.
    Any,
    /// This number, character by character.
    Exact(String),
}

/// Where a call from a trunk goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// All phones of this extension.
    Extension(String),
    /// A built-in service.
    Service(Service),
}

/// Something built in that answers a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Plays a recording, then hangs up.
    Announcement(Announcement),
    /// The busy tone of the organization's country.
    Busy,
    /// Its congestion tone.
    Congestion,
    /// All who dial it hear each other.
    Conference(Conference),
    /// Sends back what it hears.
    Echo,
    /// Music, until an agent of the queue with this name takes the call.
    Queue(String),
    /// The ringing tone of the organization's country.
    Ringback,
    /// A steady tone.
    Tone,
}

/// Members of a conference where nothing is said, and the most that any may have: those of one room of the mixer.
pub const CONFERENCE_MEMBERS: u32 = 50;
pub const MAX_CONFERENCE_MEMBERS: u32 = 500;

/// A room that whoever dials its number comes into.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conference {
    /// Of the organization: two numbers with one name lead to one room.
    pub name: String,
    /// Digits that are asked for.
    pub pin: Option<String>,
    /// Members; one more hears that it is busy.
    pub max_members: u32,
    /// Whether its members' calls are recorded; `Inherit`: as any call of theirs.
    #[serde(default = "as_any_call")]
    pub recording: RecordingRule,
}

const fn as_any_call() -> RecordingRule {
    RecordingRule::Inherit
}

impl Conference {
    /// One of this name about which nothing is said.
    pub fn named(name: &str) -> Self {
        let recording = as_any_call();
        Self { name: name.to_owned(), pin: None, max_members: CONFERENCE_MEMBERS, recording }
    }
}

impl std::fmt::Debug for Conference {
    /// Without the PIN.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conference").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Names of the announcements shipped with the program.
pub const BUILTIN_ANNOUNCEMENTS: [&str; 2] = ["music", "welcome"];

/// Where an announcement's sound comes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announcement {
    /// Shipped with the program, by name.
    Builtin(String),
    /// A plain file name inside the organization's announcements folder.
    File(String),
    /// A sound that was uploaded, by its number.
    Clip(SoundClipId),
}

impl Announcement {
    /// Those shipped with the program begin so.
    pub const BUILTIN: &str = "builtin:";

    /// Uploaded ones begin so.
    pub const CLIP: &str = "clip:";

    /// From how it is written down: `builtin:music`, `clip:12`, or a file's name.
    pub fn named(text: &str) -> Self {
        let clip = text.strip_prefix(Self::CLIP).and_then(|id| id.parse().ok());
        match (text.strip_prefix(Self::BUILTIN), clip) {
            (Some(name), _) => Self::Builtin(name.to_owned()),
            (None, Some(id)) => Self::Clip(SoundClipId(id)),
            (None, None) => Self::File(text.to_owned()),
        }
    }

    /// The music shipped with the program.
    pub fn hold_music() -> Self {
        Self::Builtin("music".to_owned())
    }
}
