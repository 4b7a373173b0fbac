//! Plain data: what an administrator owns, what a call leaves behind. Knows nothing of ours.

/// Declares an enum that has one lower-case word per variant, the same in SQL, TOML and JSON.
macro_rules! worded_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:tt),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// The word that stands for the variant wherever it is written down.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err($crate::model::UnknownWord { word: other.to_owned(), expected: &[$($word),+] }),
                }
            }
        }
    };
}

/// Declares a row number that cannot be mistaken for that of another noun.
macro_rules! row_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

mod agent;
mod audit;
mod binding;
mod call;
mod call_id;
mod capabilities;
mod contact;
mod dial_rule;
mod directory;
mod event;
mod extension;
mod inbox;
mod interaction;
mod leg;
mod login;
mod message;
mod network;
mod note;
mod organization;
mod permission;
mod phone;
mod placement_fault;
mod queue;
mod recording;
mod routing;
mod rule;
mod secret;
mod sound_clip;
mod transport;
mod trunk;
mod user;

pub use agent::Agent;
pub use audit::{Actor, AuditEntry, difference};
pub use binding::{Binding, BindingFlow};
pub use call::{CallOutcome, CallRecord, Direction, EndedBy};
pub use call_id::{CallId, CallIdError};
pub use capabilities::Capabilities;
pub use contact::{Contact, ContactIdentity, Identity, IdentityError, IdentityKind, folded, title_of};
pub use dial_rule::{
    AllowedExtensions, Announcement, BUILTIN_ANNOUNCEMENTS, CONFERENCE_MEMBERS, Conference, Destination,
    DialRule, DialRuleId, DialRuleKind, MAX_CONFERENCE_MEMBERS, Service, TrunkNumber,
};
pub use directory::Directory;
pub use event::EventRow;
pub use extension::{Extension, ExtensionId};
pub use inbox::{Inbox, InboxAccount, InboxState};
pub use interaction::{
    CustomerState, EndedByWhom, InteractionDirection, InteractionEvent, InteractionEventKind, InteractionRow,
    InteractionState, NewInteraction,
};
pub use leg::{LegRecord, LegStatistics, Party, StreamStatistics};
pub use login::{LinkPurpose, Login, LoginId, LoginKind};
pub use message::{
    Attachment, AttachmentId, AttachmentKind, Author, Message, MessageDirection, MessageId, MessageState,
    OutboxId, TextFormat,
};
pub use network::{Network, NetworkError};
pub use note::{Note, NoteId};
pub use organization::{Organization, OrganizationId, RecordingRule, ToneCountry};
pub use permission::{Permission, Role};
pub use phone::normalised_phone;
pub use placement_fault::{FaultCause, FaultCode, PlacementFault};
pub use queue::{Disposition, PauseReason, Queue, QueueDirection, Staffing};
pub use recording::{KeptRecording, RecordingName, RecordingPeaks, RecordingRow, RecordingState};
pub use routing::{
    Capacity, ContactId, ConversationId, DispositionId, InboxId, InteractionId, Medium, PauseReasonId,
    QueueId,
};
pub use rule::{Rule, RuleId};
pub use secret::{Ha1Pair, SealedSecret};
pub use sound_clip::{SoundClip, SoundClipId};
pub use transport::Transport;
pub use trunk::{
    CallerIdPolicy, DtmfMethod, InboundDigest, OutboundCredentials, OutboundSecret, RegisterOut, SrtpPolicy,
    Trunk, TrunkId,
};
pub use user::{Language, User, UserId};

/// A word that no variant goes by, and those that would have been right.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{word}` is not one of {}", expected.join(", "))]
pub struct UnknownWord {
    /// What was written.
    pub word: String,
    /// What may be written.
    pub expected: &'static [&'static str],
}
