//! What people write down about an Interaction: tags, disposition, what is known of the visitor.

use serde_json::{Value, json};

use crate::model::{DispositionId, InteractionEventKind, InteractionId, OrganizationId, UserId};
use crate::store::database::Tx;
use crate::store::interaction_event::{self, NewInteractionEvent};
use crate::store::{Store, StoreError, without_nul};

/// What is to be changed; nothing given: nothing.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct InteractionEdit {
    /// All of them. A tag holds no comma.
    pub tags: Option<Vec<String>>,
    pub disposition: Option<DispositionId>,
    /// A JSON object.
    pub visitor: Option<Value>,
}

impl Store {
    /// Writes what a person has changed; `false`: there is no such Interaction.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn edit_interaction(
        &self,
        (organization, interaction): (OrganizationId, InteractionId),
        edit: &InteractionEdit,
        (by, at_ms): (UserId, i64),
    ) -> Result<bool, StoreError> {
        const EDIT: &str = "UPDATE interactions SET disposition_id = COALESCE($3, disposition_id), \
            visitor = COALESCE($4, visitor) WHERE organization_id = $1 AND id = $2";
        let mut tx = self.begin().await?;
        let found = on_tx!(&mut tx, |db| sqlx::query(EDIT)
            .bind(organization.0)
            .bind(interaction.0)
            .bind(edit.disposition.map(|id| id.0))
            .bind(edit.visitor.as_ref().map(|visitor| without_nul(&visitor.to_string())))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if found == 0 {
            return Ok(false);
        }
        if let Some(tags) = &edit.tags {
            write_tags(&mut tx, (organization, interaction), tags).await?;
        }
        let detail =
            json!({ "tags": edit.tags, "disposition": edit.disposition, "visitor": edit.visitor.is_some() });
        let told = NewInteractionEvent { kind: InteractionEventKind::Edited, user: Some(by), detail };
        interaction_event::insert(&mut tx, (organization, interaction), at_ms, &told).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Puts these in the place of those that were there.
async fn write_tags(
    tx: &mut Tx,
    (organization, interaction): (OrganizationId, InteractionId),
    tags: &[String],
) -> Result<(), StoreError> {
    const DELETE: &str = "DELETE FROM interaction_tags WHERE organization_id = $1 AND interaction_id = $2";
    const INSERT: &str = "INSERT INTO interaction_tags (organization_id, interaction_id, tag) VALUES ($1, $2, $3) \
        ON CONFLICT (interaction_id, tag) DO NOTHING";
    on_tx!(&mut *tx, |db| sqlx::query(DELETE)
        .bind(organization.0)
        .bind(interaction.0)
        .execute(db)
        .await
        .map(drop))?;
    for tag in tags {
        on_tx!(&mut *tx, |db| sqlx::query(INSERT)
            .bind(organization.0)
            .bind(interaction.0)
            .bind(without_nul(tag))
            .execute(db)
            .await
            .map(drop))?;
    }
    Ok(())
}
