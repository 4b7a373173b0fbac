//! Where agents are logged in, so that a node that starts again knows it.
use crate::model::{OrganizationId, PauseReasonId, QueueId, UserId};
use crate::store::database::Tx;
use crate::store::{Store, StoreError};

/// An agent in a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StandingRow {
    pub organization: OrganizationId,
    pub user: UserId,
    pub queue: QueueId,
    /// None: ready.
    pub paused: Option<PauseReasonId>,
    /// Unix time since when it is so.
    pub since_ms: i64,
}

/// What becomes of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StandingChange {
    Set(StandingRow),
    Gone { organization: OrganizationId, user: UserId, queue: QueueId },
}

row! {
    struct Row {
        organization_id: i64,
        user_id: i64,
        queue_id: i64,
        reason_id: Option<i64>,
        since_ms: i64,
    }
}

const SET: &str = "INSERT INTO agent_standings (organization_id, user_id, queue_id, state, reason_id, since_ms) \
    SELECT organization_id, user_id, queue_id, $4, $5, $6 FROM queue_members \
    WHERE organization_id = $1 AND user_id = $2 AND queue_id = $3 \
    ON CONFLICT (user_id, queue_id) DO UPDATE SET state = excluded.state, reason_id = excluded.reason_id, \
    since_ms = excluded.since_ms";
const GONE: &str =
    "DELETE FROM agent_standings WHERE organization_id = $1 AND user_id = $2 AND queue_id = $3";

impl Store {
    /// All of one organization.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn standings(&self, organization: OrganizationId) -> Result<Vec<StandingRow>, StoreError> {
        const ALL: &str = "SELECT organization_id, user_id, queue_id, reason_id, since_ms FROM agent_standings \
            WHERE organization_id = $1 ORDER BY user_id, queue_id";
        let rows: Vec<Row> =
            on_pool!(self, |pool| sqlx::query_as(ALL).bind(organization.0).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(StandingRow::from).collect())
    }
}

impl From<Row> for StandingRow {
    fn from(row: Row) -> Self {
        Self {
            organization: OrganizationId(row.organization_id),
            user: UserId(row.user_id),
            queue: QueueId(row.queue_id),
            paused: row.reason_id.map(PauseReasonId),
            since_ms: row.since_ms,
        }
    }
}

/// Writes one. Who is no member of the queue any more leaves no row.
pub(in crate::store) async fn write(tx: &mut Tx, change: &StandingChange) -> Result<(), StoreError> {
    match change {
        StandingChange::Set(row) => {
            let state = if row.paused.is_some() { "paused" } else { "online" };
            on_tx!(tx, |db| sqlx::query(SET)
                .bind(row.organization.0)
                .bind(row.user.0)
                .bind(row.queue.0)
                .bind(state)
                .bind(row.paused.map(|reason| reason.0))
                .bind(row.since_ms)
                .execute(db)
                .await
                .map(drop))?;
        }
        StandingChange::Gone { organization, user, queue } => {
            on_tx!(tx, |db| sqlx::query(GONE)
                .bind(organization.0)
                .bind(user.0)
                .bind(queue.0)
                .execute(db)
                .await
                .map(drop))?;
        }
    }
    Ok(())
}
