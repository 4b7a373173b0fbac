//! What agents have begun to write.
use crate::model::{InteractionId, OrganizationId, UserId};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

/// Nothing is kept for an Interaction that the Organization does not have.
const SAVE: &str = "INSERT INTO drafts (organization_id, user_id, interaction_id, text, at_ms) \
    SELECT i.organization_id, CAST($2 AS BIGINT), i.id, CAST($4 AS TEXT), CAST($5 AS BIGINT) FROM interactions i \
    WHERE i.id = $3 AND i.organization_id = $1 \
    ON CONFLICT (user_id, interaction_id) DO UPDATE SET text = excluded.text, at_ms = excluded.at_ms";
const FORGET: &str = "DELETE FROM drafts WHERE organization_id = $1 AND user_id = $2 AND interaction_id = $3";
const OF_USER: &str = "SELECT d.interaction_id, d.text FROM drafts d JOIN interactions i ON i.id = d.interaction_id \
    AND i.organization_id = d.organization_id WHERE d.organization_id = $1 AND d.user_id = $2 AND i.state <> 'closed'";

impl Tx {
    pub(crate) async fn forget_draft(
        &mut self,
        organization: OrganizationId,
        user: UserId,
        interaction: InteractionId,
    ) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::query(FORGET)
            .bind(organization.0)
            .bind(user.0)
            .bind(interaction.0)
            .execute(db)
            .await
            .map(drop))?)
    }
}

impl Store {
    /// Keeps what an agent has begun to write; an empty text is forgotten.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn save_draft(
        &self,
        (organization, user): (OrganizationId, UserId),
        interaction: InteractionId,
        text: &str,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        if text.is_empty() {
            let mut tx = self.begin().await?;
            tx.forget_draft(organization, user, interaction).await?;
            return tx.commit().await;
        }
        Ok(on_writer!(self, |pool| sqlx::query(SAVE)
            .bind(organization.0)
            .bind(user.0)
            .bind(interaction.0)
            .bind(without_nul(text))
            .bind(at_ms)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// What an agent has begun to write in Interactions that are not closed.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn drafts_of(
        &self,
        organization: OrganizationId,
        user: UserId,
    ) -> Result<Vec<(InteractionId, String)>, StoreError> {
        let rows: Vec<(i64, String)> = on_pool!(self, |pool| sqlx::query_as(OF_USER)
            .bind(organization.0)
            .bind(user.0)
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(|(id, text)| (InteractionId(id), text)).collect())
    }
}
