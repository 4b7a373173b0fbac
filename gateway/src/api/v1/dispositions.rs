//! What comes of Interactions.

use std::collections::BTreeSet;

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
use crate::api::problem::{Code, Problem};
use crate::model::{self, DispositionId, Permission, QueueId};

/// Dispositions of one organization; so few that they are one page.
const DISPOSITIONS_LIMIT: usize = 500;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(patch, delete))
}

/// What came of an Interaction.
#[derive(Serialize, ToSchema)]
pub struct Disposition {
    id: DispositionId,
    title: String,
    /// `false`: agents are not offered it any more.
    enabled: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDisposition {
    title: String,
    enabled: Option<bool>,
    /// The queues whose agents are offered it; without them, all that there are.
    queues: Option<Vec<QueueId>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeDisposition {
    title: Option<String>,
    enabled: Option<bool>,
}

impl From<&model::Disposition> for Disposition {
    fn from(one: &model::Disposition) -> Self {
        Self { id: one.id, title: one.title.clone(), enabled: one.enabled }
    }
}

/// Dispositions, by title. Who does not manage them sees those that are enabled.
#[utoipa::path(get, path = "/dispositions", tag = "queues", params(WholeQuery), responses((status = 200, body = Items<Disposition>)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Json<Items<Disposition>> {
    let manages = signed.role.may(Permission::ManageQueues);
    let directory = web.directory();
    let seen = directory.dispositions(signed.organization).filter(|one| manages || one.enabled);
    Json(Items { items: seen.map(Disposition::from).collect(), next: None })
}

/// Makes a disposition.
#[utoipa::path(post, path = "/dispositions", tag = "queues", request_body = NewDisposition,
    responses((status = 201, body = Disposition)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<NewDisposition>,
) -> Result<(StatusCode, Json<Disposition>), Problem> {
    signed.may(Permission::ManageQueues)?;
    if web.directory().dispositions(signed.organization).count() >= DISPOSITIONS_LIMIT {
        let most = format!("There may be {DISPOSITIONS_LIMIT}.");
        return Err(Problem::too_many_rows("Too many dispositions", most, DISPOSITIONS_LIMIT));
    }
    let (title, enabled) = (checked_title(&asked.title)?, asked.enabled.unwrap_or(true));
    let directory = web.directory();
    let all = || directory.queues(signed.organization).map(|queue| queue.id).collect();
    let queues: BTreeSet<QueueId> = asked.queues.unwrap_or_else(all).into_iter().collect();
    let queues: Vec<QueueId> = queues.into_iter().collect();
    if queues.iter().any(|id| directory.queue(signed.organization, *id).is_none()) {
        return Err(Problem::wrong("queues", "There is no such queue.").coded(Code::NoQueue));
    }
    let detail = json!({ "title": title, "enabled": enabled, "queues": queues });
    let entry = signed.does("create", "disposition", "", detail);
    let id = web.store.insert_disposition(&title, enabled, &queues, entry).await?;
    web.told_of_queues(signed.organization).await?;
    Ok((StatusCode::CREATED, Json(Disposition { id, title, enabled })))
}

/// Changes a disposition.
#[utoipa::path(patch, path = "/dispositions/{id}", tag = "queues", params(("id" = DispositionId, Path)), request_body = ChangeDisposition,
    responses((status = 200, body = Disposition)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<DispositionId>,
    JsonBody(asked): JsonBody<ChangeDisposition>,
) -> Result<Json<Disposition>, Problem> {
    signed.may(Permission::ManageQueues)?;
    let directory = web.directory();
    let gone = || Problem::not_found("disposition");
    let old = directory.dispositions(signed.organization).find(|one| one.id == id).ok_or_else(gone)?;
    let title = checked_title(asked.title.as_deref().unwrap_or(&old.title))?;
    let enabled = asked.enabled.unwrap_or(old.enabled);
    let entry = signed.does("change", "disposition", id, json!({ "title": title, "enabled": enabled }));
    if !web.store.update_disposition(id, (&title, enabled), &entry).await? {
        return Err(gone());
    }
    web.told_of_queues(signed.organization).await?;
    Ok(Json(Disposition { id, title, enabled }))
}

/// Deletes a disposition. Finished Interactions lose its title; to keep it, switch it off instead.
#[utoipa::path(delete, path = "/dispositions/{id}", tag = "queues", params(("id" = DispositionId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<DispositionId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManageQueues)?;
    let directory = web.directory();
    let old = directory.dispositions(signed.organization).find(|one| one.id == id);
    let detail = json!({ "title": old.map(|one| &one.title) });
    let entry = signed.does("delete", "disposition", id, detail);
    if !web.store.delete_disposition(id, &entry).await? {
        return Err(Problem::not_found("disposition"));
    }
    web.told_of_queues(signed.organization).await?;
    Ok(StatusCode::NO_CONTENT)
}
