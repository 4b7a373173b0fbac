//! Plugins of the node: what they ask, what they may, how they are.

use std::time::Duration;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, At};
use super::page::WholeQuery;
use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::{Code, Problem};
use crate::model::{Capabilities, Permission};
use crate::plugin::library::{Installed, LibraryError};
use crate::plugin::limits::MAX_FILE_BYTES;
use crate::plugin::manifest::{Asks, Field, Words, World};
use crate::plugin::{Fault, Grants, Host, LastFault, PluginFile, PluginStatus};

/// How long the file of a plugin may take to come.
const BODY_TIME: Duration = Duration::from_secs(60);

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, install)).routes(routes!(remove))
}

/// A plugin of this node.
#[derive(Serialize, ToSchema)]
pub struct Plugin {
    name: String,
    /// A text, or one by language.
    #[schema(value_type = Object)]
    title: Words,
    #[schema(value_type = Object)]
    description: Words,
    version: Option<String>,
    /// `channel` or `rule`.
    #[schema(value_type = Option<String>)]
    world: Option<World>,
    /// `ready`, or `faulty` where it cannot be loaded.
    state: &'static str,
    /// Why what lies in the folder is not in force, or how it failed last.
    fault: Option<String>,
    /// Of a file that cannot be loaded: `damaged`, `no_component` or `no_manifest`; null where there is no word for it.
    fault_code: Option<&'static str>,
    /// How it failed last, where the console has words for it.
    last_fault: Option<LastFailure>,
    /// Calls that failed since it was loaded.
    faults: u64,
    /// The form of an inbox or a rule.
    #[schema(value_type = Vec<Object>)]
    settings: Vec<Field>,
    #[schema(value_type = Option<Object>)]
    capabilities: Option<Capabilities>,
    #[schema(value_type = Object)]
    asks: Asks,
    /// Whether it came with the program.
    shipped: bool,
}

/// A fault of a plugin, to be told in the reader's language.
#[derive(Serialize, ToSchema)]
pub struct LastFailure {
    /// The inbox or rule that it worked for.
    owner: String,
    /// `out_of_time`, `too_slow`, `out_of_memory`, `trap` or `too_much`.
    code: &'static str,
    /// Its figure: milliseconds, MiB or pieces; `null` where it has none.
    n: Option<u64>,
    /// What it said itself.
    detail: Option<String>,
}

impl LastFailure {
    fn of(last: &LastFault) -> Self {
        let millis = |time: &Duration| u64::try_from(time.as_millis()).ok();
        let (code, n, detail) = match &last.fault {
            Fault::OutOfTime(time) => ("out_of_time", millis(time), None),
            Fault::TooSlow(time) => ("too_slow", millis(time), None),
            Fault::OutOfMemory(mib) => ("out_of_memory", Some(u64::from(*mib)), None),
            Fault::Trap(words) => ("trap", None, Some(words.clone())),
            Fault::TooMuch(pieces) => ("too_much", u64::try_from(*pieces).ok(), None),
        };
        Self { owner: last.owner.to_string(), code, n, detail }
    }
}

/// The plugins of this node, and where they are looked for.
#[derive(Serialize, ToSchema)]
pub struct Plugins {
    items: Vec<Plugin>,
    next: Option<String>,
    /// Whether plugins can run here at all; the log of the node says why not.
    running: bool,
    /// Folders of the node in which plugins are looked for; null where several organizations share it: its operator knows them.
    folders: Option<Vec<String>>,
}

/// What the administrator grants beyond what the plugin asks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Grant {
    /// `all`: what it asks. Without it the plugin is only looked at.
    pub grant: Option<String>,
}

/// The plugins of this node, by name.
#[utoipa::path(get, path = "/plugins", tag = "plugins", params(WholeQuery), responses((status = 200, body = Plugins)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Result<Json<Plugins>, Problem> {
    // Who makes inboxes needs their forms.
    signed.may(Permission::ManagePlugins).or_else(|_| signed.may(Permission::ManageInboxes))?;
    let Some(host) = web.channels.host() else {
        return Ok(Json(Plugins { items: Vec::new(), next: None, running: false, folders: None }));
    };
    let organization = signed.organization;
    let shown = |status: PluginStatus| {
        let shipped = host.library().is_shipped(&status.name);
        // What befell another Organization is nobody else's matter.
        let last = status.last_fault.filter(|last| last.organization == organization);
        let last_fault = last.as_ref().map(LastFailure::of);
        let last = last.map(|last| format!("{}: the plugin {}", last.owner, last.fault));
        let manifest = status.manifest;
        Plugin {
            title: manifest.as_ref().map_or_else(Words::default, |manifest| manifest.title.clone()),
            description: manifest.as_ref().map(|manifest| manifest.description.clone()).unwrap_or_default(),
            version: manifest.as_ref().map(|manifest| manifest.version.clone()),
            world: manifest.as_ref().map(|manifest| manifest.world),
            state: if status.broken.is_some() { "faulty" } else { "ready" },
            fault_code: status.broken.as_ref().and_then(|broken| broken.code),
            fault: status.broken.map(|broken| broken.reason).or(last),
            last_fault,
            faults: status.faults,
            settings: manifest.as_ref().map(|manifest| manifest.settings.clone()).unwrap_or_default(),
            capabilities: manifest.as_ref().and_then(|manifest| manifest.capabilities.clone()),
            asks: manifest.map(|manifest| manifest.asks).unwrap_or_default(),
            name: status.name,
            shipped,
        }
    };
    let items = host.plugins().into_iter().map(shown).collect();
    let folders = host.library().folders().map(|folder| folder.display().to_string());
    let folders = (web.directory().organizations().len() == 1).then(|| folders.collect());
    Ok(Json(Plugins { items, next: None, running: true, folders }))
}

