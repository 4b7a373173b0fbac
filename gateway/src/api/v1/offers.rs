//! Proposals to one agent.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::Problem;
use crate::model::{InteractionId, Permission};
use crate::routing::distribution::RoutingError;
use crate::routing::floor::view::InteractionView;
use crate::routing::floor::{Deed, FloorError};
use crate::store::Reader;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(accept)).routes(routes!(refuse))
}

/// Takes what one is offered. A call is connected before the answer comes.
#[utoipa::path(post, path = "/offers/{id}/accept", tag = "desk", params(("id" = i64, Path)), responses((status = 200, body = InteractionView)))]
pub async fn accept(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<i64>,
) -> Result<Json<InteractionView>, Problem> {
    signed.may(Permission::Attend)?;
    let (organization, user) = (signed.organization, signed.user);
    let (_, desk) = web.floor.desk(organization, user).await?;
    let offered = desk.offers.iter().find(|offer| offer.id == id).map(|offer| offer.interaction.id);
    let interaction = offered.ok_or(FloorError::Routing(RoutingError::OfferOver))?;
    web.floor.act(organization, user, Deed::Accept(id)).await?;
    let found = web.floor.interaction(organization, Reader::Own(user), InteractionId(interaction)).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("interaction"))?))
}

/// Leaves it to others.
#[utoipa::path(post, path = "/offers/{id}/refuse", tag = "desk", params(("id" = i64, Path)), responses((status = 204)))]
pub async fn refuse(State(web): State<Web>, signed: Signed, At(id): At<i64>) -> Result<StatusCode, Problem> {
    signed.may(Permission::Attend)?;
    web.floor.act(signed.organization, signed.user, Deed::Refuse(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
