//! What becomes of a recording when it is complete: its checksum, its way to a store of objects, its end.

use serde_json::json;

use crate::model::{AuditEntry, CallId, KeptRecording, RecordingPeaks};
use crate::store::column::parsed;
use crate::store::recording::{Row, json as text};
use crate::store::{Store, StoreError, audit};

/// Complete recordings of a node whose file nobody has looked at yet.
const UNREAD: &str = "SELECT r.* FROM recordings r JOIN calls c ON c.id = r.call_id \
    WHERE r.state = 'sealed' AND r.sha256 IS NULL AND c.node = $1 ORDER BY r.started_at_ms LIMIT $2";
const READ: &str = "UPDATE recordings SET bytes = $3, sha256 = $4, peaks = COALESCE(peaks, $5) \
    WHERE call_id = $1 AND path = $2 AND state = 'sealed'";
const LOST: &str = "UPDATE recordings SET state = 'failed', reason = $3 WHERE call_id = $1 AND path = $2 AND state = 'sealed'";
const WRITING: &str = "SELECT r.* FROM recordings r JOIN calls c ON c.id = r.call_id \
    WHERE r.state = 'writing' AND c.node = $1";
const QUEUE: &str = "INSERT INTO recording_uploads (call_id, path, node, attempts, due_at_ms) \
    VALUES ($1, $2, $3, 0, $4) ON CONFLICT (call_id, path) DO NOTHING";
/// Those that were complete before a store of objects was configured.
const QUEUE_OLD: &str = "INSERT INTO recording_uploads (call_id, path, node, attempts, due_at_ms) \
    SELECT r.call_id, r.path, c.node, 0, CAST($2 AS BIGINT) FROM recordings r JOIN calls c ON c.id = r.call_id \
    WHERE c.node = $1 AND r.state = 'sealed' AND r.sha256 IS NOT NULL AND r.object IS NULL \
    ON CONFLICT (call_id, path) DO NOTHING";
const DUE: &str = "SELECT call_id, path FROM recording_uploads WHERE node = $1 AND due_at_ms <= $2 \
    AND (claimed_until_ms IS NULL OR claimed_until_ms < $2) ORDER BY due_at_ms LIMIT $3";
const CLAIM: &str = "UPDATE recording_uploads SET claimed_until_ms = $3, attempts = attempts + 1 \
    WHERE call_id = $1 AND path = $2 AND (claimed_until_ms IS NULL OR claimed_until_ms < $4) RETURNING attempts";
const CLAIMED: &str = "SELECT * FROM recordings WHERE call_id = $1 AND path = $2 AND state = 'sealed'";
const LATER: &str =
    "UPDATE recording_uploads SET claimed_until_ms = NULL, due_at_ms = $3 WHERE call_id = $1 AND path = $2";
const DONE: &str = "UPDATE recordings SET object = $3 WHERE call_id = $1 AND path = $2 AND state = 'sealed'";
const UNQUEUE: &str = "DELETE FROM recording_uploads WHERE call_id = $1 AND path = $2";
const FREE: &str = "UPDATE recording_uploads SET claimed_until_ms = NULL WHERE node = $1";
/// Of each organization what is older than it keeps, where a node can reach it: on its own disk, or in the store of objects.
const OVER: &str = "SELECT r.* FROM recordings r JOIN organizations o ON o.id = r.organization_id \
    JOIN calls c ON c.id = r.call_id WHERE r.state IN ('sealed', 'failed') AND o.recording_days IS NOT NULL \
    AND r.started_at_ms < CAST($1 AS BIGINT) - o.recording_days * 86400000 AND c.node = $2 ORDER BY r.started_at_ms LIMIT $3";
const DELETED: &str = "UPDATE recordings SET state = 'deleted', deleted_at_ms = $3, peaks = NULL, object = NULL \
    WHERE call_id = $1 AND path = $2 AND state <> 'deleted'";

row! {
    struct DueRow {
        call_id: String,
        path: String,
    }
}

/// What was read of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct ReadRecording {
    pub bytes: u64,
    pub sha256: String,
    pub peaks: Option<RecordingPeaks>,
}

/// A file that this node is to send, and nobody else meanwhile.
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimedUpload {
    pub recording: KeptRecording,
    /// This one is the first at 1.
    pub attempt: u32,
}

/// Whether what is complete is to be sent to a store of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sending {
    No,
    Yes { due_at_ms: i64 },
}

