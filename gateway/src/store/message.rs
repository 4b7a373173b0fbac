//! What was said in conversations.

use crate::model::{
    ConversationId, InboxId, InteractionId, MessageDirection, MessageId, MessageState, OrganizationId,
    TextFormat, UserId,
};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

/// A message to be written.
#[derive(Clone, Debug)]
pub(crate) struct NewMessage<'a> {
    pub organization: OrganizationId,
    pub conversation: ConversationId,
    pub interaction: Option<InteractionId>,
    pub inbox: InboxId,
    pub direction: MessageDirection,
    pub user: Option<UserId>,
    pub provider_id: Option<&'a str>,
    pub our_id: Option<&'a str>,
    pub client_id: Option<&'a str>,
    pub text: &'a str,
    pub format: TextFormat,
    /// JSON.
    pub content: Option<&'a str>,
    /// The provider's id of the message that is quoted.
    pub reply_to: Option<&'a str>,
    pub state: MessageState,
    pub at_ms: i64,
}

/// What a message is changed to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit<'a> {
    pub text: &'a str,
    pub format: TextFormat,
    pub content: Option<&'a str>,
    pub at_ms: i64,
}

/// Which messages of ours a status is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StatusOf<'a> {
    Message(MessageId),
    Provider(&'a str),
    Ours(&'a str),
    /// All of a conversation until that time.
    Until(ConversationId, i64),
}

/// What a provider said of a message before we knew it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Early {
    /// A state, or what else befell it.
    pub word: String,
    pub rank: i64,
    pub detail: Option<String>,
}

row! {
    struct EarlyRow {
        state: String,
        state_rank: i64,
        reason: Option<String>,
    }
}

const KNOWN: &str =
    "SELECT 1 FROM messages WHERE inbox_id = $1 AND provider_id = $2 AND organization_id = $3";
const INSERT: &str = "INSERT INTO messages (organization_id, conversation_id, interaction_id, inbox_id, direction, \
    user_id, provider_id, our_id, client_id, text, format, content, reply_to, state, state_rank, at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
    ON CONFLICT DO NOTHING RETURNING id";
const EDIT: &str = "UPDATE messages SET text = $4, format = $5, content = $6, edited_at_ms = $7 \
    WHERE inbox_id = $1 AND provider_id = $2 AND organization_id = $3 AND deleted_at_ms IS NULL \
    AND COALESCE(edited_at_ms, 0) < $7 RETURNING id";
/// What was taken back is not kept.
const DELETE: &str = "UPDATE messages SET text = '', content = NULL, deleted_at_ms = $4 \
    WHERE inbox_id = $1 AND provider_id = $2 AND organization_id = $3 AND deleted_at_ms IS NULL RETURNING id";
const REACTIONS: &str =
    "SELECT reactions FROM messages WHERE inbox_id = $1 AND provider_id = $2 AND organization_id = $3";
const REACT: &str = "UPDATE messages SET reactions = $4 WHERE inbox_id = $1 AND provider_id = $2 \
    AND organization_id = $3 RETURNING id";
const OF_CLIENT: &str =
    "SELECT id FROM messages WHERE interaction_id = $1 AND client_id = $2 AND organization_id = $3";
const PROVIDER_ID: &str =
    "SELECT provider_id FROM messages WHERE id = $1 AND conversation_id = $2 AND organization_id = $3";
const LAST_INBOUND: &str = "SELECT provider_id FROM messages WHERE conversation_id = $1 AND organization_id = $2 \
    AND direction = 'in' AND provider_id IS NOT NULL ORDER BY at_ms DESC, id DESC LIMIT 1";
/// Only what the provider told us is a copy: it has no id of ours, and no customer wrote it.
const FORGET_COPY: &str = "DELETE FROM messages WHERE inbox_id = $1 AND provider_id = $2 AND organization_id = $3 \
    AND id <> $4 AND our_id IS NULL AND direction = 'out'";
