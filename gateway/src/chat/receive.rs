//! Deliveries: stored whole or not at all, each message once however often and in whatever order they come.

use super::content::{columns, files};
use super::error::ChatError;
use super::event::{
    AtThread, Deleted, Edited, Event, InboundMessage, PersonChanged, Reacted, Started, Writer,
};
use super::thread::{Beginning, Delivery};
use super::{Chat, audience, check, early};
use crate::model::{InboxId, InteractionId, MessageDirection, MessageState, OrganizationId};
use crate::store::{Edit, HeldConversation, NewAttachment, NewMessage, Shown, StoreError, Turn, Whose};

/// Providers that count in seconds cut the rest off.
const SECOND_MS: i64 = 1_000;

impl Chat {
    /// Stores what one delivery brought, and tells the floor and those who look. Once it is `Ok` nothing of it is lost, also
    /// where the node is killed the next moment; a message that is known already changes nothing. Gives the Interactions that
    /// began with it: the caller asks the rules about them, and then tells the floor that they have arrived.
    ///
    /// # Errors
    /// Nothing of it was stored.
    pub async fn receive(
        &self,
        organization: OrganizationId,
        inbox: InboxId,
        events: Vec<Event>,
        now_ms: i64,
    ) -> Result<Vec<InteractionId>, ChatError> {
        check::delivery(&events)?;
        let events = self.fresh(organization, inbox, events).await?;
        if events.iter().all(|event| matches!(event, Event::Typing(_))) {
            self.tell_of_typing((organization, inbox), &events).await;
            return Ok(Vec::new());
        }
        self.store_events((organization, inbox), events, now_ms).await
    }

    /// What is not known yet: repeats need no transaction.
    async fn fresh(
        &self,
        organization: OrganizationId,
        inbox: InboxId,
        events: Vec<Event>,
    ) -> Result<Vec<Event>, ChatError> {
        let mut fresh = Vec::with_capacity(events.len());
        for event in events {
            let known = match &event {
                Event::Message(message) => {
                    self.store.is_known_message(organization, inbox, &message.id).await?
                }
                _ => false,
            };
            if !known {
                fresh.push(event);
            }
        }
        Ok(fresh)
    }

    pub(super) async fn tell_of_typing(
        &self,
        (organization, inbox): (OrganizationId, InboxId),
        events: &[Event],
    ) {
        for event in events {
            if let Event::Typing(typing) = event {
                self.show_typing(organization, inbox, &typing.thread, typing.active).await;
            }
        }
    }

    async fn show_typing(&self, organization: OrganizationId, inbox: InboxId, thread: &str, active: bool) {
        let found = self.store.interaction_of_thread(organization, inbox, thread).await;
        let Ok(Some(whose)) = found else { return };
        let data = serde_json::json!({ "interaction_id": whose.interaction, "active": active });
        self.feed.publish(organization, audience(whose), "typing", data);
    }
}

impl Delivery {
    pub(super) async fn store(&mut self, event: &Event) -> Result<(), StoreError> {
        match event {
            Event::Message(message) => self.message(message).await,
            Event::Edited(edited) => self.edited(edited).await,
            Event::Deleted(deleted) => self.deleted(deleted).await,
            Event::Reacted(reacted) => self.reacted(reacted).await,
            Event::Status(status) => self.status(status).await,
            Event::Typing(_) => Ok(()),
            Event::Started(started) => self.started(started).await,
            Event::Ended(at) => self.turn(at, Turn::Ended).await,
            Event::Left(at) => self.turn(at, Turn::Left).await,
            Event::Returned(at) => self.turn(at, Turn::Returned).await,
            Event::PersonChanged(changed) => self.person_changed(changed).await,
        }
    }

    async fn message(&mut self, message: &InboundMessage) -> Result<(), StoreError> {
        let held = self.conversation(&message.thread, &message.person).await?;
        // Only now: who holds the conversation sees what others wrote in it.
        if self.tx.is_known(self.organization, self.inbox, &message.id).await? {
            return Ok(());
        }
        let at_ms = time_of(message.sent_at_ms, held.last_outbound_at_ms, self.now_ms);
        let columns = columns(&message.content);
        let shown = Shown { text: &columns.text, at_ms };
        let (direction, state, whose) = match message.writer {
            Writer::Customer => {
                let beginning = Beginning { person: &message.person, attributes: &message.attributes };
                let whose = self.heard(&held, beginning, shown).await?;
                (MessageDirection::In, MessageState::None, Some(whose))
            }
            Writer::Business => (MessageDirection::Out, MessageState::Sent, self.echoed(&held, shown).await?),
        };
        let id = self
            .tx
            .insert_message(&NewMessage {
                organization: self.organization,
                conversation: held.id,
                interaction: whose.map(|whose| whose.interaction),
                inbox: self.inbox,
                direction,
                user: None,
                provider_id: Some(&message.id),
                our_id: None,
                client_id: None,
                text: &columns.text,
                format: columns.format,
                content: columns.content.as_deref(),
                reply_to: message.reply_to.as_deref(),
                state,
                at_ms,
            })
            .await?;
        for file in files(&message.content) {
            let new = NewAttachment {
                kind: file.kind,
                media_type: file.media_type.as_deref(),
                file_name: file.file_name.as_deref(),
                size_bytes: file.size_bytes,
                duration_ms: file.duration_ms,
                reference: &file.reference,
            };
            self.tx.insert_attachment(self.organization, id, &new, self.now_ms).await?;
        }
        self.tx.spoken_at(self.organization, held.id, direction, at_ms).await?;
        self.news.messages.insert(id);
        self.recall_early(id, &message.id).await
    }

