//! Registered phones.
use sqlx::QueryBuilder;

use crate::model::{Binding, BindingFlow, ExtensionId, OrganizationId};
use crate::store::column::{number, parsed};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

row! {
    struct Row {
        organization_id: i64,
        extension_id: i64,
        uri: String,
        transport: String,
        local_address: String,
        remote_address: String,
        stream: Option<i64>,
        call_id: String,
        cseq: i64,
        expires_at_ms: i64,
        user_agent: Option<String>,
        instance: Option<String>,
        path: Option<String>,
    }
}

impl TryFrom<Row> for Binding {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            organization: OrganizationId(row.organization_id),
            extension: ExtensionId(row.extension_id),
            uri: row.uri,
            flow: BindingFlow {
                transport: parsed("bindings", &row.transport)?,
                local: parsed("bindings", &row.local_address)?,
                remote: parsed("bindings", &row.remote_address)?,
                connection: row.stream.map(i64::cast_unsigned),
            },
            call_id: row.call_id,
            cseq: number("bindings", row.cseq)?,
            expires_at_ms: row.expires_at_ms,
            user_agent: row.user_agent,
            instance: row.instance,
            path: row.path,
        })
    }
}

/// The extension may be gone by the time the fact is delivered: then there is nothing to save.
const SAVE: &str = "INSERT INTO bindings (organization_id, extension_id, uri, transport, local_address, \
    remote_address, stream, call_id, cseq, expires_at_ms, user_agent, instance, path) \
    SELECT $1, $2, $3, $4, $5, $6, CAST($7 AS BIGINT), $8, $9, $10, $11, $12, $13 FROM extensions WHERE id = $2 AND organization_id = $1 \
    ON CONFLICT (extension_id, uri) DO UPDATE SET transport = excluded.transport, local_address = excluded.local_address, \
    remote_address = excluded.remote_address, stream = excluded.stream, call_id = excluded.call_id, cseq = excluded.cseq, \
    expires_at_ms = excluded.expires_at_ms, user_agent = excluded.user_agent, instance = excluded.instance, path = excluded.path";

impl Store {
    /// All Bindings that have not expired.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn load_bindings(&self, now_ms: i64) -> Result<Vec<Binding>, StoreError> {
        const SELECT: &str = "SELECT * FROM bindings WHERE expires_at_ms > $1 ORDER BY extension_id, uri";
        let rows: Vec<Row> =
            on_pool!(self, |pool| sqlx::query_as(SELECT).bind(now_ms).fetch_all(pool).await)?;
        rows.into_iter().map(Binding::try_from).collect()
    }

    /// Deletes what has expired and tells how many there were.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn remove_expired_bindings(&self, now_ms: i64) -> Result<u64, StoreError> {
        const DELETE: &str = "DELETE FROM bindings WHERE expires_at_ms <= $1";
        Ok(on_writer!(self, |pool| sqlx::query(DELETE)
            .bind(now_ms)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?)
    }
}

pub(in crate::store) async fn save(tx: &mut Tx, binding: &Binding) -> Result<(), StoreError> {
    Ok(on_tx!(tx, |db| sqlx::query(SAVE)
        .bind(binding.organization.0)
        .bind(binding.extension.0)
        .bind(without_nul(&binding.uri))
        .bind(binding.flow.transport.as_str())
        .bind(binding.flow.local.to_string())
        .bind(binding.flow.remote.to_string())
        .bind(binding.flow.connection.map(u64::cast_signed))
        .bind(without_nul(&binding.call_id))
        .bind(i64::from(binding.cseq))
        .bind(binding.expires_at_ms)
        .bind(binding.user_agent.as_deref().map(without_nul))
        .bind(binding.instance.as_deref().map(without_nul))
        .bind(binding.path.as_deref().map(without_nul))
        .execute(db)
        .await
        .map(drop))?)
}

pub(in crate::store) async fn remove(tx: &mut Tx, keys: &[(ExtensionId, &str)]) -> Result<(), StoreError> {
    on_tx!(tx, |db| {
        let mut query = QueryBuilder::new("DELETE FROM bindings WHERE (extension_id, uri) IN (VALUES ");
        let mut list = query.separated(", ");
        for (ExtensionId(id), uri) in keys {
            list.push("(").push_bind_unseparated(*id).push_unseparated(", ");
            list.push_bind_unseparated(without_nul(uri)).push_unseparated(")");
        }
        query.push(")").build().execute(db).await.map(drop)
    })?;
    Ok(())
}
