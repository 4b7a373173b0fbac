//! Recordings.

use crate::model::{CallId, OrganizationId, RecordingRow, RecordingState};
use crate::store::column::parsed;
use crate::store::database::Tx;
use crate::store::{Scope, Store, StoreError, without_nul};

const BEGIN: &str = "INSERT INTO recordings (call_id, path, organization_id, started_at_ms, seconds, state, reason) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (call_id, path) DO NOTHING";

const END: &str = "INSERT INTO recordings (call_id, path, organization_id, started_at_ms, seconds, state, reason) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (call_id, path) DO UPDATE SET \
    started_at_ms = excluded.started_at_ms, seconds = excluded.seconds, state = excluded.state, reason = excluded.reason";

/// The call's own row is written whole only at its end; a node that dies before must find the file from it.
const NOTE_AT_CALL: &str =
    "UPDATE calls SET recording = $2 WHERE id = $1 AND recording IS NULL AND ended_at_ms IS NULL";

row! {
    struct Row {
        call_id: String,
        path: String,
        organization_id: i64,
        started_at_ms: i64,
        seconds: f64,
        state: String,
        reason: String,
    }
}

impl TryFrom<Row> for RecordingRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let state = match row.state.as_str() {
            "sealed" => RecordingState::Sealed,
            "writing" => RecordingState::Writing,
            _ => RecordingState::Failed(row.reason),
        };
        Ok(Self {
            call: parsed("recordings", &row.call_id)?,
            organization: OrganizationId(row.organization_id),
            path: row.path,
            started_at_ms: row.started_at_ms,
            seconds: row.seconds,
            state,
        })
    }
}

impl Store {
    /// The newest recordings within `scope`, newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn recent_recordings(&self, scope: Scope, limit: u32) -> Result<Vec<RecordingRow>, StoreError> {
        const ALL: &str = "SELECT * FROM recordings ORDER BY started_at_ms DESC, call_id LIMIT $1";
        const OWN: &str = "SELECT * FROM recordings WHERE organization_id = $2 ORDER BY started_at_ms DESC, call_id LIMIT $1";
        let limit = i64::from(limit);
        let rows: Vec<Row> = match scope {
            Scope::Node => on_pool!(self, |pool| sqlx::query_as(ALL).bind(limit).fetch_all(pool).await)?,
            Scope::Organization(OrganizationId(id)) => {
                on_pool!(self, |pool| sqlx::query_as(OWN).bind(limit).bind(id).fetch_all(pool).await)?
            }
        };
        rows.into_iter().map(RecordingRow::try_from).collect()
    }

    /// The recordings of one call of an organization, first come first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn recordings_of_call(
        &self,
        OrganizationId(organization): OrganizationId,
        call: CallId,
    ) -> Result<Vec<RecordingRow>, StoreError> {
        const SELECT: &str = "SELECT * FROM recordings WHERE organization_id = $1 AND call_id = $2 ORDER BY started_at_ms, path";
        let call = call.to_string();
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT)
            .bind(organization)
            .bind(call)
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(RecordingRow::try_from).collect()
    }
}

/// Writes a recording that began, and its path into the running call; what is there already stays as it is.
pub(in crate::store) async fn begin(tx: &mut Tx, recording: &RecordingRow) -> Result<(), StoreError> {
    write(tx, recording, BEGIN).await?;
    Ok(on_tx!(tx, |db| sqlx::query(NOTE_AT_CALL)
        .bind(recording.call.to_string())
        .bind(without_nul(&recording.path))
        .execute(db)
        .await
        .map(drop))?)
}

/// Writes how a recording ended, whatever was known before.
pub(in crate::store) async fn end(tx: &mut Tx, recording: &RecordingRow) -> Result<(), StoreError> {
    write(tx, recording, END).await
}

async fn write(tx: &mut Tx, recording: &RecordingRow, statement: &'static str) -> Result<(), StoreError> {
    let (state, reason) = match &recording.state {
        RecordingState::Failed(reason) => ("failed", without_nul(reason)),
        RecordingState::Sealed => ("sealed", String::new()),
        RecordingState::Writing => ("writing", String::new()),
    };
    Ok(on_tx!(tx, |db| sqlx::query(statement)
        .bind(recording.call.to_string())
        .bind(without_nul(&recording.path))
        .bind(recording.organization.0)
        .bind(recording.started_at_ms)
        .bind(recording.seconds)
        .bind(state)
        .bind(reason)
        .execute(db)
        .await
        .map(drop))?)
}
