//! Threads at a provider, and what their messages do to the Interaction that they belong to.

use crate::model::{
    Capabilities, ContactId, ConversationId, CustomerState, InboxId, InteractionId, InteractionState,
    MessageDirection, OrganizationId, QueueId, UserId,
};
use crate::store::column::{parsed, parsed_json};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

/// Letters of a message that the list of interactions shows.
const PREVIEW_LETTERS: usize = 200;

/// What the chat has to know of an inbox.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct InboxFacts {
    /// Where its Interactions wait.
    pub queue: Option<QueueId>,
    /// The plugin's name, which is the channel's.
    pub plugin: String,
    pub capabilities: Capabilities,
    /// How numbers without a country are read in the Organization.
    pub country_prefix: Option<String>,
}

/// A conversation, held until the transaction ends: what comes for the same thread waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HeldConversation {
    pub id: ConversationId,
    pub contact: Option<ContactId>,
    /// The latest one, open or not.
    pub interaction: Option<InteractionId>,
    pub last_outbound_at_ms: Option<i64>,
}

/// Who may see what happens in an Interaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Whose {
    pub interaction: InteractionId,
    pub queue: Option<QueueId>,
    pub agent: Option<UserId>,
}

/// A message that an Interaction has to show in its row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    pub text: &'a str,
    pub at_ms: i64,
}

row! {
    struct FactsRow {
        queue_id: Option<i64>,
        plugin: String,
        capabilities: String,
        country_prefix: Option<String>,
    }
}

row! {
    struct HeldRow {
        id: i64,
        contact_id: Option<i64>,
        interaction_id: Option<i64>,
        last_outbound_at_ms: Option<i64>,
    }
}

row! {
    struct WhoseRow {
        id: i64,
        queue_id: Option<i64>,
        agent_id: Option<i64>,
    }
}

impl From<WhoseRow> for Whose {
    fn from(row: WhoseRow) -> Self {
        Self {
            interaction: InteractionId(row.id),
            queue: row.queue_id.map(QueueId),
            agent: row.agent_id.map(UserId),
        }
    }
}

const FACTS: &str = "SELECT i.queue_id, i.plugin, i.capabilities, o.country_prefix FROM inboxes i \
    JOIN organizations o ON o.id = i.organization_id WHERE i.id = $1 AND i.organization_id = $2";
/// An update that changes nothing holds the row on both databases.
const HOLD: &str = "UPDATE conversations SET thread = thread WHERE inbox_id = $1 AND thread = $2 \
    AND organization_id = $3 RETURNING id, contact_id, interaction_id, last_outbound_at_ms";
const BEGIN: &str = "INSERT INTO conversations (organization_id, inbox_id, contact_id, thread) \
    VALUES ($1, $2, $3, $4) ON CONFLICT (inbox_id, thread) DO NOTHING RETURNING id";
const SET_CONTACT: &str = "UPDATE conversations SET contact_id = $1 WHERE id = $2 AND organization_id = $3";
const SET_INTERACTION: &str =
    "UPDATE conversations SET interaction_id = $1 WHERE id = $2 AND organization_id = $3";
const INBOUND_AT: &str = "UPDATE conversations SET last_inbound_at_ms = $1 WHERE id = $2 AND organization_id = $3 \
    AND COALESCE(last_inbound_at_ms, 0) < $1";
const OUTBOUND_AT: &str = "UPDATE conversations SET last_outbound_at_ms = $1 WHERE id = $2 AND organization_id = $3 \
    AND COALESCE(last_outbound_at_ms, 0) < $1";
