//! Trunks: carriers and PBXs that calls are exchanged with.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, At};
use super::page::{Items, PageQuery};
use super::signed::Signed;
use super::site::{Deed, change, text};
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::model::{
    self, CallerIdPolicy, DtmfMethod, OutboundSecret, Permission, RecordingRule, SrtpPolicy, Transport,
    TrunkId,
};
use crate::signalling::listeners::Listener;
use crate::signalling::task::Order;
use crate::signalling::trunk::{Trouble, TrunkSummary};
use crate::site::{Change, Entry, TrunkEntry};

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, patch, delete))
}

/// A carrier or PBX. Of its passwords nothing is told.
#[derive(Serialize, ToSchema)]
pub struct Trunk {
    id: TrunkId,
    name: String,
    host: String,
    /// `null`: the transport's own.
    port: Option<u16>,
    transport: Transport,
    /// Networks whose calls are taken without a password.
    sources: Vec<String>,
    digest_in: Option<DigestIn>,
    credentials_out: Option<CredentialsOut>,
    register: Option<Register>,
    options_ping_s: Option<u32>,
    codecs: Option<Vec<String>>,
    srtp: SrtpPolicy,
    dtmf: DtmfMethod,
    recording: RecordingRule,
    max_calls: Option<u32>,
    /// `pass`, `anonymous` or a number.
    caller_id: String,
    enabled: bool,
    /// As of now; `null` while the node has not taken it over.
    state: Option<TrunkState>,
}

/// How a trunk proves itself when it calls.
#[derive(Serialize, ToSchema)]
pub struct DigestIn {
    username: String,
}

/// How we prove ourselves.
#[derive(Serialize, ToSchema)]
pub struct CredentialsOut {
    username: String,
    realm: Option<String>,
}

/// Our own registration at the trunk.
#[derive(Serialize, ToSchema)]
pub struct Register {
    aor: String,
    contact_user: String,
    expires_s: u32,
}

/// A trunk as it stands now.
#[derive(Serialize, ToSchema)]
pub struct TrunkState {
    /// Of our registration.
    registration: String,
    /// Of our probes: `unknown`, `up` or `down`.
    health: String,
    addresses: Vec<String>,
    /// Whether it has our registration; null: it gets none of us.
    registered: Option<bool>,
    /// Why it cannot be used now, as far as we know.
    trouble: Option<Trouble>,
}

/// Trunks, and where they reach this node.
#[derive(Serialize, ToSchema)]
pub struct Trunks {
    items: Vec<Trunk>,
    next: Option<String>,
    /// What a carrier has to be told, in the order of the configuration.
    ours: Vec<OwnAddress>,
}

/// One of our SIP sockets, as peers see it.
#[derive(Serialize, ToSchema)]
pub struct OwnAddress {
    transport: Transport,
    /// Address and port; the address is 0.0.0.0 or :: where the node listens on all of its own and `sip.public_address` says nothing.
    address: String,
}

/// Where carriers reach us: browsers' sockets are none of their business.
fn own(listener: &Listener) -> Option<OwnAddress> {
    let transport = match listener.transport {
        ramal_sip::transport::Transport::Udp => Transport::Udp,
        ramal_sip::transport::Transport::Tcp => Transport::Tcp,
        ramal_sip::transport::Transport::Tls => Transport::Tls,
        ramal_sip::transport::Transport::Ws | ramal_sip::transport::Transport::Wss => return None,
    };
    Some(OwnAddress { transport, address: listener.advertised.to_string() })
}

