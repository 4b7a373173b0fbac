//! Where an event belongs: its contact, conversation and Interaction, found or begun in one transaction.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::event::{Attribute, Person};
use crate::model::{
    ContactId, ConversationId, IdentityKind, InboxId, InteractionDirection, InteractionId, Medium, MessageId,
    NewInteraction, OrganizationId, title_of,
};
use crate::store::{
    ContactFields, HeldConversation, InboxFacts, Shown, StoreError, Tx, Whose, insert_interaction,
};

/// A delivery while it is stored.
pub(super) struct Delivery {
    pub tx: Tx,
    pub organization: OrganizationId,
    pub inbox: InboxId,
    pub facts: InboxFacts,
    pub now_ms: i64,
    pub news: News,
}

/// What is told once the delivery is stored.
#[derive(Default, Debug)]
pub(super) struct News {
    pub begun: Vec<InteractionId>,
    pub changed: BTreeSet<InteractionId>,
    pub ended: BTreeSet<InteractionId>,
    pub messages: BTreeSet<MessageId>,
}

/// With what an Interaction begins, if one has to.
#[derive(Clone, Copy)]
pub(super) struct Beginning<'a> {
    pub person: &'a Person,
    pub attributes: &'a [Attribute],
}

impl Delivery {
    /// The conversation of a thread, with its contact; begun if there is none. Held until the transaction ends.
    pub async fn conversation(
        &mut self,
        thread: &str,
        person: &Person,
    ) -> Result<HeldConversation, StoreError> {
        let held = self.tx.hold_conversation(self.organization, self.inbox, thread).await?;
        let contact = match held.and_then(|held| held.contact) {
            Some(contact) => contact,
            None => self.contact(person).await?,
        };
        self.learn(contact, person).await?;
        match held {
            Some(held) if held.contact.is_some() => Ok(held),
            Some(held) => {
                self.tx.set_conversation_contact(self.organization, held.id, contact).await?;
                Ok(HeldConversation { contact: Some(contact), ..held })
            }
            None => self.tx.begin_conversation(self.organization, self.inbox, thread, contact).await,
        }
    }

    /// The contact of the first identity that is known, or a new one.
    async fn contact(&mut self, person: &Person) -> Result<ContactId, StoreError> {
        let found = self.tx.find_contact(self.organization, self.inbox, &person.identities).await?;
        if let Some(contact) = found {
            return Ok(contact);
        }
        let fields = ContactFields {
            name: person.name.clone().unwrap_or_default().trim().to_owned(),
            language: person.language.clone(),
            attributes: person.attributes.iter().map(|one| (one.name.clone(), one.value.clone())).collect(),
        };
        let contact = self.tx.insert_contact(self.organization, &fields, self.now_ms).await?;
        if let Some(surest) = person.identities.first()
            && !self.tx.identify(self.organization, contact, self.inbox, surest).await?
        {
            // Another delivery made a contact of the same person meanwhile.
            return Err(StoreError::Crossed);
        }
        Ok(contact)
    }

    /// Adds what is new of a person. An identity that is another contact's stays with it.
    pub async fn learn(&mut self, contact: ContactId, person: &Person) -> Result<(), StoreError> {
        for identity in &person.identities {
            self.tx.identify(self.organization, contact, self.inbox, identity).await?;
        }
        match person.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => self.tx.name_contact(self.organization, contact, name, self.now_ms).await,
            None => Ok(()),
        }
    }

    /// The Interaction that a message of the customer belongs to: the open one, else a new one.
    pub async fn heard(
        &mut self,
        held: &HeldConversation,
        beginning: Beginning<'_>,
        shown: Shown<'_>,
    ) -> Result<Whose, StoreError> {
        if let Some(latest) = held.interaction
            && let Some(whose) = self.tx.heard(self.organization, latest, shown).await?
        {
            self.news.changed.insert(whose.interaction);
            return Ok(whose);
        }
        let begun = self.begin_interaction(held, beginning).await?;
        self.tx.heard(self.organization, begun, shown).await?.ok_or(StoreError::Crossed)
    }

    /// Begins an Interaction in a conversation.
    pub async fn begin_interaction(
        &mut self,
        held: &HeldConversation,
        beginning: Beginning<'_>,
    ) -> Result<InteractionId, StoreError> {
        let ConversationId(visitor) = held.id;
        let new = NewInteraction {
            organization: self.organization,
            medium: Medium::Chat,
            channel: self.facts.plugin.clone(),
            direction: InteractionDirection::Inbound,
            queue: self.facts.queue,
            agent: None,
            contact: held.contact,
            inbox: Some(self.inbox),
            conversation: Some(held.id),
            call: None,
            title: title_of(beginning.person.name.as_deref(), &beginning.person.identities, visitor),
            number: None,
            priority: 0,
            started_at_ms: self.now_ms,
            visitor: visitor_data(beginning),
        };
        let row = insert_interaction(&mut self.tx, &new).await?;
        self.tx.set_conversation_interaction(self.organization, held.id, row.id).await?;
        self.news.begun.push(row.id);
        Ok(row.id)
    }
}

/// What is known of a visitor: some names have a place of their own, all others are answers of a form.
fn visitor_data(beginning: Beginning<'_>) -> Option<Value> {
    let mut data = Map::new();
    let mut form = Map::new();
    for Attribute { name, value } in beginning.attributes {
        let place = match name.as_str() {
            "origin" | "browser" | "os" | "ip" | "name" | "email" => &mut data,
            _ => &mut form,
        };
        place.insert(name.clone(), json!(value));
    }
    if let Some(name) = &beginning.person.name {
        data.entry("name").or_insert_with(|| json!(name));
    }
    let email = beginning.person.identities.iter().find(|identity| identity.kind == IdentityKind::Email);
    if let Some(email) = email {
        data.entry("email").or_insert_with(|| json!(email.value));
    }
    if !form.is_empty() {
        data.insert("form".to_owned(), Value::Object(form));
    }
    (!data.is_empty()).then_some(Value::Object(data))
}
