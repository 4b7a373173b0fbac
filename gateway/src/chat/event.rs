//! What happened at a provider, in the words of the chat. Whoever speaks with providers translates into them.

use serde::Serialize;

use crate::model::{AttachmentKind, Identity, MessageState};

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    Message(Box<InboundMessage>),
    Edited(Edited),
    Deleted(Deleted),
    Reacted(Reacted),
    Status(Status),
    Typing(Typing),
    Started(Box<Started>),
    /// The customer left for good.
    Ended(AtThread),
    /// The customer left the page; he may come back.
    Left(AtThread),
    /// He is back.
    Returned(AtThread),
    PersonChanged(Box<PersonChanged>),
}

impl Event {
    /// Where it happened, if it says so.
    pub(super) fn thread(&self) -> Option<&str> {
        match self {
            Self::Message(message) => Some(&message.thread),
            Self::Started(started) => Some(&started.thread),
            Self::Typing(typing) => Some(&typing.thread),
            Self::Ended(at) | Self::Left(at) | Self::Returned(at) => Some(&at.thread),
            Self::Deleted(_)
            | Self::Edited(_)
            | Self::PersonChanged(_)
            | Self::Reacted(_)
            | Self::Status(_) => None,
        }
    }
}

/// A name with its value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Attribute {
    pub name: String,
    pub value: String,
}

/// A customer as the provider shows him.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// The surest first. The first that is known already says who it is.
    pub identities: Vec<Identity>,
    pub name: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// What else is known of him.
    pub attributes: Vec<Attribute>,
}

/// Who wrote a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Writer {
    Customer,
    /// Ourselves, by another way than this product.
    Business,
}

/// A message as it came.
#[derive(Clone, PartialEq, Debug)]
pub struct InboundMessage {
    /// The provider's id, unique within the inbox.
    pub id: String,
    pub thread: String,
    pub writer: Writer,
    /// The customer, also where the business wrote.
    pub person: Person,
    pub sent_at_ms: i64,
    pub content: Content,
    /// The provider's id of the message that this one quotes.
    pub reply_to: Option<String>,
    /// What came with it and is no part of it: a page's address, a campaign.
    pub attributes: Vec<Attribute>,
}

/// What a message holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    Written(Written),
    Place(Place),
    Cards(Vec<Person>),
    Chosen(Choice),
    Other(Other),
}

/// How a text came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WrittenFormat {
    Plain,
    Markdown,
    /// Untrusted; only its text is kept.
    Html,
}

/// Text, files, or both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    pub text: String,
    pub format: WrittenFormat,
    /// Of an e-mail.
    pub subject: Option<String>,
    pub files: Vec<InboundFile>,
}

/// A file that lies with the provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboundFile {
    /// What the plugin finds it by.
    pub reference: String,
    pub kind: AttachmentKind,
    pub media_type: Option<String>,
    pub file_name: Option<String>,
    pub size_bytes: Option<u64>,
    pub duration_ms: Option<u32>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Place {
    pub latitude_degrees: f64,
    pub longitude_degrees: f64,
    pub name: Option<String>,
    pub address: Option<String>,
}

/// One of the buttons or entries that were offered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Choice {
    pub id: String,
    pub title: String,
}

/// What the plugin has no word for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Other {
    /// The provider's word.
    pub kind: String,
    /// What a person is shown instead.
    pub summary: String,
    /// As it came.
    pub json: String,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Edited {
    /// The provider's id of the message.
    pub id: String,
    pub content: Content,
    pub at_ms: i64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deleted {
    pub id: String,
    pub at_ms: i64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reacted {
    pub id: String,
    /// `None` takes it back.
    pub emoji: Option<String>,
    pub writer: Writer,
}

/// Which of our messages a status speaks of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StatusTarget {
    /// By the provider's id.
    Provider(String),
    /// By the id that we gave.
    Ours(String),
    /// All of a thread until that time.
    ThreadUntil { thread: String, at_ms: i64 },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    pub target: StatusTarget,
    pub state: MessageState,
    /// The provider's words for a failure.
    pub reason: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typing {
    pub thread: String,
    pub active: bool,
}

/// A conversation that begins without a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Started {
    pub thread: String,
    pub person: Person,
    pub at_ms: i64,
    pub attributes: Vec<Attribute>,
}

/// Something that befell a whole thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AtThread {
    pub thread: String,
    pub at_ms: i64,
}

/// The same person under new identities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonChanged {
    pub before: Identity,
    pub after: Person,
}
