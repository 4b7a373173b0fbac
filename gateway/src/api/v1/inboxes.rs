//! Inboxes: each a channel's plugin put to work.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::page::{Items, WholeQuery};
use super::signed::Signed;
use crate::api::Web;
use crate::api::body::{JsonBody, present};
use crate::api::problem::{Code, Problem};
use crate::model::{FaultCause, InboxId, InboxState, Permission, QueueId};
use crate::plugin::{FieldFault, InboxChange, InboxError, InboxView, MAX_INBOXES};

/// Largest body: settings may hold texts, in bytes.
const BODY_LIMIT: usize = 64 << 10;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, change, delete))
}

/// One number, one bot, one website.
#[derive(Serialize, ToSchema)]
pub struct Inbox {
    id: InboxId,
    name: String,
    title: String,
    /// Name of the plugin.
    plugin: String,
    queue_id: Option<QueueId>,
    enabled: bool,
    #[schema(value_type = String)]
    state: InboxState,
    /// Why it does not work, in words for the administrator.
    fault: Option<String>,
    /// The same by a code, for words in another language; null of what was kept by a version without codes.
    fault_cause: Option<FaultCause>,
    account: Option<Account>,
    /// What the administrator must still do by hand.
    remaining_steps: Vec<String>,
    /// Where the provider calls; null where this node has no public address.
    hook_url: Option<String>,
    /// What brings the widget onto a website.
    snippet: Option<String>,
    /// What ends the addresses of this inbox.
    key: String,
    /// By the fields of the plugin's form; of secrets only `true` or null.
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
}

/// What the inbox is at its provider.
#[derive(Serialize, ToSchema)]
pub struct Account {
    id: String,
    title: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInbox {
    /// 1 to 64 lower-case letters, digits, `-` and `_`.
    name: String,
    title: String,
    plugin: String,
    #[serde(default)]
    queue_id: Option<QueueId>,
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InboxPatch {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    queue_id: Option<Option<QueueId>>,
    #[serde(default)]
    enabled: Option<bool>,
    /// What does not stand here stays; null empties a field.
    #[serde(default)]
    #[schema(value_type = Object)]
    settings: BTreeMap<String, Value>,
}

/// The inboxes, by title. There are so few that they are one page.
#[utoipa::path(get, path = "/inboxes", tag = "inboxes", params(WholeQuery), responses((status = 200, body = Items<Inbox>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    headers: HeaderMap,
) -> Result<Json<Items<Inbox>>, Problem> {
    signed.may(Permission::ManageInboxes)?;
    let views = web.channels.inboxes(signed.organization).await?;
    let ruled = is_ruled(&web, &signed).await?;
    let items = views.into_iter().map(|view| shown(&web, &headers, view, ruled)).collect();
    Ok(Json(Items { items, next: None }))
}

/// One inbox.
#[utoipa::path(get, path = "/inboxes/{id}", tag = "inboxes", params(("id" = InboxId, Path)), responses((status = 200, body = Inbox)))]
pub async fn read(
    State(web): State<Web>,
    signed: Signed,
    headers: HeaderMap,
    At(id): At<InboxId>,
) -> Result<Json<Inbox>, Problem> {
    signed.may(Permission::ManageInboxes)?;
    let view = web.channels.inbox(signed.organization, id).await?;
    let ruled = is_ruled(&web, &signed).await?;
    Ok(Json(shown(&web, &headers, view, ruled)))
}

/// Makes an inbox and connects it with its provider.
#[utoipa::path(post, path = "/inboxes", tag = "inboxes", request_body = NewInbox, responses((status = 201, body = Inbox)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<NewInbox, BODY_LIMIT>,
) -> Result<(StatusCode, Json<Inbox>), Problem> {
    signed.may(Permission::ManageInboxes)?;
    let change = InboxChange {
        name: Some(asked.name),
        title: Some(asked.title),
        queue: Some(asked.queue_id),
        enabled: asked.enabled,
        settings: asked.settings,
    };
    let view = web.channels.make_inbox(signed.organization, &asked.plugin, change).await?;
    let detail = json!({ "name": view.inbox.name, "plugin": view.inbox.plugin });
    web.store.audit(&signed.does("create", "inbox", view.inbox.id, detail)).await?;
    let ruled = is_ruled(&web, &signed).await?;
    Ok((StatusCode::CREATED, Json(shown(&web, &headers, view, ruled))))
}

/// Changes an inbox and connects it again; with nothing to change, a fault is tried again.
#[utoipa::path(patch, path = "/inboxes/{id}", tag = "inboxes", params(("id" = InboxId, Path)), request_body = InboxPatch,
    responses((status = 200, body = Inbox)))]
