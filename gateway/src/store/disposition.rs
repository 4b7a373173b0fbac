//! The two lists of an organization: why agents pause, and what comes of Interactions.
use crate::model::{DispositionId, OrganizationId, PauseReasonId};
use crate::store::{Store, StoreError, directory, without_nul};

const INSERT_REASON: &str = "INSERT INTO pause_reasons (organization_id, title) VALUES ($1, $2) RETURNING id";
const UPDATE_REASON: &str = "UPDATE pause_reasons SET title = $3 WHERE organization_id = $1 AND id = $2";
const DELETE_REASON: &str = "DELETE FROM pause_reasons WHERE organization_id = $1 AND id = $2";
const INSERT: &str =
    "INSERT INTO dispositions (organization_id, title, enabled) VALUES ($1, $2, $3) RETURNING id";
const UPDATE: &str =
    "UPDATE dispositions SET title = $3, enabled = $4 WHERE organization_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM dispositions WHERE organization_id = $1 AND id = $2";

impl Store {
    /// A new reason to pause.
    ///
    /// # Errors
    /// There is one with this title, or the database is away.
    pub async fn insert_pause_reason(
        &self,
        organization: OrganizationId,
        title: &str,
    ) -> Result<PauseReasonId, StoreError> {
        let mut tx = self.begin().await?;
        let id: i64 = on_tx!(&mut tx, |db| sqlx::query_scalar(INSERT_REASON)
            .bind(organization.0)
            .bind(without_nul(title))
            .fetch_one(db)
            .await)?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(PauseReasonId(id))
    }

    /// Renames a reason; `false`: there is none.
    ///
    /// # Errors
    /// There is one with this title, or the database is away.
    pub async fn update_pause_reason(
        &self,
        organization: OrganizationId,
        id: PauseReasonId,
        title: &str,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let found = on_tx!(&mut tx, |db| sqlx::query(UPDATE_REASON)
            .bind(organization.0)
            .bind(id.0)
            .bind(without_nul(title))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(found > 0)
    }

    /// Deletes a reason; who pauses with it goes on doing so.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_pause_reason(
        &self,
        organization: OrganizationId,
        id: PauseReasonId,
    ) -> Result<bool, StoreError> {
        self.delete_listed(DELETE_REASON, organization, id.0).await
    }

    /// A new disposition.
    ///
    /// # Errors
    /// There is one with this title, or the database is away.
    pub async fn insert_disposition(
        &self,
        organization: OrganizationId,
        title: &str,
        enabled: bool,
    ) -> Result<DispositionId, StoreError> {
        let mut tx = self.begin().await?;
        let id: i64 = on_tx!(&mut tx, |db| sqlx::query_scalar(INSERT)
            .bind(organization.0)
            .bind(without_nul(title))
            .bind(enabled)
            .fetch_one(db)
            .await)?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(DispositionId(id))
    }

    /// Changes a disposition; `false`: there is none.
    ///
    /// # Errors
    /// There is one with this title, or the database is away.
    pub async fn update_disposition(
        &self,
        organization: OrganizationId,
        id: DispositionId,
        title: &str,
        enabled: bool,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let found = on_tx!(&mut tx, |db| sqlx::query(UPDATE)
            .bind(organization.0)
            .bind(id.0)
            .bind(without_nul(title))
            .bind(enabled)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(found > 0)
    }

    /// Deletes a disposition; finished Interactions keep its number.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_disposition(
        &self,
        organization: OrganizationId,
        id: DispositionId,
    ) -> Result<bool, StoreError> {
        self.delete_listed(DELETE, organization, id.0).await
    }

    async fn delete_listed(
        &self,
        statement: &'static str,
        organization: OrganizationId,
        id: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let gone = on_tx!(&mut tx, |db| sqlx::query(statement)
            .bind(organization.0)
            .bind(id)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await?;
        Ok(gone > 0)
    }
}
