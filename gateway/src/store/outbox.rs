//! What providers are still to be asked, in the order of each thread.

use crate::model::{ConversationId, InboxId, InteractionId, MessageId, OrganizationId, OutboxId};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

/// A request to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewOutboxRow<'a> {
    pub organization: OrganizationId,
    pub conversation: ConversationId,
    pub message: Option<MessageId>,
    /// JSON.
    pub request: &'a str,
    pub now_ms: i64,
    /// When it is not worth sending any more, in milliseconds since 1970.
    pub give_up_at_ms: i64,
}

/// A request in its row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OutboxRow {
    pub id: OutboxId,
    pub organization: OrganizationId,
    pub inbox: InboxId,
    pub thread: String,
    pub message: Option<MessageId>,
    pub request: String,
    pub attempts: u32,
    pub give_up_at_ms: i64,
}

row! {
    struct Row {
        id: i64,
        organization_id: i64,
        inbox_id: i64,
        thread: String,
        message_id: Option<i64>,
        request: String,
        attempts: i64,
        give_up_at_ms: i64,
    }
}

impl From<Row> for OutboxRow {
    fn from(row: Row) -> Self {
        Self {
            id: OutboxId(row.id),
            organization: OrganizationId(row.organization_id),
            inbox: InboxId(row.inbox_id),
            thread: row.thread,
            message: row.message_id.map(MessageId),
            request: row.request,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            give_up_at_ms: row.give_up_at_ms,
        }
    }
}

/// Nothing is written for an inbox that was deleted.
const INSERT: &str = "INSERT INTO outbox (organization_id, inbox_id, thread, message_id, request, attempts, \
    due_at_ms, give_up_at_ms) SELECT c.organization_id, c.inbox_id, c.thread, CAST($3 AS BIGINT), $4, 0, \
    CAST($5 AS BIGINT), CAST($6 AS BIGINT) FROM conversations c \
    JOIN inboxes i ON i.id = c.inbox_id AND i.organization_id = c.organization_id \
    WHERE c.id = $2 AND c.organization_id = $1";
const HAS_SAME: &str = "SELECT 1 FROM outbox o JOIN conversations c ON c.inbox_id = o.inbox_id AND c.thread = o.thread \
    WHERE c.id = $1 AND c.organization_id = $2 AND o.request = $3 AND o.claimed_until_ms IS NULL";
/// The first of each thread, if it is due and nobody has it.
const DUE: &str = "SELECT o.id FROM outbox o JOIN inboxes i ON i.id = o.inbox_id \
    AND i.organization_id = o.organization_id WHERE o.due_at_ms <= $1 AND o.claimed_until_ms IS NULL AND i.enabled \
    AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.inbox_id = o.inbox_id AND e.thread = o.thread AND e.id < o.id) \
    ORDER BY o.id LIMIT $2";
const CLAIM: &str = "UPDATE outbox SET claimed_until_ms = $2 WHERE id = $1 AND claimed_until_ms IS NULL \
    AND due_at_ms <= $3 \
    RETURNING id, organization_id, inbox_id, thread, message_id, request, attempts, give_up_at_ms";
const LOST: &str = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE claimed_until_ms < $1 \
    ORDER BY id LIMIT $2) AND claimed_until_ms < $1 \
    RETURNING id, organization_id, inbox_id, thread, message_id, request, attempts, give_up_at_ms";
/// A claim whose lease ran out is no longer the caller's: then nothing happens.
const REMOVE: &str = "DELETE FROM outbox WHERE id = $1 AND claimed_until_ms = $2";
const LATER: &str = "UPDATE outbox SET claimed_until_ms = NULL, due_at_ms = $3, attempts = attempts + $4 \
    WHERE id = $1 AND claimed_until_ms = $2";
const NEXT_DUE: &str = "SELECT MIN(due_at_ms) FROM outbox WHERE claimed_until_ms IS NULL";
const ENDED: &str = "INSERT INTO outbox (organization_id, inbox_id, thread, message_id, request, attempts, due_at_ms, \
    give_up_at_ms) SELECT c.organization_id, c.inbox_id, c.thread, NULL, '\"ended\"', 0, CAST($3 AS BIGINT), \
    CAST($4 AS BIGINT) FROM conversations c \
    JOIN inboxes i ON i.id = c.inbox_id AND i.organization_id = c.organization_id \
    WHERE c.interaction_id = $2 AND c.organization_id = $1";
