//! Rules.

use crate::model::{OrganizationId, Rule, RuleId};
use crate::store::column::{json_text, parsed_json};
use crate::store::inbox::{opened, sealed_text};
use crate::store::{Store, StoreError, without_nul};

const TABLE: &str = "rules";

const INSERT: &str = "INSERT INTO rules (organization_id, position, title, plugin, settings, secrets, enabled) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
const UPDATE: &str = "UPDATE rules SET position = $3, title = $4, settings = $5, secrets = $6, enabled = $7 \
    WHERE organization_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM rules WHERE organization_id = $1 AND id = $2";

row! {
    struct Row {
        id: i64,
        organization_id: i64,
        position: i64,
        title: String,
        plugin: String,
        settings: String,
        secrets: Option<String>,
        enabled: bool,
    }
}

impl TryFrom<Row> for Rule {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: RuleId(row.id),
            organization: OrganizationId(row.organization_id),
            position: row.position,
            title: row.title,
            plugin: row.plugin,
            settings: parsed_json(TABLE, &row.settings)?,
            secrets: opened(TABLE, row.secrets.as_deref())?,
            enabled: row.enabled,
        })
    }
}

impl Store {
    /// The rules of an Organization, in the order in which they are asked.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rules(&self, organization: OrganizationId) -> Result<Vec<Rule>, StoreError> {
        const SELECT: &str = "SELECT * FROM rules WHERE organization_id = $1 ORDER BY position, id";
        let rows: Vec<Row> =
            on_pool!(self, |pool| sqlx::query_as(SELECT).bind(organization.0).fetch_all(pool).await)?;
        rows.into_iter().map(Rule::try_from).collect()
    }

    /// One rule of an Organization.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rule(&self, organization: OrganizationId, id: RuleId) -> Result<Option<Rule>, StoreError> {
        const SELECT: &str = "SELECT * FROM rules WHERE organization_id = $1 AND id = $2";
        let row: Option<Row> = on_pool!(self, |pool| sqlx::query_as(SELECT)
            .bind(organization.0)
            .bind(id.0)
            .fetch_optional(pool)
            .await)?;
        row.map(Rule::try_from).transpose()
    }

    /// Writes a new rule; its own number counts for nothing.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn insert_rule(&self, rule: &Rule) -> Result<RuleId, StoreError> {
        let id: i64 = on_writer!(self, |pool| sqlx::query_scalar(INSERT)
            .bind(rule.organization.0)
            .bind(rule.position)
            .bind(without_nul(&rule.title))
            .bind(&rule.plugin)
            .bind(without_nul(&json_text(&rule.settings)))
            .bind(sealed_text(&rule.secrets))
            .bind(rule.enabled)
            .fetch_one(pool)
            .await)?;
        Ok(RuleId(id))
    }

    /// Writes all of a rule but its Plugin. False: it is gone.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn update_rule(&self, rule: &Rule) -> Result<bool, StoreError> {
        let rows = on_writer!(self, |pool| sqlx::query(UPDATE)
            .bind(rule.organization.0)
            .bind(rule.id.0)
            .bind(rule.position)
            .bind(without_nul(&rule.title))
            .bind(without_nul(&json_text(&rule.settings)))
            .bind(sealed_text(&rule.secrets))
            .bind(rule.enabled)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }

    /// Deletes a rule. False: it was not there.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_rule(&self, organization: OrganizationId, id: RuleId) -> Result<bool, StoreError> {
        let rows = on_writer!(self, |pool| sqlx::query(DELETE)
            .bind(organization.0)
            .bind(id.0)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::store::testing::{TestStore, small_site};

    #[tokio::test]
    async fn rules_are_asked_in_their_order_and_belong_to_one_organization() {
        let test = TestStore::new().await;
        let store = &test.store;
        store.apply(&small_site("acme")).await.unwrap();
        let ours = store.load_directory().await.unwrap().organizations()[0].id;
        let mut ids = Vec::new();
        for position in [2, 1] {
            let rule = Rule {
                id: RuleId(0),
                organization: ours,
                position,
                title: format!("rule {position}"),
                plugin: "business-hours".to_owned(),
                settings: BTreeMap::new(),
                secrets: BTreeMap::new(),
                enabled: true,
            };
            ids.push(store.insert_rule(&rule).await.unwrap());
        }
        let found: Vec<RuleId> = store.rules(ours).await.unwrap().iter().map(|rule| rule.id).collect();
        assert_eq!(found, [ids[1], ids[0]]);
        let other = OrganizationId(ours.0 + 1);
        assert_eq!(store.rule(other, ids[0]).await.unwrap(), None);
        let mut rule = store.rule(ours, ids[0]).await.unwrap().unwrap();
        rule.enabled = false;
        assert!(store.update_rule(&rule).await.unwrap());
        assert!(!store.update_rule(&Rule { organization: other, ..rule.clone() }).await.unwrap());
        assert!(!store.delete_rule(other, ids[0]).await.unwrap());
        assert!(store.delete_rule(ours, ids[0]).await.unwrap());
        test.remove().await;
    }
}
