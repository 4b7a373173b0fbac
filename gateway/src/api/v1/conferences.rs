//! Conferences and who is in them, for supervisors.

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
use crate::api::body::JsonBody;
use crate::api::calls::call_id;
use crate::api::problem::{Code, Problem};
use crate::call::{ConferenceRefusal, ConferenceSummary, MemberChange, MemberSummary};
use crate::model::Permission;
use crate::signalling::rooms::RoomOrder;
use crate::signalling::task::Order;

/// How much louder or softer a member may be made, in decibels.
const GAIN_DB: std::ops::RangeInclusive<i8> = -20..=20;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(change, kick))
}

/// The conferences in which somebody is.
#[utoipa::path(get, path = "/conferences", tag = "supervision", params(WholeQuery), responses((status = 200, body = Items<ConferenceSummary>)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Result<Json<Items<ConferenceSummary>>, Problem> {
    signed.may(Permission::Supervise)?;
    let items = web.signalling.ask(|reply| Order::Room(signed.organization, RoomOrder::List(reply))).await?;
    Ok(Json(Items { items, next: None }))
}

/// Mutes a member of a conference, makes it deaf, louder or softer. It is named by its call.
#[utoipa::path(patch, path = "/conferences/members/{id}", tag = "supervision", params(("id" = String, Path)),
    request_body = MemberChange, responses((status = 200, body = MemberSummary)))]
pub async fn change(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<String>,
    JsonBody(change): JsonBody<MemberChange>,
) -> Result<Json<MemberSummary>, Problem> {
    signed.may(Permission::Supervise)?;
    let call = call_id(&id)?;
    if change.gain_db.is_some_and(|gain| !GAIN_DB.contains(&gain)) {
        return Err(Problem::wrong("gain_db", "Right are -20 to 20.")
            .coded(Code::Between)
            .with("least", -20)
            .with("most", 20));
    }
    let order = |reply| Order::Room(signed.organization, RoomOrder::Change { call, change, reply });
    let changed = web.signalling.ask(order).await??;
    let detail = json!({ "muted": change.muted, "deaf": change.deaf, "gain_db": change.gain_db });
    web.store.audit(&signed.does("change", "conference_member", &id, detail)).await?;
    Ok(Json(changed))
}

/// Hangs a member of a conference up.
#[utoipa::path(delete, path = "/conferences/members/{id}", tag = "supervision", params(("id" = String, Path)),
    responses((status = 204)))]
pub async fn kick(State(web): State<Web>, signed: Signed, At(id): At<String>) -> Result<StatusCode, Problem> {
    signed.may(Permission::Supervise)?;
    let call = call_id(&id)?;
    web.signalling.ask(|reply| Order::Room(signed.organization, RoomOrder::Kick { call, reply })).await??;
    web.store.audit(&signed.does("remove", "conference_member", &id, json!({}))).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<ConferenceRefusal> for Problem {
    fn from(refusal: ConferenceRefusal) -> Self {
        match refusal {
            ConferenceRefusal::NoSuchMember => Self::not_found("member of a conference"),
        }
    }
}
