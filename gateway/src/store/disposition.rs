//! The two lists of an organization: why agents pause, and what comes of Interactions.

use crate::model::{AuditEntry, DispositionId, OrganizationId, PauseReasonId, QueueId};
use crate::store::{Store, StoreError, audit, directory, without_nul};

const INSERT_REASON: &str = "INSERT INTO pause_reasons (organization_id, title) VALUES ($1, $2) RETURNING id";
const UPDATE_REASON: &str = "UPDATE pause_reasons SET title = $3 WHERE organization_id = $1 AND id = $2";
const DELETE_REASON: &str = "DELETE FROM pause_reasons WHERE organization_id = $1 AND id = $2";
const INSERT: &str =
    "INSERT INTO dispositions (organization_id, title, enabled) VALUES ($1, $2, $3) RETURNING id";
const OFFER: &str = "INSERT INTO queue_dispositions (organization_id, queue_id, disposition_id) \
    SELECT organization_id, id, CAST($3 AS BIGINT) FROM queues WHERE organization_id = $1 AND id = $2";
const UPDATE: &str =
    "UPDATE dispositions SET title = $3, enabled = $4 WHERE organization_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM dispositions WHERE organization_id = $1 AND id = $2";

/// What becomes of one entry of a list; the statement's first value is the organization, then number and title, then whether it is enabled.
struct Write<'a> {
    statement: &'static str,
    id: Option<i64>,
    title: Option<&'a str>,
    enabled: Option<bool>,
}

impl Store {
    /// A new reason to pause.
    ///
    /// # Errors
    /// There is one with this title, or the database is away.
    pub async fn insert_pause_reason(
        &self,
        title: &str,
        entry: AuditEntry,
    ) -> Result<PauseReasonId, StoreError> {
        let write = Write { statement: INSERT_REASON, id: None, title: Some(title), enabled: None };
        self.insert_listed(write, &[], entry).await.map(PauseReasonId)
    }

    /// Renames a reason; `false`: there is none.
    ///
    /// # Errors
    /// There is one with this title, or the database is away.
    pub async fn update_pause_reason(
        &self,
        id: PauseReasonId,
        title: &str,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let write = Write { statement: UPDATE_REASON, id: Some(id.0), title: Some(title), enabled: None };
        self.change_listed(write, entry).await
    }

    /// Deletes a reason; who pauses with it goes on doing so.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_pause_reason(
        &self,
        id: PauseReasonId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let write = Write { statement: DELETE_REASON, id: Some(id.0), title: None, enabled: None };
        self.change_listed(write, entry).await
    }

    /// A new disposition, which agents of these queues are offered. A queue that has gone meanwhile is passed over.
    ///
    /// # Errors
    /// There is one with this title, or the database is away.
    pub async fn insert_disposition(
        &self,
        title: &str,
        enabled: bool,
        queues: &[QueueId],
        entry: AuditEntry,
    ) -> Result<DispositionId, StoreError> {
        let write = Write { statement: INSERT, id: None, title: Some(title), enabled: Some(enabled) };
        self.insert_listed(write, queues, entry).await.map(DispositionId)
    }

    /// Changes a disposition; `false`: there is none.
    ///
    /// # Errors
    /// There is one with this title, or the database is away.
    pub async fn update_disposition(
        &self,
        id: DispositionId,
        (title, enabled): (&str, bool),
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let write = Write { statement: UPDATE, id: Some(id.0), title: Some(title), enabled: Some(enabled) };
        self.change_listed(write, entry).await
    }

    /// Deletes a disposition; finished Interactions keep its number.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_disposition(
        &self,
        id: DispositionId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let write = Write { statement: DELETE, id: Some(id.0), title: None, enabled: None };
        self.change_listed(write, entry).await
    }

    async fn insert_listed(
        &self,
        write: Write<'_>,
        queues: &[QueueId],
        entry: AuditEntry,
    ) -> Result<i64, StoreError> {
        let OrganizationId(organization) = entry.organization;
        let title = write.title.map(without_nul);
        let mut tx = self.begin().await?;
        let id: i64 = on_tx!(&mut tx, |db| {
            let query = sqlx::query_scalar(write.statement).bind(organization).bind(title);
            let query = match write.enabled {
                Some(enabled) => query.bind(enabled),
                None => query,
            };
            query.fetch_one(db).await
        })?;
        for queue in queues {
            on_tx!(&mut tx, |db| sqlx::query(OFFER)
                .bind(organization)
                .bind(queue.0)
                .bind(id)
                .execute(db)
                .await
                .map(drop))?;
        }
        audit::insert(&mut tx, &AuditEntry { noun_id: id.to_string(), ..entry }).await?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn change_listed(&self, write: Write<'_>, entry: &AuditEntry) -> Result<bool, StoreError> {
        let OrganizationId(organization) = entry.organization;
        let mut tx = self.begin().await?;
        let found = on_tx!(&mut tx, |db| {
            let mut query = sqlx::query(write.statement).bind(organization).bind(write.id);
            if let Some(title) = write.title {
                query = query.bind(without_nul(title));
            }
            if let Some(enabled) = write.enabled {
                query = query.bind(enabled);
            }
            query.execute(db).await.map(|done| done.rows_affected())
        })?;
        if found == 0 {
            return Ok(false);
        }
        audit::insert(&mut tx, entry).await?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}
