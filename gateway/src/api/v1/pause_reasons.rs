//! Why agents pause.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::page::{Items, WholeQuery};
use super::queues::checked_title;
use super::signed::Signed;
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::model::{PauseReasonId, Permission};

/// Reasons of one organization; so few that they are one page.
const REASONS_LIMIT: usize = 200;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(patch, delete))
}

/// Why an agent pauses.
#[derive(Serialize, ToSchema)]
pub struct PauseReason {
    id: PauseReasonId,
    title: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonTitle {
    title: String,
}

/// Reasons to pause, by title.
#[utoipa::path(get, path = "/pause-reasons", tag = "queues", params(WholeQuery), responses((status = 200, body = Items<PauseReason>)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Json<Items<PauseReason>> {
    let directory = web.directory();
    let reasons = directory.pause_reasons(signed.organization);
    let items = reasons.map(|reason| PauseReason { id: reason.id, title: reason.title.clone() }).collect();
    Json(Items { items, next: None })
}

/// Makes a reason.
#[utoipa::path(post, path = "/pause-reasons", tag = "queues", request_body = ReasonTitle, responses((status = 201, body = PauseReason)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<ReasonTitle>,
) -> Result<(StatusCode, Json<PauseReason>), Problem> {
    signed.may(Permission::ManageQueues)?;
    if web.directory().pause_reasons(signed.organization).count() >= REASONS_LIMIT {
        return Err(Problem::too_many_rows(
            "Too many reasons",
            format!("There may be {REASONS_LIMIT}."),
            REASONS_LIMIT,
        ));
    }
    let title = checked_title(&asked.title)?;
    let entry = signed.does("create", "pause_reason", "", json!({ "title": title }));
    let id = web.store.insert_pause_reason(&title, entry).await?;
    web.told_of_queues(signed.organization).await?;
    Ok((StatusCode::CREATED, Json(PauseReason { id, title })))
}

/// Renames a reason.
#[utoipa::path(patch, path = "/pause-reasons/{id}", tag = "queues", params(("id" = PauseReasonId, Path)), request_body = ReasonTitle,
    responses((status = 200, body = PauseReason)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<PauseReasonId>,
    JsonBody(asked): JsonBody<ReasonTitle>,
) -> Result<Json<PauseReason>, Problem> {
    signed.may(Permission::ManageQueues)?;
    let title = checked_title(&asked.title)?;
    let entry = signed.does("change", "pause_reason", id, json!({ "title": title }));
    if !web.store.update_pause_reason(id, &title, &entry).await? {
        return Err(Problem::not_found("pause reason"));
    }
    web.told_of_queues(signed.organization).await?;
    Ok(Json(PauseReason { id, title }))
}

/// Deletes a reason. Who pauses with it goes on doing so.
#[utoipa::path(delete, path = "/pause-reasons/{id}", tag = "queues", params(("id" = PauseReasonId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<PauseReasonId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManageQueues)?;
    let directory = web.directory();
    let old = directory.pause_reasons(signed.organization).find(|one| one.id == id);
    let detail = json!({ "title": old.map(|one| &one.title) });
    let entry = signed.does("delete", "pause_reason", id, detail);
    if !web.store.delete_pause_reason(id, &entry).await? {
        return Err(Problem::not_found("pause reason"));
    }
    web.told_of_queues(signed.organization).await?;
    Ok(StatusCode::NO_CONTENT)
}