    /// The business wrote by another way: an answer where an Interaction is open, no reason to begin one.
    async fn echoed(
        &mut self,
        held: &HeldConversation,
        shown: Shown<'_>,
    ) -> Result<Option<Whose>, StoreError> {
        let Some(latest) = held.interaction else { return Ok(None) };
        let whose = self.tx.said(self.organization, latest, shown).await?;
        self.news.changed.extend(whose.map(|whose| whose.interaction));
        Ok(whose)
    }

    async fn edited(&mut self, edited: &Edited) -> Result<(), StoreError> {
        let columns = columns(&edited.content);
        let edit = Edit {
            text: &columns.text,
            format: columns.format,
            content: columns.content.as_deref(),
            at_ms: edited.at_ms,
        };
        match self.tx.edit_message(self.organization, self.inbox, &edited.id, edit).await? {
            Some(changed) => {
                self.news.messages.insert(changed);
                Ok(())
            }
            None => self.keep_early(&edited.id, &early::of_edit(&columns, edited.at_ms)).await,
        }
    }

    async fn deleted(&mut self, deleted: &Deleted) -> Result<(), StoreError> {
        let changed =
            self.tx.delete_message(self.organization, self.inbox, &deleted.id, deleted.at_ms).await?;
        match changed {
            Some(changed) => {
                self.news.messages.insert(changed);
                Ok(())
            }
            None => self.keep_early(&deleted.id, &early::of_deletion(deleted.at_ms)).await,
        }
    }

    async fn reacted(&mut self, reacted: &Reacted) -> Result<(), StoreError> {
        let before = self.tx.reactions(self.organization, self.inbox, &reacted.id).await?;
        let mut all: serde_json::Map<String, serde_json::Value> =
            before.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let who = match reacted.writer {
            Writer::Customer => "customer",
            Writer::Business => "business",
        };
        match &reacted.emoji {
            Some(emoji) => all.insert(who.to_owned(), emoji.as_str().into()),
            None => all.remove(who),
        };
        let after = (!all.is_empty()).then(|| serde_json::Value::Object(all).to_string());
        let changed =
            self.tx.set_reactions(self.organization, self.inbox, &reacted.id, after.as_deref()).await?;
        self.news.messages.extend(changed);
        Ok(())
    }

    async fn started(&mut self, started: &Started) -> Result<(), StoreError> {
        let held = self.conversation(&started.thread, &started.person).await?;
        let open = match held.interaction {
            Some(latest) => self.tx.open_interaction(self.organization, latest).await?,
            None => None,
        };
        if open.is_none() {
            let beginning = Beginning { person: &started.person, attributes: &started.attributes };
            self.begin_interaction(&held, beginning).await?;
        }
        // Who begins may be written to.
        let at_ms = started.at_ms.min(self.now_ms);
        self.tx.spoken_at(self.organization, held.id, MessageDirection::In, at_ms).await
    }

    async fn turn(&mut self, at: &AtThread, turn: Turn) -> Result<(), StoreError> {
        let held = self.tx.hold_conversation(self.organization, self.inbox, &at.thread).await?;
        let Some(latest) = held.and_then(|held| held.interaction) else { return Ok(()) };
        let at_ms = at.at_ms.min(self.now_ms);
        if let Some(whose) = self.tx.turn(self.organization, latest, turn, at_ms).await? {
            let told = if turn == Turn::Ended { &mut self.news.ended } else { &mut self.news.changed };
            told.insert(whose.interaction);
        }
        Ok(())
    }

    async fn person_changed(&mut self, changed: &PersonChanged) -> Result<(), StoreError> {
        let before = std::slice::from_ref(&changed.before);
        match self.tx.find_contact(self.organization, self.inbox, before).await? {
            Some(contact) => self.learn(contact, &changed.after).await,
            None => Ok(()),
        }
    }
}

/// When a message was sent, in milliseconds since 1970; never in the future. A time in whole seconds may be as much as a
/// second late: in the second of our own last message what comes after it is shown after it.
fn time_of(sent_at_ms: i64, last_outbound_at_ms: Option<i64>, now_ms: i64) -> i64 {
    let sent_at_ms = sent_at_ms.clamp(0, now_ms);
    let second = sent_at_ms..sent_at_ms.saturating_add(SECOND_MS);
    let whole = sent_at_ms % SECOND_MS == 0;
    match last_outbound_at_ms {
        Some(outbound) if whole && second.contains(&outbound) => now_ms.min(second.end - 1).max(outbound),
        Some(_) | None => sent_at_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::time_of;

    #[test]
    fn a_quick_answer_in_whole_seconds_stands_behind_what_it_answers() {
        assert_eq!(time_of(5_000, Some(5_300), 5_700), 5_700);
        assert_eq!(time_of(5_000, Some(5_300), 9_000), 5_999);
        assert_eq!(time_of(5_000, Some(4_900), 5_700), 5_000);
        assert_eq!(time_of(5_123, Some(5_300), 5_700), 5_123);
        assert_eq!(time_of(9_000, None, 5_700), 5_700);
        assert_eq!(time_of(-1, None, 5_700), 0);
    }
}
