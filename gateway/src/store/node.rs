//! What a node left open when it died.
use crate::store::{Store, StoreError};

/// End reason of calls that were cut off by the death of their node.
pub const NODE_FAILURE: &str = "node_failure";
/// Cause "temporary failure" (ITU-T Q.850 §2.2.7.2, value 41).
const Q850_TEMPORARY_FAILURE: i64 = 41;

impl Store {
    /// Notes that a node lives; the last note is when its calls ended if it dies.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn node_alive(&self, node: &str, now_ms: i64) -> Result<(), StoreError> {
        const UPSERT: &str = "INSERT INTO nodes (name, alive_at_ms) VALUES ($1, $2) \
            ON CONFLICT (name) DO UPDATE SET alive_at_ms = excluded.alive_at_ms";
        Ok(on_writer!(self, |pool| sqlx::query(UPSERT)
            .bind(node)
            .bind(now_ms)
            .execute(pool)
            .await
            .map(drop))?)
    }

    /// Closes calls of `node` that began before `before_ms` and have no end, and its recordings that are still being written.
    /// Tells how many calls there were.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn close_unfinished(&self, node: &str, before_ms: i64) -> Result<u64, StoreError> {
        const RECORDINGS: &str = "UPDATE recordings SET state = 'failed', reason = 'node_failure' WHERE state = 'writing' \
            AND call_id IN (SELECT id FROM calls WHERE node = $1 AND ended_at_ms IS NULL AND started_at_ms < $2)";
        const CALLS: &str = "UPDATE calls SET end_reason = $3, ended_by = 'system', q850_cause = $4, ended_at_ms = \
            (SELECT CASE WHEN seen > started_at_ms THEN seen ELSE started_at_ms END FROM \
            (SELECT COALESCE(MAX(alive_at_ms), 0) AS seen FROM nodes WHERE name = $1) AS last) \
            WHERE node = $1 AND ended_at_ms IS NULL AND started_at_ms < $2";
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(RECORDINGS).bind(node).bind(before_ms).execute(db).await.map(drop))?;
        let closed = on_tx!(&mut tx, |db| sqlx::query(CALLS)
            .bind(node)
            .bind(before_ms)
            .bind(NODE_FAILURE)
            .bind(Q850_TEMPORARY_FAILURE)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(closed)
    }
}