/// Installs a plugin, or a new version of one: the body is its file. Only on a node of one Organization; elsewhere its operator does it.
#[utoipa::path(post, path = "/plugins", tag = "plugins", params(Grant),
    request_body(content = Vec<u8>, content_type = "application/wasm"), responses((status = 201)))]
pub async fn install(
    State(web): State<Web>,
    signed: Signed,
    Asked(grant): Asked<Grant>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let host = operable(&web, &signed)?;
    if grant.grant.as_deref() != Some("all") {
        return Err(Problem::wrong("grant", "Say grant=all to allow what the plugin asks."));
    }
    let file = PluginFile::read(body(request).await?).map_err(|error| {
        Problem::caller(StatusCode::UNPROCESSABLE_ENTITY, "No plugin", error.to_string())
            .coded(Code::NotAPlugin)
    })?;
    host.fits(file.clone()).await.map_err(unfit)?;
    let (name, version) = (file.manifest.name.clone(), file.manifest.version.clone());
    let installed = Installed { grants: Grants::all_of(&file.manifest), file };
    let library = host.library().clone();
    blocking(move || library.install(&installed)).await?;
    host.reload().await;
    let entry = signed.does("install", "plugin", &name, json!({ "version": version }));
    web.store.audit(&entry).await?;
    match host.plugins().into_iter().find(|status| status.name == name).and_then(|status| status.broken) {
        None => Ok(StatusCode::CREATED),
        Some(broken) => Err(unfit(broken.reason)),
    }
}

fn unfit(reason: String) -> Problem {
    let problem =
        Problem::caller(StatusCode::UNPROCESSABLE_ENTITY, "The plugin cannot be loaded", reason.as_str());
    problem.coded(Code::PluginUnfit).with("reason", reason)
}

/// Takes a plugin out. Its inboxes and rules stand still until it is back.
#[utoipa::path(delete, path = "/plugins/{name}", tag = "plugins", params(("name" = String, Path)), responses((status = 204)))]
pub async fn remove(
    State(web): State<Web>,
    signed: Signed,
    At(name): At<String>,
) -> Result<StatusCode, Problem> {
    let host = operable(&web, &signed)?;
    let (library, gone) = (host.library().clone(), name.clone());
    blocking(move || library.remove(&gone)).await?;
    host.reload().await;
    web.store.audit(&signed.does("remove", "plugin", &name, json!({}))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The host, for somebody who may change what runs on this node: a plugin serves all Organizations of a node.
fn operable<'a>(web: &'a Web, signed: &Signed) -> Result<&'a Host, Problem> {
    signed.may(Permission::ManagePlugins)?;
    if web.directory().organizations().len() > 1 {
        return Err(Problem::forbidden(
            "This node serves several organizations: its operator installs plugins (ramal plugin install).",
        )
        .coded(Code::OperatorInstalls));
    }
    web.channels.host().ok_or_else(|| Problem::node("No plugins here", "No plugin can run on this node."))
}

async fn body(request: Request) -> Result<Vec<u8>, Problem> {
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let large = || {
        let detail = format!("At most {} MiB are read.", MAX_FILE_BYTES >> 20);
        Problem::caller(StatusCode::PAYLOAD_TOO_LARGE, "The file is too large", detail).coded(Code::TooLarge)
    };
    if declared.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > MAX_FILE_BYTES) {
        return Err(large());
    }
    let limit = usize::try_from(MAX_FILE_BYTES).unwrap_or(usize::MAX);
    match tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), limit)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(_)) => Err(large()),
        Err(_) => Err(Problem::caller(
            StatusCode::REQUEST_TIMEOUT,
            "The file did not come",
            format!("It has {} seconds.", BODY_TIME.as_secs()),
        )),
    }
}

async fn blocking(work: impl FnOnce() -> Result<(), LibraryError> + Send + 'static) -> Result<(), Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| Problem::node("The node failed", error.to_string()))?;
    done.map_err(|error| match error {
        LibraryError::NotThere(_) => Problem::not_found("plugin"),
        LibraryError::Full | LibraryError::Shipped(_) => Problem::conflict("Not possible", error.to_string()),
        LibraryError::File { .. } | LibraryError::OtherName { .. } | LibraryError::Grants { .. } => {
            Problem::caller(StatusCode::UNPROCESSABLE_ENTITY, "No plugin", error.to_string())
                .coded(Code::NotAPlugin)
        }
        LibraryError::Io { .. } => {
            tracing::error!(%error, "the folder of plugins cannot be written");
            Problem::node("The folder of plugins cannot be written", "The log of the node says why.")
        }
    })
}
