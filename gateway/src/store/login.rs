//! Browsers that are logged in, tokens of programs, links that are good once.

use crate::model::{AuditEntry, LinkPurpose, Login, LoginId, OrganizationId, User, UserId};
use crate::store::column::parsed;
use crate::store::database::Tx;
use crate::store::user::user_columns;
use crate::store::{Store, StoreError, audit, user, without_nul};

/// Browsers of one user that stay logged in; the one that was not used for longest goes first.
const BROWSERS_PER_USER: i64 = 20;

row! {
    struct LoginRow {
        login_id: i64,
        user_id: i64,
        login_organization_id: i64,
        login_name: String,
        kind: String,
        login_created_at_ms: i64,
        seen_at_ms: i64,
        expires_at_ms: Option<i64>,
        address: String,
    }
}

row! {
    struct Row {
        ..login: LoginRow,
        ..user: user::Row,
    }
}

impl TryFrom<LoginRow> for Login {
    type Error = StoreError;

    fn try_from(row: LoginRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: LoginId(row.login_id),
            organization: OrganizationId(row.login_organization_id),
            user: UserId(row.user_id),
            kind: parsed("logins", &row.kind)?,
            name: row.login_name,
            created_at_ms: row.login_created_at_ms,
            seen_at_ms: row.seen_at_ms,
            expires_at_ms: row.expires_at_ms,
            address: row.address,
        })
    }
}

macro_rules! login_columns {
    () => {
        "l.id AS login_id, l.user_id, l.organization_id AS login_organization_id, l.name AS login_name, l.kind, \
         l.created_at_ms AS login_created_at_ms, l.seen_at_ms, l.expires_at_ms, l.address"
    };
}

const FIND: &str = concat!(
    "SELECT ",
    login_columns!(),
    ", ",
    user_columns!(),
    " FROM logins l JOIN users u ON u.id = l.user_id AND u.organization_id = l.organization_id \
     WHERE l.token_hash = $1 AND (l.expires_at_ms IS NULL OR l.expires_at_ms > $2) AND u.enabled"
);
const PROGRAMS: &str = concat!(
    "SELECT ",
    login_columns!(),
    " FROM logins l WHERE l.organization_id = $1 AND l.kind = 'program' ORDER BY l.id"
);
const INSERT: &str = "INSERT INTO logins \
    (token_hash, organization_id, user_id, kind, name, created_at_ms, seen_at_ms, expires_at_ms, address) \
    VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8) RETURNING id";
const DROP_OLDEST: &str = "DELETE FROM logins WHERE user_id = $1 AND kind = 'browser' AND id NOT IN \
    (SELECT id FROM logins WHERE user_id = $1 AND kind = 'browser' ORDER BY seen_at_ms DESC, id DESC LIMIT $2)";
const TOUCH: &str = "UPDATE logins SET seen_at_ms = $2, expires_at_ms = $3 WHERE id = $1";
const DELETE: &str = "DELETE FROM logins WHERE organization_id = $1 AND id = $2";
const DELETE_PROGRAM: &str = "DELETE FROM logins WHERE organization_id = $1 AND id = $2 AND kind = 'program'";
const DELETE_BROWSERS: &str = "DELETE FROM logins WHERE organization_id = $1 AND user_id = $2 \
    AND kind = 'browser' AND id <> $3";
const SET_PASSWORD: &str = "UPDATE users SET password_hash = $3 WHERE organization_id = $1 AND id = $2";
const INSERT_LINK: &str = "INSERT INTO links (token_hash, organization_id, user_id, purpose, expires_at_ms) \
    VALUES ($1, $2, $3, $4, $5)";
const DELETE_LINKS: &str = "DELETE FROM links WHERE organization_id = $1 AND user_id = $2";
const FIND_LINK: &str = concat!(
    "SELECT k.purpose, ",
    user_columns!(),
    " FROM links k JOIN users u ON u.id = k.user_id AND u.organization_id = k.organization_id \
     WHERE k.token_hash = $1 AND k.used_at_ms IS NULL AND k.expires_at_ms > $2 AND u.enabled"
);
const USE_LINK: &str =
    "UPDATE links SET used_at_ms = $2 WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2";

