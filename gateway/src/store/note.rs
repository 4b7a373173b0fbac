//! What agents write down about an Interaction, for themselves.

use crate::model::{Author, ContactId, InteractionId, Note, NoteId, OrganizationId, UserId};
use crate::store::{Store, StoreError, without_nul};

/// Notes of one Interaction that are listed.
const LISTED: i64 = 500;

row! {
    struct Row {
        id: i64,
        interaction_id: i64,
        contact_id: Option<i64>,
        user_id: Option<i64>,
        user_name: Option<String>,
        text: String,
        at_ms: i64,
    }
}

impl From<Row> for Note {
    fn from(row: Row) -> Self {
        Self {
            id: NoteId(row.id),
            interaction_id: InteractionId(row.interaction_id),
            contact_id: row.contact_id.map(ContactId),
            author: row.user_id.map(|id| Author { id: UserId(id), name: row.user_name.unwrap_or_default() }),
            text: row.text,
            at_ms: row.at_ms,
        }
    }
}

const INSERT: &str = "INSERT INTO notes (organization_id, interaction_id, contact_id, user_id, text, at_ms) \
    SELECT i.organization_id, i.id, i.contact_id, CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS BIGINT) \
    FROM interactions i WHERE i.id = $2 AND i.organization_id = $1 RETURNING id";
const SELECT: &str = "SELECT n.id, n.interaction_id, n.contact_id, n.user_id, u.name AS user_name, n.text, n.at_ms \
    FROM notes n LEFT JOIN users u ON u.id = n.user_id AND u.organization_id = n.organization_id \
    WHERE n.organization_id = $1 AND n.interaction_id = $2 ORDER BY n.id LIMIT $3";
const ONE: &str = "SELECT n.id, n.interaction_id, n.contact_id, n.user_id, u.name AS user_name, n.text, n.at_ms \
    FROM notes n LEFT JOIN users u ON u.id = n.user_id AND u.organization_id = n.organization_id \
    WHERE n.organization_id = $1 AND n.id = $2";

impl Store {
    /// Writes a note; `None` where the Organization has no such Interaction. No user: a rule wrote it.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn add_note(
        &self,
        organization: OrganizationId,
        interaction: InteractionId,
        user: Option<UserId>,
        text: &str,
        at_ms: i64,
    ) -> Result<Option<Note>, StoreError> {
        let id: Option<i64> = on_writer!(self, |pool| sqlx::query_scalar(INSERT)
            .bind(organization.0)
            .bind(interaction.0)
            .bind(user.map(|UserId(id)| id))
            .bind(without_nul(text))
            .bind(at_ms)
            .fetch_optional(pool)
            .await)?;
        let Some(id) = id else { return Ok(None) };
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(ONE)
            .bind(organization.0)
            .bind(id)
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(Note::from))
    }

    /// The notes of an Interaction, oldest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn notes(
        &self,
        organization: OrganizationId,
        interaction: InteractionId,
    ) -> Result<Vec<Note>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT)
            .bind(organization.0)
            .bind(interaction.0)
            .bind(LISTED)
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(Note::from).collect())
    }
}
