//! Users. Their password's hash leaves this file only to be compared.

use crate::model::{AuditEntry, Capacity, ExtensionId, OrganizationId, User, UserId};
use crate::store::apply::{SitePlan, apply_in};
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
const EXTENSION: &str = "SELECT id FROM extensions WHERE organization_id = $1 AND number = $2";
const UPDATE: &str = "UPDATE users SET email = $3, name = $4, role = $5, extension_id = $6, webrtc = $7, \
    omnichannel = $8, language = $9, capacity_chats = $10, capacity_calls = $11, enabled = $12 \
    WHERE organization_id = $1 AND id = $2";
const SET_OWN: &str =
    "UPDATE users SET name = $3, language = $4 WHERE organization_id = $1 AND id = $2 AND enabled";
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
        let id = insert(&mut tx, user).await?;
        finish(tx, AuditEntry { noun_id: id.to_string(), ..entry }).await?;
        Ok(UserId(id))
    }

    /// Makes a user with an extension that a plan makes: both or neither.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the address is another user's; those of [`Store::apply`].
    pub async fn insert_user_with_extension(
        &self,
        user: &User,
        entry: AuditEntry,
        (plan, planned, number): (&SitePlan, &AuditEntry, &str),
    ) -> Result<UserId, StoreError> {
        let mut tx = self.begin().await?;
        apply_in(&mut tx, plan, std::slice::from_ref(planned)).await?;
        let extension: i64 = on_tx!(&mut tx, |db| sqlx::query_scalar(EXTENSION)
            .bind(user.organization.0)
            .bind(number)
            .fetch_one(db)
            .await)?;
        let id = insert(&mut tx, &User { extension: Some(ExtensionId(extension)), ..user.clone() }).await?;
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

    /// Keeps what a user says of himself, name and language: nothing that an administrator may have changed meanwhile.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn set_own(&self, user: &User, entry: AuditEntry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(SET_OWN)
            .bind(user.organization.0)
            .bind(user.id.0)
            .bind(&user.name)
            .bind(user.language.as_str())
            .execute(db)
            .await
            .map(drop))?;
        finish(tx, entry).await
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
async fn insert(tx: &mut Tx, user: &User) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query_scalar(INSERT)
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
        .await)?)
}

async fn finish(mut tx: Tx, entry: AuditEntry) -> Result<(), StoreError> {
    audit::insert(&mut tx, &entry).await?;
    directory::raise_revision(&mut tx).await?;
    tx.commit().await
}

#[cfg(test)]
pub(in crate::store) mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Actor, Language, Role};
    use crate::store::AuditFilter;
    use crate::store::testing::{TestStore, extension, small_site};

    pub fn actor(organization: OrganizationId) -> Actor {
        let name = "tests".to_owned();
        Actor { organization, at_ms: 1_000, user: None, name, address: String::new() }
    }

    pub fn person(organization: OrganizationId, name: &str) -> User {
        User {
            id: UserId(0),
            organization,
            email: format!("{name}@{organization}.test"),
            name: name.to_owned(),
            role: Role::Agent,
            extension: None,
            webrtc: true,
            omnichannel: true,
            language: Language::PtBr,
            photo_type: None,
            capacity: Capacity::default(),
            enabled: true,
            created_at_ms: 1_000,
        }
    }

    /// A row of this user.
    pub async fn inserted(store: &Store, user: User) -> User {
        let entry = actor(user.organization).does("create", "user", "", json!({}));
        let id = store.insert_user(&user, entry).await.unwrap();
        User { id, ..user }
    }

    /// Two organizations with the extension 1001 each.
    pub async fn two_organizations(store: &Store) -> (OrganizationId, OrganizationId) {
        let mut plan = small_site("acme");
        plan.organizations.push(crate::store::testing::organization(-3, "other"));
        plan.extensions.push(extension(-4, -3, "1001"));
        store.apply(&plan).await.unwrap();
        let directory = store.load_directory().await.unwrap();
        let id = |name: &str| directory.organizations().iter().find(|row| row.name == name).unwrap().id;
        (id("acme"), id("other"))
    }

    #[tokio::test]
    async fn users_are_read_changed_and_deleted_within_their_organization() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (acme, other) = two_organizations(store).await;
        let ana = inserted(store, person(acme, "ana")).await;
        let (bia, eve) =
            (inserted(store, person(acme, "bia")).await, inserted(store, person(other, "eve")).await);
        assert_eq!(store.users(acme, None, 9).await.unwrap(), [ana.clone(), bia.clone()]);
        assert_eq!(store.users(acme, Some(&("ana".to_owned(), ana.id.0)), 9).await.unwrap(), [bia]);
        assert_eq!(store.user(acme, eve.id).await.unwrap(), None);
        let entry = || actor(acme).does("change", "user", eve.id, json!({}));
        let moved = User { organization: acme, ..eve.clone() };
        assert!(!store.update_user(&moved, entry()).await.unwrap());
        assert!(!store.delete_user(acme, eve.id, entry()).await.unwrap());
        assert_eq!(store.user(other, eve.id).await.unwrap(), Some(eve.clone()));
        let before = store.revision().await.unwrap();
        assert!(store.delete_user(acme, ana.id, entry()).await.unwrap());
        assert!(store.revision().await.unwrap() > before);
        let log = store.audit_log(acme, &AuditFilter::default(), 9).await.unwrap();
        assert_eq!(log.len(), 3, "two made, one deleted: {log:?}");
        test.remove().await;
    }

    #[tokio::test]
    async fn an_address_is_one_users_and_an_extension_too() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (acme, other) = two_organizations(store).await;
        let directory = store.load_directory().await.unwrap();
        let of = |organization| directory.extension(organization, "1001").map(|row| row.id);
        let ana = inserted(store, User { extension: of(acme), ..person(acme, "ana") }).await;
        let refused = |user: User| async move {
            let entry = actor(user.organization).does("create", "user", "", json!({}));
            store.insert_user(&user, entry).await.unwrap_err()
        };
        let twice = refused(User { email: ana.email.clone(), ..person(other, "eve") }).await;
        assert!(matches!(twice, StoreError::Taken), "{twice}");
        let shared = refused(User { extension: of(acme), ..person(acme, "bia") }).await;
        assert!(matches!(shared, StoreError::Taken), "{shared}");
        // The database itself lets nobody have a phone of another organization.
        let strange = refused(User { extension: of(acme), ..person(other, "eve") }).await;
        assert!(!strange.is_transient(), "{strange}");
        test.remove().await;
    }

    #[tokio::test]
    async fn a_deleted_extension_leaves_its_user_without_one() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (acme, _) = two_organizations(store).await;
        let directory = store.load_directory().await.unwrap();
        let phone = directory.extension(acme, "1001").unwrap().id;
        let ana = inserted(store, User { extension: Some(phone), ..person(acme, "ana") }).await;
        let directory = store.load_directory().await.unwrap();
        let mut plan = crate::store::SitePlan::unchanged(&directory);
        plan.extensions.retain(|row| row.id != phone);
        store.apply(&plan).await.unwrap();
        assert_eq!(store.user(acme, ana.id).await.unwrap().unwrap().extension, None);
        test.remove().await;
    }
}
