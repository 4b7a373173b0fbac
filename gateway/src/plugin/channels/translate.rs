//! From the words of plugins to those of the chat, and back.

use crate::chat;
use crate::model::{AttachmentKind, Identity, IdentityKind, MessageState, TextFormat};
use crate::plugin::wit;
use crate::plugin::wit::inbound::{Author, DeliveryState, Event};
use crate::plugin::wit::outbound::{
    Destination, OutboundContent, OutboundMessage, OutboundRequest, SendError, SenderKind, SentMessage,
    TextAndFiles,
};

/// What of a delivery is not for the chat but for the administrator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    TemplatesChanged,
    /// In words for him.
    Alarm(String),
}

/// Parts what a plugin brought.
pub fn events(events: Vec<Event>) -> (Vec<chat::Event>, Vec<Notice>) {
    let mut for_chat = Vec::with_capacity(events.len());
    let mut notices = Vec::new();
    for event in events {
        match event {
            Event::Alarm(words) => notices.push(Notice::Alarm(words)),
            Event::Deleted(deleted) => {
                for_chat.push(chat::Event::Deleted(chat::Deleted { id: deleted.id, at_ms: ms(deleted.at) }));
            }
            Event::Edited(edited) => for_chat.push(chat::Event::Edited(chat::Edited {
                id: edited.id,
                content: content(edited.content),
                at_ms: ms(edited.at),
            })),
            Event::Ended(ended) => for_chat.push(chat::Event::Ended(at(ended.thread, ended.at))),
            Event::Left(visit) => for_chat.push(chat::Event::Left(at(visit.thread, visit.at))),
            Event::Message(message) => for_chat.push(chat::Event::Message(Box::new(self::message(message)))),
            Event::PersonChanged(changed) => {
                // Who was known by nothing stays unknown.
                for_chat.extend(identity(changed.before).map(|before| {
                    let after = person(changed.after);
                    chat::Event::PersonChanged(Box::new(chat::PersonChanged { before, after }))
                }));
            }
            Event::Reacted(reacted) => for_chat.push(chat::Event::Reacted(chat::Reacted {
                id: reacted.id,
                emoji: reacted.emoji,
                writer: writer(reacted.author),
            })),
            Event::Returned(visit) => for_chat.push(chat::Event::Returned(at(visit.thread, visit.at))),
            Event::Started(started) => for_chat.push(chat::Event::Started(Box::new(chat::Started {
                thread: started.thread,
                person: person(started.person),
                at_ms: ms(started.at),
                attributes: attributes(started.attributes),
            }))),
            Event::Status(status) => for_chat.push(chat::Event::Status(self::status(status))),
            Event::TemplatesChanged => notices.push(Notice::TemplatesChanged),
            Event::Typing(typing) => for_chat
                .push(chat::Event::Typing(chat::Typing { thread: typing.thread, active: typing.active })),
        }
    }
    (for_chat, notices)
}

fn at(thread: String, at: u64) -> chat::AtThread {
    chat::AtThread { thread, at_ms: ms(at) }
}

fn ms(at: u64) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

fn message(message: wit::inbound::InboundMessage) -> chat::InboundMessage {
    chat::InboundMessage {
        id: message.id,
        thread: message.thread,
        writer: writer(message.author),
        person: person(message.person),
        sent_at_ms: ms(message.sent_at),
        content: content(message.content),
        reply_to: message.reply_to,
        attributes: attributes(message.attributes),
    }
}

fn writer(author: Author) -> chat::Writer {
    match author {
        Author::Business => chat::Writer::Business,
        Author::Customer => chat::Writer::Customer,
    }
}

fn status(status: wit::inbound::Status) -> chat::Status {
    use wit::inbound::StatusTarget;
    chat::Status {
        target: match status.target {
            StatusTarget::Message(id) => chat::StatusTarget::Provider(id),
            StatusTarget::Ours(id) => chat::StatusTarget::Ours(id),
            StatusTarget::ThreadUntil((thread, at)) => {
                chat::StatusTarget::ThreadUntil { thread, at_ms: ms(at) }
            }
        },
        state: state(status.state),
        reason: status.reason,
    }
}

/// How far a message came.
pub fn state(state: DeliveryState) -> MessageState {
    match state {
        DeliveryState::Delivered => MessageState::Delivered,
        DeliveryState::Failed => MessageState::Failed,
        DeliveryState::Queued => MessageState::Queued,
        DeliveryState::Read => MessageState::Read,
        DeliveryState::Sent => MessageState::Sent,
    }
}

/// The same the other way; what nobody knows counts as sent.
pub fn state_word(state: MessageState) -> DeliveryState {
    match state {
        MessageState::Delivered => DeliveryState::Delivered,
        MessageState::Failed => DeliveryState::Failed,
        MessageState::Queued => DeliveryState::Queued,
        MessageState::Read => DeliveryState::Read,
        MessageState::None | MessageState::Sent | MessageState::Unknown => DeliveryState::Sent,
    }
}

fn person(person: wit::content::Person) -> chat::Person {
    chat::Person {
        identities: person.identities.into_iter().filter_map(identity).collect(),
        name: person.name,
        language: person.language,
        attributes: attributes(person.attributes),
    }
}

/// None for what is no name of its kind: a provider may give an empty handle.
fn identity(identity: wit::content::Identity) -> Option<Identity> {
    use wit::content::Identity as Theirs;
    let (kind, text) = match identity {
        Theirs::Email(address) => (IdentityKind::Email, address),
        Theirs::Handle(handle) => (IdentityKind::Handle, handle),
        Theirs::Phone(number) => (IdentityKind::Phone, number),
        Theirs::Provider(id) => (IdentityKind::Provider, id),
    };
    Identity::new(kind, &text, None).ok()
}

