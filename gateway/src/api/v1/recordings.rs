//! Recordings of calls: whose call it was may hear it, and whoever may hear all.

use std::path::Path;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::signed::Signed;
use crate::api::problem::Problem;
use crate::api::{Web, sound};
use crate::model::{CallId, InteractionId, InteractionRow, Permission, RecordingRow, RecordingState};

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(play))
}

/// A recorded call.
#[derive(Serialize, ToSchema)]
pub struct Recording {
    /// The call's.
    id: String,
    seconds: f64,
    started_at_ms: i64,
    url: String,
}

impl From<RecordingRow> for Recording {
    fn from(row: RecordingRow) -> Self {
        let id = row.call.to_string();
        let url = format!("{}/recordings/{id}", super::ROOT);
        Self { id, seconds: row.seconds, started_at_ms: row.started_at_ms, url }
    }
}

/// The finished recordings of an Interaction.
#[utoipa::path(get, path = "/interactions/{id}/recordings", tag = "recordings", params(("id" = InteractionId, Path)),
    responses((status = 200, body = Vec<Recording>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<Json<Vec<Recording>>, Problem> {
    let interaction = web.store.interaction(signed.organization, id).await?;
    let interaction = interaction.ok_or_else(|| Problem::not_found("interaction"))?;
    may_hear(&signed, std::slice::from_ref(&interaction), "interaction")?;
    let Some(call) = interaction.call else { return Ok(Json(Vec::new())) };
    let found = finished(&web, &signed, call).await?;
    Ok(Json(found.into_iter().map(Recording::from).collect()))
}

/// The sound: WAV, the caller left and the agent right. Takes `Range`.
#[utoipa::path(get, path = "/recordings/{id}", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>), (status = 206, content_type = "audio/wav", body = Vec<u8>)))]
pub async fn play(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<CallId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let of_call = web.store.interactions_of_call(signed.organization, id).await?;
    may_hear(&signed, &of_call, "recording")?;
    let recording = finished(&web, &signed, id).await?.into_iter().next();
    let recording = recording.ok_or_else(|| Problem::not_found("recording"))?;
    if is_beginning(&headers) {
        let told = json!({ "interactions": of_call.iter().map(|row| row.id).collect::<Vec<_>>() });
        web.store.audit(&signed.does("listen", "recording", id, told)).await?;
    }
    sound::wav(Path::new(&recording.path), &headers).await
}

async fn finished(web: &Web, signed: &Signed, call: CallId) -> Result<Vec<RecordingRow>, Problem> {
    let mut found = web.store.recordings_of_call(signed.organization, call).await?;
    found.retain(|row| row.state == RecordingState::Sealed);
    Ok(found)
}

/// # Errors
/// It is no business of his: as if it were not there.
fn may_hear(signed: &Signed, rows: &[InteractionRow], what: &'static str) -> Result<(), Problem> {
    let own = rows.iter().any(|row| row.agent == Some(signed.user));
    if own || signed.may(Permission::ListenRecordings).is_ok() {
        Ok(())
    } else {
        Err(Problem::not_found(what))
    }
}

/// A player asks for a file piece by piece: the first piece is the listening that is written down.
fn is_beginning(headers: &HeaderMap) -> bool {
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    range.is_none_or(|range| range.trim().starts_with("bytes=0-"))
}
