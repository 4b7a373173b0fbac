//! Recordings of calls: whose call it was may hear it, and whoever may hear all.

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
use crate::api::problem::{Code, Problem};
use crate::api::{Web, sound};
use crate::model::{
    CallId, InteractionId, InteractionRow, KeptRecording, Permission, RecordingName, RecordingPeaks,
    RecordingState,
};

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(play))
}

/// A recorded call.
#[derive(Serialize, ToSchema)]
pub struct Recording {
    /// The call's; of a second one of the same call with `-2` behind it.
    id: String,
    seconds: f64,
    started_at_ms: i64,
    url: String,
    /// Where nothing was kept.
    pauses: Vec<Pause>,
    /// `null` until it was read once, moments after its end.
    peaks: Option<RecordingPeaks>,
    /// Of the sound as it is downloaded, in hex; `null` until it was read once.
    sha256: Option<String>,
    bytes: Option<u64>,
}

/// A pause of a recording, in seconds from its beginning.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordingPause)]
pub struct Pause {
    from_s: f64,
    to_s: f64,
}

impl From<KeptRecording> for Recording {
    fn from(kept: KeptRecording) -> Self {
        let row = kept.row;
        let id = RecordingName { call: row.call, part: row.part }.to_string();
        let url = format!("{}/recordings/{id}", super::ROOT);
        Self {
            id,
            seconds: row.seconds,
            started_at_ms: row.started_at_ms,
            url,
            pauses: row.pauses.into_iter().map(|(from_s, to_s)| Pause { from_s, to_s }).collect(),
            peaks: row.peaks,
            sha256: kept.sha256,
            bytes: kept.bytes,
        }
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

/// The sound: WAV or Ogg/Opus, the caller left and the agent right. Takes `Range`.
#[utoipa::path(get, path = "/recordings/{id}", tag = "recordings", params(("id" = String, Path)),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>), (status = 206, content_type = "audio/wav", body = Vec<u8>)))]
pub async fn play(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let gone = || Problem::not_found("recording");
    let name: RecordingName = id.parse().map_err(|()| gone())?;
    let of_call = web.store.interactions_of_call(signed.organization, name.call).await?;
    may_hear(&signed, &of_call, "recording")?;
    let mut of_call_kept = finished(&web, &signed, name.call).await?.into_iter();
    let recording = of_call_kept.find(|kept| kept.row.part == name.part).ok_or_else(gone)?;
    if is_beginning(&headers) {
        let told = json!({ "interactions": of_call.iter().map(|row| row.id).collect::<Vec<_>>() });
        web.store.audit(&signed.does("listen", "recording", name, told)).await?;
    }
    let sound = web.recordings.open(&recording).await.map_err(|error| {
        tracing::error!(call.id = %name.call, %error, "a recording cannot be read");
        Problem::node("The recording cannot be read", format!("{error}.")).coded(Code::RecordingUnreadable)
    })?;
    let extension = sound.extension();
    let mut response = sound::recording(sound, &headers);
    let file = format!("inline; filename=\"{name}.{extension}\"");
    response.headers_mut().extend(file.parse().ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    Ok(response)
}

/// The recordings of a call that are complete.
///
/// # Errors
/// The database is away.
pub async fn finished(web: &Web, signed: &Signed, call: CallId) -> Result<Vec<KeptRecording>, Problem> {
    let mut found = web.store.recordings_of_call(signed.organization, call).await?;
    found.retain(|kept| kept.row.state == RecordingState::Sealed);
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
