//! Inboxes.

use std::collections::BTreeMap;

use crate::model::{
    Inbox, InboxAccount, InboxId, InboxState, OrganizationId, PlacementFault, QueueId, SealedSecret,
};
use crate::store::column::{json_text, parsed, parsed_json};
use crate::store::{Store, StoreError, without_nul};

const TABLE: &str = "inboxes";

const INSERT: &str = "INSERT INTO inboxes (organization_id, name, title, plugin, queue_id, settings, secrets, \
    enabled, state, fault, hook_key, account, capabilities, fault_cause) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id";
const UPDATE: &str = "UPDATE inboxes SET name = $3, title = $4, queue_id = $5, settings = $6, secrets = $7, \
    enabled = $8, state = $9, fault = $10, account = $11, capabilities = $12, fault_cause = $13 \
    WHERE organization_id = $1 AND id = $2";
const UPDATE_CONNECTION: &str = "UPDATE inboxes SET state = $5, fault = $6, account = $7, capabilities = $8, fault_cause = $9 \
    WHERE organization_id = $1 AND id = $2 AND enabled AND settings = $3 AND COALESCE(secrets, '') = COALESCE($4, '')";
const SET_STATE: &str = "UPDATE inboxes SET state = $3, fault = $4, fault_cause = $5 WHERE organization_id = $1 AND id = $2 \
    AND (state <> $3 OR fault <> $4 OR COALESCE(fault_cause, '') <> COALESCE($5, ''))";
const SET_CURSOR: &str = "UPDATE inboxes SET poll_cursor = $3 WHERE organization_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM inboxes WHERE organization_id = $1 AND id = $2";

row! {
    struct Row {
        id: i64,
        organization_id: i64,
        name: String,
        title: String,
        plugin: String,
        queue_id: Option<i64>,
        settings: String,
        secrets: Option<String>,
        enabled: bool,
        state: String,
        fault: Option<String>,
        fault_cause: Option<String>,
        hook_key: String,
        account: Option<String>,
        capabilities: String,
        poll_cursor: Option<String>,
    }
}

impl TryFrom<Row> for Inbox {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let account = row.account.as_deref();
        Ok(Self {
            id: InboxId(row.id),
            organization: OrganizationId(row.organization_id),
            name: row.name,
            title: row.title,
            plugin: row.plugin,
            queue: row.queue_id.map(QueueId),
            settings: parsed_json(TABLE, &row.settings)?,
            secrets: opened(TABLE, row.secrets.as_deref())?,
            enabled: row.enabled,
            state: parsed(TABLE, &row.state)?,
            fault: fault(row.fault, row.fault_cause.as_deref()),
            hook_key: row.hook_key,
            account: account.map(|text| parsed_json::<InboxAccount>(TABLE, text)).transpose()?,
            capabilities: parsed_json(TABLE, &row.capabilities)?,
            poll_cursor: row.poll_cursor,
        })
    }
}

/// Sealed secrets as they lie in a column.
pub(in crate::store) fn opened(
    table: &'static str,
    text: Option<&str>,
) -> Result<BTreeMap<String, SealedSecret>, StoreError> {
    let texts: BTreeMap<String, String> =
        text.map_or(Ok(BTreeMap::new()), |text| parsed_json(table, text))?;
    Ok(texts.into_iter().map(|(name, sealed)| (name, SealedSecret(sealed))).collect())
}

/// The column of sealed secrets.
pub(in crate::store) fn sealed_text(secrets: &BTreeMap<String, SealedSecret>) -> String {
    let texts: BTreeMap<&str, &str> =
        secrets.iter().map(|(name, sealed)| (name.as_str(), sealed.0.as_str())).collect();
    json_text(&texts)
}

