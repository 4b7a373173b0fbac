//! The organization of whoever asks.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::signed::Signed;
use super::site::{Deed, change};
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::model::{self, OrganizationId, Permission, RecordingRule, ToneCountry};
use crate::site::{Change, Entry};

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(get, patch))
}

/// The company that owns all that this login sees.
#[derive(Serialize, ToSchema)]
pub struct Organization {
    id: OrganizationId,
    name: String,
    title: String,
    /// What phones register with. Changed only while there are no phones, whose passwords hold for it.
    sip_domain: String,
    recording: RecordingRule,
    /// How long an extension rings before the caller hears "no answer".
    ring_timeout_s: u32,
    /// Whose ringing, busy and congestion tones callers hear.
    country: ToneCountry,
    /// How many days recordings are kept; `null`: for ever.
    recording_days: Option<u32>,
}

/// What may be changed; `null` is the default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body that is read by the rules of site files")]
pub struct ChangeOrganization {
    title: Option<String>,
    sip_domain: Option<String>,
    recording: Option<RecordingRule>,
    ring_timeout_s: Option<u32>,
    country: Option<ToneCountry>,
    recording_days: Option<u32>,
}

impl From<&model::Organization> for Organization {
    fn from(row: &model::Organization) -> Self {
        Self {
            id: row.id,
            name: row.name.clone(),
            title: row.title.clone(),
            sip_domain: row.sip_domain.clone(),
            recording: row.recording,
            ring_timeout_s: row.ring_timeout_s,
            country: row.country,
            recording_days: row.recording_days,
        }
    }
}

/// The organization.
#[utoipa::path(get, path = "/organization", tag = "organization", responses((status = 200, body = Organization)))]
pub async fn get(State(web): State<Web>, signed: Signed) -> Result<Json<Organization>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    found(&web.directory(), &signed)
}

/// Changes the organization.
#[utoipa::path(patch, path = "/organization", tag = "organization", request_body = ChangeOrganization,
    responses((status = 200, body = Organization)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(entry): JsonBody<Entry>,
) -> Result<Json<Organization>, Problem> {
    let name = signed.organization.to_string();
    let deed = Deed { action: "change", noun: "organization", rows: "organization", name: &name };
    let directory = change(&web, &signed, deed, &Change::Organization(entry)).await?;
    found(&directory, &signed)
}

fn found(directory: &model::Directory, signed: &Signed) -> Result<Json<Organization>, Problem> {
    let row =
        directory.organization(signed.organization).ok_or_else(|| Problem::not_found("organization"))?;
    Ok(Json(row.into()))
}
