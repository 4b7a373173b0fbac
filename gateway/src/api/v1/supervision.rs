//! Three-way calls of one's own, and supervisors in the calls of others, at their own Seats.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use ramal_media::command::LegId;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::calls::OfPhone;
use super::page::{Items, WholeQuery};
use super::signed::Signed;
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::calls;
use crate::api::problem::{Code, Problem};
use crate::call::{RunningCall, SeatCommand, SuperviseRefusal, Supervision};
use crate::model::Permission;
use crate::routing::floor::voice::Purpose;
use crate::signalling::pages::PageOrder;
use crate::signalling::rooms::{Entry, EntryError, RoomOrder};
use crate::signalling::task::Order;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(merge))
        .routes(routes!(drop_party))
        .routes(routes!(end))
        .routes(routes!(running))
        .routes(routes!(supervise))
}

/// Who comes into a call.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, deny_unknown_fields)]
pub enum Third {
    /// Whoever answers this number, as soon as he does; the other party hears music meanwhile.
    Number { to: String },
    /// The other party of another call of one's own, now or when it is answered.
    Call { call: String },
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dropped {
    /// As in `others` of the call.
    party: u64,
}

/// How a supervisor is in a call.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Hears both, nobody hears him.
    Listen,
    /// Hears both, the agent alone hears him.
    Whisper,
    /// All three hear each other.
    Barge,
    /// Takes the place of the agent, who is out of the call.
    TakeOver,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Supervise {
    mode: Mode,
}

impl Mode {
    fn entry(self) -> Entry {
        match self {
            Self::Listen => Entry::Beside(Supervision::Listen),
            Self::Whisper => Entry::Beside(Supervision::Whisper),
            Self::Barge => Entry::Beside(Supervision::Barge),
            Self::TakeOver => Entry::TakeOver,
        }
    }

    /// For the audit log.
    fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Barge => "barge",
            Self::TakeOver => "take_over",
        }
    }
}

/// Brings a third party into a call: all three hear each other. Whoever leaves, the other two go on.
#[utoipa::path(post, path = "/calls/{id}/merge", tag = "calls", params(("id" = String, Path)), request_body = Third,
    responses((status = 202)))]
pub async fn merge(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(third): JsonBody<Third>,
) -> Result<StatusCode, Problem> {
    let first = calls::call_id(&id)?;
    match third {
        Third::Call { call } => {
            let other = calls::call_id(&call)?;
            calls::command(&web, phone.extension, &id, SeatCommand::Merge(other)).await?;
        }
        Third::Number { to } => {
            calls::dial_from(&web, phone.extension, to, Purpose::default(), Some(first)).await?;
        }
    }
    Ok(StatusCode::ACCEPTED)
}

/// Hangs a third party up; the other two go on.
#[utoipa::path(post, path = "/calls/{id}/drop", tag = "calls", params(("id" = String, Path)), request_body = Dropped,
    responses((status = 204)))]
pub async fn drop_party(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(Dropped { party }): JsonBody<Dropped>,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, SeatCommand::Drop(LegId(party))).await
}

/// Ends a call for everybody in it.
#[utoipa::path(post, path = "/calls/{id}/end", tag = "calls", params(("id" = String, Path)), responses((status = 204)))]
pub async fn end(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
) -> Result<StatusCode, Problem> {
    calls::command(&web, phone.extension, &id, SeatCommand::End).await
}

/// Comes into a call of somebody else at one's own Seat, or changes how one is in it. DELETE of the call leaves it again.
#[utoipa::path(post, path = "/calls/{id}/supervise", tag = "supervision", params(("id" = String, Path)),
    request_body = Supervise, responses((status = 204)))]
pub async fn supervise(
    State(web): State<Web>,
    OfPhone { phone, name: id }: OfPhone,
    JsonBody(Supervise { mode }): JsonBody<Supervise>,
) -> Result<StatusCode, Problem> {
    phone.signed.may(Permission::Supervise)?;
    let (call, entry) = (calls::call_id(&id)?, mode.entry());
    let runs = |reply| Order::Room(phone.signed.organization, RoomOrder::Runs { call, reply });
    if !web.signalling.ask(runs).await? {
        return Err(Problem::not_found("call"));
    }
    // Nobody listens unseen: it is written down before he hears a word, and what came of it where he did not get in.
    let told = json!({ "mode": mode.word() });
    web.store.audit(&phone.signed.does("supervise", "call", &id, told)).await?;
    let entered = web.ask(phone.extension, |reply| PageOrder::Supervise { call, entry, reply }).await?;
    if let Err(refusal) = &entered {
        let told = json!({ "refused": mode.word(), "reason": refusal.to_string() });
        web.store.audit(&phone.signed.does("supervise", "call", &id, told)).await?;
    }
    entered?;
    Ok(StatusCode::NO_CONTENT)
}

/// The calls of the organization that run now, the oldest first.
#[utoipa::path(get, path = "/supervision/calls", tag = "supervision", params(WholeQuery), responses((status = 200, body = Items<RunningCall>)))]
pub async fn running(State(web): State<Web>, signed: Signed) -> Result<Json<Items<RunningCall>>, Problem> {
    signed.may(Permission::Supervise)?;
    Ok(Json(Items { items: running_calls(&web, &signed).await?, next: None }))
}

async fn running_calls(web: &Web, signed: &Signed) -> Result<Vec<RunningCall>, Problem> {
    let order = |reply| Order::Room(signed.organization, RoomOrder::Running(reply));
    Ok(web.signalling.ask(order).await?)
}

impl From<EntryError> for Problem {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Seat(error) => error.into(),
            EntryError::Call(SuperviseRefusal::NoSuchCall) => Self::not_found("call"),
            EntryError::Call(SuperviseRefusal::WrongState) => {
                Self::conflict("Not in this state", "Nobody talks in this call now, or no agent does.").coded(Code::CallState)
            }
            EntryError::Call(SuperviseRefusal::OwnCall) => {
                Self::conflict("One's own call", "You are one of those who talk in this call.").coded(Code::OwnCall)
            }
            EntryError::Call(SuperviseRefusal::Full) => {
                Self::conflict("Too many supervisors", "The call has four supervisors already.").coded(Code::SupervisorsFull)
            }
            EntryError::Call(SuperviseRefusal::Media) => Self::conflict(
                "The call cannot be heard from here",
                "It began before the first browser of the organization came, and is recorded: it cannot move.",
            )
            .coded(Code::CannotMove),
        }
    }
}
