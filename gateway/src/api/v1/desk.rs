//! Everything that somebody has before him.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::Problem;
use crate::model::Permission;
use crate::routing::floor::view::DeskView;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get))
}

/// A desk, and the number of the newest event that is in it: `/events` goes on from there.
#[derive(Serialize, ToSchema)]
pub struct NumberedDesk {
    epoch: String,
    seq: u64,
    desk: DeskView,
}

/// One's own desk.
#[utoipa::path(get, path = "/desk", tag = "desk", responses((status = 200, body = NumberedDesk)))]
pub async fn get(State(web): State<Web>, signed: Signed) -> Result<Json<NumberedDesk>, Problem> {
    signed.may(Permission::Attend)?;
    let (seq, desk) = web.floor.desk(signed.organization, signed.user).await?;
    Ok(Json(NumberedDesk { epoch: web.feed.epoch().to_owned(), seq, desk }))
}
