//! Files that came with messages: where they lie with the provider, and where with us.

use crate::model::{AttachmentId, AttachmentKind, InboxId, InteractionId, MessageId, OrganizationId};
use crate::store::column::{optional_number, parsed};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

/// Tries before a file is given up.
const ATTEMPTS: i64 = 5;
/// Until the next try, more with each one: 30 s, in milliseconds.
const AGAIN_MS: i64 = 30_000;

/// A file that is to be fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedFile {
    pub id: AttachmentId,
    pub organization: OrganizationId,
    pub inbox: InboxId,
    pub message: MessageId,
    /// What the plugin finds it by.
    pub reference: String,
}

/// A file that was fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedFile {
    pub interaction: Option<InteractionId>,
    /// Inside the node's folder of files.
    pub path: String,
    pub media_type: Option<String>,
    pub file_name: Option<String>,
    pub kind: AttachmentKind,
    pub size_bytes: Option<u64>,
}

/// A file to be written down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewAttachment<'a> {
    pub kind: AttachmentKind,
    pub media_type: Option<&'a str>,
    pub file_name: Option<&'a str>,
    pub size_bytes: Option<u64>,
    pub duration_ms: Option<u32>,
    pub reference: &'a str,
}

row! {
    struct WantedRow {
        id: i64,
        organization_id: i64,
        inbox_id: i64,
        message_id: i64,
        reference: String,
    }
}

row! {
    struct FetchedRow {
        interaction_id: Option<i64>,
        path: String,
        media_type: Option<String>,
        file_name: Option<String>,
        kind: String,
        size_bytes: Option<i64>,
    }
}

const INSERT: &str = "INSERT INTO attachments (organization_id, message_id, kind, media_type, file_name, size_bytes, \
    duration_ms, reference, state, attempts, due_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9)";
const DUE: &str = "SELECT a.id, a.organization_id, m.inbox_id, a.message_id, a.reference FROM attachments a \
    JOIN messages m ON m.id = a.message_id AND m.organization_id = a.organization_id \
    WHERE a.state = 'waiting' AND a.due_at_ms <= $1 ORDER BY a.due_at_ms, a.id LIMIT $2";
/// Whoever takes it has the time until it is due again.
const TAKE: &str = "UPDATE attachments SET attempts = attempts + 1, due_at_ms = $2 + $3 * (attempts + 1) \
    WHERE id = $1 AND state = 'waiting' AND due_at_ms <= $2";
const FETCHED: &str = "UPDATE attachments SET state = 'fetched', path = $3, media_type = COALESCE($4, media_type), \
    size_bytes = $5 WHERE id = $1 AND organization_id = $2";
const FAILED: &str = "UPDATE attachments SET state = 'failed' WHERE id = $1 AND organization_id = $2";
const GIVE_UP: &str =
    "UPDATE attachments SET state = 'failed' WHERE state = 'waiting' AND attempts >= $1 AND due_at_ms <= $2";
const SELECT: &str = "SELECT m.interaction_id, a.path, a.media_type, a.file_name, a.kind, a.size_bytes \
    FROM attachments a JOIN messages m ON m.id = a.message_id AND m.organization_id = a.organization_id \
    WHERE a.id = $1 AND a.organization_id = $2 AND a.state = 'fetched' AND a.path IS NOT NULL";

impl Tx {
    pub(crate) async fn insert_attachment(
        &mut self,
        organization: OrganizationId,
        message: MessageId,
        new: &NewAttachment<'_>,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::query(INSERT)
            .bind(organization.0)
            .bind(message.0)
            .bind(new.kind.as_str())
            .bind(new.media_type.map(without_nul))
            .bind(new.file_name.map(without_nul))
            .bind(new.size_bytes.and_then(|size| i64::try_from(size).ok()))
            .bind(new.duration_ms.map(i64::from))
            .bind(without_nul(new.reference))
            .bind(now_ms)
            .execute(db)
            .await
            .map(drop))?)
    }
}

impl Store {
    /// Takes files that are to be fetched; each is the caller's until it is due again.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn wanted_files(&self, now_ms: i64, most: u32) -> Result<Vec<WantedFile>, StoreError> {
        on_writer!(self, |pool| sqlx::query(GIVE_UP)
            .bind(ATTEMPTS)
            .bind(now_ms)
            .execute(pool)
            .await
            .map(drop))?;
        let rows: Vec<WantedRow> = on_pool!(self, |pool| sqlx::query_as(DUE)
            .bind(now_ms)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)?;
        let mut files = Vec::with_capacity(rows.len());
        for row in rows {
            let taken = on_writer!(self, |pool| sqlx::query(TAKE)
                .bind(row.id)
                .bind(now_ms)
                .bind(AGAIN_MS)
                .execute(pool)
                .await
                .map(|done| done.rows_affected()))?;
            if taken > 0 {
                files.push(WantedFile {
                    id: AttachmentId(row.id),
                    organization: OrganizationId(row.organization_id),
                    inbox: InboxId(row.inbox_id),
                    message: MessageId(row.message_id),
                    reference: row.reference,
                });
            }
        }
        Ok(files)
    }

    /// Notes where a file lies with us.
    pub(crate) async fn note_fetched(
        &self,
        file: &WantedFile,
        path: &str,
        media_type: Option<&str>,
        size_bytes: u64,
    ) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(FETCHED)
            .bind(file.id.0)
            .bind(file.organization.0)
            .bind(path)
            .bind(media_type.map(without_nul))
            .bind(i64::try_from(size_bytes).unwrap_or(i64::MAX))
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// Gives a file up that the provider will never have.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn give_file_up(&self, file: &WantedFile) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(FAILED)
            .bind(file.id.0)
            .bind(file.organization.0)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// A file that lies with us.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn attachment(
        &self,
        organization: OrganizationId,
        id: AttachmentId,
    ) -> Result<Option<FetchedFile>, StoreError> {
        let row: Option<FetchedRow> = on_pool!(self, |pool| sqlx::query_as(SELECT)
            .bind(id.0)
            .bind(organization.0)
            .fetch_optional(pool)
            .await)?;
        row.map(|row| {
            Ok(FetchedFile {
                interaction: row.interaction_id.map(InteractionId),
                path: row.path,
                media_type: row.media_type,
                file_name: row.file_name,
                kind: parsed("attachments", &row.kind)?,
                size_bytes: optional_number("attachments", row.size_bytes)?,
            })
        })
        .transpose()
    }
}
