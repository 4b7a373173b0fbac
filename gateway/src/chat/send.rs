//! What agents and the centre write: a message and its place in the outbox, in one transaction.

use rand::RngCore as _;

use super::error::SendError;
use super::request::{OutboundMessage, Request, Sender};
use super::{Chat, audience};
use crate::model::{
    Capabilities, CustomerState, InteractionId, InteractionState, Message, MessageDirection, MessageId,
    MessageState, OrganizationId, TextFormat, UserId,
};
use crate::store::{NewMessage, NewOutboxRow, SendPlace, Shown, StoreError, Tx, Whose};

/// Bytes of a text, on whatever channel.
const TEXT_LIMIT: usize = 64 << 10;
/// How long a message is worth sending: 24 hours, in milliseconds.
const MESSAGE_LIFETIME_MS: i64 = 86_400_000;
/// How long it is worth telling that somebody types: 10 s, in milliseconds.
const TYPING_LIFETIME_MS: i64 = 10_000;
/// How long it is worth telling that something was read: 1 hour, in milliseconds.
const READ_LIFETIME_MS: i64 = 3_600_000;

/// What an agent writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    pub user: UserId,
    pub interaction: InteractionId,
    pub to: Addressee,
    pub text: String,
    /// What the console calls it: the same again is sent once.
    pub client_id: Option<String>,
    /// The message that is quoted.
    pub reply_to: Option<MessageId>,
}

/// For whom it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addressee {
    Customer,
    /// Agents alone: it never reaches the outbox.
    Colleagues,
}

/// A message that was checked, and what it is sent with.
struct Checked<'a> {
    place: &'a SendPlace,
    /// Of whom it comes; none: of the centre.
    user: Option<UserId>,
    sender: Sender,
    text: &'a str,
    client_id: Option<&'a str>,
    reply_to: Option<String>,
}

impl Chat {
    /// Writes to the customer, or a comment for colleagues. The message is stored, and sent as soon as the channel can.
    ///
    /// # Errors
    /// It was not stored.
    pub async fn send(
        &self,
        organization: OrganizationId,
        outgoing: Outgoing,
        now_ms: i64,
    ) -> Result<Message, SendError> {
        let chat = self.clone();
        let task = tokio::spawn(async move {
            let (id, whose) = chat.store_outgoing(organization, &outgoing, now_ms).await?;
            chat.told(organization, id, whose).await
        });
        task.await.unwrap_or(Err(SendError::Stopped))
    }

    /// Writes to the customer in the name of the centre: what a rule says.
    ///
    /// # Errors
    /// It was not stored.
    pub async fn say(
        &self,
        organization: OrganizationId,
        interaction: InteractionId,
        text: &str,
        now_ms: i64,
    ) -> Result<Message, SendError> {
        let mut tx = self.store.begin().await?;
        let place = place(&mut tx, organization, interaction).await?;
        let text = fitting(text, capabilities(&place)?)?;
        let checked = Checked {
            place: &place,
            user: None,
            sender: Sender::Centre,
            text,
            client_id: None,
            reply_to: None,
        };
        let (id, whose) = write(&mut tx, organization, &checked, now_ms).await?;
        tx.commit().await?;
        self.told(organization, id, whose).await
    }

    async fn told(
        &self,
        organization: OrganizationId,
        id: MessageId,
        whose: Whose,
    ) -> Result<Message, SendError> {
        self.shared.outbox.notify_one();
        self.floor.changed(organization, whose.interaction).await;
        let message = self.store.message(organization, id).await?.ok_or(SendError::NoInteraction)?;
        self.feed.publish(organization, audience(whose), "message", &message);
        Ok(message)
    }

    async fn store_outgoing(
        &self,
        organization: OrganizationId,
        outgoing: &Outgoing,
        now_ms: i64,
    ) -> Result<(MessageId, Whose), SendError> {
        let mut tx = self.store.begin().await?;
        let place = place(&mut tx, organization, outgoing.interaction).await?;
        if let Some(client_id) = &outgoing.client_id
            && let Some(known) = tx.message_of_client(organization, outgoing.interaction, client_id).await?
        {
            return Ok((known, place.whose));
        }
        let stored = match outgoing.to {
            Addressee::Customer => to_customer(&mut tx, organization, outgoing, (&place, now_ms)).await?,
            Addressee::Colleagues => comment(&mut tx, organization, outgoing, (&place, now_ms)).await?,
        };
        tx.commit().await?;
        Ok(stored)
    }

