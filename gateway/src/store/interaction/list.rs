//! Interactions as people look for them, with the names that stand beside them.

use serde_json::Value;

use super::Row;
use crate::model::{
    ContactId, DispositionId, InteractionId, InteractionRow, InteractionState, OrganizationId, QueueId,
    UserId,
};
use crate::store::{Store, StoreError, pattern, without_nul};

/// An Interaction with what other tables say of it.
#[derive(Clone, PartialEq, Debug)]
pub struct NamedInteraction {
    pub row: InteractionRow,
    pub contact_name: Option<String>,
    pub contact_photo: Option<String>,
    pub inbox_title: Option<String>,
    /// What the channel can do, as its plugin says.
    pub capabilities: Option<Value>,
    pub tags: Vec<String>,
}

/// Who reads, and so what he may see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// Everything of the organization.
    All,
    /// His own, what he had a part in once it is closed, and what waits in queues that he is a member of.
    Own(UserId),
}

/// What is looked for. Nothing given: everything.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct InteractionFilter {
    pub state: Option<InteractionState>,
    /// A part of the title, of the last message, of the protocol number, or of a caller's number.
    pub text: Option<String>,
    pub queue: Option<QueueId>,
    pub channel: Option<String>,
    pub contact: Option<ContactId>,
    pub agent: Option<UserId>,
    pub disposition: Option<DispositionId>,
    pub tag: Option<String>,
    /// Begun at or after this.
    pub from_ms: Option<i64>,
    /// Begun before this.
    pub to_ms: Option<i64>,
    /// Only those before this one.
    pub before: Option<InteractionId>,
}

row! {
    struct NamedRow {
        contact_name: Option<String>,
        contact_photo: Option<String>,
        inbox_title: Option<String>,
        capabilities: Option<String>,
        /// Parted by commas, which stand in no tag.
        tags: Option<String>,
        ..row: Row,
    }
}

impl TryFrom<NamedRow> for NamedInteraction {
    type Error = StoreError;

    fn try_from(row: NamedRow) -> Result<Self, StoreError> {
        let mut tags: Vec<String> =
            row.tags.iter().flat_map(|tags| tags.split(',')).map(str::to_owned).collect();
        tags.sort();
        Ok(Self {
            contact_name: row.contact_name,
            contact_photo: row.contact_photo,
            inbox_title: row.inbox_title,
            capabilities: row.capabilities.and_then(|text| serde_json::from_str(&text).ok()),
            row: row.row.try_into()?,
            tags,
        })
    }
}

/// The columns and tables of a [`NamedRow`], and the rows that a reader sees: $2 says whether all, $3 who he is.
macro_rules! named {
    ($($rest:literal),+) => {
        concat!(
            "SELECT i.*, NULLIF(c.name, '') AS contact_name, c.photo_url AS contact_photo, x.title AS inbox_title, \
             x.capabilities AS capabilities, \
             (SELECT string_agg(t.tag, ',') FROM interaction_tags t WHERE t.interaction_id = i.id) AS tags \
             FROM interactions i \
             LEFT JOIN contacts c ON c.id = i.contact_id AND c.organization_id = i.organization_id \
             LEFT JOIN inboxes x ON x.id = i.inbox_id AND x.organization_id = i.organization_id \
             WHERE i.organization_id = $1 AND ($2 OR i.agent_id = $3 OR (i.state = 'closed' AND i.id IN \
             (SELECT e.interaction_id FROM interaction_events e WHERE e.organization_id = $1 AND e.kind = 'assigned' AND e.user_id = $3)) \
             OR (i.state = 'waiting' AND i.agent_id IS NULL \
             AND i.queue_id IN (SELECT m.queue_id FROM queue_members m WHERE m.organization_id = $1 AND m.user_id = $3))) ",
            $($rest),+
        )
    };
}

