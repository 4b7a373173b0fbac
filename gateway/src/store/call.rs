//! Call records.

mod list;

use sqlx::QueryBuilder;

use crate::model::{CallId, CallRecord, LegRecord, OrganizationId, UserId};
use crate::store::column::{optional_number, optional_parsed, parsed};
use crate::store::database::Tx;
use crate::store::{Scope, Store, StoreError, leg, without_nul};

pub use list::CallFilter;

/// Calls written with one statement: 20 values each stay below the 32,766 that SQLite takes.
const CALLS_PER_STATEMENT: usize = 512;

const COLUMNS: &str = "INSERT INTO calls (id, organization_id, node, direction, caller, callee, destination, trunk, started_at_ms, \
    ringing_at_ms, answered_at_ms, ended_at_ms, end_reason, sip_status, q850_cause, ended_by, recording, transferred_to, \
    queue, agent_id) ";

const BEGIN: &str = " ON CONFLICT (id) DO UPDATE SET destination = excluded.destination, trunk = excluded.trunk, \
    direction = excluded.direction, ringing_at_ms = excluded.ringing_at_ms, answered_at_ms = excluded.answered_at_ms, \
    queue = excluded.queue, agent_id = excluded.agent_id WHERE calls.ended_at_ms IS NULL AND excluded.answered_at_ms IS NOT NULL";

const FINISH: &str = " ON CONFLICT (id) DO UPDATE SET organization_id = excluded.organization_id, direction = excluded.direction, \
    caller = excluded.caller, callee = excluded.callee, destination = excluded.destination, trunk = excluded.trunk, \
    started_at_ms = excluded.started_at_ms, ringing_at_ms = excluded.ringing_at_ms, answered_at_ms = excluded.answered_at_ms, \
    ended_at_ms = excluded.ended_at_ms, end_reason = excluded.end_reason, sip_status = excluded.sip_status, \
    q850_cause = excluded.q850_cause, ended_by = excluded.ended_by, recording = excluded.recording, \
    transferred_to = excluded.transferred_to, queue = excluded.queue, agent_id = excluded.agent_id";

row! {
    struct Row {
        id: String,
        organization_id: Option<i64>,
        node: String,
        direction: String,
        caller: String,
        callee: String,
        destination: Option<String>,
        trunk: Option<String>,
        started_at_ms: i64,
        ringing_at_ms: Option<i64>,
        answered_at_ms: Option<i64>,
        ended_at_ms: Option<i64>,
        end_reason: String,
        sip_status: Option<i64>,
        q850_cause: Option<i64>,
        ended_by: Option<String>,
        recording: Option<String>,
        transferred_to: Option<String>,
        queue: Option<String>,
        agent_id: Option<i64>,
    }
}

impl Row {
    fn with_legs(self, legs: Vec<LegRecord>) -> Result<CallRecord, StoreError> {
        Ok(CallRecord {
            id: parsed("calls", &self.id)?,
            organization: self.organization_id.map(OrganizationId),
            node: self.node,
            direction: parsed("calls", &self.direction)?,
            caller: self.caller,
            callee: self.callee,
            destination: self.destination,
            trunk: self.trunk,
            started_at_ms: self.started_at_ms,
            ringing_at_ms: self.ringing_at_ms,
            answered_at_ms: self.answered_at_ms,
            ended_at_ms: self.ended_at_ms,
            end_reason: self.end_reason,
            sip_status: optional_number("calls", self.sip_status)?,
            q850_cause: optional_number("calls", self.q850_cause)?,
            ended_by: optional_parsed("calls", self.ended_by.as_deref())?,
            recording: self.recording,
            transferred_to: self.transferred_to,
            queue: self.queue,
            agent: self.agent_id.map(UserId),
            legs,
        })
    }
}

