//! Short ways to make the records that most plugins make.

use crate::content::{Content, Identity, Person, TextFormat, Written};
use crate::inbound::{Delivery, DeliveryState, Event, WebhookReply};
use crate::outbound::Receipt;

impl Delivery {
    /// Events of a webhook that is answered with an empty 200.
    pub fn of(events: Vec<Event>) -> Self {
        Self { reply: WebhookReply::with(200, ""), events }
    }

    /// An answer without events.
    pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { reply: WebhookReply::with(status, body), events: Vec::new() }
    }
}

impl WebhookReply {
    /// A status and a body, without headers.
    pub fn with(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }
}

impl Person {
    /// Somebody of whom only this is known.
    pub fn known_as(identity: Identity) -> Self {
        Self { identities: vec![identity], name: None, language: None, picture: None, attributes: Vec::new() }
    }
}

impl Content {
    /// Plain text without files.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Written(Written {
            text: text.into(),
            format: TextFormat::Plain,
            subject: None,
            attachments: Vec::new(),
        })
    }
}

impl Receipt {
    /// One message that the provider took.
    pub fn sent(id: impl Into<String>) -> Self {
        Self { ids: vec![id.into()], thread: None, state: DeliveryState::Sent }
    }

    /// Done, and it is no message.
    pub fn done() -> Self {
        Self { ids: Vec::new(), thread: None, state: DeliveryState::Sent }
    }
}
