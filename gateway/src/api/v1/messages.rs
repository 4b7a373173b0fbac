//! What is said in an Interaction: messages, comments, drafts, that somebody types or has read.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, At};
use super::page::Items;
use super::seen::seen;
use super::signed::Signed;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::api::{Web, wall_ms};
use crate::chat::{Addressee, Outgoing};
use crate::model::{InteractionId, Message, MessageId};

/// Messages of a page where nothing is said, and at most.
const USUAL: u32 = 50;
const MOST: u32 = 100;
/// Bytes of JSON with a text: the longest text, each of its characters escaped.
const TEXT_BODY: usize = 400 << 10;
/// Bytes of a draft.
const DRAFT_LIMIT: usize = 64 << 10;
/// Bytes of a console's name for a message.
const CLIENT_ID_LIMIT: usize = 64;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list, send))
        .routes(routes!(typing))
        .routes(routes!(read))
        .routes(routes!(draft))
}

/// Which messages are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// Messages at most, 1 to 100; 50 where nothing is said.
    pub limit: Option<u32>,
    /// Only those before this one: `next` of the page after.
    pub before: Option<MessageId>,
}

/// A message to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    text: String,
    /// What the console calls it: the same again is sent once.
    client_id: Option<String>,
    /// For colleagues alone: the customer never sees it.
    #[serde(default)]
    comment: bool,
    /// The message that is quoted.
    reply_to: Option<MessageId>,
}

/// What an agent has begun to write.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Empty: nothing any more.
    text: String,
}

/// The last messages of an Interaction, oldest first; `next` leads to the ones before.
#[utoipa::path(get, path = "/interactions/{id}/messages", tag = "messages",
    params(("id" = InteractionId, Path), MessagesQuery), responses((status = 200, body = Items<Message>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
    Asked(query): Asked<MessagesQuery>,
) -> Result<Json<Items<Message>>, Problem> {
    seen(&web, &signed, id).await?;
    let limit = query.limit.unwrap_or(USUAL).clamp(1, MOST);
    let mut items = web.store.messages(signed.organization, id, query.before, limit + 1).await?;
    let more = items.len() > limit as usize;
    if more {
        items.remove(0);
    }
    let next = items.first().filter(|_| more).map(|oldest| oldest.id.to_string());
    Ok(Json(Items { items, next }))
}

/// Writes to the customer, or a comment for colleagues.
#[utoipa::path(post, path = "/interactions/{id}/messages", tag = "messages", params(("id" = InteractionId, Path)),
    request_body = NewMessage, responses((status = 201, body = Message)))]
pub async fn send(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
    JsonBody(asked): JsonBody<NewMessage, TEXT_BODY>,
) -> Result<(StatusCode, Json<Message>), Problem> {
    seen(&web, &signed, id).await?;
    if asked.client_id.as_ref().is_some_and(|text| text.is_empty() || text.len() > CLIENT_ID_LIMIT) {
        return Err(Problem::length("client_id", (1, CLIENT_ID_LIMIT)));
    }
    let outgoing = Outgoing {
        user: signed.user,
        interaction: id,
        to: if asked.comment { Addressee::Colleagues } else { Addressee::Customer },
        text: asked.text,
        client_id: asked.client_id,
        reply_to: asked.reply_to,
    };
    let message = web.chat.send(signed.organization, outgoing, wall_ms()).await?;
    Ok((StatusCode::CREATED, Json(message)))
}

/// The agent types: to be called every few seconds while he does.
#[utoipa::path(post, path = "/interactions/{id}/typing", tag = "messages", params(("id" = InteractionId, Path)),
    responses((status = 204)))]
pub async fn typing(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<StatusCode, Problem> {
    seen(&web, &signed, id).await?;
    web.chat.typing(signed.organization, signed.user, id, wall_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The agent has read everything. Of an Interaction that is not his nothing changes.
#[utoipa::path(post, path = "/interactions/{id}/read", tag = "messages", params(("id" = InteractionId, Path)),
    responses((status = 204)))]
pub async fn read(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<StatusCode, Problem> {
    seen(&web, &signed, id).await?;
    web.chat.read(signed.organization, signed.user, id, wall_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps what the agent has begun to write.
#[utoipa::path(put, path = "/interactions/{id}/draft", tag = "messages", params(("id" = InteractionId, Path)),
    request_body = Draft, responses((status = 204)))]
pub async fn draft(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
    JsonBody(asked): JsonBody<Draft, TEXT_BODY>,
) -> Result<StatusCode, Problem> {
    seen(&web, &signed, id).await?;
    if asked.text.len() > DRAFT_LIMIT {
        return Err(Problem::length("text", (0, DRAFT_LIMIT)));
    }
    web.store.save_draft((signed.organization, signed.user), id, &asked.text, wall_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}
