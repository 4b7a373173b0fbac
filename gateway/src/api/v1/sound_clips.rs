//! Sounds that agents play into their calls: uploaded, or spoken by a program.

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use ramal_media::player::PromptError;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::calls::OfPhone;
use super::extract::{Asked, At};
use super::page::{Items, WholeQuery};
use super::queues::checked_title;
use super::signed::Signed;
use crate::api::body::{self, JsonBody};
use crate::api::problem::{Code, Problem};
use crate::api::{Web, calls, wall_ms};
use crate::call::{AfterClip, Clip, ClipHearers, PageState, SeatCommand};
use crate::model::{Announcement, Permission, SoundClip, SoundClipId};
use crate::sounds::SpeechError;

/// Clips of one organization; so few that they are one page.
const CLIPS_LIMIT: u32 = 500;
/// Largest file that is taken, in bytes. Three minutes of CD quality; MP3 and Ogg/Opus need a tenth.
const FILE_LIMIT: usize = 32 << 20;
/// Largest JSON with a text.
const TEXT_JSON_LIMIT: usize = 16 << 10;
/// What is taken.
const KINDS: [&str; 3] = ["audio/wav", "audio/mpeg", "audio/ogg"];

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list, upload))
        .routes(routes!(speak))
        .routes(routes!(patch, delete))
        .routes(routes!(sound))
        .routes(routes!(play, stop))
        .routes(routes!(keep))
}

/// What an uploaded clip is called.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Named {
    title: String,
}

/// A text that is to be spoken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    title: String,
    text: String,
    /// As `pt-br` or `en`.
    language: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeClip {
    title: Option<String>,
    /// `true`: agents are not offered it any more.
    archived: Option<bool>,
}

/// What is to be played into a call.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Play {
    clip: SoundClipId,
    #[serde(default)]
    hears: Hears,
    #[serde(default)]
    then: Then,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hears {
    Both,
    #[default]
    Customer,
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The call ends with the end of the clip.
    HangUp,
    #[default]
    Talk,
}

/// A sound file; its type is checked, and its length before it is read.
pub struct SoundBody {
    kind: &'static str,
    bytes: Vec<u8>,
}

impl FromRequest<Web> for SoundBody {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Problem> {
        let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let given =
            given.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let kind = KINDS.into_iter().find(|kind| *kind == given).ok_or_else(|| {
            let detail = format!("This needs Content-Type: {}.", KINDS.join(", "));
            Problem::caller(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Another type of body", detail)
        })?;
        let _place = web
            .large_bodies
            .acquire()
            .await
            .map_err(|_| Problem::node("The node goes down", "Try again."))?;
        let bytes = body::read(request, kind, FILE_LIMIT).await?.to_vec();
        Ok(Self { kind, bytes })
    }
}

/// Clips, by title. Who does not manage them sees those that are not archived.
#[utoipa::path(get, path = "/sound-clips", tag = "sound clips", params(WholeQuery), responses((status = 200, body = Items<SoundClip>)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Result<Json<Items<SoundClip>>, Problem> {
    let manages = signed.role.may(Permission::ManageTelephony);
    let mut items = web.store.sound_clips(signed.organization, CLIPS_LIMIT).await?;
    items.retain(|clip| manages || !clip.archived);
    Ok(Json(Items { items, next: None }))
}

/// Uploads a clip: WAV, MP3 or Ogg/Opus of at most ten minutes.
#[utoipa::path(post, path = "/sound-clips", tag = "sound clips", params(Named),
    request_body(content_type = "audio/wav", content = Vec<u8>), responses((status = 201, body = SoundClip)))]
pub async fn upload(
    State(web): State<Web>,
    signed: Signed,
    Asked(Named { title }): Asked<Named>,
    SoundBody { kind, bytes }: SoundBody,
) -> Result<(StatusCode, Json<SoundClip>), Problem> {
    signed.may(Permission::ManageTelephony)?;
    let title = checked_title(&title)?;
    add(&web, &signed, New { title, kind, text: None, call: None }, bytes).await
}

/// Makes a clip of a text, spoken by the program that the node's administrator has set.
#[utoipa::path(post, path = "/sound-clips/speech", tag = "sound clips", request_body = Text,
    responses((status = 201, body = SoundClip)))]
