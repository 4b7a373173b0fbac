//! The dial plan: from who dials what to where the call goes.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::signed::Signed;
use super::site::{Deed, change};
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::model::Permission;
use crate::site::{self, Change, Entry, RuleEntry};

/// Largest dial plan that is read, in bytes: some 2,000 rules.
const PLAN_LIMIT: usize = 256 << 10;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get, put))
}

/// The whole dial plan in the words of a site file, the first that matches first.
#[utoipa::path(get, path = "/dial-rules", tag = "dial-rules", responses((status = 200, body = Vec<RuleEntry>)))]
pub async fn get(State(web): State<Web>, signed: Signed) -> Result<Json<Vec<Entry>>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    Ok(Json(site::rules(&web.directory(), signed.organization)))
}

/// Replaces the whole dial plan.
#[utoipa::path(put, path = "/dial-rules", tag = "dial-rules", request_body = Vec<RuleEntry>,
    responses((status = 200, body = Vec<RuleEntry>)))]
pub async fn put(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(rules): JsonBody<Vec<Entry>, PLAN_LIMIT>,
) -> Result<Json<Vec<Entry>>, Problem> {
    let name = signed.organization.to_string();
    let deed = Deed { action: "change", noun: "dial_rules", rows: "dial_rules", name: &name };
    let directory = change(&web, &signed, deed, &Change::Rules(rules)).await?;
    Ok(Json(site::rules(&directory, signed.organization)))
}
