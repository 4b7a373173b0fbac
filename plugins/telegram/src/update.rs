//! What Telegram sends us, as records.

use ramal_plugin::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Update {
    pub update_id: i64,
    message: Option<Message>,
    edited_message: Option<Message>,
    callback_query: Option<CallbackQuery>,
    message_reaction: Option<Reaction>,
}

#[derive(Deserialize)]
struct Message {
    message_id: i64,
    from: Option<User>,
    chat: Chat,
    /// Seconds since 1970.
    date: u64,
    edit_date: Option<u64>,
    text: Option<String>,
    caption: Option<String>,
    media_group_id: Option<String>,
    reply_to_message: Option<Replied>,
    photo: Option<Vec<File>>,
    voice: Option<File>,
    audio: Option<File>,
    video: Option<File>,
    document: Option<File>,
    sticker: Option<File>,
    location: Option<Place>,
    contact: Option<Card>,
}

#[derive(Deserialize)]
struct Replied {
    message_id: i64,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    language_code: Option<String>,
    #[serde(default)]
    is_bot: bool,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
}

#[derive(Deserialize)]
struct File {
    file_id: String,
    file_name: Option<String>,
    mime_type: Option<String>,
    file_size: Option<u64>,
    /// Seconds.
    duration: Option<u32>,
}

#[derive(Deserialize)]
struct Place {
    latitude: f64,
    longitude: f64,
}

#[derive(Deserialize)]
struct Card {
    phone_number: String,
    first_name: String,
}

#[derive(Deserialize)]
struct CallbackQuery {
    id: String,
    from: User,
    message: Option<Pressed>,
    data: Option<String>,
}

#[derive(Deserialize)]
struct Pressed {
    chat: Chat,
}

#[derive(Deserialize)]
struct Reaction {
    chat: Chat,
    message_id: i64,
    date: u64,
    new_reaction: Vec<ReactionType>,
}

#[derive(Deserialize)]
struct ReactionType {
    emoji: Option<String>,
}

/// Our id of a message: Telegram's own is unique only within its chat.
pub fn message_id(chat: i64, message: i64) -> String {
    format!("{chat}:{message}")
}

/// What an update means; nothing, where it is of no use to us.
pub fn events(update: Update) -> Vec<Event> {
    let events = [
        update.message.and_then(|message| received(message, update.update_id)),
        update.edited_message.map(edited),
        update.callback_query.map(chosen),
        update.message_reaction.map(reacted),
    ];
    events.into_iter().flatten().collect()
}

fn received(message: Message, update_id: i64) -> Option<Event> {
    let from = message.from.as_ref().filter(|user| !user.is_bot)?;
    Some(Event::Message(InboundMessage {
        id: message_id(message.chat.id, message.message_id),
        thread: message.chat.id.to_string(),
        author: Author::Customer,
        person: person(from),
        sent_at: message.date * 1_000,
        reply_to: message.reply_to_message.as_ref().map(|to| message_id(message.chat.id, to.message_id)),
        album: message.media_group_id.clone(),
        attributes: vec![Attribute { name: "update_id".to_owned(), value: update_id.to_string() }],
        content: content(message),
    }))
}

fn edited(message: Message) -> Event {
    Event::Edited(Edited {
        id: message_id(message.chat.id, message.message_id),
        thread: message.chat.id.to_string(),
        at: message.edit_date.unwrap_or(message.date) * 1_000,
        content: content(message),
    })
}

fn chosen(query: CallbackQuery) -> Event {
    let data = query.data.unwrap_or_default();
    Event::Message(InboundMessage {
        id: format!("callback:{}", query.id),
        thread: query.message.map_or(query.from.id, |message| message.chat.id).to_string(),
        author: Author::Customer,
        person: person(&query.from),
        // Telegram does not say when a button was pressed.
        sent_at: clock::now(),
        content: Content::Chosen(Choice { id: data.clone(), title: data }),
        reply_to: None,
        album: None,
        attributes: Vec::new(),
    })
}

fn reacted(reaction: Reaction) -> Event {
    Event::Reacted(Reacted {
        id: message_id(reaction.chat.id, reaction.message_id),
        thread: reaction.chat.id.to_string(),
        emoji: reaction.new_reaction.into_iter().find_map(|kind| kind.emoji),
        author: Author::Customer,
        at: reaction.date * 1_000,
    })
}

fn person(user: &User) -> Person {
    let mut identities = vec![Identity::Provider(user.id.to_string())];
    identities.extend(user.username.clone().map(Identity::Handle));
    let name = match &user.last_name {
        Some(last) => format!("{} {last}", user.first_name),
        None => user.first_name.clone(),
    };
    Person {
        identities,
        name: Some(name),
        language: user.language_code.clone(),
        picture: None,
        attributes: Vec::new(),
    }
}