fn attributes(attributes: Vec<wit::content::Attribute>) -> Vec<chat::Attribute> {
    attributes.into_iter().map(|it| chat::Attribute { name: it.name, value: it.value }).collect()
}

fn content(content: wit::content::Content) -> chat::Content {
    use wit::content::Content;
    match content {
        Content::Chosen(choice) => chat::Content::Chosen(chat::Choice { id: choice.id, title: choice.title }),
        Content::Location(place) => chat::Content::Place(chat::Place {
            latitude_degrees: place.latitude_degrees,
            longitude_degrees: place.longitude_degrees,
            name: place.name,
            address: place.address,
        }),
        Content::Other(other) => {
            chat::Content::Other(chat::Other { kind: other.kind, summary: other.summary, json: other.json })
        }
        Content::People(people) => chat::Content::Cards(people.into_iter().map(person).collect()),
        Content::Written(written) => chat::Content::Written(chat::Written {
            text: written.text,
            format: match written.format {
                wit::content::TextFormat::Html => chat::WrittenFormat::Html,
                wit::content::TextFormat::Markdown => chat::WrittenFormat::Markdown,
                wit::content::TextFormat::Plain => chat::WrittenFormat::Plain,
            },
            subject: written.subject,
            files: written.attachments.into_iter().map(file).collect(),
        }),
    }
}

fn file(file: wit::content::Attachment) -> chat::InboundFile {
    use wit::content::AttachmentKind as Theirs;
    chat::InboundFile {
        reference: file.reference,
        kind: match file.kind {
            Theirs::Audio => AttachmentKind::Audio,
            Theirs::Document => AttachmentKind::Document,
            Theirs::Image => AttachmentKind::Image,
            Theirs::Sticker => AttachmentKind::Sticker,
            Theirs::Video => AttachmentKind::Video,
            Theirs::Voice => AttachmentKind::Voice,
        },
        media_type: file.media_type,
        file_name: file.file_name,
        size_bytes: file.size_bytes,
        duration_ms: file.duration_ms,
    }
}

/// What the plugin is asked to do.
pub fn request(thread: &str, request: chat::Request) -> OutboundRequest {
    match request {
        chat::Request::Ended => OutboundRequest::Ended(thread.to_owned()),
        chat::Request::Message(message) => OutboundRequest::Message(outbound(thread, message)),
        chat::Request::Read { provider_id } => {
            OutboundRequest::Read(SentMessage { thread: thread.to_owned(), id: provider_id })
        }
        chat::Request::Typing => OutboundRequest::Typing(thread.to_owned()),
    }
}

fn outbound(thread: &str, message: chat::OutboundMessage) -> OutboundMessage {
    let (kind, name) = match message.sender {
        chat::Sender::Agent { name } => (SenderKind::Agent, Some(name)),
        chat::Sender::Centre => (SenderKind::System, None),
    };
    OutboundMessage {
        id: message.our_id,
        to: Destination::Thread(thread.to_owned()),
        sender: wit::outbound::Sender { kind, name },
        content: OutboundContent::Written(TextAndFiles {
            text: message.text,
            format: text_format(message.format),
            subject: None,
            files: Vec::new(),
        }),
        reply_to: message.reply_to,
        last_inbound_at: message.last_inbound_at_ms.and_then(|at| u64::try_from(at).ok()),
    }
}

/// How a text of ours is written.
pub fn text_format(format: TextFormat) -> wit::content::TextFormat {
    match format {
        TextFormat::Markdown => wit::content::TextFormat::Markdown,
        TextFormat::Plain => wit::content::TextFormat::Plain,
    }
}

/// What a refusal of the provider means for the outbox.
pub fn failure(error: SendError) -> chat::SendFailure {
    use chat::SendFailure;
    match error {
        SendError::Invalid(reason) | SendError::Unreachable(reason) => SendFailure::Final(reason),
        SendError::Other(reason) | SendError::Unknown(reason) => SendFailure::Unknown(reason),
        SendError::RateLimited(after_ms) => {
            SendFailure::Later { after_ms, reason: "the provider asks for patience".to_owned() }
        }
        SendError::Temporary(reason) => SendFailure::Later { after_ms: None, reason },
        // Nothing was taken, and nothing will be until an administrator has looked at the inbox.
        SendError::Unauthorized(reason) => {
            SendFailure::Later { after_ms: Some(UNAUTHORIZED_REST_MS), reason }
        }
        SendError::Unsupported => SendFailure::Final("this channel cannot do this".to_owned()),
        SendError::WindowClosed => {
            SendFailure::Final("the time in which the customer may be answered is over".to_owned())
        }
    }
}

/// When a request to a provider that refuses our token is tried again, in milliseconds.
const UNAUTHORIZED_REST_MS: u32 = 60_000;

/// A refusal in words for the administrator.
pub fn words(error: &SendError) -> String {
    match error {
        SendError::Invalid(reason)
        | SendError::Other(reason)
        | SendError::Temporary(reason)
        | SendError::Unauthorized(reason)
        | SendError::Unknown(reason)
        | SendError::Unreachable(reason) => reason.clone(),
        SendError::RateLimited(_) => "the provider asks for patience".to_owned(),
        SendError::Unsupported => "the plugin cannot do this".to_owned(),
        SendError::WindowClosed => "the reply window is over".to_owned(),
    }
}
