//! What plugins remember.
use crate::model::OrganizationId;
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

/// Whose values: one plugin's in one inbox or rule of one Organization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PluginValuePlace {
    pub organization: OrganizationId,
    pub plugin: String,
    /// `inbox:7`, `rule:3`.
    pub owner: String,
}

/// What became of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PluginValueOutcome {
    /// There are as many keys as may be.
    Full,
    /// Another stands there and stays.
    Kept,
    Written,
}

/// Now, and when the value is forgotten, both in milliseconds since 1970.
type Times = (i64, Option<i64>);

const GET: &str = "SELECT value FROM plugin_values WHERE organization_id = $1 AND plugin = $2 AND owner = $3 \
    AND name = $4 AND (expires_at_ms IS NULL OR expires_at_ms > $5)";
const SET: &str = "INSERT INTO plugin_values (organization_id, plugin, owner, name, value, expires_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, plugin, owner, name) \
    DO UPDATE SET value = excluded.value, expires_at_ms = excluded.expires_at_ms";
const SET_NEW: &str = "INSERT INTO plugin_values (organization_id, plugin, owner, name, value, expires_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, plugin, owner, name) DO NOTHING";
const DELETE: &str =
    "DELETE FROM plugin_values WHERE organization_id = $1 AND plugin = $2 AND owner = $3 AND name = $4";
const FORGET: &str = "DELETE FROM plugin_values WHERE organization_id = $1 AND plugin = $2 AND owner = $3 \
    AND expires_at_ms IS NOT NULL AND expires_at_ms <= $4";
const COUNT_OTHERS: &str = "SELECT COUNT(*) FROM plugin_values WHERE organization_id = $1 AND plugin = $2 \
    AND owner = $3 AND name <> $4";
const KEYS: &str = "SELECT name FROM plugin_values WHERE organization_id = $1 AND plugin = $2 AND owner = $3 \
    AND (expires_at_ms IS NULL OR expires_at_ms > $4) ORDER BY name LIMIT $5";

impl Store {
    /// A value, unless it was forgotten by then.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn plugin_value(
        &self,
        place: &PluginValuePlace,
        name: &str,
        now_ms: i64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_scalar(GET)
            .bind(place.organization.0)
            .bind(&place.plugin)
            .bind(&place.owner)
            .bind(name)
            .bind(now_ms)
            .fetch_optional(pool)
            .await)?)
    }

    /// Writes a value, unless it would be a new one above `most`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn set_plugin_value(
        &self,
        place: &PluginValuePlace,
        name: &str,
        value: &[u8],
        times: Times,
        most: u32,
    ) -> Result<PluginValueOutcome, StoreError> {
        self.write_plugin_value(SET, (place, name), value, times, most).await
    }

    /// Writes a value where none stands; of several at the same time one wins.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn set_new_plugin_value(
        &self,
        place: &PluginValuePlace,
        name: &str,
        value: &[u8],
        times: Times,
        most: u32,
    ) -> Result<PluginValueOutcome, StoreError> {
        self.write_plugin_value(SET_NEW, (place, name), value, times, most).await
    }

    async fn write_plugin_value(
        &self,
        statement: &'static str,
        (place, name): (&PluginValuePlace, &str),
        value: &[u8],
        (now_ms, expires_at_ms): Times,
        most: u32,
    ) -> Result<PluginValueOutcome, StoreError> {
        let mut tx = self.begin().await?;
        forget(&mut tx, place, now_ms).await?;
        if count_others(&mut tx, place, name).await? >= i64::from(most) {
            return Ok(PluginValueOutcome::Full);
        }
        let rows = on_tx!(&mut tx, |db| sqlx::query(statement)
            .bind(place.organization.0)
            .bind(&place.plugin)
            .bind(&place.owner)
            .bind(without_nul(name))
            .bind(value)
            .bind(expires_at_ms)
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        tx.commit().await?;
        Ok(if rows == 0 { PluginValueOutcome::Kept } else { PluginValueOutcome::Written })
    }

    /// Forgets a value.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_plugin_value(&self, place: &PluginValuePlace, name: &str) -> Result<(), StoreError> {
        on_writer!(self, |pool| sqlx::query(DELETE)
            .bind(place.organization.0)
            .bind(&place.plugin)
            .bind(&place.owner)
            .bind(name)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The names of all values that are not forgotten, in order.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn plugin_keys(
        &self,
        place: &PluginValuePlace,
        now_ms: i64,
        most: u32,
    ) -> Result<Vec<String>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_scalar(KEYS)
            .bind(place.organization.0)
            .bind(&place.plugin)
            .bind(&place.owner)
            .bind(now_ms)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await)?)
    }
}

async fn forget(tx: &mut Tx, place: &PluginValuePlace, now_ms: i64) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(FORGET)
        .bind(place.organization.0)
        .bind(&place.plugin)
        .bind(&place.owner)
        .bind(now_ms)
        .execute(db)
        .await
        .map(drop))?)
}

async fn count_others(tx: &mut Tx, place: &PluginValuePlace, name: &str) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query_scalar(COUNT_OTHERS)
        .bind(place.organization.0)
        .bind(&place.plugin)
        .bind(&place.owner)
        .bind(name)
        .fetch_one(db)
        .await)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::TestStore;

    fn place(organization: i64) -> PluginValuePlace {
        PluginValuePlace {
            organization: OrganizationId(organization),
            plugin: "pombo".to_owned(),
            owner: "inbox:1".to_owned(),
        }
    }

    #[tokio::test]
    async fn values_are_kept_apart_expire_and_are_counted() {
        let test = TestStore::new().await;
        let store = &test.store;
        let (ours, theirs) = (place(1), place(2));
        let written = store.set_plugin_value(&ours, "a", b"\x00\xff", (0, None), 2).await.unwrap();
        assert_eq!(written, PluginValueOutcome::Written);
        assert_eq!(store.plugin_value(&ours, "a", 1).await.unwrap().unwrap(), b"\x00\xff");
        assert_eq!(store.plugin_value(&theirs, "a", 1).await.unwrap(), None);
        let kept = store.set_new_plugin_value(&ours, "a", b"2", (1, None), 2).await.unwrap();
        assert_eq!(kept, PluginValueOutcome::Kept);
        store.set_new_plugin_value(&ours, "b", b"2", (1, Some(10)), 2).await.unwrap();
        let full = store.set_plugin_value(&ours, "c", b"3", (9, None), 2).await.unwrap();
        assert_eq!(full, PluginValueOutcome::Full);
        assert_eq!(store.plugin_keys(&ours, 9, 100).await.unwrap(), ["a", "b"]);
        assert_eq!(store.plugin_value(&ours, "b", 10).await.unwrap(), None);
        let written = store.set_new_plugin_value(&ours, "c", b"3", (10, None), 2).await.unwrap();
        assert_eq!(written, PluginValueOutcome::Written);
        store.delete_plugin_value(&ours, "a").await.unwrap();
        assert_eq!(store.plugin_keys(&ours, 10, 100).await.unwrap(), ["c"]);
        test.remove().await;
    }
}