const NAME: &str = "UPDATE messages SET provider_id = $1 WHERE id = $2 AND organization_id = $3 AND NOT EXISTS \
    (SELECT 1 FROM messages other WHERE other.inbox_id = $4 AND other.provider_id = $1 AND other.id <> $2)";
const KEEP_EARLY: &str = "INSERT INTO early_statuses (organization_id, inbox_id, provider_id, state, state_rank, \
    reason, kept_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (inbox_id, provider_id) DO UPDATE \
    SET state = excluded.state, state_rank = excluded.state_rank, reason = excluded.reason \
    WHERE early_statuses.state_rank < excluded.state_rank";
const TAKE_EARLY: &str = "DELETE FROM early_statuses WHERE inbox_id = $1 AND provider_id = $2 \
    AND organization_id = $3 RETURNING state, state_rank, reason";
const FORGET_EARLY: &str = "DELETE FROM early_statuses WHERE kept_at_ms < $1";
const UNTIL: &str = "UPDATE conversations SET delivered_until_ms = CASE WHEN COALESCE(delivered_until_ms, 0) < $3 \
    THEN $3 ELSE delivered_until_ms END, read_until_ms = CASE WHEN $4 AND COALESCE(read_until_ms, 0) < $3 \
    THEN $3 ELSE read_until_ms END WHERE id = $1 AND organization_id = $2";
const REACHED: &str = "SELECT c.delivered_until_ms, c.read_until_ms, m.at_ms FROM messages m \
    JOIN conversations c ON c.id = m.conversation_id WHERE m.id = $1 AND m.organization_id = $2";

