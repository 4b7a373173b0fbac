//! Who is logged in, and what he may change of himself.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ROOT;
use super::extract::{At, From};
use super::signed::Signed;
use crate::api::body::{self, JsonBody};
use crate::api::problem::{Code, Problem};
use crate::api::{Web, wall_ms};
use crate::model::{Language, OrganizationId, Permission, Role, User, UserId, difference};
use crate::people;

/// Largest photo, in bytes.
const PHOTO_LIMIT: usize = 512 << 10;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(get, change))
        .routes(routes!(put_photo, delete_photo))
        .routes(routes!(photo))
        .routes(routes!(change_password))
}

/// Who is logged in, and all that his console needs to begin.
#[derive(Serialize, ToSchema)]
pub struct Me {
    id: UserId,
    name: String,
    email: String,
    role: Role,
    permissions: Vec<Permission>,
    organization: MyOrganization,
    extension: Option<String>,
    webrtc: bool,
    omnichannel: bool,
    language: Language,
    photo_url: Option<String>,
    /// To be sent as `x-csrf-token` where something is changed.
    csrf: String,
    server_time_ms: i64,
    version: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct MyOrganization {
    id: OrganizationId,
    name: String,
    title: String,
}

impl Me {
    pub fn of(web: &Web, user: &User, csrf: &str) -> Self {
        let directory = web.directory();
        let organization = directory.organization(user.organization);
        let extension = user.extension.and_then(|id| directory.extension_by_id(id));
        Self {
            id: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role,
            permissions: user.role.permissions().collect(),
            organization: MyOrganization {
                id: user.organization,
                name: organization.map(|o| o.name.clone()).unwrap_or_default(),
                title: organization.map(|o| o.title.clone()).unwrap_or_default(),
            },
            extension: extension.map(|extension| extension.number.clone()),
            webrtc: user.webrtc,
            omnichannel: user.omnichannel,
            language: user.language,
            photo_url: photo_url(user),
            csrf: csrf.to_owned(),
            server_time_ms: wall_ms(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Where a user's photo is, if he has one.
pub fn photo_url(user: &User) -> Option<String> {
    user.photo_type.as_ref().map(|_| format!("{ROOT}/users/{}/photo", user.id))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeMe {
    name: Option<String>,
    language: Option<Language>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    current: String,
    new: String,
}

/// Who is logged in.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = Me)))]
pub async fn get(State(web): State<Web>, signed: Signed) -> Json<Me> {
    Json(Me::of(&web, &signed.person, signed.csrf()))
}

/// Changes one's own name and language.
#[utoipa::path(patch, path = "/me", tag = "me", request_body = ChangeMe, responses((status = 200, body = Me)))]
pub async fn change(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<ChangeMe>,
) -> Result<Json<Me>, Problem> {
    let old = json!({ "name": signed.person.name, "language": signed.person.language });
    let mut user = (*signed.person).clone();
    if let Some(name) = &asked.name {
        Problem::unless_seen("name", name)?;
        user.name = people::person_name(name)
            .ok_or_else(|| Problem::wrong("name", "This is no name.").coded(Code::PersonNameWrong))?;
    }
    user.language = asked.language.unwrap_or(user.language);
    let detail = difference(&old, &json!({ "name": user.name, "language": user.language }));
    web.store.set_own(&user, signed.does("change", "user", user.id, detail)).await?;
    web.wake();
    Ok(Json(Me::of(&web, &user, signed.csrf())))
}

/// Changes one's own password; all other browsers are logged out.
#[utoipa::path(post, path = "/me/password", tag = "me", request_body = ChangePassword, responses((status = 204)))]
pub async fn change_password(
    State(web): State<Web>,
    from: From,
    signed: Signed,
    JsonBody(asked): JsonBody<ChangePassword>,
) -> Result<StatusCode, Problem> {
    web.guesses.allow(&from.source, &signed.person.email)?;
    let who = (&*signed.person, &*signed.login);
    if web.people.change_password(who, (&asked.current, &asked.new), &signed.origin).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    web.guesses.failed(&from.source, &signed.person.email);
    Err(Problem::wrong("current", "The current password is another one.").coded(Code::PasswordWrong))
}

/// Sets one's own photo: PNG, JPEG or WebP.
#[utoipa::path(put, path = "/me/photo", tag = "me", responses((status = 204)),
    request_body(content_type = "image/png", description = "image/png, image/jpeg or image/webp"))]
pub async fn put_photo(
    State(web): State<Web>,
    signed: Signed,
    request: Request,
) -> Result<StatusCode, Problem> {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kinds = ["image/png", "image/jpeg", "image/webp"];
    let kind = kinds.into_iter().find(|kind| given == Some(kind)).unwrap_or("image/png");
    let bytes = body::read(request, kind, PHOTO_LIMIT).await?;
    if picture(&bytes) != Some(kind) {
        return Err(Problem::caller(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Another type of body",
            "This is no picture of the type that it is said to be.",
        )
        .coded(Code::NoPicture));
    }
    web.store.set_photo(signed.organization, signed.user, Some((&bytes, kind))).await?;
    web.wake();
    Ok(StatusCode::NO_CONTENT)
}

/// Takes one's own photo away.
#[utoipa::path(delete, path = "/me/photo", tag = "me", responses((status = 204)))]
pub async fn delete_photo(State(web): State<Web>, signed: Signed) -> Result<StatusCode, Problem> {
    web.store.set_photo(signed.organization, signed.user, None).await?;
    web.wake();
    Ok(StatusCode::NO_CONTENT)
}

/// A colleague's photo.
#[utoipa::path(get, path = "/users/{id}/photo", tag = "users", params(("id" = UserId, Path)),
    responses((status = 200, content_type = "image/png")))]
pub async fn photo(State(web): State<Web>, signed: Signed, At(id): At<UserId>) -> Result<Response, Problem> {
    let photo = web.store.photo(signed.organization, id).await?;
    let (bytes, kind) = photo.ok_or_else(|| Problem::not_found("photo"))?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// What a picture is, by its first bytes.
fn picture(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if bytes.starts_with(b"\xff\xd8\xff") {
        return Some("image/jpeg");
    }
    (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")).then_some("image/webp")
}
