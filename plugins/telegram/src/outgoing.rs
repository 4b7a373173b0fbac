//! What we ask, as a method of the Bot API.

use ramal_plugin::content::AttachmentKind;
use ramal_plugin::outbound::{Choices, File, TextAndFiles};
use ramal_plugin::prelude::{
    Body, Destination, OutboundContent, OutboundMessage, OutboundRequest, Part, PartContent, SendError,
};
use serde_json::{Value, json};

/// A request, ready to be sent.
pub enum Call {
    /// Answered with the message.
    Message(&'static str, Body),
    Action(&'static str, Body),
    Nothing,
}

/// The method for a request.
///
/// # Errors
/// What Telegram cannot do.
pub fn call_for(request: OutboundRequest) -> Result<Call, SendError> {
    match request {
        OutboundRequest::Message(message) => message_call(message),
        OutboundRequest::Edit(edit) => match edit.content {
            OutboundContent::Written(written) => {
                let (chat, id) = split(&edit.message.id)?;
                let arguments = json!({ "chat_id": chat, "message_id": id, "text": written.text });
                Ok(Call::Message("editMessageText", body(&arguments)))
            }
            OutboundContent::Choices(_) | OutboundContent::Location(_) | OutboundContent::Template(_) => {
                Err(SendError::Unsupported)
            }
        },
        OutboundRequest::Delete(message) => {
            let (chat, id) = split(&message.id)?;
            Ok(Call::Action("deleteMessage", body(&json!({ "chat_id": chat, "message_id": id }))))
        }
        OutboundRequest::React(reaction) => {
            let (chat, id) = split(&reaction.message.id)?;
            let kinds: Vec<Value> =
                reaction.emoji.iter().map(|emoji| json!({ "type": "emoji", "emoji": emoji })).collect();
            let arguments = json!({ "chat_id": chat, "message_id": id, "reaction": kinds });
            Ok(Call::Action("setMessageReaction", body(&arguments)))
        }
        OutboundRequest::Typing(thread) => {
            Ok(Call::Action("sendChatAction", body(&json!({ "chat_id": thread, "action": "typing" }))))
        }
        // Telegram knows neither read receipts nor conversations that end.
        OutboundRequest::Ended(_) | OutboundRequest::Read(_) => Ok(Call::Nothing),
    }
}

fn message_call(message: OutboundMessage) -> Result<Call, SendError> {
    let Destination::Thread(chat) = message.to else {
        return Err(SendError::Unreachable("a bot cannot write first".to_owned()));
    };
    let mut arguments = json!({ "chat_id": chat });
    if let Some(quoted) = &message.reply_to {
        arguments["reply_parameters"] = json!({ "message_id": split(quoted)?.1 });
    }
    match message.content {
        OutboundContent::Written(TextAndFiles { text, files, .. }) => match files.as_slice() {
            [] => {
                arguments["text"] = text.into();
                Ok(Call::Message("sendMessage", body(&arguments)))
            }
            [file] => {
                if !text.is_empty() {
                    arguments["caption"] = text.into();
                }
                let (method, field) = upload(file);
                Ok(Call::Message(method, with_file(&arguments, field, file)))
            }
            _ => Err(SendError::Invalid("one file a message".to_owned())),
        },
        OutboundContent::Choices(Choices { text, choices }) => {
            let rows: Vec<Value> = choices
                .iter()
                .map(|choice| json!([{ "text": choice.title, "callback_data": choice.id }]))
                .collect();
            arguments["text"] = text.into();
            arguments["reply_markup"] = json!({ "inline_keyboard": rows });
            Ok(Call::Message("sendMessage", body(&arguments)))
        }
        OutboundContent::Location(place) => {
            arguments["latitude"] = place.latitude_degrees.into();
            arguments["longitude"] = place.longitude_degrees.into();
            Ok(Call::Message("sendLocation", body(&arguments)))
        }
        OutboundContent::Template(_) => Err(SendError::Unsupported),
    }
}

/// The method and field for a file. A voice message must be Ogg with Opus; other audio goes as a file to play.
fn upload(file: &File) -> (&'static str, &'static str) {
    match file.kind {
        AttachmentKind::Image => ("sendPhoto", "photo"),
        AttachmentKind::Voice if file.media_type.starts_with("audio/ogg") => ("sendVoice", "voice"),
        AttachmentKind::Audio | AttachmentKind::Voice => ("sendAudio", "audio"),
        AttachmentKind::Video => ("sendVideo", "video"),
        AttachmentKind::Sticker => ("sendSticker", "sticker"),
        AttachmentKind::Document => ("sendDocument", "document"),
    }
}

fn body(arguments: &Value) -> Body {
    Body::Bytes(arguments.to_string().into_bytes())
}

fn with_file(arguments: &Value, field: &str, file: &File) -> Body {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = arguments.as_object().into_iter().flatten().map(|(name, value)| Part {
        name: name.clone(),
        file_name: None,
        media_type: None,
        content: PartContent::Bytes(text(value).into_bytes()),
    });
    let file = Part {
        name: field.to_owned(),
        file_name: Some(file.file_name.clone()),
        media_type: Some(file.media_type.clone()),
        content: PartContent::File(file.id.clone()),
    };
    Body::Multipart(fields.chain([file]).collect())
}

fn split(id: &str) -> Result<(i64, i64), SendError> {
    let parts =
        id.split_once(':').and_then(|(chat, message)| Some((chat.parse().ok()?, message.parse().ok()?)));
    parts.ok_or_else(|| SendError::Invalid("no message of this inbox".to_owned()))
}

#[cfg(test)]
mod tests {
    use ramal_plugin::content::TextFormat;
    use ramal_plugin::outbound::{Reaction, Sender, SenderKind, SentMessage};

    use super::*;

    fn message(text: &str, files: Vec<File>) -> OutboundRequest {
        OutboundRequest::Message(OutboundMessage {
            id: "o1".to_owned(),
            to: Destination::Thread("42".to_owned()),
            sender: Sender { kind: SenderKind::Agent, name: None },
            content: OutboundContent::Written(TextAndFiles {
                text: text.to_owned(),
                format: TextFormat::Plain,
                subject: None,
                files,
            }),
            reply_to: Some("42:5".to_owned()),
            last_inbound_at: None,
        })
    }

    fn json_of(call: Call) -> (&'static str, Value) {
        match call {
            Call::Message(method, Body::Bytes(bytes)) | Call::Action(method, Body::Bytes(bytes)) => {
                (method, serde_json::from_slice(&bytes).unwrap())
            }
            _ => panic!("no JSON"),
        }
    }

    #[test]
    fn a_text_that_quotes() {
        let (method, arguments) = json_of(call_for(message("Olá", Vec::new())).unwrap());
        assert_eq!(method, "sendMessage");
        assert_eq!(
            arguments,
            json!({ "chat_id": "42", "text": "Olá", "reply_parameters": { "message_id": 5 } })
        );
    }

    #[test]
    fn a_voice_message_is_uploaded_and_mp3_is_audio() {
        let file = |media_type: &str| File {
            id: "f1".to_owned(),
            kind: AttachmentKind::Voice,
            media_type: media_type.to_owned(),
            file_name: "a".to_owned(),
            size_bytes: 1,
            duration_ms: None,
            url: None,
        };
        let Call::Message(method, Body::Multipart(parts)) =
            call_for(message("", vec![file("audio/ogg; codecs=opus")])).unwrap()
        else {
            panic!()
        };
        assert_eq!(method, "sendVoice");
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["chat_id", "reply_parameters", "voice"]);
        assert_eq!(parts[1].content, PartContent::Bytes(br#"{"message_id":5}"#.to_vec()));
        assert!(matches!(call_for(message("", vec![file("audio/mpeg")])), Ok(Call::Message("sendAudio", _))));
    }

    #[test]
    fn a_reaction_is_taken_back_with_an_empty_list() {
        let message = SentMessage { thread: "42".to_owned(), id: "42:5".to_owned() };
        let reaction = OutboundRequest::React(Reaction { message, emoji: None });
        let (method, arguments) = json_of(call_for(reaction).unwrap());
        assert_eq!(method, "setMessageReaction");
        assert_eq!(arguments["reaction"], json!([]));
    }

    #[test]
    fn what_a_bot_cannot_do() {
        let mut first = message("Olá", Vec::new());
        if let OutboundRequest::Message(message) = &mut first {
            message.to = Destination::Person(Vec::new());
        }
        assert!(matches!(call_for(first), Err(SendError::Unreachable(_))));
        let strange = SentMessage { thread: String::new(), id: "x".to_owned() };
        assert!(matches!(call_for(OutboundRequest::Delete(strange)), Err(SendError::Invalid(_))));
    }
}
