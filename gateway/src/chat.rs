//! Conversations: what customers write and what is written to them, whatever the channel.
//!
//! Knows no channel and no plugin. What comes is stored in one transaction for each delivery, and only then is it told to the
//! floor and the feed; what goes lies in the outbox until the channel has sent it.

mod check;
mod content;
mod early;
mod error;
mod event;
mod file;
mod intake;
mod outbox;
mod receive;
mod request;
mod send;
mod shown;
mod status;
mod thread;
mod weight;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use tokio::sync::Notify;

pub use error::{ChatError, SendError};
pub use event::{
    AtThread, Attribute, Choice, Content, Deleted, Edited, Event, InboundFile, InboundMessage, Other, Person,
    PersonChanged, Place, Reacted, Started, Status, StatusTarget, Typing, Writer, Written, WrittenFormat,
};
pub use file::{FOLDER as FILES_FOLDER, FileError};
pub use outbox::{Claim, Receipt, SendFailure};
pub use request::{OutboundMessage, Request, Sender};
pub use send::{Addressee, Outgoing};
pub use shown::ShownMessage;

use intake::Intake;

use crate::feed::{Audience, Feed};
use crate::model::{InteractionId, MessageId, OrganizationId};
use crate::routing::floor;
use crate::store::{Store, Whose};

/// Conversations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chat {
    store: Store,
    feed: Feed,
    floor: floor::Handle,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// There is something in the outbox.
    outbox: Notify,
    intake: Intake,
}

impl Chat {
    pub fn new(store: Store, feed: Feed, floor: floor::Handle) -> Self {
        let shared = Shared { outbox: Notify::new(), intake: Intake::new(store.writers()) };
        Self { store, feed, floor, shared: Arc::new(shared) }
    }

    /// Tells those who may see them of messages that are new or changed. Nothing is lost where it fails: who opens the
    /// conversation reads its rows.
    async fn show(&self, organization: OrganizationId, ids: &[MessageId]) {
        let messages = match self.store.messages_by_id(organization, ids).await {
            Ok(messages) => messages,
            Err(error) => {
                return tracing::warn!(%error, "messages were stored and could not be shown at once");
            }
        };
        let mut known: HashMap<InteractionId, Option<Whose>> = HashMap::new();
        for message in messages {
            let Some(interaction) = message.interaction_id else { continue };
            if let Entry::Vacant(unknown) = known.entry(interaction) {
                let whose = self.store.whose(organization, interaction).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "a message was stored and could not be shown at once");
                    None
                });
                unknown.insert(whose);
            }
            if let Some(Some(whose)) = known.get(&interaction) {
                self.feed.publish(organization, audience(*whose), "message", message);
            }
        }
    }
}

/// Who may see what happens in an Interaction.
const fn audience(whose: Whose) -> Audience {
    Audience::Interaction { queue: whose.queue, agent: whose.agent }
}

#[cfg(test)]
mod tests;