    /// The agent has read everything; the customer is told where the channel can.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn read(
        &self,
        organization: OrganizationId,
        user: UserId,
        interaction: InteractionId,
        now_ms: i64,
    ) -> Result<(), SendError> {
        let mut tx = self.store.begin().await?;
        let place = tx.send_place(organization, interaction).await?.ok_or(SendError::NoInteraction)?;
        if place.whose.agent != Some(user) || !tx.mark_read(organization, interaction).await? {
            return Ok(());
        }
        if let Some(conversation) = place.conversation
            && let Some(provider_id) = tx.last_inbound_id(organization, conversation).await?
        {
            let request = Request::Read { provider_id };
            queue(&mut tx, organization, &place, &request, (now_ms, READ_LIFETIME_MS)).await?;
        }
        tx.commit().await?;
        self.shared.outbox.notify_one();
        self.floor.changed(organization, interaction).await;
        Ok(())
    }

    /// The agent types: the customer is shown it where the channel can.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn typing(
        &self,
        organization: OrganizationId,
        user: UserId,
        interaction: InteractionId,
        now_ms: i64,
    ) -> Result<(), SendError> {
        let mut tx = self.store.begin().await?;
        let place = tx.send_place(organization, interaction).await?.ok_or(SendError::NoInteraction)?;
        let can = place.capabilities.as_ref().is_some_and(|capabilities| capabilities.typing);
        if can && place.whose.agent == Some(user) && place.state == InteractionState::Open {
            queue(&mut tx, organization, &place, &Request::Typing, (now_ms, TYPING_LIFETIME_MS)).await?;
            tx.commit().await?;
            self.shared.outbox.notify_one();
        }
        Ok(())
    }
}

async fn place(
    tx: &mut Tx,
    organization: OrganizationId,
    interaction: InteractionId,
) -> Result<SendPlace, SendError> {
    let place = tx.send_place(organization, interaction).await?.ok_or(SendError::NoInteraction)?;
    if place.conversation.is_none() {
        return Err(SendError::NoConversation);
    }
    Ok(place)
}

async fn to_customer(
    tx: &mut Tx,
    organization: OrganizationId,
    outgoing: &Outgoing,
    (place, now_ms): (&SendPlace, i64),
) -> Result<(MessageId, Whose), SendError> {
    check_open(place, outgoing.user)?;
    let capabilities = capabilities(place)?;
    let text = fitting(&outgoing.text, capabilities)?;
    check_window(place, capabilities, now_ms)?;
    let reply_to = match outgoing.reply_to {
        Some(_) if !capabilities.quote => return Err(SendError::CannotQuote),
        Some(quoted) => Some(quoted_id(tx, organization, place, quoted).await?),
        None => None,
    };
    let name = tx.name_of_user(organization, outgoing.user).await?.unwrap_or_default();
    let checked = Checked {
        place,
        user: Some(outgoing.user),
        sender: Sender::Agent { name },
        text,
        client_id: outgoing.client_id.as_deref(),
        reply_to,
    };
    let stored = write(tx, organization, &checked, now_ms).await?;
    tx.forget_draft(organization, outgoing.user, outgoing.interaction).await?;
    Ok(stored)
}

fn capabilities(place: &SendPlace) -> Result<&Capabilities, SendError> {
    place.capabilities.as_ref().ok_or(SendError::NoInbox)
}

fn check_open(place: &SendPlace, user: UserId) -> Result<(), SendError> {
    match (place.state, place.customer) {
        (InteractionState::Closed, _) => Err(SendError::Closed),
        (_, CustomerState::Ended) => Err(SendError::CustomerEnded),
        _ if place.whose.agent != Some(user) => Err(SendError::NotYours),
        _ => Ok(()),
    }
}

/// The text, if the channel takes it.
fn fitting<'a>(text: &'a str, capabilities: &Capabilities) -> Result<&'a str, SendError> {
    if text.trim().is_empty() {
        return Err(SendError::Empty);
    }
    let limit = capabilities.text_characters.map_or(TEXT_LIMIT, |limit| limit as usize);
    let has = text.chars().count();
    if has > limit || text.len() > TEXT_LIMIT {
        return Err(SendError::TooLong { has, limit });
    }
    Ok(text)
}

/// Whether the provider lets a person write now.
fn check_window(place: &SendPlace, capabilities: &Capabilities, now_ms: i64) -> Result<(), SendError> {
    let Some(last) = place.last_inbound_at_ms else {
        return if capabilities.starts_conversations { Ok(()) } else { Err(SendError::CustomerFirst) };
    };
    match capabilities.agent_window_s.or(capabilities.reply_window_s) {
        Some(window_s) if now_ms - last > i64::from(window_s) * 1_000 => {
            Err(SendError::WindowClosed { hours: window_s / 3_600 })
        }
        Some(_) | None => Ok(()),
    }
}