impl Store {
    /// The newest calls within `scope`, newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn recent_calls(&self, scope: Scope, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        const ALL: &str = "SELECT * FROM calls ORDER BY id DESC LIMIT $1";
        const OWN: &str = "SELECT * FROM calls WHERE organization_id = $2 ORDER BY id DESC LIMIT $1";
        let limit = i64::from(limit);
        let rows: Vec<Row> = match scope {
            Scope::Node => on_pool!(self, |pool| sqlx::query_as(ALL).bind(limit).fetch_all(pool).await)?,
            Scope::Organization(OrganizationId(id)) => {
                on_pool!(self, |pool| sqlx::query_as(OWN).bind(limit).bind(id).fetch_all(pool).await)?
            }
        };
        self.complete(rows).await
    }

    /// One call, if it lies within `scope`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn call(&self, scope: Scope, id: CallId) -> Result<Option<CallRecord>, StoreError> {
        const ALL: &str = "SELECT * FROM calls WHERE id = $1";
        const OWN: &str = "SELECT * FROM calls WHERE id = $1 AND organization_id = $2";
        let id = id.to_string();
        let rows: Vec<Row> = match scope {
            Scope::Node => on_pool!(self, |pool| sqlx::query_as(ALL).bind(id).fetch_all(pool).await)?,
            Scope::Organization(OrganizationId(own)) => {
                on_pool!(self, |pool| sqlx::query_as(OWN).bind(id).bind(own).fetch_all(pool).await)?
            }
        };
        Ok(self.complete(rows).await?.into_iter().next())
    }

    /// Calls of `node` without an end.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn unfinished_calls(&self, node: &str) -> Result<Vec<CallRecord>, StoreError> {
        const SELECT: &str = "SELECT * FROM calls WHERE node = $1 AND ended_at_ms IS NULL ORDER BY id";
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT).bind(node).fetch_all(pool).await)?;
        self.complete(rows).await
    }

    async fn complete(&self, rows: Vec<Row>) -> Result<Vec<CallRecord>, StoreError> {
        let ids: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
        let mut legs = self.legs_of(&ids).await?;
        rows.into_iter()
            .map(|row| {
                let legs = legs.remove(&row.id).unwrap_or_default();
                row.with_legs(legs)
            })
            .collect()
    }
}

/// Writes calls that began or were answered. One that has ended stays as it is. No id may come twice.
pub(in crate::store) async fn begin(tx: &mut Tx, calls: &[&CallRecord]) -> Result<(), StoreError> {
    upsert(tx, calls, BEGIN).await
}

/// Writes calls that ended, whatever was known before. No id may come twice.
pub(in crate::store) async fn finish(tx: &mut Tx, calls: &[&CallRecord]) -> Result<(), StoreError> {
    upsert(tx, calls, FINISH).await?;
    leg::insert(tx, calls).await
}

async fn upsert(tx: &mut Tx, calls: &[&CallRecord], conflict: &'static str) -> Result<(), StoreError> {
    for calls in calls.chunks(CALLS_PER_STATEMENT) {
        on_tx!(tx, |db| {
            let mut query = QueryBuilder::new(COLUMNS);
            query.push_values(calls, |mut row, call| {
                row.push_bind(call.id.to_string())
                    .push_bind(call.organization.map(|OrganizationId(id)| id))
                    .push_bind(without_nul(&call.node))
                    .push_bind(call.direction.as_str())
                    .push_bind(without_nul(&call.caller))
                    .push_bind(without_nul(&call.callee))
                    .push_bind(call.destination.as_deref().map(without_nul))
                    .push_bind(call.trunk.as_deref().map(without_nul))
                    .push_bind(call.started_at_ms)
                    .push_bind(call.ringing_at_ms)
                    .push_bind(call.answered_at_ms)
                    .push_bind(call.ended_at_ms)
                    .push_bind(without_nul(&call.end_reason))
                    .push_bind(call.sip_status.map(i64::from))
                    .push_bind(call.q850_cause.map(i64::from))
                    .push_bind(call.ended_by.map(|party| party.as_str()))
                    .push_bind(call.recording.as_deref().map(without_nul))
                    .push_bind(call.transferred_to.as_deref().map(without_nul))
                    .push_bind(call.queue.as_deref().map(without_nul))
                    .push_bind(call.agent.map(|UserId(id)| id));
            });
            query.push(conflict).build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}
