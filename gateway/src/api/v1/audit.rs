//! Who changed what.

use std::collections::HashMap;

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
use crate::model::{AuditEntry, OrganizationId, Permission, UserId};
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
    /// What people call it: now, or then, where it has gone.
    noun_name: Option<String>,
    detail: Value,
    address: String,
}

impl Told {
    fn of((id, entry): (i64, AuditEntry), names: &Names) -> Self {
        Self {
            id,
            noun_name: names.of(&entry),
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
    let names = Names::read(&web, signed.organization, &rows).await?;
    Ok(Json(query.page(rows, |(id, _)| *id, |row| Told::of(row, &names))))
}

/// What the things of a page are called now, by noun and number.
struct Names(HashMap<(&'static str, String), String>);

impl Names {
    async fn read(
        web: &Web,
        organization: OrganizationId,
        rows: &[(i64, AuditEntry)],
    ) -> Result<Self, Problem> {
        let mut names = HashMap::new();
        let mut name = |noun, id: String, text: &str| drop(names.insert((noun, id), text.to_owned()));
        let directory = web.directory();
        for one in directory.agents(organization) {
            name("user", one.id.to_string(), &one.name);
        }
        for one in directory.queues(organization) {
            name("queue", one.id.to_string(), &one.title);
        }
        for one in directory.dispositions(organization) {
            name("disposition", one.id.to_string(), &one.title);
        }
        for one in directory.pause_reasons(organization) {
            name("pause_reason", one.id.to_string(), &one.title);
        }
        if let Some(one) = directory.organization(organization) {
            name("organization", organization.to_string(), &one.title);
            // All dial rules are one thing, with no name of its own.
            name("dial_rules", organization.to_string(), "");
        }
        let speak_of = |noun: &str| rows.iter().any(|(_, entry)| entry.noun == noun);
        if speak_of("inbox") {
            for one in web.store.inboxes(organization).await? {
                name("inbox", one.id.to_string(), &one.title);
            }
        }
        if speak_of("rule") {
            for one in web.store.rules(organization).await? {
                name("rule", one.id.to_string(), &one.title);
            }
        }
        Ok(Self(names))
    }

    /// None: it is known by what it is called, or nothing is known of it any more.
    fn of(&self, entry: &AuditEntry) -> Option<String> {
        let now = self.0.iter().find(|((noun, id), _)| *noun == entry.noun && *id == entry.noun_id);
        let now = now.map(|(_, name)| name.clone());
        now.or_else(|| {
            let states = [&entry.detail, &entry.detail["after"], &entry.detail["before"]];
            let mut words =
                states.into_iter().flat_map(|state| ["title", "name"].map(|key| state[key].as_str()));
            words.find_map(|word| word.map(str::to_owned))
        })
    }
}
