//! Who changed what.

use crate::model::{AuditEntry, OrganizationId, UserId};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

row! {
    struct Row {
        id: i64,
        organization_id: i64,
        at_ms: i64,
        user_id: Option<i64>,
        actor: String,
        action: String,
        noun: String,
        noun_id: String,
        detail: String,
        address: String,
    }
}

impl TryFrom<Row> for (i64, AuditEntry) {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let corrupt = |error: serde_json::Error| StoreError::Corrupt {
            table: "audit",
            noun: "JSON",
            detail: error.to_string(),
        };
        let entry = AuditEntry {
            organization: OrganizationId(row.organization_id),
            at_ms: row.at_ms,
            user: row.user_id.map(UserId),
            actor: row.actor,
            action: row.action,
            noun: row.noun,
            noun_id: row.noun_id,
            detail: serde_json::from_str(&row.detail).map_err(corrupt)?,
            address: row.address,
        };
        Ok((row.id, entry))
    }
}

/// Which entries are wanted.
#[derive(Clone, Default, Debug)]
pub struct AuditFilter {
    /// Only those of this noun.
    pub noun: Option<String>,
    /// Only what this user did.
    pub user: Option<UserId>,
    /// Only those older than the one with this number.
    pub before: Option<i64>,
}

const SELECT: &str = "SELECT * FROM audit WHERE organization_id = $1 AND id < $2 \
    AND (CAST($3 AS TEXT) IS NULL OR noun = $3) AND (CAST($4 AS BIGINT) IS NULL OR user_id = $4) \
    ORDER BY id DESC LIMIT $5";
const INSERT: &str = "INSERT INTO audit \
    (organization_id, at_ms, user_id, actor, action, noun, noun_id, detail, address) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id";

impl Store {
    /// The newest entries of an organization with their row numbers, newest first.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn audit_log(
        &self,
        OrganizationId(organization): OrganizationId,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT)
            .bind(organization)
            .bind(filter.before.unwrap_or(i64::MAX))
            .bind(&filter.noun)
            .bind(filter.user.map(|UserId(id)| id))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Writes an entry by itself; its row number. What changes rows writes it in the same transaction instead.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<i64, StoreError> {
        let mut tx = self.begin().await?;
        let id = insert(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Counts on in the entry of log-ins that failed; no other entry is ever written to again.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn count_failed_log_in(&self, id: i64, detail: &serde_json::Value) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(
            "UPDATE audit SET detail = $1 WHERE id = $2 AND action = 'log_in_failed'"
        )
        .bind(detail.to_string())
        .bind(id)
        .execute(db)
        .await
        .map(drop))?;
        tx.commit().await
    }
}

/// Writes an entry in the transaction of what it tells of; its row number.
pub(in crate::store) async fn insert(tx: &mut Tx, entry: &AuditEntry) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query_scalar(INSERT)
        .bind(entry.organization.0)
        .bind(entry.at_ms)
        .bind(entry.user.map(|UserId(id)| id))
        .bind(without_nul(&entry.actor))
        .bind(&entry.action)
        .bind(&entry.noun)
        .bind(without_nul(&entry.noun_id))
        .bind(entry.detail.to_string())
        .bind(&entry.address)
        .fetch_one(db)
        .await)?)
}