row! {
    struct LinkRow {
        purpose: String,
        ..user: user::Row,
    }
}

impl Store {
    /// Keeps a token by its hash, and writes that down.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn insert_login(
        &self,
        token_hash: &str,
        login: &Login,
        entry: &AuditEntry,
    ) -> Result<LoginId, StoreError> {
        let mut tx = self.begin().await?;
        let id: i64 = on_tx!(&mut tx, |db| sqlx::query_scalar(INSERT)
            .bind(token_hash)
            .bind(login.organization.0)
            .bind(login.user.0)
            .bind(login.kind.as_str())
            .bind(without_nul(&login.name))
            .bind(login.created_at_ms)
            .bind(login.expires_at_ms)
            .bind(&login.address)
            .fetch_one(db)
            .await)?;
        on_tx!(&mut tx, |db| sqlx::query(DROP_OLDEST)
            .bind(login.user.0)
            .bind(BROWSERS_PER_USER)
            .execute(db)
            .await
            .map(drop))?;
        audit::insert(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(LoginId(id))
    }

    /// Whose token this is; `None` when it is nobody's, or not any more.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn login(&self, token_hash: &str, now_ms: i64) -> Result<Option<(Login, User)>, StoreError> {
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(FIND)
            .bind(token_hash)
            .bind(now_ms)
            .fetch_optional(pool)
            .await)?;
        row.map(|row| Ok((row.login.try_into()?, row.user.try_into()?))).transpose()
    }

    /// Notes that a login is in use, which puts off its end.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn touch_login(
        &self,
        LoginId(id): LoginId,
        now_ms: i64,
        expires_at_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        Ok(on_writer!(self, |pool| sqlx::query(TOUCH)
            .bind(id)
            .bind(now_ms)
            .bind(expires_at_ms)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// Ends a login.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_login(&self, login: &Login, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(DELETE)
            .bind(login.organization.0)
            .bind(login.id.0)
            .execute(db)
            .await
            .map(drop))?;
        audit::insert(&mut tx, entry).await?;
        tx.commit().await
    }

    /// Tokens of programs of an organization, oldest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn program_tokens(
        &self,
        OrganizationId(organization): OrganizationId,
    ) -> Result<Vec<Login>, StoreError> {
        let rows: Vec<LoginRow> =
            on_pool!(self, |pool| sqlx::query_as(PROGRAMS).bind(organization).fetch_all(pool).await)?;
        rows.into_iter().map(Login::try_from).collect()
    }

    /// Ends a program's token; whether there was one.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_program_token(
        &self,
        OrganizationId(organization): OrganizationId,
        LoginId(id): LoginId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = on_tx!(&mut tx, |db| sqlx::query(DELETE_PROGRAM)
            .bind(organization)
            .bind(id)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if rows == 0 {
            return Ok(false);
        }
        audit::insert(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a user another password, or none; all his browsers but `kept` are logged out, and his links are worth nothing.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn set_password(
        &self,
        user: &User,
        hash: Option<&str>,
        kept: Option<LoginId>,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        set_password(&mut tx, (user.organization, user.id), hash, kept).await?;
        delete_links(&mut tx, user.organization, user.id).await?;
        audit::insert(&mut tx, entry).await?;
        tx.commit().await
    }

    /// Keeps a link by its hash; the user's older ones are worth nothing. With the purpose `reset` his old password stops now.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn insert_link(
        &self,
        token_hash: &str,
        user: &User,
        (purpose, expires_at_ms): (LinkPurpose, i64),
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        delete_links(&mut tx, user.organization, user.id).await?;
        if purpose == LinkPurpose::Reset {
            set_password(&mut tx, (user.organization, user.id), None, None).await?;
        }
        on_tx!(&mut tx, |db| sqlx::query(INSERT_LINK)
            .bind(token_hash)
            .bind(user.organization.0)
            .bind(user.id.0)
            .bind(purpose.as_str())
            .bind(expires_at_ms)
            .execute(db)
            .await
            .map(drop))?;
        audit::insert(&mut tx, entry).await?;
        tx.commit().await
    }

    /// Whose link this is; `None` when it is nobody's, used or over.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn link(
        &self,
        token_hash: &str,
        now_ms: i64,
    ) -> Result<Option<(User, LinkPurpose)>, StoreError> {
        let row: Option<LinkRow> = on_pool!(self, |pool| sqlx::query_as(FIND_LINK)
            .bind(token_hash)
            .bind(now_ms)
            .fetch_optional(pool)
            .await)?;
        row.map(|row| Ok((row.user.try_into()?, parsed("links", &row.purpose)?))).transpose()
    }

    /// Sets the password of a link's user; `false` if the link was used meanwhile: of two at the same time one wins.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn use_link(
        &self,
        token_hash: &str,
        user: &User,
        hash: &str,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let rows = on_tx!(&mut tx, |db| sqlx::query(USE_LINK)
            .bind(token_hash)
            .bind(entry.at_ms)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        if rows == 0 {
            return Ok(false);
        }
        set_password(&mut tx, (user.organization, user.id), Some(hash), None).await?;
        audit::insert(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whether a login is still worth something.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn login_counts(
        &self,
        (organization, id): (OrganizationId, LoginId),
    ) -> Result<bool, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) FROM logins WHERE organization_id = $1 AND id = $2";
        let count: i64 = on_pool!(self, |pool| sqlx::query_scalar(COUNT)
            .bind(organization.0)
            .bind(id.0)
            .fetch_one(pool)
            .await)?;
        Ok(count > 0)
    }

    /// Deletes logins and links that are over; how many there were.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn remove_expired_logins(&self, now_ms: i64) -> Result<u64, StoreError> {
        let mut removed = 0;
        for statement in
            ["DELETE FROM logins WHERE expires_at_ms <= $1", "DELETE FROM links WHERE expires_at_ms <= $1"]
        {
            removed += on_writer!(self, |pool| sqlx::query(statement)
                .bind(now_ms)
                .execute(pool)
                .await
                .map(|done| done.rows_affected()))?;
        }
        Ok(removed)
    }
}

