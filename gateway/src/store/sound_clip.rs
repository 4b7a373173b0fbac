//! Sounds that agents play into calls.

use crate::model::{AuditEntry, OrganizationId, SoundClip, SoundClipId};
use crate::store::{Store, StoreError, audit, without_nul};

row! {
    struct Row {
        id: i64,
        title: String,
        media_type: String,
        seconds: f64,
        text: Option<String>,
        archived: bool,
        created_at_ms: i64,
    }
}

impl From<Row> for SoundClip {
    fn from(row: Row) -> Self {
        Self {
            id: SoundClipId(row.id),
            title: row.title,
            media_type: row.media_type,
            seconds: row.seconds,
            text: row.text,
            archived: row.archived,
            created_at_ms: row.created_at_ms,
        }
    }
}

const LIST: &str = "SELECT id, title, media_type, seconds, text, archived, created_at_ms FROM sound_clips \
    WHERE organization_id = $1 ORDER BY title, id LIMIT $2";
const SOUND: &str = "SELECT sound FROM sound_clips WHERE organization_id = $1 AND id = $2";
const INSERT: &str = "INSERT INTO sound_clips (organization_id, title, media_type, seconds, text, archived, sound, \
    created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
const CHANGE: &str =
    "UPDATE sound_clips SET title = $3, archived = $4 WHERE organization_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM sound_clips WHERE organization_id = $1 AND id = $2";

impl Store {
    /// The clips of an organization, by title.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sound_clips(
        &self,
        OrganizationId(organization): OrganizationId,
        most: u32,
    ) -> Result<Vec<SoundClip>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(LIST)
            .bind(organization)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(SoundClip::from).collect())
    }

    /// The bytes of a clip.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn sound_of_clip(
        &self,
        OrganizationId(organization): OrganizationId,
        SoundClipId(id): SoundClipId,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_scalar(SOUND)
            .bind(organization)
            .bind(id)
            .fetch_optional(pool)
            .await)?)
    }

    /// Writes a clip down; its number.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn insert_sound_clip(
        &self,
        clip: &SoundClip,
        sound: &[u8],
        mut entry: AuditEntry,
    ) -> Result<SoundClipId, StoreError> {
        let mut tx = self.begin().await?;
        let id: i64 = on_tx!(&mut tx, |db| sqlx::query_scalar(INSERT)
            .bind(entry.organization.0)
            .bind(without_nul(&clip.title))
            .bind(&clip.media_type)
            .bind(clip.seconds)
            .bind(clip.text.as_deref().map(without_nul))
            .bind(clip.archived)
            .bind(sound)
            .bind(clip.created_at_ms)
            .fetch_one(db)
            .await)?;
        entry.noun_id = id.to_string();
        audit::insert(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(SoundClipId(id))
    }

    /// Changes what a clip is called and whether it is offered; `false` where it is not there.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn change_sound_clip(&self, clip: &SoundClip, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = on_tx!(&mut tx, |db| sqlx::query(CHANGE)
            .bind(entry.organization.0)
            .bind(clip.id.0)
            .bind(without_nul(&clip.title))
            .bind(clip.archived)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        audit::insert(&mut tx, entry).await?;
        if rows > 0 {
            tx.commit().await?;
        }
        Ok(rows > 0)
    }

    /// Deletes a clip; `false` where it is not there.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_sound_clip(&self, id: SoundClipId, entry: &AuditEntry) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = on_tx!(&mut tx, |db| sqlx::query(DELETE)
            .bind(entry.organization.0)
            .bind(id.0)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        audit::insert(&mut tx, entry).await?;
        if rows > 0 {
            tx.commit().await?;
        }
        Ok(rows > 0)
    }
}