/// How long a customer may be told that his conversation was ended: 1 hour, in milliseconds.
const ENDED_LIFETIME_MS: i64 = 3_600_000;

impl Tx {
    /// Writes a request behind those of the same thread.
    pub(crate) async fn queue_request(&mut self, new: &NewOutboxRow<'_>) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::query(INSERT)
            .bind(new.organization.0)
            .bind(new.conversation.0)
            .bind(new.message.map(|MessageId(id)| id))
            .bind(without_nul(new.request))
            .bind(new.now_ms)
            .bind(new.give_up_at_ms)
            .execute(db)
            .await
            .map(drop))?)
    }

    /// Whether the same request waits already.
    pub(crate) async fn is_queued(
        &mut self,
        organization: OrganizationId,
        conversation: ConversationId,
        request: &str,
    ) -> Result<bool, StoreError> {
        let found: Option<i32> = on_tx!(self, |db| sqlx::query_scalar(HAS_SAME)
            .bind(conversation.0)
            .bind(organization.0)
            .bind(request)
            .fetch_optional(db)
            .await)?;
        Ok(found.is_some())
    }

    /// Tells the channel that an Interaction was closed on our side; nothing for one that is no conversation.
    pub(crate) async fn queue_ended(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::query(ENDED)
            .bind(organization.0)
            .bind(interaction.0)
            .bind(now_ms)
            .bind(now_ms + ENDED_LIFETIME_MS)
            .execute(db)
            .await
            .map(drop))?)
    }

    /// Removes a request that is the caller's; says whether it still was.
    pub(crate) async fn remove_request(
        &mut self,
        id: OutboxId,
        lease_until_ms: i64,
    ) -> Result<bool, StoreError> {
        let rows = on_tx!(self, |db| sqlx::query(REMOVE)
            .bind(id.0)
            .bind(lease_until_ms)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }

    /// Removes claims whose lease ran out: nobody knows whether they were sent.
    pub(crate) async fn remove_lost_claims(
        &mut self,
        now_ms: i64,
        most: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let rows: Vec<Row> =
            on_tx!(self, |db| sqlx::query_as(LOST).bind(now_ms).bind(i64::from(most)).fetch_all(db).await)?;
        Ok(rows.into_iter().map(OutboxRow::from).collect())
    }
}

impl Store {
    /// The requests that are due and may be claimed, oldest first.
    pub(crate) async fn due_requests(&self, now_ms: i64, most: u32) -> Result<Vec<OutboxId>, StoreError> {
        let ids: Vec<i64> = on_pool!(self, |pool| sqlx::query_scalar(DUE)
            .bind(now_ms)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)?;
        Ok(ids.into_iter().map(OutboxId).collect())
    }

    /// Claims a request; `None` where another was quicker.
    pub(crate) async fn claim_request(
        &self,
        id: OutboxId,
        lease_until_ms: i64,
        now_ms: i64,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let row: Option<Row> = on_writer!(self, |pool| sqlx::query_as(CLAIM)
            .bind(id.0)
            .bind(lease_until_ms)
            .bind(now_ms)
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(OutboxRow::from))
    }

    /// Gives a claimed request back, to be sent at that time; says whether it still was the caller's.
    pub(crate) async fn postpone_request(
        &self,
        id: OutboxId,
        lease_until_ms: i64,
        due_at_ms: i64,
        attempts: u32,
    ) -> Result<bool, StoreError> {
        let rows = on_writer!(self, |pool| sqlx::query(LATER)
            .bind(id.0)
            .bind(lease_until_ms)
            .bind(due_at_ms)
            .bind(i64::from(attempts))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }

    /// When the next request is due, in milliseconds since 1970.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn next_request_due(&self) -> Result<Option<i64>, StoreError> {
        let due: Option<Option<i64>> =
            on_pool!(self, |pool| sqlx::query_scalar(NEXT_DUE).fetch_optional(pool).await)?;
        Ok(due.flatten())
    }
}
