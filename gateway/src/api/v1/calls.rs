//! The calls of whoever is logged in, at the Seat of his extension (docs/webrtc.md).

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ramal_media::ears::ListenFor;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::signed::Signed;
use crate::api::Web;
use crate::api::body::{JsonBody, OptionalJson};
use crate::api::calls::{self, RejectBody};
use crate::api::problem::{Code, Problem};
use crate::call::{Keys, PageCall, RecordingCommand, SeatCommand, SeatRefusal};
use crate::model::{CallId, ContactId, ExtensionId, Medium, OrganizationId, Permission, QueueId, UserId};
use crate::routing::distribution::RoutingError;
use crate::routing::floor::voice::Purpose;
use crate::routing::floor::{Deed, FloorError, Target};

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list, dial))
        .routes(routes!(hang_up))
        .routes(routes!(answer))
        .routes(routes!(reject))
        .routes(routes!(hold))
        .routes(routes!(resume))
        .routes(routes!(dtmf))
        .routes(routes!(transfer))
        .routes(routes!(record))
        .routes(routes!(listen))
        .routes(routes!(mask))
}

/// Somebody logged in who has an extension for his browser.
pub struct AtPhone {
    pub signed: Signed,
    pub extension: ExtensionId,
}

impl FromRequestParts<Web> for AtPhone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let signed = Signed::from_request_parts(parts, web).await?;
        signed.may(Permission::Dial)?;
        let extension = signed.extension.filter(|_| signed.person.webrtc).ok_or_else(|| {
            Problem::conflict("No phone", "An administrator gives you an extension and calls in the browser.")
                .coded(Code::NeedsExtension)
        })?;
        web.limit(extension)?;
        Ok(Self { signed, extension })
    }
}

/// Something that a path names of the phone of whoever is logged in. Who has no phone has nothing of the kind.
pub struct OfPhone {
    pub phone: AtPhone,
    pub name: String,
}

impl FromRequestParts<Web> for OfPhone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let signed = Signed::from_request_parts(parts, web).await?;
        if signed.extension.is_none() || !signed.person.webrtc {
            return Err(Problem::not_found("call"));
        }
        let phone = AtPhone::from_request_parts(parts, web).await?;
        let At(name) = At::<String>::from_request_parts(parts, web).await?;
        Ok(Self { phone, name })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dialling {
    /// The number, as on a phone.
    to: String,
    /// The outbound queue that the call counts for.
    queue_id: Option<QueueId>,
    /// Whom the number belongs to.
    contact_id: Option<ContactId>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Digits {
    /// 0 to 9, *, #, A to D.
    digits: String,
    /// Of each, 40 to 5,000.
    #[serde(default = "calls::usual_duration_ms")]
    duration_ms: u32,
}

/// Where a call goes.
#[derive(Deserialize, ToSchema)]
#[schema(as = CallTarget)]
#[serde(untagged, deny_unknown_fields)]
pub enum To {
    /// To whoever answers this number.
    Number(String),
    /// To the other party of another call of one's own: both talk, we leave.
    Call { call: String },
    /// To a colleague, who is offered it; of a call between two extensions, which is no Interaction: his extension rings.
    User { user: UserId },
    /// To a queue, where it waits.
    Queue { queue: QueueId },
}

#[derive(Deserialize, ToSchema)]
#[schema(as = CallTransfer)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    to: To,
}

/// One's own calls.
#[utoipa::path(get, path = "/calls", tag = "calls", responses((status = 200, body = Vec<PageCall>)))]
pub async fn list(State(web): State<Web>, phone: AtPhone) -> Result<Json<Vec<PageCall>>, Problem> {
    Ok(Json(calls::calls_of(&web, phone.extension).await?))
}

/// Dials from one's own Seat.
#[utoipa::path(post, path = "/calls", tag = "calls", request_body = Dialling, responses((status = 201, body = PageCall)))]
pub async fn dial(
    State(web): State<Web>,
    phone: AtPhone,
    JsonBody(asked): JsonBody<Dialling>,
) -> Result<Response, Problem> {
    let purpose = purpose(&web, phone.signed.organization, &asked).await?;
    let call = calls::dial_from(&web, phone.extension, asked.to, purpose, None).await?;
    let place = [(header::LOCATION, format!("{}/calls/{}", super::ROOT, call.id))];
    Ok((StatusCode::CREATED, place, Json(call)).into_response())
}