impl Store {
    /// Complete recordings of a node whose file nobody has looked at yet, oldest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn unread_recordings(&self, node: &str, most: u32) -> Result<Vec<KeptRecording>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(UNREAD)
            .bind(node)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(KeptRecording::try_from).collect()
    }

    /// Recordings of a node that nobody has closed.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn unfinished_recordings(&self, node: &str) -> Result<Vec<KeptRecording>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(WRITING).bind(node).fetch_all(pool).await)?;
        rows.into_iter().map(KeptRecording::try_from).collect()
    }

    /// Notes what was read of a file and, in the same transaction, that it is to be sent.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn note_read_recording(
        &self,
        node: &str,
        kept: &KeptRecording,
        read: &ReadRecording,
        sending: Sending,
    ) -> Result<(), StoreError> {
        let call = kept.row.call.to_string();
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(READ)
            .bind(&call)
            .bind(&kept.row.path)
            .bind(i64::try_from(read.bytes).unwrap_or(i64::MAX))
            .bind(&read.sha256)
            .bind(read.peaks.as_ref().map(text))
            .execute(db)
            .await
            .map(drop))?;
        if let Sending::Yes { due_at_ms } = sending {
            on_tx!(&mut tx, |db| sqlx::query(QUEUE)
                .bind(&call)
                .bind(&kept.row.path)
                .bind(node)
                .bind(due_at_ms)
                .execute(db)
                .await
                .map(drop))?;
        }
        tx.commit().await
    }

    /// The file of a complete recording is gone.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn note_lost_recording(&self, kept: &KeptRecording, reason: &str) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(LOST)
            .bind(kept.row.call.to_string())
            .bind(&kept.row.path)
            .bind(reason)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// A node starts: what it had claimed is free again, and what was complete before is to be sent too.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn begin_uploads(&self, node: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(FREE).bind(node).execute(db).await.map(drop))?;
        on_tx!(&mut tx, |db| sqlx::query(QUEUE_OLD).bind(node).bind(now_ms).execute(db).await.map(drop))?;
        tx.commit().await
    }

    /// Claims the next file that is due; `None` where there is none.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn claim_upload(
        &self,
        node: &str,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<Option<ClaimedUpload>, StoreError> {
        let due: Vec<DueRow> = on_pool!(self, |pool| sqlx::query_as(DUE)
            .bind(node)
            .bind(now_ms)
            .bind(1_i64)
            .fetch_all(pool)
            .await)?;
        let Some(due) = due.into_iter().next() else { return Ok(None) };
        let attempts: Option<i64> = on_writer!(self, |pool| sqlx::query_scalar(CLAIM)
            .bind(&due.call_id)
            .bind(&due.path)
            .bind(until_ms)
            .bind(now_ms)
            .fetch_optional(pool)
            .await)?;
        let Some(attempts) = attempts else { return Ok(None) };
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(CLAIMED)
            .bind(&due.call_id)
            .bind(&due.path)
            .fetch_optional(pool)
            .await)?;
        let Some(row) = row else {
            self.unqueue_upload(parsed("recording_uploads", &due.call_id)?, &due.path).await?;
            return Ok(None);
        };
        let attempt = u32::try_from(attempts).unwrap_or(u32::MAX);
        Ok(Some(ClaimedUpload { recording: row.try_into()?, attempt }))
    }

    /// It is to be tried again then.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn postpone_upload(&self, kept: &KeptRecording, due_at_ms: i64) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(LATER)
            .bind(kept.row.call.to_string())
            .bind(&kept.row.path)
            .bind(due_at_ms)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// The store of objects has it under this key.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn note_uploaded(&self, kept: &KeptRecording, object: &str) -> Result<(), StoreError> {
        let call = kept.row.call.to_string();
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(DONE)
            .bind(&call)
            .bind(&kept.row.path)
            .bind(object)
            .execute(db)
            .await
            .map(drop))?;
        on_tx!(&mut tx, |db| sqlx::query(UNQUEUE)
            .bind(&call)
            .bind(&kept.row.path)
            .execute(db)
            .await
            .map(drop))?;
        tx.commit().await
    }

    async fn unqueue_upload(&self, call: CallId, path: &str) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(UNQUEUE)
            .bind(call.to_string())
            .bind(path)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// Recordings of a node's calls that are older than their organization keeps them.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn recordings_over(
        &self,
        node: &str,
        now_ms: i64,
        most: u32,
    ) -> Result<Vec<KeptRecording>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(OVER)
            .bind(now_ms)
            .bind(node)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(KeptRecording::try_from).collect()
    }

    /// The file is gone: the row says so, and so does the audit log.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn note_deleted_recording(&self, kept: &KeptRecording, now_ms: i64) -> Result<(), StoreError> {
        let row = &kept.row;
        let call = row.call.to_string();
        let entry = AuditEntry {
            organization: row.organization,
            at_ms: now_ms,
            user: None,
            actor: "retention".to_owned(),
            action: "delete".to_owned(),
            noun: "recording".to_owned(),
            noun_id: call.clone(),
            detail: json!({ "part": row.part, "started_at_ms": row.started_at_ms, "seconds": row.seconds,
                "sha256": kept.sha256 }),
            address: String::new(),
        };
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(DELETED)
            .bind(&call)
            .bind(&row.path)
            .bind(now_ms)
            .execute(db)
            .await
            .map(drop))?;
        on_tx!(&mut tx, |db| sqlx::query(UNQUEUE).bind(&call).bind(&row.path).execute(db).await.map(drop))?;
        audit::insert(&mut tx, &entry).await?;
        tx.commit().await
    }
}
