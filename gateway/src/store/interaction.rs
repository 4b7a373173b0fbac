//! Interactions: what a Call or a Conversation is on its way through queues and agents.

mod edit;
mod list;
mod of_call;
mod step;
mod tally;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::model::{
    CallId, ContactId, ConversationId, CustomerState, DispositionId, InboxId, InteractionEventKind,
    InteractionId, InteractionRow, InteractionState, NewInteraction, OrganizationId, QueueId, UserId,
};
use crate::store::column::{number, optional_parsed, parsed};
use crate::store::database::Tx;
use crate::store::interaction_event::{self, NewInteractionEvent};
use crate::store::{Store, StoreError, without_nul};

pub use edit::InteractionEdit;
pub use list::{InteractionFilter, NamedInteraction, Reader};
pub use step::{InteractionChange, InteractionStep};
pub use tally::{LocalDay, QueueTally};

/// Characters of a title; the rest of a longer one is cut off.
const TITLE_LIMIT: usize = 200;

const INSERT: &str = "INSERT INTO interactions (organization_id, protocol, medium, channel, direction, state, queue_id, \
    agent_id, contact_id, inbox_id, conversation_id, call_id, title, customer_state, unread, priority, started_at_ms, \
    assigned_at_ms, visitor, number, waiting_since_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16, $17, $18, $19, $20) RETURNING id";

row! {
    pub(in crate::store) struct Row {
        id: i64,
        organization_id: i64,
        protocol: String,
        medium: String,
        channel: String,
        direction: String,
        state: String,
        queue_id: Option<i64>,
        agent_id: Option<i64>,
        contact_id: Option<i64>,
        inbox_id: Option<i64>,
        conversation_id: Option<i64>,
        call_id: Option<String>,
        title: String,
        number: Option<String>,
        customer_state: String,
        left_at_ms: Option<i64>,
        unread: i64,
        priority: i64,
        started_at_ms: i64,
        assigned_at_ms: Option<i64>,
        handled_ms: i64,
        waited_ms: i64,
        waiting_since_ms: Option<i64>,
        opened_at_ms: Option<i64>,
        answered_at_ms: Option<i64>,
        ended_at_ms: Option<i64>,
        ended_by: Option<String>,
        closed_at_ms: Option<i64>,
        last_text: Option<String>,
        last_direction: Option<String>,
        last_at_ms: Option<i64>,
        disposition_id: Option<i64>,
        visitor: Option<String>,
    }
}

impl TryFrom<Row> for InteractionRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        const TABLE: &str = "interactions";
        Ok(Self {
            id: InteractionId(row.id),
            organization: OrganizationId(row.organization_id),
            protocol: row.protocol,
            medium: parsed(TABLE, &row.medium)?,
            channel: row.channel,
            direction: parsed(TABLE, &row.direction)?,
            state: parsed(TABLE, &row.state)?,
            queue: row.queue_id.map(QueueId),
            agent: row.agent_id.map(UserId),
            contact: row.contact_id.map(ContactId),
            inbox: row.inbox_id.map(InboxId),
            conversation: row.conversation_id.map(ConversationId),
            call: optional_parsed::<CallId>(TABLE, row.call_id.as_deref())?,
            title: row.title,
            number: row.number,
            customer: parsed(TABLE, &row.customer_state)?,
            left_at_ms: row.left_at_ms,
            unread: number(TABLE, row.unread)?,
            priority: number(TABLE, row.priority)?,
            started_at_ms: row.started_at_ms,
            assigned_at_ms: row.assigned_at_ms,
            handled_ms: row.handled_ms,
            waited_ms: row.waited_ms.max(0),
            waiting_since_ms: row.waiting_since_ms,
            opened_at_ms: row.opened_at_ms,
            answered_at_ms: row.answered_at_ms,
            ended_at_ms: row.ended_at_ms,
            ended_by: optional_parsed(TABLE, row.ended_by.as_deref())?,
            closed_at_ms: row.closed_at_ms,
            last_text: row.last_text,
            last_direction: row.last_direction,
            last_at_ms: row.last_at_ms,
            disposition: row.disposition_id.map(DispositionId),
            visitor: row.visitor.and_then(|text| serde_json::from_str(&text).ok()),
        })
    }
}