pub async fn change(
    State(web): State<Web>,
    signed: Signed,
    headers: HeaderMap,
    At(id): At<InboxId>,
    JsonBody(asked): JsonBody<InboxPatch, BODY_LIMIT>,
) -> Result<Json<Inbox>, Problem> {
    signed.may(Permission::ManageInboxes)?;
    let fields: Vec<String> = asked.settings.keys().cloned().collect();
    let change = InboxChange {
        name: asked.name,
        title: asked.title,
        queue: asked.queue_id,
        enabled: asked.enabled,
        settings: asked.settings,
    };
    let view = web.channels.change_inbox(signed.organization, id, change).await?;
    let detail = json!({ "name": view.inbox.name, "enabled": view.inbox.enabled, "settings": fields });
    web.store.audit(&signed.does("change", "inbox", id, detail)).await?;
    let ruled = is_ruled(&web, &signed).await?;
    Ok(Json(shown(&web, &headers, view, ruled)))
}

/// Deletes an inbox; what was said in it stays.
#[utoipa::path(delete, path = "/inboxes/{id}", tag = "inboxes", params(("id" = InboxId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InboxId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManageInboxes)?;
    let inbox = web.channels.delete_inbox(signed.organization, id).await?;
    let entry = signed.does("delete", "inbox", id, json!({ "name": inbox.name }));
    web.store.audit(&entry).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a rule names a queue for what comes by an inbox that has none. What a rule knows without its settings is not seen from here.
async fn is_ruled(web: &Web, signed: &Signed) -> Result<bool, Problem> {
    let rules = web.channels.rules(signed.organization).await?;
    let directory = web.directory();
    let takes =
        |name: &String| directory.queue_by_name(signed.organization, name).is_some_and(|queue| queue.enabled);
    Ok(rules.iter().any(|view| view.rule.enabled && view.queues.iter().any(takes)))
}

/// A state that is said of a queue comes last: what keeps the channel itself from working is mended first.
fn state_of(web: &Web, view: &InboxView, ruled: bool) -> InboxState {
    let directory = web.directory();
    let led = match view.inbox.queue.map(|id| directory.queue(view.inbox.organization, id)) {
        None => ruled,
        Some(Some(queue)) => queue.enabled || ruled,
        // It was meant for a queue that is gone: somebody has to choose another.
        Some(None) => false,
    };
    if view.state == InboxState::Ready && !led { InboxState::LeadsNowhere } else { view.state }
}

fn shown(web: &Web, headers: &HeaderMap, view: InboxView, ruled: bool) -> Inbox {
    let hook_url = web.channels.hook_url(&view.inbox);
    let state = state_of(web, &view, ruled);
    let InboxView { inbox, fault, live, settings, state: _ } = view;
    let own = web.own_url(headers);
    let snippet = format!("<script src=\"{own}/widget.js?inbox={}\" async></script>", inbox.hook_key);
    let account = inbox.account.unwrap_or_default();
    let (fault, fault_cause) = fault.map(|fault| (fault.text, fault.cause)).unzip();
    Inbox {
        id: inbox.id,
        name: inbox.name,
        title: inbox.title,
        plugin: inbox.plugin,
        queue_id: inbox.queue,
        enabled: inbox.enabled,
        state,
        fault,
        fault_cause: fault_cause.flatten(),
        remaining_steps: account.remaining_steps,
        account: (!account.id.is_empty()).then_some(Account { id: account.id, title: account.title }),
        hook_url,
        snippet: live.then_some(snippet),
        key: inbox.hook_key,
        settings,
    }
}

impl From<FieldFault> for Problem {
    fn from(fault: FieldFault) -> Self {
        let problem = Self::wrong(fault.field, fault.reason.to_string());
        let problem = fault.reason.values().fold(problem, |problem, (name, value)| problem.with(name, value));
        match fault.reason.code().and_then(Code::of_word) {
            Some(code) => problem.coded(code),
            None => problem,
        }
    }
}

impl From<InboxError> for Problem {
    fn from(error: InboxError) -> Self {
        match error {
            InboxError::Field(fault) => fault.into(),
            InboxError::Full => Self::too_many_rows("Too many inboxes", error.to_string(), MAX_INBOXES),
            InboxError::NoRandomness => Self::node("The node failed", error.to_string()),
            InboxError::NotThere => Self::not_found("inbox or rule"),
            InboxError::Plugin(error) => Self::conflict(
                "The plugin failed",
                format!("It could not look at the settings: {error}. Nothing was changed."),
            ),
            InboxError::Store(error) => error.into(),
        }
    }
}