pub async fn speak(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<Text, TEXT_JSON_LIMIT>,
) -> Result<(StatusCode, Json<SoundClip>), Problem> {
    signed.may(Permission::ManageTelephony)?;
    let title = checked_title(&asked.title)?;
    let bytes = web.sounds.speak(&asked.text, &asked.language).await?;
    add(&web, &signed, New { title, kind: "audio/wav", text: Some(asked.text), call: None }, bytes).await
}

struct New {
    title: String,
    kind: &'static str,
    text: Option<String>,
    /// In which it was made.
    call: Option<String>,
}

async fn add(
    web: &Web,
    signed: &Signed,
    new: New,
    bytes: Vec<u8>,
) -> Result<(StatusCode, Json<SoundClip>), Problem> {
    if web.store.sound_clips(signed.organization, CLIPS_LIMIT).await?.len() >= CLIPS_LIMIT as usize {
        return Err(Problem::too_many_rows(
            "Too many sound clips",
            format!("There may be {CLIPS_LIMIT}."),
            CLIPS_LIMIT as usize,
        ));
    }
    let prompt = web.sounds.read(bytes.clone()).await?;
    let mut clip = SoundClip {
        id: SoundClipId(0),
        title: new.title,
        media_type: new.kind.to_owned(),
        seconds: prompt.duration_ms() as f64 / 1_000.0,
        text: new.text,
        archived: false,
        created_at_ms: wall_ms(),
    };
    let told = json!({ "title": clip.title, "seconds": clip.seconds, "call": new.call });
    let entry = signed.does("create", "sound_clip", "", told);
    clip.id = web.store.insert_sound_clip(&clip, &bytes, entry).await?;
    web.sounds.keep(clip.id, &prompt);
    web.tell_changed(signed.organization, "sound_clips");
    Ok((StatusCode::CREATED, Json(clip)))
}

/// Changes a clip's title, or archives it.
#[utoipa::path(patch, path = "/sound-clips/{id}", tag = "sound clips", params(("id" = SoundClipId, Path)), request_body = ChangeClip,
    responses((status = 200, body = SoundClip)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<SoundClipId>,
    JsonBody(asked): JsonBody<ChangeClip>,
) -> Result<Json<SoundClip>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    let gone = || Problem::not_found("sound clip");
    let all = web.store.sound_clips(signed.organization, CLIPS_LIMIT).await?;
    let mut clip = all.into_iter().find(|clip| clip.id == id).ok_or_else(gone)?;
    if let Some(title) = &asked.title {
        clip.title = checked_title(title)?;
    }
    clip.archived = asked.archived.unwrap_or(clip.archived);
    let entry =
        signed.does("change", "sound_clip", id, json!({ "title": clip.title, "archived": clip.archived }));
    if !web.store.change_sound_clip(&clip, &entry).await? {
        return Err(gone());
    }
    web.tell_changed(signed.organization, "sound_clips");
    Ok(Json(clip))
}

/// Deletes a clip. Where it is being played it is heard to its end.
#[utoipa::path(delete, path = "/sound-clips/{id}", tag = "sound clips", params(("id" = SoundClipId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<SoundClipId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManageTelephony)?;
    let directory = web.directory();
    let plays = |queue: &&crate::model::Queue| queue.hold_music() == Announcement::Clip(id);
    if let Some(queue) = directory.queues(signed.organization).find(plays) {
        let detail =
            format!("The queue {} plays it while callers wait: choose other music there first.", queue.title);
        let problem = Problem::conflict("The sound is in use", detail).coded(Code::SoundInUse);
        return Err(problem.with("queue", queue.title.as_str()));
    }
    let all = web.store.sound_clips(signed.organization, CLIPS_LIMIT).await?;
    let clip = all.into_iter().find(|clip| clip.id == id).ok_or_else(|| Problem::not_found("sound clip"))?;
    let entry = signed.does("delete", "sound_clip", id, json!({ "title": clip.title }));
    if !web.store.delete_sound_clip(id, &entry).await? {
        return Err(Problem::not_found("sound clip"));
    }
    web.tell_changed(signed.organization, "sound_clips");
    Ok(StatusCode::NO_CONTENT)
}