async fn purpose(web: &Web, organization: OrganizationId, asked: &Dialling) -> Result<Purpose, Problem> {
    if let Some(queue) = asked.queue_id {
        let known = web.directory().queue(organization, queue).is_some_and(|q| q.medium == Medium::Voice);
        if !known {
            return Err(Problem::wrong("queue_id", "There is no such queue for calls.").coded(Code::NoQueue));
        }
    }
    if let Some(contact) = asked.contact_id
        && web.store.contact(organization, contact).await?.is_none()
    {
        return Err(Problem::wrong("contact_id", "There is no such contact.").coded(Code::NoContact));
    }
    Ok(Purpose { queue: asked.queue_id, contact: asked.contact_id })
}

/// Takes a call that rings.
#[utoipa::path(post, path = "/calls/{id}/answer", tag = "calls", params(("id" = String, Path)), responses((status = 204)))]
pub async fn answer(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, SeatCommand::Answer).await
}

/// Refuses a call that rings.
#[utoipa::path(post, path = "/calls/{id}/reject", tag = "calls", params(("id" = String, Path)),
    request_body = Option<RejectBody>, responses((status = 204)))]
pub async fn reject(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    OptionalJson(body): OptionalJson<RejectBody>,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, SeatCommand::Reject(body.reason())).await
}

/// The other party hears music.
#[utoipa::path(post, path = "/calls/{id}/hold", tag = "calls", params(("id" = String, Path)), responses((status = 204)))]
pub async fn hold(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, SeatCommand::Hold).await
}

/// Turns to a call that is held; another one is held meanwhile.
#[utoipa::path(post, path = "/calls/{id}/resume", tag = "calls", params(("id" = String, Path)), responses((status = 204)))]
pub async fn resume(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, SeatCommand::Resume).await
}

/// Sends digits.
#[utoipa::path(post, path = "/calls/{id}/dtmf", tag = "calls", params(("id" = String, Path)), request_body = Digits,
    responses((status = 204)))]
pub async fn dtmf(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(body): JsonBody<Digits>,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, calls::digits(&body.digits, body.duration_ms)?).await
}

/// Gives a call away.
#[utoipa::path(post, path = "/calls/{id}/transfer", tag = "calls", params(("id" = String, Path)), request_body = Transfer,
    responses((status = 202)))]
pub async fn transfer(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(Transfer { to }): JsonBody<Transfer>,
) -> Result<StatusCode, Problem> {
    let call = calls::call_id(&id)?;
    match to {
        To::Number(to) => {
            let command = SeatCommand::Transfer(calls::number(to)?);
            calls::command(&web, phone.extension, &id, command).await?;
        }
        To::Call { call: other } => {
            let command = SeatCommand::Join(calls::call_id(&other)?);
            calls::command(&web, phone.extension, &id, command).await?;
        }
        To::User { user } => send(&web, &phone, call, Target::User(user)).await?,
        To::Queue { queue } => send(&web, &phone, call, Target::Queue(queue)).await?,
    }
    Ok(StatusCode::ACCEPTED)
}

/// The floor sends the Interaction of a call elsewhere. One between two extensions is none: signalling gives it away.
async fn send(web: &Web, phone: &AtPhone, call: CallId, to: Target) -> Result<(), Problem> {
    let signed = &phone.signed;
    let of_call = web.store.interactions_of_call(signed.organization, call).await?;
    if let Some(row) = of_call.last() {
        let deed = Deed::Transfer { interaction: row.id, to };
        return Ok(web.floor.act(signed.organization, signed.user, deed).await?);
    }
    one_of_ones_own(web, phone.extension, call).await?;
    let command = match to {
        Target::User(user) => SeatCommand::Transfer(number_of(web, signed, user)?),
        Target::Queue(queue) => SeatCommand::TransferToQueue(voice_queue(web, signed, queue)?),
    };
    calls::command(web, phone.extension, &call.to_string(), command).await?;
    Ok(())
}

/// Of a call of somebody else nothing is told, not even who could take it.
async fn one_of_ones_own(web: &Web, extension: ExtensionId, call: CallId) -> Result<(), Problem> {
    let (calls, id) = (calls::calls_of(web, extension).await?, call.to_string());
    if calls.iter().any(|one| one.id == id) { Ok(()) } else { Err(SeatRefusal::NoSuchCall.into()) }
}

