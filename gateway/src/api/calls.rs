//! The calls of a page.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ramal_media::dtmf::Dtmf;
use serde::Deserialize;

use super::Web;
use super::body::{Bearer, JsonBody, OptionalJson};
use super::problem::Problem;
use crate::call::{EndReason, SeatCommand};
use crate::model::{CallId, ExtensionId};
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

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectBody {
    #[serde(default)]
    reason: RejectReason,
}

#[derive(Clone, Copy, Default, Deserialize)]
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
    let to = number(body.to)?;
    let call = web.ask(extension, |reply| PageOrder::Dial { to, reply }).await??;
    let place = [(header::LOCATION, format!("/api/calls/{}", call.id))];
    Ok((StatusCode::CREATED, place, Json(call)).into_response())
}

/// `GET /api/calls`
pub async fn list(State(web): State<Web>, Bearer(extension): Bearer) -> Result<Response, Problem> {
    let snapshot = web.ask(extension, |reply| PageOrder::Calls { reply }).await?;
    let snapshot = snapshot.ok_or(SeatError::ExtensionGone)?;
    Ok(Json(snapshot.calls).into_response())
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
    let reason = match body.reason {
        RejectReason::Busy => EndReason::Busy,
        RejectReason::Declined => EndReason::Declined,
    };
    command(&web, extension, &id, SeatCommand::Reject(reason)).await
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
    let digits: Option<Vec<Dtmf>> = body.digits.chars().map(Dtmf::from_char).collect();
    let fits = |digits: &Vec<Dtmf>| (1..=DIGITS_LIMIT).contains(&digits.len());
    let digits = digits.filter(fits).ok_or_else(|| {
        let detail = format!("1 to {DIGITS_LIMIT} of 0 to 9, *, #, A to D.");
        Problem::caller(StatusCode::BAD_REQUEST, "These are no digits", detail)
    })?;
    let duration_ms = body.duration_ms.clamp(*DIGIT_MS.start(), *DIGIT_MS.end());
    command(&web, extension, &id, SeatCommand::Dtmf { digits, duration_ms }).await
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

async fn command(
    web: &Web,
    extension: ExtensionId,
    id: &str,
    command: SeatCommand,
) -> Result<StatusCode, Problem> {
    let call = call_id(id)?;
    web.ask(extension, |reply| PageOrder::Command { call, command, reply }).await??;
    Ok(StatusCode::NO_CONTENT)
}

fn call_id(text: &str) -> Result<CallId, Problem> {
    text.parse()
        .map_err(|_| Problem::caller(StatusCode::NOT_FOUND, "No such call", "This is not the id of a call."))
}

fn number(text: String) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+*#.-_".contains(c);
    if text.is_empty() || text.len() > NUMBER_LIMIT || !text.chars().all(plain) {
        let detail = format!("1 to {NUMBER_LIMIT} digits, letters, or + * # . - _");
        return Err(Problem::caller(StatusCode::BAD_REQUEST, "This is no number", detail));
    }
    Ok(text)
}

const fn usual_duration_ms() -> u32 {
    160
}
