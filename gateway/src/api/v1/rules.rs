//! Rules: plugins that are asked when a conversation arrives.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::page::{Items, WholeQuery};
use super::signed::Signed;
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::model::{FaultCause, Permission, RuleId};
use crate::plugin::{RuleChange, RuleView};

/// Largest body: settings may hold texts, in bytes.
const BODY_LIMIT: usize = 64 << 10;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(change, delete))
}

#[derive(Serialize, ToSchema)]
pub struct Rule {
    id: RuleId,
    title: String,
    /// Name of the plugin.
    plugin: String,
    /// Rules are asked from the lowest to the highest.
    position: i64,
    enabled: bool,
    /// Why it is not asked, or how it failed last.
    fault: Option<String>,
    /// The same by a code, for words in another language.
    fault_cause: Option<FaultCause>,
    /// By the fields of the plugin's form; of secrets only `true` or null.
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRule {
    title: String,
    plugin: String,
    /// The last, where nothing is said.
    #[serde(default)]
    position: Option<i64>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RulePatch {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    position: Option<i64>,
    #[serde(default)]
    enabled: Option<bool>,
    /// What does not stand here stays; null empties a field.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
}

/// The rules, in the order in which they are asked. There are so few that they are one page.
#[utoipa::path(get, path = "/rules", tag = "rules", params(WholeQuery), responses((status = 200, body = Items<Rule>)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Result<Json<Items<Rule>>, Problem> {
    signed.may(Permission::ManagePlugins)?;
    let rules = web.channels.rules(signed.organization).await?;
    Ok(Json(Items { items: rules.into_iter().map(Rule::from).collect(), next: None }))
}

/// Makes a rule.
#[utoipa::path(post, path = "/rules", tag = "rules", request_body = NewRule, responses((status = 201, body = Rule)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<NewRule, BODY_LIMIT>,
) -> Result<(StatusCode, Json<Rule>), Problem> {
    signed.may(Permission::ManagePlugins)?;
    let change = RuleChange {
        title: Some(asked.title),
        position: asked.position,
        enabled: asked.enabled,
        settings: asked.settings,
    };
    let view = web.channels.make_rule(signed.organization, &asked.plugin, change).await?;
    let detail = json!({ "title": view.rule.title, "plugin": view.rule.plugin });
    web.store.audit(&signed.does("create", "rule", view.rule.id, detail)).await?;
    Ok((StatusCode::CREATED, Json(view.into())))
}

/// Changes a rule.
#[utoipa::path(patch, path = "/rules/{id}", tag = "rules", params(("id" = RuleId, Path)), request_body = RulePatch,
    responses((status = 200, body = Rule)))]
pub async fn change(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<RuleId>,
    JsonBody(asked): JsonBody<RulePatch, BODY_LIMIT>,
) -> Result<Json<Rule>, Problem> {
    signed.may(Permission::ManagePlugins)?;
    let change = RuleChange {
        title: asked.title,
        position: asked.position,
        enabled: asked.enabled,
        settings: asked.settings,
    };
    let view = web.channels.change_rule(signed.organization, id, change).await?;
    let detail = json!({ "title": view.rule.title, "enabled": view.rule.enabled });
    web.store.audit(&signed.does("change", "rule", id, detail)).await?;
    Ok(Json(view.into()))
}

/// Deletes a rule.
#[utoipa::path(delete, path = "/rules/{id}", tag = "rules", params(("id" = RuleId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<RuleId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManagePlugins)?;
    let old = web.channels.rules(signed.organization).await?.into_iter().find(|view| view.rule.id == id);
    web.channels.delete_rule(signed.organization, id).await?;
    web.store
        .audit(&signed.does("delete", "rule", id, json!({ "title": old.map(|view| view.rule.title) })))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<RuleView> for Rule {
    fn from(view: RuleView) -> Self {
        let RuleView { rule, fault, settings, queues: _ } = view;
        let (fault, fault_cause) = fault.map(|fault| (fault.text, fault.cause)).unzip();
        Self {
            id: rule.id,
            title: rule.title,
            plugin: rule.plugin,
            position: rule.position,
            enabled: rule.enabled,
            fault,
            fault_cause: fault_cause.flatten(),
            settings,
        }
    }
}
