//! Users. Their password's hash leaves this file only to be compared.

use crate::model::{AuditEntry, Capacity, ExtensionId, OrganizationId, User, UserId};
use crate::store::column::{number, parsed};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, audit, directory};

/// Columns of a [`Row`], with the table's short name before each.
macro_rules! user_columns {
    () => {
        "u.id, u.organization_id, u.email, u.name, u.role, u.extension_id, u.webrtc, u.omnichannel, u.language, \
         u.photo_type, u.capacity_chats, u.capacity_calls, u.enabled, u.created_at_ms"
    };
}
pub(in crate::store) use user_columns;

row! {
    pub(in crate::store) struct Row {
        id: i64,
        organization_id: i64,
        email: String,
        name: String,
        role: String,
        extension_id: Option<i64>,
        webrtc: bool,
        omnichannel: bool,
        language: String,
        photo_type: Option<String>,
        capacity_chats: i64,
        capacity_calls: i64,
        enabled: bool,
        created_at_ms: i64,
    }
}

impl TryFrom<Row> for User {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: UserId(row.id),
            organization: OrganizationId(row.organization_id),
            email: row.email,
            name: row.name,
            role: parsed("users", &row.role)?,
            extension: row.extension_id.map(ExtensionId),
            webrtc: row.webrtc,
            omnichannel: row.omnichannel,
            language: parsed("users", &row.language)?,
            photo_type: row.photo_type,
            capacity: Capacity {
                chats: number("users", row.capacity_chats)?,
                calls: number("users", row.capacity_calls)?,
            },
            enabled: row.enabled,
            created_at_ms: row.created_at_ms,
        })
    }
}

row! {
    struct WithHash {
        password_hash: Option<String>,
        ..user: Row,
    }
}

const LIST: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM users u WHERE u.organization_id = $1 AND (u.name > $2 OR (u.name = $2 AND u.id > $3)) \
     ORDER BY u.name, u.id LIMIT $4"
);
const ONE: &str =
    concat!("SELECT ", user_columns!(), " FROM users u WHERE u.organization_id = $1 AND u.id = $2");
const WITH_HASH: &str =
    concat!("SELECT ", user_columns!(), ", u.password_hash FROM users u WHERE u.email = $1");
const ALL: &str =
    concat!("SELECT ", user_columns!(), " FROM users u ORDER BY u.organization_id, u.name, u.id");
/// Administrators of all organizations; none of them counts who cannot log in any more.
const ADMINISTRATORS: &str = "SELECT COUNT(*) FROM users WHERE organization_id = $1 AND id <> $2 \
    AND role = 'administrator' AND enabled";
const WITH_PASSWORD: &str = "SELECT COUNT(*) FROM users WHERE password_hash IS NOT NULL";
const INSERT: &str = "INSERT INTO users (organization_id, email, name, role, extension_id, webrtc, omnichannel, \
    language, capacity_chats, capacity_calls, enabled, created_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id";
const UPDATE: &str = "UPDATE users SET email = $3, name = $4, role = $5, extension_id = $6, webrtc = $7, \
    omnichannel = $8, language = $9, capacity_chats = $10, capacity_calls = $11, enabled = $12 \
    WHERE organization_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM users WHERE organization_id = $1 AND id = $2";
const PHOTO: &str = "SELECT photo, photo_type FROM users WHERE organization_id = $1 AND id = $2 \
    AND photo IS NOT NULL AND photo_type IS NOT NULL";
const SET_PHOTO: &str = "UPDATE users SET photo = $3, photo_type = $4 WHERE organization_id = $1 AND id = $2";