impl Store {
    /// One Interaction of an organization.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn interaction(
        &self,
        organization: OrganizationId,
        id: InteractionId,
    ) -> Result<Option<InteractionRow>, StoreError> {
        const ONE: &str = "SELECT * FROM interactions WHERE organization_id = $1 AND id = $2";
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(ONE)
            .bind(organization.0)
            .bind(id.0)
            .fetch_optional(pool)
            .await)?;
        row.map(InteractionRow::try_from).transpose()
    }

    /// All that are not closed, of one organization, first come first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn unclosed_interactions(
        &self,
        organization: OrganizationId,
    ) -> Result<Vec<InteractionRow>, StoreError> {
        const UNCLOSED: &str = "SELECT * FROM interactions WHERE organization_id = $1 AND state <> 'closed' \
            ORDER BY started_at_ms, id";
        let rows: Vec<Row> =
            on_pool!(self, |pool| sqlx::query_as(UNCLOSED).bind(organization.0).fetch_all(pool).await)?;
        rows.into_iter().map(InteractionRow::try_from).collect()
    }

    /// When the calls ended whose Interactions are not closed, of one organization; of a node that died, and has not closed them yet,
    /// when it last gave a sign of life.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn ends_of_unclosed_calls(
        &self,
        organization: OrganizationId,
    ) -> Result<BTreeMap<InteractionId, i64>, StoreError> {
        const ENDS: &str = "SELECT interactions.id, COALESCE(calls.ended_at_ms, nodes.alive_at_ms) FROM interactions \
            JOIN calls ON calls.id = interactions.call_id LEFT JOIN nodes ON nodes.name = calls.node \
            WHERE interactions.organization_id = $1 AND state <> 'closed' \
            AND COALESCE(calls.ended_at_ms, nodes.alive_at_ms) IS NOT NULL";
        let rows: Vec<(i64, i64)> =
            on_pool!(self, |pool| sqlx::query_as(ENDS).bind(organization.0).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(|(id, ended_at_ms)| (InteractionId(id), ended_at_ms)).collect())
    }

    /// A new Interaction in a transaction of its own.
    ///
    /// # Errors
    /// As [`insert`].
    pub async fn insert_interaction(&self, new: &NewInteraction) -> Result<InteractionRow, StoreError> {
        let mut tx = self.begin().await?;
        let row = insert(&mut tx, new).await?;
        tx.commit().await?;
        Ok(row)
    }
}

/// A new Interaction in the caller's transaction, with its protocol number and its first event.
///
/// # Errors
/// There is no such organization, or the database is away.
pub(crate) async fn insert(tx: &mut Tx, new: &NewInteraction) -> Result<InteractionRow, StoreError> {
    let protocol = draw_protocol(tx, new.organization, new.started_at_ms).await?;
    let (state, assigned_at_ms, waiting_since_ms) = match new.agent {
        Some(_) => (InteractionState::Open, Some(new.started_at_ms), None),
        None => (InteractionState::Waiting, None, Some(new.started_at_ms)),
    };
    // Who has it from the beginning has begun it himself, or has answered already.
    let customer = if new.agent.is_some() { CustomerState::Answered } else { CustomerState::New };
    let title: String = without_nul(&new.title).chars().take(TITLE_LIMIT).collect();
    let number = new.number.as_deref().map(without_nul);
    let visitor = new.visitor.as_ref().map(|value| without_nul(&value.to_string()));
    let id: i64 = on_tx!(tx, |db| sqlx::query_scalar(INSERT)
        .bind(new.organization.0)
        .bind(&protocol)
        .bind(new.medium.as_str())
        .bind(without_nul(&new.channel))
        .bind(new.direction.as_str())
        .bind(state.as_str())
        .bind(new.queue.map(|id| id.0))
        .bind(new.agent.map(|id| id.0))
        .bind(new.contact.map(|id| id.0))
        .bind(new.inbox.map(|id| id.0))
        .bind(new.conversation.map(|id| id.0))
        .bind(new.call.map(|id| id.to_string()))
        .bind(&title)
        .bind(customer.as_str())
        .bind(i64::from(new.priority))
        .bind(new.started_at_ms)
        .bind(assigned_at_ms)
        .bind(&visitor)
        .bind(&number)
        .bind(waiting_since_ms)
        .fetch_one(db)
        .await)?;
    let id = InteractionId(id);
    let arrived = NewInteractionEvent {
        kind: InteractionEventKind::Arrived,
        user: new.agent,
        detail: serde_json::json!({ "queue": new.queue, "channel": new.channel }),
    };
    interaction_event::insert(tx, (new.organization, id), new.started_at_ms, &arrived).await?;
    Ok(InteractionRow {
        id,
        organization: new.organization,
        protocol,
        medium: new.medium,
        channel: new.channel.clone(),
        direction: new.direction,
        state,
        queue: new.queue,
        agent: new.agent,
        contact: new.contact,
        inbox: new.inbox,
        conversation: new.conversation,
        call: new.call,
        title,
        number,
        customer,
        left_at_ms: None,
        unread: 0,
        priority: new.priority,
        started_at_ms: new.started_at_ms,
        assigned_at_ms,
        handled_ms: 0,
        waited_ms: 0,
        waiting_since_ms,
        opened_at_ms: None,
        answered_at_ms: None,
        ended_at_ms: None,
        ended_by: None,
        closed_at_ms: None,
        last_text: None,
        last_direction: None,
        last_at_ms: None,
        disposition: None,
        visitor: new.visitor.clone().filter(Value::is_object),
    })
}

/// The date where the organization is, and its next number: 20261121000042.
async fn draw_protocol(tx: &mut Tx, organization: OrganizationId, now_ms: i64) -> Result<String, StoreError> {
    const DRAW: &str = "INSERT INTO protocol_counters (organization_id, last) VALUES ($1, 1) \
        ON CONFLICT (organization_id) DO UPDATE SET last = protocol_counters.last + 1 RETURNING last";
    const ZONE: &str = "SELECT time_zone FROM organizations WHERE id = $1";
    let zone: String =
        on_tx!(&mut *tx, |db| sqlx::query_scalar(ZONE).bind(organization.0).fetch_one(db).await)?;
    let last: i64 = on_tx!(&mut *tx, |db| sqlx::query_scalar(DRAW).bind(organization.0).fetch_one(db).await)?;
    let date = Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(time_zone(&zone)).date();
    Ok(format!("{:04}{:02}{:02}{last:06}", date.year(), date.month(), date.day()))
}

/// A zone that is not known counts as UTC: a number must be drawn all the same.
fn time_zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}
