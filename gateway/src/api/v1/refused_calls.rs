//! Calls and registrations that were refused, for whoever can let the next one in.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::Asked;
use super::page::{Items, PageQuery};
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::Problem;
use crate::model::Permission;
use crate::signalling::refused::{RefusedCall, RefusedPage};
use crate::signalling::task::Order;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Calls and registrations that this node refused within a day, newest first: of unknown sources, with wrong passwords, to unknown numbers,
/// without a common codec. What the same one was refused from the same address for the same reason is one row with a count; of a trunk
/// each number is its own. What a new rule or trunk lets in is forgotten. Where the node has one organization, those that name none are
/// among them.
#[utoipa::path(get, path = "/refused-calls", tag = "trunks", params(PageQuery), responses((status = 200, body = Items<RefusedCall>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Items<RefusedCall>>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    let wanted = RefusedPage {
        organization: signed.organization,
        before: query.after()?,
        rows: query.rows() as usize,
    };
    let rows = web.signalling.ask(|reply| Order::RefusedCalls(wanted, reply)).await?;
    Ok(Json(query.page(rows, |row| row.id, |row| row)))
}
