//! The calls of a page.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ramal_media::dtmf::Dtmf;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Web;
use super::body::{Bearer, JsonBody, OptionalJson};
use super::problem::{Code, Problem};
use crate::call::{EndReason, PageCall, SeatCommand};
use crate::model::{CallId, ExtensionId};
use crate::routing::floor::voice::Purpose;
use crate::signalling::pages::PageOrder;
use crate::signalling::seats::SeatError;

/// Digits of one request.
const DIGITS_LIMIT: usize = 32;
/// Characters of a number that is dialled.
const NUMBER_LIMIT: usize = 64;
/// A digit's length, in milliseconds.
const DIGIT_MS: std::ops::RangeInclusive<u32> = 40..=5_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialBody {
    to: String,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectBody {
    #[serde(default)]
    reason: RejectReason,
}

impl RejectBody {
    pub(super) fn reason(&self) -> EndReason {
        match self.reason {
            RejectReason::Busy => EndReason::Busy,
            RejectReason::Declined => EndReason::Declined,
        }
    }
}

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RejectReason {
    #[default]
    Busy,
    Declined,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DtmfBody {
    digits: String,
    #[serde(default = "usual_duration_ms")]
    duration_ms: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum TransferBody {
    To(String),
    Call(String),
}

/// `POST /api/calls`
pub async fn dial(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    JsonBody(body): JsonBody<DialBody>,
) -> Result<Response, Problem> {
    let call = dial_from(&web, extension, body.to, Purpose::default(), None).await?;
    let place = [(header::LOCATION, format!("/api/calls/{}", call.id))];
    Ok((StatusCode::CREATED, place, Json(call)).into_response())
}

/// `GET /api/calls`
pub async fn list(State(web): State<Web>, Bearer(extension): Bearer) -> Result<Response, Problem> {
    Ok(Json(calls_of(&web, extension).await?).into_response())
}

/// `POST /api/calls/{id}/answer`
pub async fn answer(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    command(&web, extension, &id, SeatCommand::Answer).await
}

/// `POST /api/calls/{id}/reject`
pub async fn reject(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<RejectBody>,
) -> Result<StatusCode, Problem> {
    command(&web, extension, &id, SeatCommand::Reject(body.reason())).await
}

/// `POST /api/calls/{id}/hold`
pub async fn hold(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    command(&web, extension, &id, SeatCommand::Hold).await
}

/// `POST /api/calls/{id}/resume`
pub async fn resume(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    command(&web, extension, &id, SeatCommand::Resume).await
}

/// `POST /api/calls/{id}/dtmf`
pub async fn dtmf(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<DtmfBody>,
) -> Result<StatusCode, Problem> {
    command(&web, extension, &id, digits(&body.digits, body.duration_ms)?).await
}

/// `POST /api/calls/{id}/transfer`
pub async fn transfer(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<TransferBody>,
) -> Result<StatusCode, Problem> {
    let what = match body {
        TransferBody::To(to) => SeatCommand::Transfer(number(to)?),
        TransferBody::Call(other) => SeatCommand::Join(call_id(&other)?),
    };
    command(&web, extension, &id, what).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `DELETE /api/calls/{id}`
pub async fn hang_up(
    State(web): State<Web>,
    Bearer(extension): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    command(&web, extension, &id, SeatCommand::HangUp).await
}

/// Dials from the Seat of an extension.
pub(super) async fn dial_from(
    web: &Web,
    extension: ExtensionId,
    to: String,
    purpose: Purpose,
    into: Option<CallId>,
) -> Result<PageCall, Problem> {
    let to = number(to)?;
    Ok(web.ask(extension, |reply| PageOrder::Dial { to, purpose, into, reply }).await??)
}

/// The calls of the Seat of an extension.
pub(super) async fn calls_of(web: &Web, extension: ExtensionId) -> Result<Vec<PageCall>, Problem> {
    let snapshot = web.ask(extension, |reply| PageOrder::Calls { reply }).await?;
    Ok(snapshot.ok_or(SeatError::ExtensionGone)?.calls)
}

/// Reads digits that are to be sent.
pub(super) fn digits(text: &str, duration_ms: u32) -> Result<SeatCommand, Problem> {
    let digits: Option<Vec<Dtmf>> = text.chars().map(Dtmf::from_char).collect();
    let fits = |digits: &Vec<Dtmf>| (1..=DIGITS_LIMIT).contains(&digits.len());
    let digits = digits.filter(fits).ok_or_else(|| {
        let detail = format!("1 to {DIGITS_LIMIT} of 0 to 9, *, #, A to D.");
        Problem::caller(StatusCode::BAD_REQUEST, "These are no digits", detail).coded(Code::DigitsWrong)
    })?;
    let duration_ms = duration_ms.clamp(*DIGIT_MS.start(), *DIGIT_MS.end());
    Ok(SeatCommand::Dtmf { digits, duration_ms })
}

pub(super) async fn command(
    web: &Web,
    extension: ExtensionId,
    id: &str,
    command: SeatCommand,
) -> Result<StatusCode, Problem> {
    let call = call_id(id)?;
    web.ask(extension, |reply| PageOrder::Command { call, command, reply }).await??;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn call_id(text: &str) -> Result<CallId, Problem> {
    text.parse().map_err(|_| {
        Problem::caller(StatusCode::NOT_FOUND, "No such call", "This is not the id of a call.")
            .coded(Code::NoCall)
    })
}

pub(super) fn number(text: String) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+*#.-_".contains(c);
    if text.is_empty() || text.len() > NUMBER_LIMIT || !text.chars().all(plain) {
        let detail = format!("1 to {NUMBER_LIMIT} digits, letters, or + * # . - _");
        return Err(
            Problem::caller(StatusCode::BAD_REQUEST, "This is no number", detail).coded(Code::NumberWrong)
        );
    }
    Ok(text)
}

pub(super) const fn usual_duration_ms() -> u32 {
    160
}