const LIST: &str = named!(
    "AND (CAST($4 AS TEXT) IS NULL OR i.state = $4) ",
    "AND (CAST($5 AS TEXT) IS NULL OR LOWER(i.title) LIKE $5 ESCAPE '!' OR LOWER(i.last_text) LIKE $5 ESCAPE '!' \
     OR i.protocol LIKE $5 ESCAPE '!' OR i.number LIKE $5 ESCAPE '!') ",
    "AND (CAST($6 AS BIGINT) IS NULL OR i.queue_id = $6) ",
    "AND (CAST($7 AS TEXT) IS NULL OR i.channel = $7) ",
    "AND (CAST($8 AS BIGINT) IS NULL OR i.contact_id = $8) ",
    "AND (CAST($9 AS BIGINT) IS NULL OR i.agent_id = $9) ",
    "AND (CAST($10 AS BIGINT) IS NULL OR i.disposition_id = $10) ",
    "AND (CAST($11 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM interaction_tags t WHERE t.interaction_id = i.id AND t.tag = $11)) ",
    "AND (CAST($12 AS BIGINT) IS NULL OR i.started_at_ms >= $12) ",
    "AND (CAST($13 AS BIGINT) IS NULL OR i.started_at_ms < $13) ",
    "AND (CAST($14 AS BIGINT) IS NULL OR i.id < $14) ",
    "ORDER BY i.id DESC LIMIT $15"
);
const ONE: &str = named!("AND i.id = $4");
/// What one agent has before him: his own, and what waits in his queues.
const DESK: &str = named!("AND i.state <> 'closed' ORDER BY i.started_at_ms, i.id LIMIT $4");

impl Store {
    /// One, if the reader may see it.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn named_interaction(
        &self,
        organization: OrganizationId,
        reader: Reader,
        id: InteractionId,
    ) -> Result<Option<NamedInteraction>, StoreError> {
        let (all, user) = reader.bound();
        let row: Option<NamedRow> = on_pool!(self, |pool| sqlx::query_as(ONE)
            .bind(organization.0)
            .bind(all)
            .bind(user)
            .bind(id.0)
            .fetch_optional(pool)
            .await)?;
        row.map(NamedInteraction::try_from).transpose()
    }

    /// What an agent has before him, first come first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn desk_interactions(
        &self,
        organization: OrganizationId,
        user: UserId,
        limit: u32,
    ) -> Result<Vec<NamedInteraction>, StoreError> {
        let rows: Vec<NamedRow> = on_pool!(self, |pool| sqlx::query_as(DESK)
            .bind(organization.0)
            .bind(false)
            .bind(user.0)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(NamedInteraction::try_from).collect()
    }

    /// Those that are looked for, newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn list_interactions(
        &self,
        organization: OrganizationId,
        reader: Reader,
        filter: &InteractionFilter,
        limit: u32,
    ) -> Result<Vec<NamedInteraction>, StoreError> {
        let (all, user) = reader.bound();
        let rows: Vec<NamedRow> = on_pool!(self, |pool| sqlx::query_as(LIST)
            .bind(organization.0)
            .bind(all)
            .bind(user)
            .bind(filter.state.map(InteractionState::as_str))
            .bind(filter.text.as_deref().map(pattern))
            .bind(filter.queue.map(|id| id.0))
            .bind(filter.channel.as_deref().map(without_nul))
            .bind(filter.contact.map(|id| id.0))
            .bind(filter.agent.map(|id| id.0))
            .bind(filter.disposition.map(|id| id.0))
            .bind(filter.tag.as_deref().map(without_nul))
            .bind(filter.from_ms)
            .bind(filter.to_ms)
            .bind(filter.before.map(|id| id.0))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(NamedInteraction::try_from).collect()
    }
}

impl Reader {
    fn bound(self) -> (bool, Option<i64>) {
        match self {
            Self::All => (true, None),
            Self::Own(user) => (false, Some(user.0)),
        }
    }
}
