//! Rules as administrators make and see them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{OrganizationId, PlacementFault, Rule, RuleId};
use crate::plugin::channels::arrival::MAX_RULES;
use crate::plugin::channels::{Channels, InboxError};
use crate::plugin::form::{FieldFault, Filled};
use crate::plugin::manifest::{FieldKind, World};
use crate::plugin::unfit::Unfit;
use crate::store::StoreError;

/// Characters of a title.
const MAX_TITLE: usize = 120;

/// What an administrator wants of a rule; what is `None` stays as it is.
#[derive(Debug, Default)]
pub struct RuleChange {
    pub title: Option<String>,
    pub position: Option<i64>,
    pub enabled: Option<bool>,
    pub settings: BTreeMap<String, Value>,
}

/// A rule as an administrator sees it.
#[derive(Debug)]
pub struct RuleView {
    pub rule: Rule,
    /// Why it is not asked, or how it failed last.
    pub fault: Option<PlacementFault>,
    /// Its settings as they are shown: of secrets only whether they are there.
    pub settings: BTreeMap<String, Value>,
    /// Names of the queues that its settings say it may send to.
    pub queues: Vec<String>,
}

impl Channels {
    /// The rules of an Organization, in the order in which they are asked.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rules(&self, organization: OrganizationId) -> Result<Vec<RuleView>, StoreError> {
        let rules = self.store().rules(organization).await?;
        Ok(rules.into_iter().map(|rule| self.rule_view(rule)).collect())
    }

    /// Makes a rule.
    ///
    /// # Errors
    /// A field is wrong; nothing is made then.
    pub async fn make_rule(
        &self,
        organization: OrganizationId,
        plugin: &str,
        change: RuleChange,
    ) -> Result<RuleView, InboxError> {
        let there = self.store().rules(organization).await?;
        if there.len() >= MAX_RULES {
            return Err(InboxError::Field(FieldFault::new("plugin", Unfit::Rows { most: MAX_RULES })));
        }
        let mut rule = Rule {
            id: RuleId(0),
            organization,
            position: there.last().map_or(1, |last| last.position.saturating_add(1)),
            title: String::new(),
            plugin: plugin.to_owned(),
            settings: BTreeMap::new(),
            secrets: BTreeMap::new(),
            enabled: true,
        };
        self.fill_rule(&mut rule, change).await?;
        rule.id = self.store().insert_rule(&rule).await?;
        self.changed(organization, "rules");
        Ok(self.rule_view(rule))
    }

    /// Changes a rule.
    ///
    /// # Errors
    /// A field is wrong; nothing is changed then.
    pub async fn change_rule(
        &self,
        organization: OrganizationId,
        id: RuleId,
        change: RuleChange,
    ) -> Result<RuleView, InboxError> {
        let mut rule = self.store().rule(organization, id).await?.ok_or(InboxError::NotThere)?;
        self.fill_rule(&mut rule, change).await?;
        if !self.store().update_rule(&rule).await? {
            return Err(InboxError::NotThere);
        }
        self.changed(organization, "rules");
        Ok(self.rule_view(rule))
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// It is not there, or the database is away.
    pub async fn delete_rule(&self, organization: OrganizationId, id: RuleId) -> Result<(), InboxError> {
        if !self.store().delete_rule(organization, id).await? {
            return Err(InboxError::NotThere);
        }
        self.changed(organization, "rules");
        Ok(())
    }

    async fn fill_rule(&self, rule: &mut Rule, change: RuleChange) -> Result<(), InboxError> {
        let plugin = self.plugin_now(&rule.plugin, World::Rule).await;
        let plugin = plugin.ok_or_else(|| FieldFault::new("plugin", Unfit::NoPlugin))?;
        if let Some(title) = change.title {
            rule.title = title.trim().to_owned();
        }
        if rule.title.is_empty() || rule.title.chars().count() > MAX_TITLE {
            return Err(FieldFault::new("title", Unfit::Characters { least: 1, most: MAX_TITLE }).into());
        }
        rule.position = change.position.unwrap_or(rule.position);
        rule.enabled = change.enabled.unwrap_or(rule.enabled);
        let key = &self.parts().key;
        let label = |name: &str| Rule::secret_label(rule.organization, &rule.plugin, name);
        let opened = rule
            .secrets
            .iter()
            .filter_map(|(name, sealed)| Some((name.clone(), key.open(&label(name), sealed).ok()?)));
        let before = Filled { settings: rule.settings.clone(), secrets: opened.collect() };
        let filled = Filled::check(&plugin.manifest().settings, before, &change.settings)
            .map_err(FieldFault::of_settings)?;
        let sealed = filled.secrets.iter().map(|(name, secret)| {
            let sealed = key.seal(&label(name), secret).map_err(|_| InboxError::NoRandomness)?;
            Ok((name.clone(), sealed))
        });
        rule.secrets = sealed.collect::<Result<_, InboxError>>()?;
        rule.settings = filled.settings;
        Ok(())
    }

    fn rule_view(&self, rule: Rule) -> RuleView {
        let mut settings: BTreeMap<String, Value> =
            rule.settings.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        let fault = match self.working_rule(&Rule { enabled: true, ..rule.clone() }) {
            Err(idle) => Some(idle.into()),
            Ok((plugin, placement)) => {
                for field in &plugin.manifest().settings {
                    let shown = match field.kind {
                        FieldKind::Secret if rule.secrets.contains_key(&field.name) => Value::Bool(true),
                        _ => Value::Null,
                    };
                    settings.entry(field.name.clone()).or_insert(shown);
                }
                plugin.resting(&placement).map(PlacementFault::from)
            }
        };
        let plugin = self.plugin(&rule.plugin, World::Rule);
        let fields = plugin.iter().flat_map(|plugin| &plugin.manifest().settings);
        let named = fields.filter(|field| field.kind == FieldKind::Queue);
        let queues = named.filter_map(|field| rule.settings.get(&field.name)).cloned().collect();
        RuleView { rule, fault, settings, queues }
    }
}