impl Tx {
    /// Whether a message of the provider is stored already.
    pub(crate) async fn is_known(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        provider_id: &str,
    ) -> Result<bool, StoreError> {
        let found: Option<i32> = on_tx!(self, |db| sqlx::query_scalar(KNOWN)
            .bind(inbox.0)
            .bind(without_nul(provider_id))
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        Ok(found.is_some())
    }

    /// Writes a message.
    ///
    /// # Errors
    /// [`StoreError::Crossed`] where the same was written meanwhile.
    pub(crate) async fn insert_message(&mut self, new: &NewMessage<'_>) -> Result<MessageId, StoreError> {
        let id: Option<i64> = on_tx!(self, |db| sqlx::query_scalar(INSERT)
            .bind(new.organization.0)
            .bind(new.conversation.0)
            .bind(new.interaction.map(|InteractionId(id)| id))
            .bind(new.inbox.0)
            .bind(new.direction.as_str())
            .bind(new.user.map(|UserId(id)| id))
            .bind(new.provider_id.map(without_nul))
            .bind(new.our_id)
            .bind(new.client_id.map(without_nul))
            .bind(without_nul(new.text))
            .bind(new.format.as_str())
            .bind(new.content.map(without_nul))
            .bind(new.reply_to.map(without_nul))
            .bind(new.state.as_str())
            .bind(new.state.rank())
            .bind(new.at_ms)
            .fetch_optional(db)
            .await)?;
        id.map(MessageId).ok_or(StoreError::Crossed)
    }

    /// Changes a message, unless a later change or its end is known.
    pub(crate) async fn edit_message(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        provider_id: &str,
        edit: Edit<'_>,
    ) -> Result<Option<MessageId>, StoreError> {
        let id: Option<i64> = on_tx!(self, |db| sqlx::query_scalar(EDIT)
            .bind(inbox.0)
            .bind(without_nul(provider_id))
            .bind(organization.0)
            .bind(without_nul(edit.text))
            .bind(edit.format.as_str())
            .bind(edit.content.map(without_nul))
            .bind(edit.at_ms)
            .fetch_optional(db)
            .await)?;
        Ok(id.map(MessageId))
    }

    /// Takes a message back: its text is gone.
    pub(crate) async fn delete_message(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        provider_id: &str,
        at_ms: i64,
    ) -> Result<Option<MessageId>, StoreError> {
        let id: Option<i64> = on_tx!(self, |db| sqlx::query_scalar(DELETE)
            .bind(inbox.0)
            .bind(without_nul(provider_id))
            .bind(organization.0)
            .bind(at_ms)
            .fetch_optional(db)
            .await)?;
        Ok(id.map(MessageId))
    }

    /// The reactions to a message, as JSON.
    pub(crate) async fn reactions(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        provider_id: &str,
    ) -> Result<Option<String>, StoreError> {
        let found: Option<Option<String>> = on_tx!(self, |db| sqlx::query_scalar(REACTIONS)
            .bind(inbox.0)
            .bind(without_nul(provider_id))
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        Ok(found.flatten())
    }

    /// Writes the reactions to a message, as JSON.
    pub(crate) async fn set_reactions(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        provider_id: &str,
        reactions: Option<&str>,
    ) -> Result<Option<MessageId>, StoreError> {
        let id: Option<i64> = on_tx!(self, |db| sqlx::query_scalar(REACT)
            .bind(inbox.0)
            .bind(without_nul(provider_id))
            .bind(organization.0)
            .bind(reactions.map(without_nul))
            .fetch_optional(db)
            .await)?;
        Ok(id.map(MessageId))
    }

    /// The message that a console sent under this name before.
    pub(crate) async fn message_of_client(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
        client_id: &str,
    ) -> Result<Option<MessageId>, StoreError> {
        let id: Option<i64> = on_tx!(self, |db| sqlx::query_scalar(OF_CLIENT)
            .bind(interaction.0)
            .bind(without_nul(client_id))
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        Ok(id.map(MessageId))
    }

    /// What the provider calls a message of a conversation.
    pub(crate) async fn provider_id(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<Option<String>, StoreError> {
        let found: Option<Option<String>> = on_tx!(self, |db| sqlx::query_scalar(PROVIDER_ID)
            .bind(message.0)
            .bind(conversation.0)
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        Ok(found.flatten())
    }

    /// What the provider calls the customer's last message.
    pub(crate) async fn last_inbound_id(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
    ) -> Result<Option<String>, StoreError> {
        Ok(on_tx!(self, |db| sqlx::query_scalar(LAST_INBOUND)
            .bind(conversation.0)
            .bind(organization.0)
            .fetch_optional(db)
            .await)?)
    }

    /// Notes what the provider calls a message of ours. A copy of it that came in as news before is forgotten. An id that another
    /// message has stays that one's.
    pub(crate) async fn name_message(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        message: MessageId,
        provider_id: &str,
    ) -> Result<(), StoreError> {
        let provider_id = without_nul(provider_id);
        on_tx!(self, |db| sqlx::query(FORGET_COPY)
            .bind(inbox.0)
            .bind(&provider_id)
            .bind(organization.0)
            .bind(message.0)
            .execute(db)
            .await
            .map(drop))?;
        let named = on_tx!(self, |db| sqlx::query(NAME)
            .bind(&provider_id)
            .bind(message.0)
            .bind(organization.0)
            .bind(inbox.0)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if named == 0 {
            tracing::warn!(
                inbox.id = inbox.0,
                message.id = message.0,
                "the provider gave this message the id of another: its statuses cannot be told apart"
            );
        }
        Ok(())
    }

    /// Moves messages of ours forward to a state, never back; those that moved.
    pub(crate) async fn advance(
        &mut self,
        (organization, inbox): (OrganizationId, InboxId),
        of: StatusOf<'_>,
        state: MessageState,
        reason: Option<&str>,
    ) -> Result<Vec<MessageId>, StoreError> {
        let ids: Vec<i64> = on_tx!(self, |db| {
            let mut query = sqlx::QueryBuilder::new("UPDATE messages SET state = ");
            query.push_bind(state.as_str()).push(", state_rank = ").push_bind(state.rank());
            query.push(", reason = ").push_bind(reason.map(without_nul));
            query.push(" WHERE direction = 'out' AND organization_id = ").push_bind(organization.0);
            query.push(" AND inbox_id = ").push_bind(inbox.0);
            query.push(" AND state_rank < ").push_bind(state.rank());
            match of {
                StatusOf::Message(MessageId(id)) => query.push(" AND id = ").push_bind(id),
                StatusOf::Provider(id) => query.push(" AND provider_id = ").push_bind(without_nul(id)),
                StatusOf::Ours(id) => query.push(" AND our_id = ").push_bind(without_nul(id)),
                StatusOf::Until(ConversationId(id), at_ms) => query
                    .push(" AND state IN ('sent', 'delivered', 'unknown') AND conversation_id = ")
                    .push_bind(id)
                    .push(" AND at_ms <= ")
                    .push_bind(at_ms),
            };
            query.push(" RETURNING id");
            query.build_query_scalar().fetch_all(db).await
        })?;
        Ok(ids.into_iter().map(MessageId).collect())
    }

    /// Remembers what a provider says of a message that we do not know yet; of several the one of the highest rank.
    pub(crate) async fn keep_early(
        &mut self,
        (organization, inbox): (OrganizationId, InboxId),
        provider_id: &str,
        early: &Early,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::query(KEEP_EARLY)
            .bind(organization.0)
            .bind(inbox.0)
            .bind(without_nul(provider_id))
            .bind(&early.word)
            .bind(early.rank)
            .bind(early.detail.as_deref().map(without_nul))
            .bind(now_ms)
            .execute(db)
            .await
            .map(drop))?)
    }

    /// What the provider said of a message before we knew it.
    pub(crate) async fn take_early(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        provider_id: &str,
    ) -> Result<Option<Early>, StoreError> {
        let row: Option<EarlyRow> = on_tx!(self, |db| sqlx::query_as(TAKE_EARLY)
            .bind(inbox.0)
            .bind(without_nul(provider_id))
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|row| Early { word: row.state, rank: row.state_rank, detail: row.reason }))
    }

    /// Remembers until when a whole thread was delivered or read.
    pub(crate) async fn reached_until(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
        state: MessageState,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::query(UNTIL)
            .bind(conversation.0)
            .bind(organization.0)
            .bind(at_ms)
            .bind(state == MessageState::Read)
            .execute(db)
            .await
            .map(drop))?)
    }

    /// What is known of a message from what was said of its whole thread.
    pub(crate) async fn reached(
        &mut self,
        organization: OrganizationId,
        message: MessageId,
    ) -> Result<Option<MessageState>, StoreError> {
        let row: Option<(Option<i64>, Option<i64>, i64)> = on_tx!(self, |db| sqlx::query_as(REACHED)
            .bind(message.0)
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        Ok(row.and_then(|(delivered, read, at)| {
            let until = |time: Option<i64>| time.is_some_and(|time| time >= at);
            let delivered = until(delivered).then_some(MessageState::Delivered);
            if until(read) { Some(MessageState::Read) } else { delivered }
        }))
    }
}

impl Store {
    /// Whether a message of the provider is stored already.
    pub(crate) async fn is_known_message(
        &self,
        organization: OrganizationId,
        inbox: InboxId,
        provider_id: &str,
    ) -> Result<bool, StoreError> {
        let found: Option<i32> = on_pool!(self, |pool| sqlx::query_scalar(KNOWN)
            .bind(inbox.0)
            .bind(without_nul(provider_id))
            .bind(organization.0)
            .fetch_optional(pool)
            .await)?;
        Ok(found.is_some())
    }

    /// Keeps why a message waits to be sent; whether that is news.
    pub(crate) async fn note_waiting(
        &self,
        OrganizationId(organization): OrganizationId,
        MessageId(message): MessageId,
        reason: &str,
    ) -> Result<bool, StoreError> {
        const NOTE: &str = "UPDATE messages SET reason = $3 WHERE organization_id = $1 AND id = $2 \
            AND state = 'queued' AND COALESCE(reason, '') <> $3";
        let rows = on_writer!(self, |pool| sqlx::query(NOTE)
            .bind(organization)
            .bind(message)
            .bind(without_nul(reason))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }

    /// Forgets what providers said of messages that never became known.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn forget_early_statuses(&self, before_ms: i64) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(FORGET_EARLY).bind(before_ms).execute(pool).await.map(drop))?)
    }
}
