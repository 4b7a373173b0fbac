//! What people do with an Interaction.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{reader, visible};
use crate::api::Web;
use crate::api::body::{JsonBody, OptionalJson};
use crate::api::problem::Problem;
use crate::api::v1::Signed;
use crate::api::v1::extract::At;
use crate::model::{DispositionId, InteractionId, QueueId, UserId};
use crate::routing::floor::view::InteractionView;
use crate::routing::floor::{Deed, Target};

/// To whom: `{"user": 7}` or `{"queue": 3}`.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum To {
    User(UserId),
    Queue(QueueId),
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    to: To,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    disposition_id: Option<DispositionId>,
}

/// Takes one that waits, whatever its place. A call is connected before the answer comes.
#[utoipa::path(post, path = "/interactions/{id}/take", tag = "interactions", params(("id" = InteractionId, Path)),
    responses((status = 200, body = InteractionView)))]
pub async fn take(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<Json<InteractionView>, Problem> {
    done(&web, &signed, id, Deed::Take(id)).await
}

/// Lays it down: it waits in its old place.
#[utoipa::path(post, path = "/interactions/{id}/release", tag = "interactions", params(("id" = InteractionId, Path)),
    responses((status = 200, body = InteractionView)))]
pub async fn release(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<Json<InteractionView>, Problem> {
    done(&web, &signed, id, Deed::Release(id)).await
}

/// Its agent looks at it for the first time: it is new no more.
#[utoipa::path(post, path = "/interactions/{id}/open", tag = "interactions", params(("id" = InteractionId, Path)),
    responses((status = 200, body = InteractionView)))]
pub async fn open(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
) -> Result<Json<InteractionView>, Problem> {
    done(&web, &signed, id, Deed::Open(id)).await
}

/// Sends it to a colleague or to a queue. A colleague who is busy or away is waited for, a minute at most; after that, or if he refuses, it waits in the
/// queue that it came by. Protocol and clock stay.
#[utoipa::path(post, path = "/interactions/{id}/transfer", tag = "interactions", params(("id" = InteractionId, Path)), request_body = Transfer,
    responses((status = 200, body = InteractionView)))]
pub async fn transfer(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
    JsonBody(asked): JsonBody<Transfer>,
) -> Result<Json<InteractionView>, Problem> {
    let to = match asked.to {
        To::User(user) => Target::User(user),
        To::Queue(queue) => Target::Queue(queue),
    };
    done(&web, &signed, id, Deed::Transfer { interaction: id, to }).await
}

/// Ends it. A call that talks is hung up; the agent has his wrap-up.
#[utoipa::path(post, path = "/interactions/{id}/end", tag = "interactions", params(("id" = InteractionId, Path)), request_body = End,
    responses((status = 200, body = InteractionView)))]
pub async fn end(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<InteractionId>,
    OptionalJson(asked): OptionalJson<End>,
) -> Result<Json<InteractionView>, Problem> {
    done(&web, &signed, id, Deed::Close { interaction: id, disposition: asked.disposition_id }).await
}

/// Who gave it away sees it as it was left, although it is not his any more.
async fn done(
    web: &Web,
    signed: &Signed,
    id: InteractionId,
    deed: Deed,
) -> Result<Json<InteractionView>, Problem> {
    visible(web, signed, id).await?;
    web.floor.act(signed.organization, signed.user, deed).await?;
    let after = match web.floor.interaction(signed.organization, reader(signed), id).await? {
        Some(after) => Some(after),
        None => web.floor.interaction(signed.organization, crate::store::Reader::All, id).await?,
    };
    Ok(Json(after.ok_or_else(|| Problem::not_found("interaction"))?))
}
