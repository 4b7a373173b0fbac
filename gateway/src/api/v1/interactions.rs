//! Interactions: what waits, what agents have, and what is over.

mod deeds;
mod edit;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, At};
use super::page::{Items, PageQuery, check_span};
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::{Code, Problem};
use crate::model::{
    ContactId, DispositionId, InteractionEvent, InteractionEventKind, InteractionId, InteractionState,
    Permission, QueueId, UserId,
};
use crate::routing::floor::view::{InteractionView, Person, Why};
use crate::store::{InteractionFilter, Reader};

/// Longest text that is looked for, in bytes.
const TEXT_LIMIT: usize = 100;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, edit::patch))
        .routes(routes!(events))
        .routes(routes!(why))
        .routes(routes!(deeds::take))
        .routes(routes!(deeds::release))
        .routes(routes!(deeds::open))
        .routes(routes!(deeds::transfer))
        .routes(routes!(deeds::end))
}

/// Which Interactions are wanted; nothing said: all that one may see.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    state: Option<InteractionState>,
    /// A part of the customer's name or number, of the last message, or of the protocol number.
    q: Option<String>,
    queue: Option<QueueId>,
    channel: Option<String>,
    contact: Option<ContactId>,
    agent: Option<UserId>,
    disposition: Option<DispositionId>,
    tag: Option<String>,
    /// Begun at or after this.
    from_ms: Option<i64>,
    /// Begun before this.
    to_ms: Option<i64>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// One thing that happened to an Interaction.
#[derive(Serialize, ToSchema)]
#[schema(as = InteractionEvent)]
pub struct Told {
    id: i64,
    at_ms: i64,
    kind: InteractionEventKind,
    /// Whom it concerns, or who did it.
    user: Option<Person>,
    /// Reasons and figures.
    detail: Value,
}

/// Newest first. Agents see their own, and what waits in their queues.
#[utoipa::path(get, path = "/interactions", tag = "interactions", params(Wanted),
    responses((status = 200, body = Items<InteractionView>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Items<InteractionView>>, Problem> {
    signed.may(Permission::Attend)?;
    if wanted.q.as_ref().is_some_and(|text| text.len() > TEXT_LIMIT) {
        return Err(Problem::length("q", (0, TEXT_LIMIT)));
    }
    check_span(wanted.from_ms, wanted.to_ms)?;
    let query = PageQuery { limit: wanted.limit, cursor: wanted.cursor };
    let filter = InteractionFilter {
        state: wanted.state,
        text: wanted.q.filter(|text| !text.is_empty()),
        queue: wanted.queue,
        channel: wanted.channel,
        contact: wanted.contact,
        agent: wanted.agent,
        disposition: wanted.disposition,
        tag: wanted.tag,
        from_ms: wanted.from_ms,
        to_ms: wanted.to_ms,
        before: query.after()?,
    };
    let found = web.floor.interactions(signed.organization, reader(&signed), &filter, query.rows()).await?;
    Ok(Json(query.page(found, |one| one.id, |one| one)))
}

/// One Interaction.
#[utoipa::path(get, path = "/interactions/{id}", tag = "interactions", params(("id" = InteractionId, Path)),
    responses((status = 200, body = InteractionView)))]
pub async fn get(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<Json<InteractionView>, Problem> {
    let found = visible(&web, &signed, id).await?;
    let drafts = web.store.drafts_of(signed.organization, signed.user).await?;
    let draft = drafts.into_iter().find(|(of, _)| *of == id).map(|(_, text)| text);
    Ok(Json(InteractionView { draft, ..found }))
}

/// What happened to it, first first, with reasons.
#[utoipa::path(get, path = "/interactions/{id}/events", tag = "interactions", params(("id" = InteractionId, Path), PageQuery),
    responses((status = 200, body = Items<Told>)))]
pub async fn events(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Items<Told>>, Problem> {
    visible(&web, &signed, id).await?;
    let after = query.after()?.unwrap_or(0);
    let rows = web.store.interaction_events(signed.organization, id, after, query.rows()).await?;
    let directory = web.directory();
    let name = |user: UserId| {
        let known = directory.agent(signed.organization, user);
        Person { id: user.0, name: known.map(|agent| agent.name.clone()).unwrap_or_default() }
    };
    let told = |event: InteractionEvent| Told {
        id: event.id,
        at_ms: event.at_ms,
        kind: event.kind,
        user: event.user.map(name),
        detail: event.detail,
    };
    Ok(Json(query.page(rows, |event| event.id, told)))
}

/// Why it is where it is: what keeps it from each agent who might take it, now.
#[utoipa::path(get, path = "/interactions/{id}/why", tag = "interactions", params(("id" = InteractionId, Path)),
    responses((status = 200, body = Why)))]
pub async fn why(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<Json<Why>, Problem> {
    visible(&web, &signed, id).await?;
    let why = web.floor.why(signed.organization, id).await?;
    Ok(Json(why.ok_or_else(|| {
        Problem::conflict("It is closed", "Its events tell what happened.").coded(Code::InteractionClosed)
    })?))
}

/// What somebody may see.
pub fn reader(signed: &Signed) -> Reader {
    if signed.role.may(Permission::ReadAllInteractions) { Reader::All } else { Reader::Own(signed.user) }
}

/// One that he may see.
///
/// # Errors
/// 404 for any other.
pub async fn visible(web: &Web, signed: &Signed, id: InteractionId) -> Result<InteractionView, Problem> {
    signed.may(Permission::Attend)?;
    let found = web.floor.interaction(signed.organization, reader(signed), id).await?;
    found.ok_or_else(|| Problem::not_found("interaction"))
}
