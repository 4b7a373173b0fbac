//! What happened to Interactions, in order, with reasons.
use serde_json::Value;

use crate::model::{InteractionEvent, InteractionEventKind, InteractionId, OrganizationId, UserId};
use crate::store::column::parsed;
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

/// One thing that happens.
#[derive(Clone, PartialEq, Debug)]
pub struct NewInteractionEvent {
    pub kind: InteractionEventKind,
    /// Whom it concerns, or who did it.
    pub user: Option<UserId>,
    /// A JSON object.
    pub detail: Value,
}

row! {
    struct Row {
        id: i64,
        interaction_id: i64,
        at_ms: i64,
        kind: String,
        user_id: Option<i64>,
        detail: String,
    }
}

impl TryFrom<Row> for InteractionEvent {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            interaction: InteractionId(row.interaction_id),
            at_ms: row.at_ms,
            kind: parsed("interaction_events", &row.kind)?,
            user: row.user_id.map(UserId),
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        })
    }
}

impl Store {
    /// What happened to one Interaction after the event `after`, first first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn interaction_events(
        &self,
        organization: OrganizationId,
        interaction: InteractionId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<InteractionEvent>, StoreError> {
        const OF_ONE: &str = "SELECT id, interaction_id, at_ms, kind, user_id, detail FROM interaction_events \
            WHERE organization_id = $1 AND interaction_id = $2 AND id > $3 ORDER BY id LIMIT $4";
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(OF_ONE)
            .bind(organization.0)
            .bind(interaction.0)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(InteractionEvent::try_from).collect()
    }
}

/// Adds one, in the transaction of what it tells of.
pub(crate) async fn insert(
    tx: &mut Tx,
    (organization, interaction): (OrganizationId, InteractionId),
    at_ms: i64,
    event: &NewInteractionEvent,
) -> Result<(), StoreError> {
    const INSERT: &str = "INSERT INTO interaction_events (organization_id, interaction_id, at_ms, kind, user_id, detail) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    Ok(on_tx!(tx, |db| sqlx::query(INSERT)
        .bind(organization.0)
        .bind(interaction.0)
        .bind(at_ms)
        .bind(event.kind.as_str())
        .bind(event.user.map(|user| user.0))
        .bind(without_nul(&event.detail.to_string()))
        .execute(db)
        .await
        .map(drop))?)
}