/// The sound of a clip, as it was uploaded.
#[utoipa::path(get, path = "/sound-clips/{id}/sound", tag = "sound clips", params(("id" = SoundClipId, Path)),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>)))]
pub async fn sound(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<SoundClipId>,
) -> Result<impl IntoResponse + use<>, Problem> {
    let gone = || Problem::not_found("sound clip");
    let all = web.store.sound_clips(signed.organization, CLIPS_LIMIT).await?;
    let clip = all.into_iter().find(|clip| clip.id == id).ok_or_else(gone)?;
    let bytes = web.store.sound_of_clip(signed.organization, id).await?.ok_or_else(gone)?;
    let head: [(HeaderName, String); 1] = [(header::CONTENT_TYPE, clip.media_type)];
    Ok((head, bytes))
}

/// Plays a clip into a call that one talks in.
#[utoipa::path(post, path = "/calls/{id}/clip", tag = "calls", params(("id" = String, Path)), request_body = Play,
    responses((status = 204)))]
pub async fn play(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(asked): JsonBody<Play>,
) -> Result<StatusCode, Problem> {
    let prompt = web.sounds.clip(phone.signed.organization, asked.clip).await?;
    let clip = Clip {
        id: asked.clip,
        prompt: prompt
            .ok_or_else(|| Problem::wrong("clip", "There is no such sound clip.").coded(Code::NoSoundClip))?,
        hearers: match asked.hears {
            Hears::Both => ClipHearers::Both,
            Hears::Customer => ClipHearers::Customer,
        },
        then: match asked.then {
            Then::HangUp => AfterClip::HangUp,
            Then::Talk => AfterClip::Talk,
        },
    };
    calls::command(&web, phone.extension, &id, SeatCommand::Clip(clip)).await
}

/// Makes a clip in a call that one talks in: what was recorded at the agent's microphone, or a file. It is there for all agents.
#[utoipa::path(post, path = "/calls/{id}/clips", tag = "calls", params(("id" = String, Path), Named),
    request_body(content_type = "audio/wav", content = Vec<u8>), responses((status = 201, body = SoundClip)))]
pub async fn keep(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    Asked(Named { title }): Asked<Named>,
    SoundBody { kind, bytes }: SoundBody,
) -> Result<(StatusCode, Json<SoundClip>), Problem> {
    let own = calls::calls_of(&web, phone.extension).await?;
    let call = own.iter().find(|call| call.id == id).ok_or_else(|| Problem::not_found("call"))?;
    if !matches!(call.state, PageState::Talking | PageState::Held) {
        let detail = "A clip is made while one talks.";
        return Err(Problem::conflict("The call is in another state", detail).coded(Code::CallState));
    }
    let title = checked_title(&title)?;
    add(&web, &phone.signed, New { title, kind, text: None, call: Some(id) }, bytes).await
}

/// Ends a clip before its end; the conversation goes on.
#[utoipa::path(delete, path = "/calls/{id}/clip", tag = "calls", params(("id" = String, Path)), responses((status = 204)))]
pub async fn stop(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, SeatCommand::StopClip).await
}

impl From<PromptError> for Problem {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Unreadable(_) => Self::node("The sound cannot be read", error.to_string()),
            PromptError::Empty
            | PromptError::Malformed { .. }
            | PromptError::TooLarge(_)
            | PromptError::TooLong
            | PromptError::UnknownKind => Self::caller(
                StatusCode::UNPROCESSABLE_ENTITY,
                "The sound cannot be played",
                format!("{error}."),
            )
            .coded(Code::NoSound),
        }
    }
}

impl From<SpeechError> for Problem {
    fn from(error: SpeechError) -> Self {
        match error {
            SpeechError::Failed(_) | SpeechError::NotConfigured => {
                Self::node("The text cannot be spoken", format!("{error}.")).coded(Code::SpeechFailed)
            }
            SpeechError::Language => Self::wrong("language", error.to_string()),
            SpeechError::Text => Self::wrong("text", error.to_string()),
        }
    }
}