/// The last message shown is the latest by time; what comes late does not replace it.
const HEARD: &str = "UPDATE interactions SET unread = unread + 1, left_at_ms = NULL, \
    customer_state = CASE WHEN customer_state = 'new' THEN 'new' ELSE 'waiting' END, \
    last_text = CASE WHEN COALESCE(last_at_ms, 0) <= $3 THEN $4 ELSE last_text END, \
    last_direction = CASE WHEN COALESCE(last_at_ms, 0) <= $3 THEN 'in' ELSE last_direction END, \
    last_at_ms = CASE WHEN COALESCE(last_at_ms, 0) <= $3 THEN $3 ELSE last_at_ms END \
    WHERE id = $1 AND organization_id = $2 AND state <> 'closed' AND customer_state <> 'ended' \
    RETURNING id, queue_id, agent_id";
const SAID: &str = "UPDATE interactions SET unread = 0, \
    customer_state = CASE WHEN customer_state = 'ended' THEN 'ended' ELSE 'answered' END, \
    answered_at_ms = COALESCE(answered_at_ms, $3), \
    last_text = CASE WHEN COALESCE(last_at_ms, 0) <= $3 THEN $4 ELSE last_text END, \
    last_direction = CASE WHEN COALESCE(last_at_ms, 0) <= $3 THEN 'out' ELSE last_direction END, \
    last_at_ms = CASE WHEN COALESCE(last_at_ms, 0) <= $3 THEN $3 ELSE last_at_ms END \
    WHERE id = $1 AND organization_id = $2 AND state <> 'closed' RETURNING id, queue_id, agent_id";
/// What the centre says by itself is no answer of an agent.
const ANNOUNCED: &str = "UPDATE interactions SET last_text = $4, last_direction = 'out', last_at_ms = $3 \
    WHERE id = $1 AND organization_id = $2 AND state <> 'closed' RETURNING id, queue_id, agent_id";
const OPEN: &str = "SELECT id, queue_id, agent_id FROM interactions WHERE id = $1 AND organization_id = $2 \
    AND state <> 'closed' AND customer_state <> 'ended'";
const END: &str = "UPDATE interactions SET customer_state = 'ended', ended_at_ms = $3, ended_by = 'customer', \
    left_at_ms = NULL \
    WHERE id = $1 AND organization_id = $2 AND state <> 'closed' AND customer_state <> 'ended' \
    RETURNING id, queue_id, agent_id";
const LEAVE: &str = "UPDATE interactions SET left_at_ms = COALESCE(left_at_ms, $3) \
    WHERE id = $1 AND organization_id = $2 AND state <> 'closed' AND customer_state <> 'ended' \
    RETURNING id, queue_id, agent_id";
const RETURN: &str = "UPDATE interactions SET left_at_ms = NULL \
    WHERE id = $1 AND organization_id = $2 AND state <> 'closed' AND customer_state <> 'ended' \
    AND left_at_ms IS NOT NULL RETURNING id, queue_id, agent_id";
const READ: &str = "UPDATE interactions SET unread = 0 WHERE id = $1 AND organization_id = $2 AND unread > 0";
const OF_THREAD: &str = "SELECT i.id, i.queue_id, i.agent_id FROM conversations c \
    JOIN interactions i ON i.id = c.interaction_id AND i.organization_id = c.organization_id \
    WHERE c.inbox_id = $1 AND c.thread = $2 AND c.organization_id = $3 AND i.state <> 'closed'";
const IS_OPEN: &str = "SELECT 1 FROM conversations c \
    JOIN interactions i ON i.id = c.interaction_id AND i.organization_id = c.organization_id \
    WHERE c.inbox_id = $1 AND c.thread = $2 AND c.organization_id = $3 AND i.state <> 'closed' \
    AND i.customer_state <> 'ended'";
const SERVES: &str = "SELECT 1 FROM interactions WHERE organization_id = $1 AND agent_id = $2 AND contact_id = $3 \
    AND state = 'open'";
const SERVES_SAME: &str = "SELECT 1 FROM interactions mine JOIN interactions other \
    ON other.contact_id = mine.contact_id AND other.organization_id = mine.organization_id \
    WHERE mine.organization_id = $1 AND mine.agent_id = $2 AND mine.state = 'open' AND other.id = $3";