fn content(message: Message) -> Content {
    if let Some(place) = message.location {
        return Content::Location(Location {
            latitude_degrees: place.latitude,
            longitude_degrees: place.longitude,
            name: None,
            address: None,
        });
    }
    if let Some(card) = message.contact {
        let person = Person::known_as(Identity::Phone(with_plus(&card.phone_number)));
        return Content::People(vec![Person { name: Some(card.first_name), ..person }]);
    }
    let files = [
        // Sizes from small to large: the last is the picture itself.
        message.photo.and_then(|mut sizes| sizes.pop()).map(|file| (AttachmentKind::Image, file)),
        message.voice.map(|file| (AttachmentKind::Voice, file)),
        message.audio.map(|file| (AttachmentKind::Audio, file)),
        message.video.map(|file| (AttachmentKind::Video, file)),
        message.document.map(|file| (AttachmentKind::Document, file)),
        message.sticker.map(|file| (AttachmentKind::Sticker, file)),
    ];
    let attachments: Vec<Attachment> = files.into_iter().flatten().map(attachment).collect();
    match message.text.or(message.caption) {
        None if attachments.is_empty() => Content::Other(OtherContent {
            kind: "unknown".to_owned(),
            summary: "A kind of message that cannot be shown here".to_owned(),
            json: String::new(),
        }),
        text => Content::Written(Written {
            text: text.unwrap_or_default(),
            format: TextFormat::Plain,
            subject: None,
            attachments,
        }),
    }
}

fn attachment((kind, file): (AttachmentKind, File)) -> Attachment {
    Attachment {
        reference: file.file_id,
        kind,
        media_type: file.mime_type,
        file_name: file.file_name,
        size_bytes: file.file_size,
        duration_ms: file.duration.map(|seconds| seconds.saturating_mul(1_000)),
    }
}

fn with_plus(number: &str) -> String {
    format!("+{}", number.trim_start_matches('+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<Event> {
        events(serde_json::from_str(json).unwrap())
    }

    fn message(rest: &str) -> InboundMessage {
        let json = format!(
            r#"{{"update_id":9,"message":{{"message_id":5,"from":{{"id":42,"is_bot":false,"first_name":"Ana","last_name":"Sá","username":"anasa","language_code":"pt-br"}},"chat":{{"id":42,"type":"private"}},"date":1795231800,{rest}}}}}"#
        );
        match read(&json).pop() {
            Some(Event::Message(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_that_quotes() {
        let message = message(r#""text":"Olá 👋","reply_to_message":{"message_id":3,"date":1}"#);
        assert_eq!((message.id.as_str(), message.thread.as_str()), ("42:5", "42"));
        assert_eq!(message.content, Content::text("Olá 👋"));
        assert_eq!(message.reply_to.as_deref(), Some("42:3"));
        assert_eq!(message.sent_at, 1_795_231_800_000);
        assert_eq!(message.person.name.as_deref(), Some("Ana Sá"));
        assert_eq!(
            message.person.identities,
            [Identity::Provider("42".to_owned()), Identity::Handle("anasa".to_owned())]
        );
    }

    #[test]
    fn the_largest_picture_of_an_album_with_its_words() {
        let message = message(
            r#""caption":"Nota","media_group_id":"g1","photo":[{"file_id":"s","file_size":10},{"file_id":"l","file_size":90}]"#,
        );
        let Content::Written(written) = message.content else { panic!() };
        assert_eq!((written.text.as_str(), written.attachments.len()), ("Nota", 1));
        assert_eq!(written.attachments[0].reference, "l");
        assert_eq!(message.album.as_deref(), Some("g1"));
    }

    #[test]
    fn a_voice_message() {
        let message = message(r#""voice":{"file_id":"v","mime_type":"audio/ogg","duration":7}"#);
        let Content::Written(written) = message.content else { panic!() };
        assert_eq!(written.attachments[0].kind, AttachmentKind::Voice);
        assert_eq!(written.attachments[0].duration_ms, Some(7_000));
    }

    #[test]
    fn an_edit_and_a_reaction_taken_back() {
        let edit = r#"{"update_id":1,"edited_message":{"message_id":5,"chat":{"id":42},"date":1,"edit_date":2,"text":"x"}}"#;
        assert!(matches!(&read(edit)[..], [Event::Edited(Edited { id, at: 2_000, .. })] if id == "42:5"));
        let reaction = r#"{"update_id":1,"message_reaction":{"chat":{"id":42},"message_id":5,"date":3,"old_reaction":[{"type":"emoji","emoji":"👍"}],"new_reaction":[]}}"#;
        assert!(matches!(&read(reaction)[..], [Event::Reacted(Reacted { emoji: None, .. })]));
    }

    #[test]
    fn what_is_of_no_use_is_nothing_and_what_is_unknown_is_shown_as_such() {
        assert_eq!(read(r#"{"update_id":1,"poll_answer":{}}"#), []);
        assert!(matches!(message(r#""dice":{"value":3}"#).content, Content::Other(_)));
    }
}