async fn quoted_id(
    tx: &mut Tx,
    organization: OrganizationId,
    place: &SendPlace,
    quoted: MessageId,
) -> Result<String, SendError> {
    let conversation = place.conversation.ok_or(SendError::NoConversation)?;
    tx.provider_id(organization, conversation, quoted).await?.ok_or(SendError::NoSuchQuote)
}

/// Writes a message for the customer with its request.
async fn write(
    tx: &mut Tx,
    organization: OrganizationId,
    checked: &Checked<'_>,
    now_ms: i64,
) -> Result<(MessageId, Whose), SendError> {
    let place = checked.place;
    let conversation = place.conversation.ok_or(SendError::NoConversation)?;
    let shown = Shown { text: checked.text, at_ms: now_ms };
    let interaction = place.whose.interaction;
    let whose = match checked.user {
        Some(_) => tx.said(organization, interaction, shown).await?,
        None => tx.announced(organization, interaction, shown).await?,
    };
    let whose = whose.ok_or(SendError::Closed)?;
    let our_id = unique_id();
    let new = NewMessage {
        our_id: Some(&our_id),
        reply_to: checked.reply_to.as_deref(),
        client_id: checked.client_id,
        user: checked.user,
        ..outbound(organization, place, checked.text, now_ms)?
    };
    let id = tx.insert_message(&new).await?;
    tx.spoken_at(organization, conversation, MessageDirection::Out, now_ms).await?;
    let request = Request::Message(OutboundMessage {
        our_id,
        sender: checked.sender.clone(),
        text: checked.text.to_owned(),
        format: TextFormat::Plain,
        reply_to: checked.reply_to.clone(),
        last_inbound_at_ms: place.last_inbound_at_ms,
    });
    let row = NewOutboxRow {
        organization,
        conversation,
        message: Some(id),
        request: &request.json(),
        now_ms,
        give_up_at_ms: now_ms + MESSAGE_LIFETIME_MS,
    };
    tx.queue_request(&row).await?;
    Ok((id, whose))
}

async fn comment(
    tx: &mut Tx,
    organization: OrganizationId,
    outgoing: &Outgoing,
    (place, now_ms): (&SendPlace, i64),
) -> Result<(MessageId, Whose), SendError> {
    if outgoing.text.trim().is_empty() {
        return Err(SendError::Empty);
    }
    if outgoing.text.len() > TEXT_LIMIT {
        return Err(SendError::TooLong { has: outgoing.text.len(), limit: TEXT_LIMIT });
    }
    let new = NewMessage {
        direction: MessageDirection::Comment,
        user: Some(outgoing.user),
        client_id: outgoing.client_id.as_deref(),
        state: MessageState::None,
        ..outbound(organization, place, &outgoing.text, now_ms)?
    };
    Ok((tx.insert_message(&new).await?, place.whose))
}

fn outbound<'a>(
    organization: OrganizationId,
    place: &SendPlace,
    text: &'a str,
    at_ms: i64,
) -> Result<NewMessage<'a>, SendError> {
    Ok(NewMessage {
        organization,
        conversation: place.conversation.ok_or(SendError::NoConversation)?,
        interaction: Some(place.whose.interaction),
        inbox: place.inbox.ok_or(SendError::NoConversation)?,
        direction: MessageDirection::Out,
        user: None,
        provider_id: None,
        our_id: None,
        client_id: None,
        text,
        format: TextFormat::Plain,
        content: None,
        reply_to: None,
        state: MessageState::Queued,
        at_ms,
    })
}

/// Writes a request that is no message, unless the same waits already.
async fn queue(
    tx: &mut Tx,
    organization: OrganizationId,
    place: &SendPlace,
    request: &Request,
    (now_ms, lifetime_ms): (i64, i64),
) -> Result<(), StoreError> {
    let Some(conversation) = place.conversation else { return Ok(()) };
    let request = request.json();
    if tx.is_queued(organization, conversation, &request).await? {
        return Ok(());
    }
    let give_up_at_ms = now_ms + lifetime_ms;
    let row =
        NewOutboxRow { organization, conversation, message: None, request: &request, now_ms, give_up_at_ms };
    tx.queue_request(&row).await
}

/// Random, so that it stays unique where a database is made anew: providers remember.
fn unique_id() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