const HAS_INBOX: &str = "SELECT 1 FROM inboxes WHERE organization_id = $1 AND id = $2";
const WHOSE: &str = "SELECT id, queue_id, agent_id FROM interactions WHERE id = $1 AND organization_id = $2";

const PLACE: &str = "SELECT i.id, i.queue_id, i.agent_id, i.state, i.customer_state, c.id AS conversation_id, c.inbox_id, \
    c.last_inbound_at_ms, x.capabilities FROM interactions i \
    LEFT JOIN conversations c ON c.id = i.conversation_id AND c.organization_id = i.organization_id \
    LEFT JOIN inboxes x ON x.id = c.inbox_id AND x.organization_id = c.organization_id \
    WHERE i.id = $1 AND i.organization_id = $2";
const NAME_OF_USER: &str = "SELECT name FROM users WHERE id = $1 AND organization_id = $2";

/// What the chat has to know of an Interaction before anything is written in it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SendPlace {
    pub whose: Whose,
    pub state: InteractionState,
    pub customer: CustomerState,
    /// None: it is a call.
    pub conversation: Option<ConversationId>,
    pub inbox: Option<InboxId>,
    pub last_inbound_at_ms: Option<i64>,
    /// None: the inbox was deleted.
    pub capabilities: Option<Capabilities>,
}

row! {
    struct PlaceRow {
        id: i64,
        queue_id: Option<i64>,
        agent_id: Option<i64>,
        state: String,
        customer_state: String,
        conversation_id: Option<i64>,
        inbox_id: Option<i64>,
        last_inbound_at_ms: Option<i64>,
        capabilities: Option<String>,
    }
}

impl TryFrom<PlaceRow> for SendPlace {
    type Error = StoreError;

    fn try_from(row: PlaceRow) -> Result<Self, StoreError> {
        let whose = WhoseRow { id: row.id, queue_id: row.queue_id, agent_id: row.agent_id };
        let capabilities = row.capabilities.as_deref();
        Ok(Self {
            whose: whose.into(),
            state: parsed("interactions", &row.state)?,
            customer: parsed("interactions", &row.customer_state)?,
            conversation: row.conversation_id.map(ConversationId),
            inbox: row.inbox_id.map(InboxId),
            last_inbound_at_ms: row.last_inbound_at_ms,
            capabilities: capabilities.map(|text| parsed_json("inboxes", text)).transpose()?,
        })
    }
}

/// What befalls an open Interaction without a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    Ended,
    Left,
    Returned,
}

