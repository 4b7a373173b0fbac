//! Recordings.

use crate::model::{CallId, KeptRecording, OrganizationId, RecordingPeaks, RecordingRow, RecordingState};
use crate::store::column::{optional_number, parsed};
use crate::store::database::Tx;
use crate::store::{Scope, Store, StoreError, without_nul};

const BEGIN: &str = "INSERT INTO recordings (call_id, path, organization_id, started_at_ms, seconds, state, reason, \
    part, pauses, peaks) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (call_id, path) DO NOTHING";

/// One that was deleted stays so, whatever is told late.
const END: &str = "INSERT INTO recordings (call_id, path, organization_id, started_at_ms, seconds, state, reason, \
    part, pauses, peaks) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (call_id, path) DO UPDATE SET \
    started_at_ms = excluded.started_at_ms, seconds = excluded.seconds, state = excluded.state, reason = excluded.reason, \
    part = excluded.part, pauses = excluded.pauses, peaks = COALESCE(excluded.peaks, recordings.peaks) \
    WHERE recordings.state <> 'deleted'";

/// The call's own row is written whole only at its end; a node that dies before must find the file from it.
const NOTE_AT_CALL: &str =
    "UPDATE calls SET recording = $2 WHERE id = $1 AND recording IS NULL AND ended_at_ms IS NULL";

row! {
    pub(in crate::store) struct Row {
        call_id: String,
        path: String,
        organization_id: i64,
        started_at_ms: i64,
        seconds: f64,
        state: String,
        reason: String,
        part: i64,
        pauses: String,
        peaks: Option<String>,
        bytes: Option<i64>,
        sha256: Option<String>,
        object: Option<String>,
    }
}

impl TryFrom<Row> for KeptRecording {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |error: serde_json::Error| StoreError::Corrupt {
            table: "recordings",
            noun: "JSON",
            detail: error.to_string(),
        };
        let state = match row.state.as_str() {
            "deleted" => RecordingState::Deleted,
            "sealed" => RecordingState::Sealed,
            "writing" => RecordingState::Writing,
            _ => RecordingState::Failed(row.reason),
        };
        let peaks: Option<RecordingPeaks> =
            row.peaks.as_deref().map(serde_json::from_str).transpose().map_err(corrupt)?;
        Ok(Self {
            row: RecordingRow {
                call: parsed("recordings", &row.call_id)?,
                organization: OrganizationId(row.organization_id),
                path: row.path,
                part: u32::try_from(row.part).unwrap_or(1),
                started_at_ms: row.started_at_ms,
                seconds: row.seconds,
                state,
                pauses: serde_json::from_str(&row.pauses).map_err(corrupt)?,
                peaks,
            },
            bytes: optional_number("recordings", row.bytes)?,
            sha256: row.sha256,
            object: row.object,
        })
    }
}

impl TryFrom<Row> for RecordingRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        KeptRecording::try_from(row).map(|kept| kept.row)
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
    ) -> Result<Vec<KeptRecording>, StoreError> {
        const SELECT: &str =
            "SELECT * FROM recordings WHERE organization_id = $1 AND call_id = $2 ORDER BY part, path";
        let call = call.to_string();
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT)
            .bind(organization)
            .bind(call)
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(KeptRecording::try_from).collect()
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
        RecordingState::Deleted => ("deleted", String::new()),
        RecordingState::Failed(reason) => ("failed", without_nul(reason)),
        RecordingState::Sealed => ("sealed", String::new()),
        RecordingState::Writing => ("writing", String::new()),
    };
    let pauses = json(&recording.pauses);
    let peaks = recording.peaks.as_ref().map(json);
    Ok(on_tx!(tx, |db| sqlx::query(statement)
        .bind(recording.call.to_string())
        .bind(without_nul(&recording.path))
        .bind(recording.organization.0)
        .bind(recording.started_at_ms)
        .bind(recording.seconds)
        .bind(state)
        .bind(reason)
        .bind(i64::from(recording.part))
        .bind(pauses)
        .bind(peaks)
        .execute(db)
        .await
        .map(drop))?)
}

/// Numbers and lists of them: nothing that could fail to be written.
pub(in crate::store) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
