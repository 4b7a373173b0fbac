//! What a call is to the floor.

use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::Row;
use crate::model::{CallId, InteractionDirection, InteractionRow, InteractionState, OrganizationId};
use crate::store::{Store, StoreError};

impl Store {
    /// The Interactions of one call of an organization, first come first: more than one where it was sent to a queue by its number.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn interactions_of_call(
        &self,
        OrganizationId(organization): OrganizationId,
        call: CallId,
    ) -> Result<Vec<InteractionRow>, StoreError> {
        const OF_CALL: &str =
            "SELECT * FROM interactions WHERE organization_id = $1 AND call_id = $2 ORDER BY id";
        let call = call.to_string();
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(OF_CALL)
            .bind(organization)
            .bind(call)
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(InteractionRow::try_from).collect()
    }

    /// How long each of these calls waited in queues, where it came into one. At most [`CALLS_PER_QUERY`] calls are asked for at once.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn waits_of_calls(
        &self,
        OrganizationId(organization): OrganizationId,
        calls: &[CallId],
    ) -> Result<HashMap<CallId, QueueWait>, StoreError> {
        let mut waits: HashMap<CallId, QueueWait> = HashMap::new();
        for calls in calls.chunks(CALLS_PER_QUERY) {
            let rows: Vec<Row> = on_pool!(self, |pool| {
                let mut query = QueryBuilder::new("SELECT * FROM interactions WHERE organization_id = ");
                query.push_bind(organization).push(" AND call_id IN (");
                let mut list = query.separated(", ");
                for call in calls {
                    list.push_bind(call.to_string());
                }
                query.push(") ORDER BY id").build_query_as().fetch_all(pool).await
            })?;
            for row in rows {
                let row = InteractionRow::try_from(row)?;
                let Some(call) = row.call.filter(|_| row.queue.is_some()) else { continue };
                if row.direction == InteractionDirection::Inbound {
                    waits.entry(call).or_default().add(&row);
                }
            }
        }
        Ok(waits)
    }
}

/// Calls of one query: well below what either database takes as parameters.
const CALLS_PER_QUERY: usize = 500;

/// What a call has waited in queues.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct QueueWait {
    /// Until an agent had it, or it ended. Nothing is added while it still waits.
    pub waited_ms: i64,
    /// An agent has had it.
    pub served: bool,
}

impl QueueWait {
    fn add(&mut self, row: &InteractionRow) {
        let over = row.state != InteractionState::Waiting;
        let until = row.answered_at_ms.or(row.ended_at_ms).or(row.closed_at_ms).filter(|_| over);
        self.waited_ms += until.map_or(0, |until| (until - row.started_at_ms).max(0));
        self.served |= row.answered_at_ms.is_some();
    }
}