impl Store {
    /// The inboxes of an Organization, by title.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn inboxes(&self, organization: OrganizationId) -> Result<Vec<Inbox>, StoreError> {
        const SELECT: &str = "SELECT * FROM inboxes WHERE organization_id = $1 ORDER BY title, id";
        let rows: Vec<Row> =
            on_pool!(self, |pool| sqlx::query_as(SELECT).bind(organization.0).fetch_all(pool).await)?;
        rows.into_iter().map(Inbox::try_from).collect()
    }

    /// All inboxes of the node that are switched on.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn enabled_inboxes(&self) -> Result<Vec<Inbox>, StoreError> {
        const SELECT: &str = "SELECT * FROM inboxes WHERE enabled ORDER BY id";
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT).fetch_all(pool).await)?;
        rows.into_iter().map(Inbox::try_from).collect()
    }

    /// One inbox of an Organization.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn inbox(
        &self,
        organization: OrganizationId,
        id: InboxId,
    ) -> Result<Option<Inbox>, StoreError> {
        const SELECT: &str = "SELECT * FROM inboxes WHERE organization_id = $1 AND id = $2";
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT)
            .bind(organization.0)
            .bind(id.0)
            .fetch_optional(pool)
            .await)?;
        row.map(Inbox::try_from).transpose()
    }

    /// The inbox that a provider or a page means: whoever knows its key may knock.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn inbox_of_key(&self, hook_key: &str) -> Result<Option<Inbox>, StoreError> {
        const SELECT: &str = "SELECT * FROM inboxes WHERE hook_key = $1";
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT)
            .bind(without_nul(hook_key))
            .fetch_optional(pool)
            .await)?;
        row.map(Inbox::try_from).transpose()
    }

    /// Writes a new inbox; its own number counts for nothing.
    ///
    /// # Errors
    /// [`StoreError::Taken`] by its name, or if the database is away.
    pub async fn insert_inbox(&self, inbox: &Inbox) -> Result<InboxId, StoreError> {
        let id: i64 = on_writer!(self, |pool| sqlx::query_scalar(INSERT)
            .bind(inbox.organization.0)
            .bind(without_nul(&inbox.name))
            .bind(without_nul(&inbox.title))
            .bind(&inbox.plugin)
            .bind(inbox.queue.map(|queue| queue.0))
            .bind(without_nul(&json_text(&inbox.settings)))
            .bind(sealed_text(&inbox.secrets))
            .bind(inbox.enabled)
            .bind(inbox.state.as_str())
            .bind(fault_text(inbox.fault.as_ref()))
            .bind(&inbox.hook_key)
            .bind(inbox.account.as_ref().map(json_text))
            .bind(json_text(&inbox.capabilities))
            .bind(cause_text(inbox.fault.as_ref()))
            .fetch_one(pool)
            .await)?;
        Ok(InboxId(id))
    }

    /// Writes all of an inbox that an administrator or its Plugin changes. False: it is gone.
    ///
    /// # Errors
    /// [`StoreError::Taken`] by its name, or if the database is away.
    pub async fn update_inbox(&self, inbox: &Inbox) -> Result<bool, StoreError> {
        let rows = on_writer!(self, |pool| sqlx::query(UPDATE)
            .bind(inbox.organization.0)
            .bind(inbox.id.0)
            .bind(without_nul(&inbox.name))
            .bind(without_nul(&inbox.title))
            .bind(inbox.queue.map(|queue| queue.0))
            .bind(without_nul(&json_text(&inbox.settings)))
            .bind(sealed_text(&inbox.secrets))
            .bind(inbox.enabled)
            .bind(inbox.state.as_str())
            .bind(fault_text(inbox.fault.as_ref()))
            .bind(inbox.account.as_ref().map(json_text))
            .bind(json_text(&inbox.capabilities))
            .bind(cause_text(inbox.fault.as_ref()))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }

    /// Writes what came of connecting an inbox again, unless an administrator has changed it since it was read. False: he has, or it
    /// is gone.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn update_connection(&self, read: &Inbox, connected: &Inbox) -> Result<bool, StoreError> {
        let rows = on_writer!(self, |pool| sqlx::query(UPDATE_CONNECTION)
            .bind(read.organization.0)
            .bind(read.id.0)
            .bind(without_nul(&json_text(&read.settings)))
            .bind(sealed_text(&read.secrets))
            .bind(connected.state.as_str())
            .bind(fault_text(connected.fault.as_ref()))
            .bind(connected.account.as_ref().map(json_text))
            .bind(json_text(&connected.capabilities))
            .bind(cause_text(connected.fault.as_ref()))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }

    /// Says how an inbox is; true if it was not known yet.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn set_inbox_state(
        &self,
        inbox: &Inbox,
        state: InboxState,
        fault: Option<&PlacementFault>,
    ) -> Result<bool, StoreError> {
        let rows = on_writer!(self, |pool| sqlx::query(SET_STATE)
            .bind(inbox.organization.0)
            .bind(inbox.id.0)
            .bind(state.as_str())
            .bind(fault_text(fault))
            .bind(cause_text(fault))
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }

    /// Keeps where the next poll goes on.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn set_poll_cursor(&self, inbox: &Inbox, cursor: Option<&str>) -> Result<(), StoreError> {
        on_writer!(self, |pool| sqlx::query(SET_CURSOR)
            .bind(inbox.organization.0)
            .bind(inbox.id.0)
            .bind(cursor.map(without_nul))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Deletes an inbox; what was said in it stays. False: it was not there.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_inbox(&self, organization: OrganizationId, id: InboxId) -> Result<bool, StoreError> {
        let rows = on_writer!(self, |pool| sqlx::query(DELETE)
            .bind(organization.0)
            .bind(id.0)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }
}

/// Empty for none, so that two of them compare.
fn fault_text(fault: Option<&PlacementFault>) -> String {
    without_nul(fault.map_or("", |fault| &fault.text))
}

fn cause_text(fault: Option<&PlacementFault>) -> Option<String> {
    Some(without_nul(&json_text(fault?.cause.as_ref()?)))
}

/// A cause that this version does not know, or that was never kept, leaves the words.
fn fault(text: Option<String>, cause: Option<&str>) -> Option<PlacementFault> {
    let text = text.filter(|text| !text.is_empty())?;
    Some(PlacementFault { text, cause: cause.and_then(|cause| serde_json::from_str(cause).ok()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Capabilities, FaultCode};
    use crate::store::testing::{TestStore, small_site};

    pub fn inbox(organization: OrganizationId, name: &str) -> Inbox {
        Inbox {
            id: InboxId(0),
            organization,
            name: name.to_owned(),
            title: name.to_owned(),
            plugin: "telegram".to_owned(),
            queue: None,
            settings: BTreeMap::from([("api_url".to_owned(), "https://api.example".to_owned())]),
            secrets: BTreeMap::from([("token".to_owned(), SealedSecret("c2VhbGVk".to_owned()))]),
            enabled: true,
            state: InboxState::Ready,
            fault: None,
            hook_key: format!("key-of-{name}"),
            account: Some(InboxAccount { title: "@bot".to_owned(), ..InboxAccount::default() }),
            capabilities: Capabilities::default(),
            poll_cursor: None,
        }
    }

    #[tokio::test]
    async fn an_inbox_is_kept_found_by_its_key_and_seen_by_its_own_organization_only() {
        let test = TestStore::new().await;
        let store = &test.store;
        store.apply(&small_site("acme")).await.unwrap();
        let ours = store.load_directory().await.unwrap().organizations()[0].id;
        let mut inbox = inbox(ours, "bot");
        inbox.id = store.insert_inbox(&inbox).await.unwrap();
        assert_eq!(store.inbox_of_key("key-of-bot").await.unwrap().as_ref(), Some(&inbox));
        assert_eq!(store.inboxes(ours).await.unwrap(), [inbox.clone()]);
        let other = OrganizationId(ours.0 + 1);
        assert_eq!(store.inbox(other, inbox.id).await.unwrap(), None);
        assert!(!store.delete_inbox(other, inbox.id).await.unwrap());
        inbox.title = "The bot".to_owned();
        inbox.enabled = false;
        assert!(store.update_inbox(&inbox).await.unwrap());
        assert_eq!(store.inbox(ours, inbox.id).await.unwrap().as_ref(), Some(&inbox));
        assert_eq!(store.enabled_inboxes().await.unwrap(), []);
        assert!(store.delete_inbox(ours, inbox.id).await.unwrap());
        test.remove().await;
    }

    #[tokio::test]
    async fn a_name_is_given_once_and_news_of_a_state_only_once() {
        let test = TestStore::new().await;
        let store = &test.store;
        store.apply(&small_site("acme")).await.unwrap();
        let ours = store.load_directory().await.unwrap().organizations()[0].id;
        let mut first = inbox(ours, "bot");
        first.id = store.insert_inbox(&first).await.unwrap();
        let again = Inbox { hook_key: "another".to_owned(), ..first.clone() };
        assert!(store.insert_inbox(&again).await.is_err());
        let wrong = PlacementFault::new(FaultCode::TokenRefused, "the token is wrong").with("reason", "401");
        assert!(store.set_inbox_state(&first, InboxState::Faulty, Some(&wrong)).await.unwrap());
        assert!(!store.set_inbox_state(&first, InboxState::Faulty, Some(&wrong)).await.unwrap());
        let kept = store.inbox(ours, first.id).await.unwrap().unwrap();
        assert_eq!((kept.state, kept.fault), (InboxState::Faulty, Some(wrong.clone())));
        // Of before there were causes; the next time that it is seen the row has one.
        test.run("UPDATE inboxes SET fault_cause = NULL".to_owned()).await;
        let kept = store.inbox(ours, first.id).await.unwrap().unwrap();
        assert_eq!(kept.fault, Some(PlacementFault { cause: None, ..wrong.clone() }));
        assert!(store.set_inbox_state(&first, InboxState::Faulty, Some(&wrong)).await.unwrap());
        store.set_poll_cursor(&first, Some("42")).await.unwrap();
        assert_eq!(store.inbox(ours, first.id).await.unwrap().unwrap().poll_cursor.as_deref(), Some("42"));
        test.remove().await;
    }
}