async fn set_password(
    tx: &mut Tx,
    (organization, user): (OrganizationId, UserId),
    hash: Option<&str>,
    kept: Option<LoginId>,
) -> Result<(), StoreError> {
    on_tx!(tx, |db| sqlx::query(SET_PASSWORD)
        .bind(organization.0)
        .bind(user.0)
        .bind(hash)
        .execute(db)
        .await
        .map(drop))?;
    delete_browsers(tx, organization, user, kept).await
}

/// Logs a user out of all browsers but one.
pub(in crate::store) async fn delete_browsers(
    tx: &mut Tx,
    OrganizationId(organization): OrganizationId,
    UserId(user): UserId,
    kept: Option<LoginId>,
) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(DELETE_BROWSERS)
        .bind(organization)
        .bind(user)
        .bind(kept.map_or(0, |LoginId(id)| id))
        .execute(db)
        .await
        .map(drop))?)
}

async fn delete_links(
    tx: &mut Tx,
    OrganizationId(organization): OrganizationId,
    UserId(user): UserId,
) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(DELETE_LINKS).bind(organization).bind(user).execute(db).await.map(drop))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::LoginKind;
    use crate::store::testing::TestStore;
    use crate::store::user::tests::{actor, inserted, person, two_organizations};

    fn login(user: &User, kind: LoginKind, expires_at_ms: Option<i64>) -> Login {
        Login {
            id: LoginId(0),
            organization: user.organization,
            user: user.id,
            kind,
            name: "tests".to_owned(),
            created_at_ms: 1_000,
            seen_at_ms: 1_000,
            expires_at_ms,
            address: "192.0.2.1".to_owned(),
        }
    }

    async fn kept(store: &Store, hash: &str, login: &Login) -> LoginId {
        let entry = actor(login.organization).does("log_in", "user", login.user, json!({}));
        store.insert_login(hash, login, &entry).await.unwrap()
    }

    #[tokio::test]
    async fn a_login_is_good_until_its_end_and_while_its_user_is_enabled() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (acme, _) = two_organizations(store).await;
        let ana = inserted(store, person(acme, "ana")).await;
        let id = kept(store, "a", &login(&ana, LoginKind::Browser, Some(5_000))).await;
        let found = |now_ms| async move { store.login("a", now_ms).await.unwrap() };
        assert_eq!(found(4_999).await.unwrap().1, ana);
        assert_eq!(found(5_000).await, None);
        store.touch_login(id, 4_000, Some(9_000)).await.unwrap();
        assert_eq!(found(5_000).await.unwrap().0.seen_at_ms, 4_000);
        kept(store, "p", &login(&ana, LoginKind::Program, None)).await;
        let entry = actor(acme).does("change", "user", ana.id, json!({}));
        store.update_user(&User { enabled: false, ..ana.clone() }, entry.clone()).await.unwrap();
        assert_eq!(found(5_000).await, None);
        assert_eq!(store.login("p", 1).await.unwrap(), None);
        // Whoever is enabled again has to log in again; his programs go on.
        store.update_user(&ana, entry).await.unwrap();
        assert_eq!(found(5_000).await, None);
        assert!(store.login("p", i64::MAX).await.unwrap().is_some());
        test.remove().await;
    }

    #[tokio::test]
    async fn the_browser_that_was_not_used_for_longest_goes_first() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (acme, _) = two_organizations(store).await;
        let ana = inserted(store, person(acme, "ana")).await;
        for number in 0..=BROWSERS_PER_USER {
            let seen =
                Login { created_at_ms: 1_000 + number, ..login(&ana, LoginKind::Browser, Some(99_000)) };
            kept(store, &format!("h{number}"), &seen).await;
        }
        assert_eq!(store.login("h0", 1).await.unwrap(), None);
        assert!(store.login("h1", 1).await.unwrap().is_some());
        assert!(store.login(&format!("h{BROWSERS_PER_USER}"), 1).await.unwrap().is_some());
        test.remove().await;
    }

    #[tokio::test]
    async fn of_two_who_use_a_link_at_the_same_time_one_wins() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (acme, _) = two_organizations(store).await;
        let ana = inserted(store, person(acme, "ana")).await;
        let entry = actor(acme).does("link", "user", ana.id, json!({}));
        store.insert_link("old", &ana, (LinkPurpose::Setup, 9_000), &entry).await.unwrap();
        store.insert_link("new", &ana, (LinkPurpose::Reset, 9_000), &entry).await.unwrap();
        assert_eq!(store.link("old", 2_000).await.unwrap(), None);
        assert_eq!(store.link("new", 9_000).await.unwrap(), None);
        assert_eq!(store.link("new", 2_000).await.unwrap(), Some((ana.clone(), LinkPurpose::Reset)));
        let both = tokio::join!(
            store.use_link("new", &ana, "one", &entry),
            store.use_link("new", &ana, "two", &entry)
        );
        assert!(both.0.unwrap() != both.1.unwrap());
        assert_eq!(store.link("new", 2_000).await.unwrap(), None);
        assert!(store.user_by_email(&ana.email).await.unwrap().unwrap().1.is_some());
        test.remove().await;
    }

    #[tokio::test]
    async fn another_password_leaves_the_browser_that_asked_and_the_programs() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (acme, other) = two_organizations(store).await;
        let ana = inserted(store, person(acme, "ana")).await;
        let here = kept(store, "here", &login(&ana, LoginKind::Browser, Some(9_000))).await;
        kept(store, "there", &login(&ana, LoginKind::Browser, Some(9_000))).await;
        let program = kept(store, "program", &login(&ana, LoginKind::Program, None)).await;
        let entry = actor(acme).does("change_password", "user", ana.id, json!({}));
        store.set_password(&ana, Some("hash"), Some(here), &entry).await.unwrap();
        assert!(store.login("here", 1).await.unwrap().is_some());
        assert!(store.login("there", 1).await.unwrap().is_none());
        assert_eq!(store.program_tokens(acme).await.unwrap().len(), 1);
        assert!(!store.delete_program_token(other, program, &entry).await.unwrap());
        assert!(store.delete_program_token(acme, program, &entry).await.unwrap());
        assert_eq!(store.remove_expired_logins(9_000).await.unwrap(), 1);
        test.remove().await;
    }
}