impl Tx {
    /// What stands in the way of a message, or does not.
    pub(crate) async fn send_place(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
    ) -> Result<Option<SendPlace>, StoreError> {
        let row: Option<PlaceRow> = on_tx!(self, |db| sqlx::query_as(PLACE)
            .bind(interaction.0)
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        row.map(SendPlace::try_from).transpose()
    }

    /// What a user is called.
    pub(crate) async fn name_of_user(
        &mut self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Option<String>, StoreError> {
        Ok(on_tx!(self, |db| sqlx::query_scalar(NAME_OF_USER)
            .bind(user.0)
            .bind(organization.0)
            .fetch_optional(db)
            .await)?)
    }

    /// An inbox, if the Organization has it.
    pub(crate) async fn inbox_facts(
        &mut self,
        OrganizationId(organization): OrganizationId,
        InboxId(inbox): InboxId,
    ) -> Result<Option<InboxFacts>, StoreError> {
        let row: Option<FactsRow> =
            on_tx!(self, |db| sqlx::query_as(FACTS).bind(inbox).bind(organization).fetch_optional(db).await)?;
        row.map(|row| {
            Ok(InboxFacts {
                queue: row.queue_id.map(QueueId),
                plugin: row.plugin,
                capabilities: parsed_json("inboxes", &row.capabilities)?,
                country_prefix: row.country_prefix,
            })
        })
        .transpose()
    }

    /// Takes hold of a conversation.
    pub(crate) async fn hold_conversation(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        thread: &str,
    ) -> Result<Option<HeldConversation>, StoreError> {
        let row: Option<HeldRow> = on_tx!(self, |db| sqlx::query_as(HOLD)
            .bind(inbox.0)
            .bind(without_nul(thread))
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|row| HeldConversation {
            id: ConversationId(row.id),
            contact: row.contact_id.map(ContactId),
            interaction: row.interaction_id.map(InteractionId),
            last_outbound_at_ms: row.last_outbound_at_ms,
        }))
    }

    /// Begins a conversation.
    ///
    /// # Errors
    /// [`StoreError::Crossed`] where another began it meanwhile.
    pub(crate) async fn begin_conversation(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        thread: &str,
        contact: ContactId,
    ) -> Result<HeldConversation, StoreError> {
        let id: Option<i64> = on_tx!(self, |db| sqlx::query_scalar(BEGIN)
            .bind(organization.0)
            .bind(inbox.0)
            .bind(contact.0)
            .bind(without_nul(thread))
            .fetch_optional(db)
            .await)?;
        let id = ConversationId(id.ok_or(StoreError::Crossed)?);
        Ok(HeldConversation { id, contact: Some(contact), interaction: None, last_outbound_at_ms: None })
    }

    pub(crate) async fn set_conversation_contact(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
        contact: ContactId,
    ) -> Result<(), StoreError> {
        self.set_of_conversation(SET_CONTACT, contact.0, (organization, conversation)).await
    }

    pub(crate) async fn set_conversation_interaction(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
        interaction: InteractionId,
    ) -> Result<(), StoreError> {
        self.set_of_conversation(SET_INTERACTION, interaction.0, (organization, conversation)).await
    }

    /// Remembers when somebody last spoke in it, in milliseconds since 1970.
    pub(crate) async fn spoken_at(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
        direction: MessageDirection,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        let statement = match direction {
            MessageDirection::In => INBOUND_AT,
            MessageDirection::Out => OUTBOUND_AT,
            MessageDirection::Comment | MessageDirection::System => return Ok(()),
        };
        self.set_of_conversation(statement, at_ms, (organization, conversation)).await
    }

    async fn set_of_conversation(
        &mut self,
        statement: &'static str,
        value: i64,
        (organization, conversation): (OrganizationId, ConversationId),
    ) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::query(statement)
            .bind(value)
            .bind(conversation.0)
            .bind(organization.0)
            .execute(db)
            .await
            .map(drop))?)
    }

    /// The customer wrote; `None` where the Interaction is over, and a new one has to begin.
    pub(crate) async fn heard(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
        shown: Shown<'_>,
    ) -> Result<Option<Whose>, StoreError> {
        self.show(HEARD, organization, interaction, shown).await
    }

    /// We wrote; `None` where the Interaction is closed.
    pub(crate) async fn said(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
        shown: Shown<'_>,
    ) -> Result<Option<Whose>, StoreError> {
        self.show(SAID, organization, interaction, shown).await
    }

    /// The centre wrote by itself; `None` where the Interaction is closed.
    pub(crate) async fn announced(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
        shown: Shown<'_>,
    ) -> Result<Option<Whose>, StoreError> {
        self.show(ANNOUNCED, organization, interaction, shown).await
    }

    async fn show(
        &mut self,
        statement: &'static str,
        organization: OrganizationId,
        interaction: InteractionId,
        shown: Shown<'_>,
    ) -> Result<Option<Whose>, StoreError> {
        let preview: String = shown.text.chars().take(PREVIEW_LETTERS).collect();
        let row: Option<WhoseRow> = on_tx!(self, |db| sqlx::query_as(statement)
            .bind(interaction.0)
            .bind(organization.0)
            .bind(shown.at_ms)
            .bind(without_nul(&preview))
            .fetch_optional(db)
            .await)?;
        Ok(row.map(Whose::from))
    }

    /// An Interaction that goes on: neither closed nor ended by the customer.
    pub(crate) async fn open_interaction(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
    ) -> Result<Option<Whose>, StoreError> {
        let row: Option<WhoseRow> = on_tx!(self, |db| sqlx::query_as(OPEN)
            .bind(interaction.0)
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        Ok(row.map(Whose::from))
    }

    /// The customer ended it, left or came back; `None` where that changes nothing.
    pub(crate) async fn turn(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
        turn: Turn,
        at_ms: i64,
    ) -> Result<Option<Whose>, StoreError> {
        let statement = match turn {
            Turn::Ended => END,
            Turn::Left => LEAVE,
            Turn::Returned => RETURN,
        };
        let row: Option<WhoseRow> = on_tx!(self, |db| {
            let query = sqlx::query_as(statement).bind(interaction.0).bind(organization.0);
            let query = if turn == Turn::Returned { query } else { query.bind(at_ms) };
            query.fetch_optional(db).await
        })?;
        Ok(row.map(Whose::from))
    }

    /// Everything was read; says whether anything had not been.
    pub(crate) async fn mark_read(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
    ) -> Result<bool, StoreError> {
        let rows = on_tx!(self, |db| sqlx::query(READ)
            .bind(interaction.0)
            .bind(organization.0)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }
}

impl Store {
    /// The Interaction of a thread that is not closed.
    pub(crate) async fn interaction_of_thread(
        &self,
        organization: OrganizationId,
        inbox: InboxId,
        thread: &str,
    ) -> Result<Option<Whose>, StoreError> {
        let row: Option<WhoseRow> = on_pool!(self, |pool| sqlx::query_as(OF_THREAD)
            .bind(inbox.0)
            .bind(without_nul(thread))
            .bind(organization.0)
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(Whose::from))
    }

    /// Whether an Interaction goes on in a thread.
    pub(crate) async fn is_thread_open(
        &self,
        organization: OrganizationId,
        inbox: InboxId,
        thread: &str,
    ) -> Result<bool, StoreError> {
        let found: Option<i32> = on_pool!(self, |pool| sqlx::query_scalar(IS_OPEN)
            .bind(inbox.0)
            .bind(without_nul(thread))
            .bind(organization.0)
            .fetch_optional(pool)
            .await)?;
        Ok(found.is_some())
    }

    /// Who may see an Interaction.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn whose(
        &self,
        organization: OrganizationId,
        interaction: InteractionId,
    ) -> Result<Option<Whose>, StoreError> {
        let row: Option<WhoseRow> = on_pool!(self, |pool| sqlx::query_as(WHOSE)
            .bind(interaction.0)
            .bind(organization.0)
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(Whose::from))
    }

    /// Whether an agent has an Interaction of this contact open.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn serves_contact(
        &self,
        organization: OrganizationId,
        agent: UserId,
        contact: ContactId,
    ) -> Result<bool, StoreError> {
        let found: Option<i32> = on_pool!(self, |pool| sqlx::query_scalar(SERVES)
            .bind(organization.0)
            .bind(agent.0)
            .bind(contact.0)
            .fetch_optional(pool)
            .await)?;
        Ok(found.is_some())
    }

    /// Whether an agent has an Interaction open whose contact is also the one of this Interaction.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn serves_same_contact(
        &self,
        organization: OrganizationId,
        agent: UserId,
        interaction: InteractionId,
    ) -> Result<bool, StoreError> {
        let found: Option<i32> = on_pool!(self, |pool| sqlx::query_scalar(SERVES_SAME)
            .bind(organization.0)
            .bind(agent.0)
            .bind(interaction.0)
            .fetch_optional(pool)
            .await)?;
        Ok(found.is_some())
    }

    /// Whether an inbox is one of the Organization.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn has_inbox(&self, organization: OrganizationId, inbox: InboxId) -> Result<bool, StoreError> {
        let found: Option<i32> = on_pool!(self, |pool| sqlx::query_scalar(HAS_INBOX)
            .bind(organization.0)
            .bind(inbox.0)
            .fetch_optional(pool)
            .await)?;
        Ok(found.is_some())
    }
}
