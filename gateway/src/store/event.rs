//! Events.
use sqlx::QueryBuilder;

use crate::model::{EventRow, OrganizationId};
use crate::store::column::optional_parsed;
use crate::store::database::Tx;
use crate::store::{Scope, Store, StoreError, without_nul};

row! {
    struct Row {
        at_ms: i64,
        organization_id: Option<i64>,
        kind: String,
        call_id: Option<String>,
        detail: String,
    }
}

impl TryFrom<Row> for EventRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            at_ms: row.at_ms,
            organization: row.organization_id.map(OrganizationId),
            kind: row.kind,
            call: optional_parsed("events", row.call_id.as_deref())?,
            detail: row.detail,
        })
    }
}

impl Store {
    /// The newest events within `scope`, newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn recent_events(&self, scope: Scope, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        const ALL: &str = "SELECT * FROM events ORDER BY at_ms DESC, id DESC LIMIT $1";
        const OWN: &str =
            "SELECT * FROM events WHERE organization_id = $2 ORDER BY at_ms DESC, id DESC LIMIT $1";
        let limit = i64::from(limit);
        let rows: Vec<Row> = match scope {
            Scope::Node => on_pool!(self, |pool| sqlx::query_as(ALL).bind(limit).fetch_all(pool).await)?,
            Scope::Organization(OrganizationId(id)) => {
                on_pool!(self, |pool| sqlx::query_as(OWN).bind(limit).bind(id).fetch_all(pool).await)?
            }
        };
        rows.into_iter().map(EventRow::try_from).collect()
    }
}

/// Writes events under the names that their envelopes carry; one that is there already stays as it is.
pub(in crate::store) async fn insert(tx: &mut Tx, events: &[(&str, &EventRow)]) -> Result<(), StoreError> {
    on_tx!(tx, |db| {
        let mut query =
            QueryBuilder::new("INSERT INTO events (id, at_ms, organization_id, kind, call_id, detail) ");
        query.push_values(events, |mut row, (id, event)| {
            row.push_bind((*id).to_owned())
                .push_bind(event.at_ms)
                .push_bind(event.organization.map(|OrganizationId(id)| id))
                .push_bind(without_nul(&event.kind))
                .push_bind(event.call.map(|call| call.to_string()))
                .push_bind(without_nul(&event.detail));
        });
        query.push(" ON CONFLICT (id) DO NOTHING").build().execute(db).await.map(drop)
    })?;
    Ok(())
}
