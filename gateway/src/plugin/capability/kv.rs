//! `kv`: rows of the database, apart for each Organization, inbox and plugin.

use crate::plugin::guest::Guest;
use crate::plugin::limits::{MAX_KEY_BYTES, MAX_KEYS, MAX_VALUE_BYTES};
use crate::plugin::wit::kv::{Host, KvError};
use crate::store::{PluginValueOutcome, PluginValuePlace, StoreError};

impl Host for Guest {
    async fn get(&mut self, key: String) -> Result<Option<Vec<u8>>, KvError> {
        let (place, now_ms) = self.kv_place(&key)?;
        self.powers.store.plugin_value(&place, &key, now_ms).await.map_err(away)
    }

    async fn set(&mut self, key: String, value: Vec<u8>, lifetime_s: Option<u32>) -> Result<(), KvError> {
        let (place, now_ms) = self.kv_place(&key)?;
        check_value(&value)?;
        let expires = expires(now_ms, lifetime_s);
        let wrote =
            self.powers.store.set_plugin_value(&place, &key, &value, (now_ms, expires), MAX_KEYS).await;
        match wrote.map_err(away)? {
            PluginValueOutcome::Full => Err(KvError::Full),
            PluginValueOutcome::Kept | PluginValueOutcome::Written => Ok(()),
        }
    }

    async fn set_new(
        &mut self,
        key: String,
        value: Vec<u8>,
        lifetime_s: Option<u32>,
    ) -> Result<bool, KvError> {
        let (place, now_ms) = self.kv_place(&key)?;
        check_value(&value)?;
        let expires = expires(now_ms, lifetime_s);
        let wrote =
            self.powers.store.set_new_plugin_value(&place, &key, &value, (now_ms, expires), MAX_KEYS).await;
        match wrote.map_err(away)? {
            PluginValueOutcome::Full => Err(KvError::Full),
            PluginValueOutcome::Kept => Ok(false),
            PluginValueOutcome::Written => Ok(true),
        }
    }

    async fn delete(&mut self, key: String) -> Result<(), KvError> {
        let (place, _) = self.kv_place(&key)?;
        self.powers.store.delete_plugin_value(&place, &key).await.map_err(away)
    }

    async fn keys(&mut self, prefix: String) -> Result<Vec<String>, KvError> {
        let (place, now_ms) = self.kv_place("any")?;
        let mut keys = self.powers.store.plugin_keys(&place, now_ms, MAX_KEYS).await.map_err(away)?;
        keys.retain(|key| key.starts_with(&prefix));
        Ok(keys)
    }
}

impl Guest {
    fn kv_place(&self, key: &str) -> Result<(PluginValuePlace, i64), KvError> {
        if !self.granted.kv {
            return Err(KvError::Other("not granted: kv".to_owned()));
        }
        if key.is_empty() || key.len() > MAX_KEY_BYTES || key.contains('\0') {
            return Err(KvError::Invalid);
        }
        let place = PluginValuePlace {
            organization: self.placement.organization,
            plugin: self.plugin.to_string(),
            owner: self.placement.owner.clone(),
        };
        Ok((place, jiff::Timestamp::now().as_millisecond()))
    }
}

fn check_value(value: &[u8]) -> Result<(), KvError> {
    if value.len() > MAX_VALUE_BYTES { Err(KvError::Invalid) } else { Ok(()) }
}

fn expires(now_ms: i64, lifetime_s: Option<u32>) -> Option<i64> {
    lifetime_s.map(|seconds| now_ms + i64::from(seconds) * 1_000)
}

fn away(error: StoreError) -> KvError {
    tracing::warn!(%error, "a plugin's value could not be read or written");
    KvError::Temporary("the database is away".to_owned())
}