impl Store {
    /// Users of an organization by name, those after `after`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn users(
        &self,
        OrganizationId(organization): OrganizationId,
        after: Option<&(String, i64)>,
        limit: u32,
    ) -> Result<Vec<User>, StoreError> {
        let (name, id) = after.map_or(("", 0), |(name, id)| (name.as_str(), *id));
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(LIST)
            .bind(organization)
            .bind(name)
            .bind(id)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// A user of an organization.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn user(
        &self,
        OrganizationId(organization): OrganizationId,
        UserId(id): UserId,
    ) -> Result<Option<User>, StoreError> {
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(ONE)
            .bind(organization)
            .bind(id)
            .fetch_optional(pool)
            .await)?;
        row.map(User::try_from).transpose()
    }

    /// Who has this address, in lower case, with the hash of his password. The only look-up over all organizations that a stranger causes.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<(User, Option<String>)>, StoreError> {
        let row: Option<WithHash> =
            on_pool!(self, |pool| sqlx::query_as(WITH_HASH).bind(email).fetch_optional(pool).await)?;
        row.map(|row| Ok((row.user.try_into()?, row.password_hash))).transpose()
    }

    /// All users of the node.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn all_users(&self) -> Result<Vec<User>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(ALL).fetch_all(pool).await)?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// Whether anybody could log in.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn has_password(&self) -> Result<bool, StoreError> {
        let count: i64 = on_pool!(self, |pool| sqlx::query_scalar(WITH_PASSWORD).fetch_one(pool).await)?;
        Ok(count > 0)
    }

    /// How many administrators beside this user an organization has.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn other_administrators(
        &self,
        OrganizationId(organization): OrganizationId,
        UserId(id): UserId,
    ) -> Result<i64, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_scalar(ADMINISTRATORS)
            .bind(organization)
            .bind(id)
            .fetch_one(pool)
            .await)?)
    }

    /// Makes a user without a password; `user.id` means nothing.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the address or the extension is another user's.
    pub async fn insert_user(&self, user: &User, entry: AuditEntry) -> Result<UserId, StoreError> {
        let mut tx = self.begin().await?;
        let id: i64 = on_tx!(&mut tx, |db| sqlx::query_scalar(INSERT)
            .bind(user.organization.0)
            .bind(&user.email)
            .bind(&user.name)
            .bind(user.role.as_str())
            .bind(user.extension.map(|ExtensionId(id)| id))
            .bind(user.webrtc)
            .bind(user.omnichannel)
            .bind(user.language.as_str())
            .bind(i64::from(user.capacity.chats))
            .bind(i64::from(user.capacity.calls))
            .bind(user.enabled)
            .bind(user.created_at_ms)
            .fetch_one(db)
            .await)?;
        finish(tx, AuditEntry { noun_id: id.to_string(), ..entry }).await?;
        Ok(UserId(id))
    }

    /// Makes a user what `user` says; whether there is one. Who is disabled is logged out everywhere.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the address or the extension is another user's.
    pub async fn update_user(&self, user: &User, entry: AuditEntry) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = on_tx!(&mut tx, |db| sqlx::query(UPDATE)
            .bind(user.organization.0)
            .bind(user.id.0)
            .bind(&user.email)
            .bind(&user.name)
            .bind(user.role.as_str())
            .bind(user.extension.map(|ExtensionId(id)| id))
            .bind(user.webrtc)
            .bind(user.omnichannel)
            .bind(user.language.as_str())
            .bind(i64::from(user.capacity.chats))
            .bind(i64::from(user.capacity.calls))
            .bind(user.enabled)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if rows == 0 {
            return Ok(false);
        }
        if !user.enabled {
            super::login::delete_browsers(&mut tx, user.organization, user.id, None).await?;
        }
        finish(tx, entry).await?;
        Ok(true)
    }

    /// Deletes a user; whether there was one.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_user(
        &self,
        OrganizationId(organization): OrganizationId,
        UserId(id): UserId,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = on_tx!(&mut tx, |db| sqlx::query(DELETE)
            .bind(organization)
            .bind(id)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if rows == 0 {
            return Ok(false);
        }
        finish(tx, entry).await?;
        Ok(true)
    }

    /// A user's photo and its media type.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn photo(
        &self,
        OrganizationId(organization): OrganizationId,
        UserId(id): UserId,
    ) -> Result<Option<(Vec<u8>, String)>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_as(PHOTO)
            .bind(organization)
            .bind(id)
            .fetch_optional(pool)
            .await)?)
    }

    /// Keeps or forgets a user's photo.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn set_photo(
        &self,
        OrganizationId(organization): OrganizationId,
        UserId(id): UserId,
        photo: Option<(&[u8], &str)>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(SET_PHOTO)
            .bind(organization)
            .bind(id)
            .bind(photo.map(|(bytes, _)| bytes))
            .bind(photo.map(|(_, kind)| kind))
            .execute(db)
            .await
            .map(drop))?;
        directory::raise_revision(&mut tx).await?;
        tx.commit().await
    }
}

/// Writes down what was done, and lets every node look at the users anew.
async fn finish(mut tx: Tx, entry: AuditEntry) -> Result<(), StoreError> {
    audit::insert(&mut tx, &entry).await?;
    directory::raise_revision(&mut tx).await?;
    tx.commit().await
}
