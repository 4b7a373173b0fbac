//! A conversation as its customer may see it.

use super::{Chat, Writer};
use crate::model::{InboxId, Message, MessageDirection, MessageState, OrganizationId, TextFormat};
use crate::store::StoreError;

/// A message as its customer may see it: never a comment among agents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownMessage {
    /// The provider's id of what the customer wrote, ours of what we wrote.
    pub id: String,
    pub writer: Writer,
    /// Who wrote it on our side, if a person did.
    pub name: Option<String>,
    pub text: String,
    pub format: TextFormat,
    pub at_ms: i64,
    pub state: MessageState,
}

impl Chat {
    /// The last messages of the conversation that is open in a thread, oldest first; `None`: none is open.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn shown(
        &self,
        organization: OrganizationId,
        inbox: InboxId,
        thread: &str,
        most: u32,
    ) -> Result<Option<Vec<ShownMessage>>, StoreError> {
        if !self.store.is_thread_open(organization, inbox, thread).await? {
            return Ok(None);
        }
        let messages = self.store.shown_messages((organization, inbox), thread, most).await?;
        Ok(Some(messages.into_iter().map(|(id, message)| shown(id, message)).collect()))
    }
}

fn shown(id: String, message: Message) -> ShownMessage {
    let writer = match message.direction {
        MessageDirection::In => Writer::Customer,
        MessageDirection::Out | MessageDirection::Comment | MessageDirection::System => Writer::Business,
    };
    ShownMessage {
        id,
        writer,
        name: message.author.map(|author| author.name),
        text: message.text,
        format: message.format,
        at_ms: message.at_ms,
        state: message.state,
    }
}
