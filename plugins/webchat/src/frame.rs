//! Frames as they stand in README.md.

use std::collections::BTreeMap;

use ramal_plugin::live::ShownMessage;
use ramal_plugin::prelude::*;
use serde::{Deserialize, Serialize};

use crate::appearance::TEXT_CHARACTERS;

/// Bytes of messages in one frame, below the 64 KiB that a frame may have. The longest message alone takes 59.
const STATE_BYTES: usize = 60 << 10;

/// What a page sends.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Asked {
    Hello {},
    Start(Start),
    Say { id: String, text: String },
    Typing { active: bool },
    Seen { ids: Vec<String>, state: SeenState },
    End {},
    Ping {},
}

/// How a conversation begins.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Start {
    pub page: Option<String>,
    pub language: Option<String>,
    #[serde(default)]
    pub form: BTreeMap<String, String>,
}

/// How far a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeenState {
    Delivered,
    Read,
}

impl From<SeenState> for DeliveryState {
    fn from(state: SeenState) -> Self {
        match state {
            SeenState::Delivered => Self::Delivered,
            SeenState::Read => Self::Read,
        }
    }
}

/// What a page hears.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Told {
    Welcome { visitor: String },
    State { first: bool, open: bool, messages: Vec<Shown>, more: bool },
    Started {},
    Message(Shown),
    Status { id: String, state: &'static str },
    Typing { active: bool },
    Ended { by: &'static str },
    Fault { code: &'static str, field: Option<String>, id: Option<String> },
    Pong {},
}

/// A message on the page.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: String,
    from: &'static str,
    name: Option<String>,
    text: String,
    format: &'static str,
    at: u64,
    state: &'static str,
}

impl Told {
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Reads a frame of a page.
///
/// # Errors
/// What is answered.
pub fn read(text: &str) -> Result<Asked, Told> {
    serde_json::from_str(text).map_err(|_| Told::Fault { code: "not_understood", field: None, id: None })
}

/// Whether a message may be taken.
///
/// # Errors
/// The code of the fault.
pub fn check_words(id: &str, text: &str) -> Result<(), &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(8..=64).contains(&id.len()) || !id.bytes().all(plain) {
        return Err("bad_id");
    }
    if text.trim().is_empty() {
        return Err("not_understood");
    }
    if text.chars().count() > TEXT_CHARACTERS { Err("too_long") } else { Ok(()) }
}

/// All that stands, in as many frames as it takes.
pub fn state(conversation: &Option<Vec<ShownMessage>>) -> Vec<String> {
    let mut frames: Vec<Vec<Shown>> = vec![Vec::new()];
    let mut bytes = 0;
    for message in conversation.iter().flatten().map(shown) {
        // As it is written: what is escaped is longer than what was said.
        let length = serde_json::to_string(&message).map_or(0, |json| json.len());
        if bytes > 0 && bytes + length > STATE_BYTES {
            frames.push(Vec::new());
            bytes = 0;
        }
        bytes += length;
        if let Some(last) = frames.last_mut() {
            last.push(message);
        }
    }
    let count = frames.len();
    let frame = |(at, messages)| Told::State {
        first: at == 0,
        open: conversation.is_some(),
        messages,
        more: at + 1 < count,
    };
    frames.into_iter().enumerate().map(|parts| frame(parts).to_json()).collect()
}

fn shown(message: &ShownMessage) -> Shown {
    Shown {
        id: message.id.clone(),
        from: match (message.author, &message.name) {
            (Author::Customer, _) => "visitor",
            (Author::Business, Some(_)) => "agent",
            (Author::Business, None) => "system",
        },
        name: message.name.clone(),
        text: message.text.clone(),
        format: format_word(message.format),
        at: message.at,
        state: match message.state {
            DeliveryState::Queued => "queued",
            DeliveryState::Sent => "sent",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Read => "read",
            DeliveryState::Failed => "failed",
        },
    }
}

/// What a visitor wrote, once it is stored.
pub fn own_message(id: String, text: String, at: u64) -> Told {
    Told::Message(Shown { id, from: "visitor", name: None, text, format: "plain", at, state: "sent" })
}

/// What an agent wrote: its thread, the frame, its id.
///
/// # Errors
/// What a page cannot show.
pub fn of_message(message: OutboundMessage, at: u64) -> Result<(String, Told, String), SendError> {
    let Destination::Thread(thread) = message.to else {
        return Err(SendError::Unreachable("a visitor who is not there cannot be written to".to_owned()));
    };
    let (text, format) = match message.content {
        OutboundContent::Written(written) if written.files.is_empty() => (written.text, written.format),
        OutboundContent::Choices(_)
        | OutboundContent::Location(_)
        | OutboundContent::Template(_)
        | OutboundContent::Written(_) => return Err(SendError::Unsupported),
    };
    let from = match message.sender.kind {
        SenderKind::Agent | SenderKind::Bot => "agent",
        SenderKind::System => "system",
    };
    let id = message.id;
    let shown = Shown {
        id: id.clone(),
        from,
        name: message.sender.name,
        text,
        format: format_word(format),
        at,
        state: "sent",
    };
    Ok((thread, Told::Message(shown), id))
}

/// HTML is shown as the text that it is.
fn format_word(format: TextFormat) -> &'static str {
    match format {
        TextFormat::Html | TextFormat::Plain => "plain",
        TextFormat::Markdown => "markdown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str, name: Option<&str>) -> ShownMessage {
        ShownMessage {
            id: "o-1".to_owned(),
            author: Author::Business,
            name: name.map(str::to_owned),
            text: text.to_owned(),
            format: TextFormat::Plain,
            at: 5,
            state: DeliveryState::Read,
        }
    }

    #[test]
    fn frames_of_a_page() {
        assert_eq!(read(r#"{"type":"hello"}"#).ok(), Some(Asked::Hello {}));
        assert_eq!(read(r#"{"type":"start"}"#).ok(), Some(Asked::Start(Start::default())));
        let seen = Asked::Seen { ids: vec!["o-1".to_owned()], state: SeenState::Read };
        assert_eq!(read(r#"{"type":"seen","ids":["o-1"],"state":"read"}"#).ok(), Some(seen));
        for text in ["", "{}", "[]", r#"{"type":"drop"}"#, r#"{"type":"say","id":1,"text":"x"}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_may_not_be_said() {
        assert_eq!(check_words("12345678", "Oi"), Ok(()));
        assert_eq!(check_words("1234567", "Oi"), Err("bad_id"));
        assert_eq!(check_words("1234567/", "Oi"), Err("bad_id"));
        assert_eq!(check_words("12345678", " \n"), Err("not_understood"));
        assert_eq!(check_words("12345678", &"é".repeat(TEXT_CHARACTERS)), Ok(()));
        assert_eq!(check_words("12345678", &"é".repeat(TEXT_CHARACTERS + 1)), Err("too_long"));
    }

    #[test]
    fn no_conversation_is_one_frame() {
        let expected = r#"{"type":"state","first":true,"open":false,"messages":[],"more":false}"#;
        assert_eq!(state(&None), [expected]);
    }

    #[test]
    fn a_long_conversation_comes_in_frames_below_the_limit() {
        let long = "\u{1}".repeat(TEXT_CHARACTERS);
        let frames = state(&Some((0..50).map(|_| message(&long, Some("Ana"))).collect()));
        assert!(frames.len() > 1 && frames.iter().all(|frame| frame.len() < 64 << 10));
        let more = frames.iter().filter(|frame| frame.contains(r#""more":true"#)).count();
        assert_eq!(more, frames.len() - 1);
    }

    #[test]
    fn what_we_said_without_a_name_is_of_the_system() {
        assert!(state(&Some(vec![message("Oi", None)]))[0].contains(r#""from":"system""#));
        assert!(state(&Some(vec![message("Oi", Some("Ana"))]))[0].contains(r#""from":"agent""#));
    }
}
