//! One item of a conversation.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::model::{ConversationId, InteractionId, UserId};

row_id! {
    /// Row number of a [`Message`].
    MessageId
}

row_id! {
    /// Row number of a file that came with a message.
    AttachmentId
}

row_id! {
    /// Row number of a request in the outbox.
    OutboxId
}

worded_enum! {
    /// Who speaks to whom.
    MessageDirection {
        /// The customer to us.
        In = "in",
        /// We to the customer.
        Out = "out",
        /// Among ourselves; the customer never sees it.
        Comment = "comment",
        /// The centre to its agents.
        System = "system",
    }
}

worded_enum! {
    /// How a text is written.
    TextFormat {
        Plain = "plain",
        /// CommonMark.
        Markdown = "markdown",
    }
}

worded_enum! {
    /// What kind of file it is.
    AttachmentKind {
        Image = "image",
        Audio = "audio",
        /// Audio recorded as a message.
        Voice = "voice",
        Video = "video",
        Document = "document",
        Sticker = "sticker",
    }
}

worded_enum! {
    /// How far a message of ours has come.
    MessageState {
        /// It waits in the outbox.
        Queued = "queued",
        /// It was sent and no answer came: nobody knows.
        Unknown = "unknown",
        Sent = "sent",
        Failed = "failed",
        Delivered = "delivered",
        Read = "read",
        /// It is not sent to anybody, or came from the customer.
        None = "none",
    }
}

impl MessageState {
    /// A message moves only to a higher rank, in whatever order the news come: a failure stands unless the message turns
    /// out to have arrived.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Queued => 0,
            Self::Unknown => 1,
            Self::Sent => 2,
            Self::Failed => 3,
            Self::Delivered => 4,
            Self::Read => 5,
            Self::None => 9,
        }
    }
}

/// Who wrote a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Author {
    pub id: UserId,
    pub name: String,
}

/// A file that came with a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Attachment {
    pub id: AttachmentId,
    pub kind: AttachmentKind,
    pub media_type: Option<String>,
    pub file_name: Option<String>,
    pub size_bytes: Option<u64>,
    /// Where the console fetches it; `None` while it has not been fetched from the provider.
    pub url: Option<String>,
}

/// One item of a conversation, as agents see it.
#[derive(Clone, PartialEq, Debug, Serialize, ToSchema)]
pub struct Message {
    pub id: MessageId,
    pub interaction_id: Option<InteractionId>,
    pub conversation_id: ConversationId,
    pub direction: MessageDirection,
    /// The user who wrote it; none for the customer, for programs and for the provider's own app.
    pub author: Option<Author>,
    pub text: String,
    pub format: TextFormat,
    /// What is more than text: a place, cards, a choice.
    pub content: Option<Value>,
    /// Emoji of the customer and of the business.
    pub reactions: Option<Value>,
    pub attachments: Vec<Attachment>,
    /// The message that this one quotes, if we have it.
    pub reply_to: Option<MessageId>,
    pub state: MessageState,
    /// Why it failed.
    pub reason: Option<String>,
    pub at_ms: i64,
    pub edited_at_ms: Option<i64>,
    pub deleted_at_ms: Option<i64>,
    /// What the console called it when it sent it.
    pub client_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::MessageState::{Delivered, Failed, Queued, Read, Sent, Unknown};

    #[test]
    fn news_of_a_message_only_move_it_forward() {
        let order = [Queued, Unknown, Sent, Failed, Delivered, Read];
        assert!(order.is_sorted_by_key(|state| state.rank()));
    }
}