/// The extension at which a colleague is called.
fn number_of(web: &Web, signed: &Signed, user: UserId) -> Result<String, FloorError> {
    if user == signed.user {
        return Err(FloorError::SameAgent);
    }
    let directory = web.directory();
    let colleague = directory.agent(signed.organization, user).ok_or(RoutingError::UnknownAgent)?;
    let extension =
        colleague.extension.and_then(|id| directory.extension_by_id(id)).filter(|one| one.enabled);
    Ok(extension.ok_or(FloorError::CannotTake(Medium::Voice.as_str()))?.number.clone())
}

fn voice_queue(web: &Web, signed: &Signed, id: QueueId) -> Result<QueueId, FloorError> {
    let directory = web.directory();
    let queue = directory.queue(signed.organization, id).filter(|queue| queue.enabled);
    match queue.ok_or(RoutingError::UnknownQueue)?.medium {
        Medium::Voice => Ok(id),
        Medium::Chat => Err(FloorError::WrongMedium),
    }
}

/// What the recording of a call is to do.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Recorder {
    /// Nothing that is said stands in the recording from now on; the pause is marked in it.
    Pause,
    Resume,
    /// A call that no rule records is recorded from now on.
    Start,
    /// Ends what was started so.
    Stop,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    to: Recorder,
}

/// Pauses, resumes, starts or ends the recording of a call. The audit log says who did.
#[utoipa::path(post, path = "/calls/{id}/recording", tag = "calls", params(("id" = String, Path)), request_body = Record,
    responses((status = 204)))]
pub async fn record(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(Record { to }): JsonBody<Record>,
) -> Result<StatusCode, Problem> {
    let what = match to {
        Recorder::Pause => RecordingCommand::Pause,
        Recorder::Resume => RecordingCommand::Resume,
        Recorder::Start => RecordingCommand::Start,
        Recorder::Stop => RecordingCommand::Stop,
    };
    let done = calls::command(&web, phone.extension, &id, SeatCommand::Record(what)).await?;
    web.store.audit(&phone.signed.does("record", "call", &id, json!({ "to": to }))).await?;
    Ok(done)
}

/// What to listen for in what the other party says; it comes as `noticed` events of the Seat.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Listening {
    /// When somebody begins and ends to speak.
    voice: bool,
    /// A pause of so long, 200 to 600000.
    silence_ms: Option<u32>,
    /// Whether a person or a machine answered: from now on, once.
    answerer: bool,
    /// The tones of fax machines.
    fax: bool,
}

/// Listens for something in what the other party says, in the place of what was listened for before.
#[utoipa::path(post, path = "/calls/{id}/listen", tag = "calls", params(("id" = String, Path)), request_body = Listening,
    responses((status = 204)))]
pub async fn listen(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(asked): JsonBody<Listening>,
) -> Result<StatusCode, Problem> {
    if asked.silence_ms.is_some_and(|ms| !(200..=600_000).contains(&ms)) {
        return Err(Problem::wrong("silence_ms", "200 to 600000 milliseconds.")
            .coded(Code::Between)
            .with("least", 200)
            .with("most", 600_000));
    }
    let Listening { voice, silence_ms, answerer, fax } = asked;
    let wanted = ListenFor { voice, silence_ms, answerer, fax };
    calls::command(&web, phone.extension, &id, SeatCommand::Listen(wanted)).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Masking {
    masked: bool,
}

/// Card numbers: keys of this call reach the far end, but neither ears, recording, trace nor page. The audit log says who asked.
#[utoipa::path(post, path = "/calls/{id}/mask", tag = "calls", params(("id" = String, Path)), request_body = Masking,
    responses((status = 204)))]
pub async fn mask(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(Masking { masked }): JsonBody<Masking>,
) -> Result<StatusCode, Problem> {
    let keys = if masked { Keys::Masked } else { Keys::Plain };
    let done = calls::command(&web, phone.extension, &id, SeatCommand::Mask(keys)).await?;
    web.store.audit(&phone.signed.does("mask_keys", "call", &id, json!({ "masked": masked }))).await?;
    Ok(done)
}

/// Ends a call.
#[utoipa::path(delete, path = "/calls/{id}", tag = "calls", params(("id" = String, Path)), responses((status = 204)))]
pub async fn hang_up(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, SeatCommand::HangUp).await
}