impl Trunk {
    fn of(row: &model::Trunk, states: &[TrunkSummary]) -> Self {
        let state = states.iter().find(|s| s.organization == row.organization.0 && s.name == row.name);
        Self {
            id: row.id,
            name: row.name.clone(),
            host: row.host.clone(),
            port: row.port,
            transport: row.transport,
            sources: row.sources.iter().map(ToString::to_string).collect(),
            digest_in: row.digest_in.as_ref().map(|d| DigestIn { username: d.username.clone() }),
            credentials_out: row.credentials_out.as_ref().map(|c| CredentialsOut {
                username: c.username.clone(),
                realm: match &c.secret {
                    OutboundSecret::Ha1 { realm, .. } => Some(realm.clone()),
                    OutboundSecret::Sealed(_) => None,
                },
            }),
            register: row.register.as_ref().map(|r| Register {
                aor: r.aor.clone(),
                contact_user: r.contact_user.clone(),
                expires_s: r.expires_s,
            }),
            options_ping_s: row.options_ping_s,
            codecs: row.codecs.clone(),
            srtp: row.srtp,
            dtmf: row.dtmf,
            recording: row.recording,
            max_calls: row.max_calls,
            caller_id: match &row.caller_id {
                CallerIdPolicy::Anonymous => "anonymous".to_owned(),
                CallerIdPolicy::Fixed(number) => number.clone(),
                CallerIdPolicy::Pass => "pass".to_owned(),
            },
            enabled: row.enabled,
            state: state.map(|state| TrunkState {
                registration: state.registration.clone(),
                health: state.health.as_str().to_owned(),
                addresses: state.addresses.clone(),
                registered: state.registered,
                trouble: state.trouble,
            }),
        }
    }
}

/// Trunks by name, with how they stand now.
#[utoipa::path(get, path = "/trunks", tag = "trunks", params(PageQuery), responses((status = 200, body = Trunks)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Trunks>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    let after = query.after::<String>()?.unwrap_or_default();
    let states = web.signalling.ask(Order::Trunks).await?;
    let directory = web.directory();
    let mut rows: Vec<&model::Trunk> =
        directory.trunks(signed.organization).filter(|row| row.name > after).collect();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    rows.truncate(query.rows() as usize);
    let Items { items, next } = query.page(rows, |row| row.name.clone(), |row| Trunk::of(row, &states));
    let ours = web.signalling.ask(Order::Listeners).await?.iter().filter_map(own).collect();
    Ok(Json(Trunks { items, next, ours }))
}

/// Makes a trunk.
#[utoipa::path(post, path = "/trunks", tag = "trunks", request_body = TrunkEntry, responses((status = 201, body = Trunk)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(entry): JsonBody<Entry>,
) -> Result<(StatusCode, Json<Trunk>), Problem> {
    let name = text(&entry, "name").to_owned();
    let deed = Deed { action: "create", noun: "trunk", rows: "trunks", name: &name };
    let directory = change(&web, &signed, deed, &Change::AddTrunk(entry)).await?;
    Ok((StatusCode::CREATED, found(&web, &directory, &signed, &name).await?))
}

/// A trunk.
#[utoipa::path(get, path = "/trunks/{name}", tag = "trunks", params(("name" = String, Path)), responses((status = 200, body = Trunk)))]
pub async fn get(
    State(web): State<Web>,
    signed: Signed,
    At(name): At<String>,
) -> Result<Json<Trunk>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    found(&web, &web.directory(), &signed, &name).await
}

/// Changes a trunk; `null` is the default, and the password `(kept)` stays as it is.
#[utoipa::path(patch, path = "/trunks/{name}", tag = "trunks", params(("name" = String, Path)), request_body = TrunkEntry,
    responses((status = 200, body = Trunk)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(name): At<String>,
    JsonBody(entry): JsonBody<Entry>,
) -> Result<Json<Trunk>, Problem> {
    let deed = Deed { action: "change", noun: "trunk", rows: "trunks", name: &name };
    let new = match text(&entry, "name") {
        "" => name.clone(),
        new => new.to_owned(),
    };
    let directory = change(&web, &signed, deed, &Change::Trunk { name: name.clone(), entry }).await?;
    found(&web, &directory, &signed, &new).await
}

/// Deletes a trunk; refused while a dial rule leads to it.
#[utoipa::path(delete, path = "/trunks/{name}", tag = "trunks", params(("name" = String, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(name): At<String>,
) -> Result<StatusCode, Problem> {
    let deed = Deed { action: "delete", noun: "trunk", rows: "trunks", name: &name };
    change(&web, &signed, deed, &Change::RemoveTrunk { name: name.clone() }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn found(
    web: &Web,
    directory: &model::Directory,
    signed: &Signed,
    name: &str,
) -> Result<Json<Trunk>, Problem> {
    let row = directory.trunk_by_name(signed.organization, name);
    let row = row.ok_or_else(|| Problem::not_found("trunk"))?;
    let states = web.signalling.ask(Order::Trunks).await?;
    Ok(Json(Trunk::of(row, &states)))
}
