//! Reads what an administrator owns.
use crate::model::Directory;
use crate::store::database::Tx;
use crate::store::rows::{DialRuleRow, ExtensionRow, OrganizationRow, TrunkRow};
use crate::store::{Store, StoreError, queue};

impl Store {
    /// The site as of now, read in one transaction.
    ///
    /// # Errors
    /// If the database is away or a row makes no sense.
    pub async fn load_directory(&self) -> Result<Directory, StoreError> {
        let mut tx = self.begin().await?;
        let directory = load(&mut tx).await?;
        tx.commit().await?;
        Ok(directory)
    }

    /// Number of the last change; cheap enough to ask every second.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_scalar("SELECT revision FROM site").fetch_one(pool).await)?)
    }
}

/// Reads the site; on PostgreSQL the row lock keeps the four tables of one revision together.
pub(in crate::store) async fn load(tx: &mut Tx) -> Result<Directory, StoreError> {
    let revision = match tx {
        Tx::Postgres(tx) => {
            sqlx::query_scalar("SELECT revision FROM site FOR UPDATE").fetch_one(&mut **tx).await?
        }
        Tx::Sqlite(tx) => sqlx::query_scalar("SELECT revision FROM site").fetch_one(&mut **tx).await?,
    };
    let organizations: Vec<OrganizationRow> =
        on_tx!(tx, |db| sqlx::query_as("SELECT * FROM organizations ORDER BY name").fetch_all(db).await)?;
    let extensions: Vec<ExtensionRow> =
        on_tx!(tx, |db| sqlx::query_as("SELECT * FROM extensions ORDER BY organization_id, number")
            .fetch_all(db)
            .await)?;
    let trunks: Vec<TrunkRow> =
        on_tx!(tx, |db| sqlx::query_as("SELECT * FROM trunks ORDER BY organization_id, name")
            .fetch_all(db)
            .await)?;
    let rules: Vec<DialRuleRow> =
        on_tx!(tx, |db| sqlx::query_as("SELECT * FROM dial_rules ORDER BY organization_id, position")
            .fetch_all(db)
            .await)?;
    let staffing = queue::load(tx).await?;
    Ok(Directory::new(revision, all(organizations)?, all(extensions)?, all(trunks)?, all(rules)?)
        .staffed(staffing))
}

/// What every node asks for has changed.
pub(in crate::store) async fn raise_revision(tx: &mut Tx) -> Result<(), StoreError> {
    const RAISE: &str = "UPDATE site SET revision = revision + 1";
    Ok(on_tx!(tx, |db| sqlx::query(RAISE).execute(db).await.map(drop))?)
}

fn all<R, T: TryFrom<R, Error = StoreError>>(rows: Vec<R>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}
