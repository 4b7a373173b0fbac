//! Agents as supervisors see them, and what supervisors do on their behalf.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::page::{Items, WholeQuery};
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::Problem;
use crate::model::{Permission, UserId};
use crate::routing::floor::Deed;
use crate::routing::floor::view::AgentView;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end_wrap_up)).routes(routes!(log_out))
}

/// All agents, live.
#[utoipa::path(get, path = "/agents", tag = "supervision", params(WholeQuery), responses((status = 200, body = Items<AgentView>)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Result<Json<Items<AgentView>>, Problem> {
    signed.may(Permission::Supervise)?;
    let items = web.floor.agents(signed.organization, signed.user).await?;
    Ok(Json(Items { items, next: None }))
}

/// Ends an agent's wrap-up early.
#[utoipa::path(post, path = "/agents/{id}/wrap-up/end", tag = "supervision", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn end_wrap_up(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<UserId>,
) -> Result<StatusCode, Problem> {
    on_behalf(&web, &signed, id, Deed::EndWrapUp { of: id }).await
}

/// Logs an agent out of all queues. What he has open stays with him.
#[utoipa::path(post, path = "/agents/{id}/logout", tag = "supervision", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn log_out(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<UserId>,
) -> Result<StatusCode, Problem> {
    on_behalf(&web, &signed, id, Deed::LogOut { of: id, queues: None }).await?;
    let entry = signed.does("log_out_of_queues", "user", id, json!({}));
    web.store.audit(&entry).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn on_behalf(web: &Web, signed: &Signed, of: UserId, deed: Deed) -> Result<StatusCode, Problem> {
    signed.may(Permission::Supervise)?;
    if web.directory().agent(signed.organization, of).is_none() {
        return Err(Problem::not_found("agent"));
    }
    web.floor.act(signed.organization, signed.user, deed).await?;
    Ok(StatusCode::NO_CONTENT)
}
