//! Notes of agents about an Interaction, for themselves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::page::{Items, WholeQuery};
use super::seen::seen;
use super::signed::Signed;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::api::{Web, wall_ms};
use crate::model::{InteractionId, Note};

/// Bytes of a note.
const NOTE_LIMIT: usize = 8 << 10;
/// Bytes of its JSON, each character escaped.
const NOTE_BODY: usize = 64 << 10;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, create))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    text: String,
}

/// The notes of an Interaction, oldest first.
#[utoipa::path(get, path = "/interactions/{id}/notes", tag = "messages", params(("id" = InteractionId, Path), WholeQuery),
    responses((status = 200, body = Items<Note>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<Json<Items<Note>>, Problem> {
    seen(&web, &signed, id).await?;
    let items = web.store.notes(signed.organization, id).await?;
    Ok(Json(Items { items, next: None }))
}

/// Writes a note.
#[utoipa::path(post, path = "/interactions/{id}/notes", tag = "messages", params(("id" = InteractionId, Path)),
    request_body = NewNote, responses((status = 201, body = Note)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
    JsonBody(asked): JsonBody<NewNote, NOTE_BODY>,
) -> Result<(StatusCode, Json<Note>), Problem> {
    seen(&web, &signed, id).await?;
    let text = asked.text.trim();
    if text.is_empty() || text.len() > NOTE_LIMIT {
        return Err(Problem::length("text", (1, NOTE_LIMIT)));
    }
    let note = web.store.add_note(signed.organization, id, Some(signed.user), text, wall_ms()).await?;
    let note = note.ok_or_else(|| Problem::not_found("interaction"))?;
    Ok((StatusCode::CREATED, Json(note)))
}
