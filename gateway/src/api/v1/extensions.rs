//! Extensions: phone numbers inside the organization.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rand::TryRngCore as _;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asked, At};
use super::page::{Items, PageQuery};
use super::signed::Signed;
use super::site::{Deed, change, text, with};
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::model::{self, ExtensionId, Permission, RecordingRule};
use crate::site::{Change, Entry, ExtensionEntry};

/// What a drawn password is made of: nothing that is mistaken for something else when typed into a phone.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 100 bits.
const PASSWORD_CHARACTERS: usize = 20;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(new_password))
}

/// A phone number inside the organization. Its password is told once and kept as a hash.
#[derive(Serialize, ToSchema)]
pub struct Extension {
    id: ExtensionId,
    number: String,
    display_name: Option<String>,
    recording: RecordingRule,
    /// Phones that may be registered at once.
    max_bindings: u32,
    /// Whether it may call through trunks.
    may_call_trunks: bool,
    /// `null`: as the organization says.
    ring_timeout_s: Option<u32>,
    enabled: bool,
}

/// An extension with its password, which is told this once.
#[derive(Serialize, ToSchema)]
pub struct ExtensionWithPassword {
    #[serde(flatten)]
    extension: Extension,
    password: String,
}

impl From<&model::Extension> for Extension {
    fn from(row: &model::Extension) -> Self {
        Self {
            id: row.id,
            number: row.number.clone(),
            display_name: row.display_name.clone(),
            recording: row.recording,
            max_bindings: row.max_bindings,
            may_call_trunks: row.may_call_trunks,
            ring_timeout_s: row.ring_timeout_s,
            enabled: row.enabled,
        }
    }
}

/// Extensions by number.
#[utoipa::path(get, path = "/extensions", tag = "extensions", params(PageQuery), responses((status = 200, body = Items<Extension>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Items<Extension>>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    let after = query.after::<String>()?.unwrap_or_default();
    let directory = web.directory();
    let mut rows: Vec<&model::Extension> =
        directory.extensions(signed.organization).filter(|row| row.number > after).collect();
    rows.sort_by(|one, other| one.number.cmp(&other.number));
    rows.truncate(query.rows() as usize);
    Ok(Json(query.page(rows, |row| row.number.clone(), Extension::from)))
}

/// Makes an extension. Its password is drawn where none is given.
#[utoipa::path(post, path = "/extensions", tag = "extensions", request_body = ExtensionEntry,
    responses((status = 201, body = ExtensionWithPassword)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(entry): JsonBody<Entry>,
) -> Result<(StatusCode, Json<ExtensionWithPassword>), Problem> {
    signed.may(Permission::ManageTelephony)?;
    let password = match text(&entry, "password") {
        "" => draw_password()?,
        given => given.to_owned(),
    };
    let number = text(&entry, "number").to_owned();
    let deed = Deed { action: "create", noun: "extension", rows: "extensions", name: &number };
    let add = Change::AddExtension(with(entry, "password", &password));
    let directory = change(&web, &signed, deed, &add).await?;
    let Json(extension) = found(&directory, &signed, &number)?;
    Ok((StatusCode::CREATED, Json(ExtensionWithPassword { extension, password })))
}

/// An extension.
#[utoipa::path(get, path = "/extensions/{number}", tag = "extensions", params(("number" = String, Path)),
    responses((status = 200, body = Extension)))]
pub async fn get(
    State(web): State<Web>,
    signed: Signed,
    At(number): At<String>,
) -> Result<Json<Extension>, Problem> {
    signed.may(Permission::ManageTelephony)?;
    found(&web.directory(), &signed, &number)
}

/// Changes an extension; `null` is the default. With another number the password has to be given again.
#[utoipa::path(patch, path = "/extensions/{number}", tag = "extensions", params(("number" = String, Path)),
    request_body = ExtensionEntry, responses((status = 200, body = Extension)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(number): At<String>,
    JsonBody(entry): JsonBody<Entry>,
) -> Result<Json<Extension>, Problem> {
    let deed = Deed { action: "change", noun: "extension", rows: "extensions", name: &number };
    let new = match text(&entry, "number") {
        "" => number.clone(),
        new => new.to_owned(),
    };
    let change_it = Change::Extension { number: number.clone(), entry };
    let directory = change(&web, &signed, deed, &change_it).await?;
    found(&directory, &signed, &new)
}

/// Deletes an extension; refused while a dial rule leads to it.
#[utoipa::path(delete, path = "/extensions/{number}", tag = "extensions", params(("number" = String, Path)),
    responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(number): At<String>,
) -> Result<StatusCode, Problem> {
    let deed = Deed { action: "delete", noun: "extension", rows: "extensions", name: &number };
    change(&web, &signed, deed, &Change::RemoveExtension { number: number.clone() }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Draws another password; phones with the old one are let in no more.
#[utoipa::path(post, path = "/extensions/{number}/password", tag = "extensions", params(("number" = String, Path)),
    responses((status = 200, body = ExtensionWithPassword)))]
pub async fn new_password(
    State(web): State<Web>,
    signed: Signed,
    At(number): At<String>,
) -> Result<Json<ExtensionWithPassword>, Problem> {
    let password = draw_password()?;
    let deed = Deed { action: "change", noun: "extension", rows: "extensions", name: &number };
    let entry = with(Entry::new(), "password", &password);
    let change_it = Change::Extension { number: number.clone(), entry };
    let directory = change(&web, &signed, deed, &change_it).await?;
    let Json(extension) = found(&directory, &signed, &number)?;
    Ok(Json(ExtensionWithPassword { extension, password }))
}

fn found(directory: &model::Directory, signed: &Signed, number: &str) -> Result<Json<Extension>, Problem> {
    let row = directory.extension(signed.organization, number);
    row.map(|row| Json(row.into())).ok_or_else(|| Problem::not_found("extension"))
}

pub fn draw_password() -> Result<String, Problem> {
    let mut bytes = [0; PASSWORD_CHARACTERS];
    let drawn = rand::rngs::OsRng.try_fill_bytes(&mut bytes);
    drawn.map_err(|_| Problem::node("No randomness", "The system gives no random bytes."))?;
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map_or('x', char::from);
    Ok(bytes.iter().map(letter).collect())
}
