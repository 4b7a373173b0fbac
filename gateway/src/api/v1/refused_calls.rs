//! Calls that were refused, for whoever can let the next one in.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page::Items;
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::Problem;
use crate::model::Permission;
use crate::signalling::refused::RefusedCall;
use crate::signalling::task::Order;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Calls that this node refused within a day, alike ones counted together, newest first: of unknown sources, to unknown numbers, without
/// a common codec. What a new rule or trunk lets in is forgotten. Where the node has one organization, those that name none are among them.
#[utoipa::path(get, path = "/refused-calls", tag = "trunks", responses((status = 200, body = Items<RefusedCall>)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Result<Json<Items<RefusedCall>>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    let organization = signed.organization;
    let items = web.signalling.ask(|reply| Order::RefusedCalls(organization, reply)).await?;
    Ok(Json(Items { items, next: None }))
}
