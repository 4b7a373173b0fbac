//! Who changed what.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::Asked;
use super::page::{Items, PageQuery};
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::Problem;
use crate::model::{AuditEntry, Permission, UserId};
use crate::store::AuditFilter;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Which entries are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Only those of this noun: `user`, `extension`, `queue` …
    noun: Option<String>,
    /// Only what this user did.
    user: Option<UserId>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// One thing that somebody did.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Told {
    id: i64,
    at_ms: i64,
    /// `null`: the command line.
    user: Option<UserId>,
    actor: String,
    action: String,
    noun: String,
    noun_id: String,
    detail: Value,
    address: String,
}

impl From<(i64, AuditEntry)> for Told {
    fn from((id, entry): (i64, AuditEntry)) -> Self {
        Self {
            id,
            at_ms: entry.at_ms,
            user: entry.user,
            actor: entry.actor,
            action: entry.action,
            noun: entry.noun,
            noun_id: entry.noun_id,
            detail: entry.detail,
            address: entry.address,
        }
    }
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/audit", tag = "audit", params(Wanted), responses((status = 200, body = Items<Told>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Items<Told>>, Problem> {
    signed.may(Permission::ReadAudit)?;
    let query = PageQuery { limit: wanted.limit, cursor: wanted.cursor };
    let filter = AuditFilter { noun: wanted.noun, user: wanted.user, before: query.after()? };
    let rows = web.store.audit_log(signed.organization, &filter, query.rows()).await?;
    Ok(Json(query.page(rows, |(id, _)| *id, Told::from)))
}
