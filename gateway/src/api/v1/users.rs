//! Users, for administrators.

mod change;
mod with_extension;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::events::SIGNED_OUT;
use super::extract::{Asked, At};
use super::log_in::Secure;
use super::me::photo_url;
use super::page::{Items, PageQuery};
use super::signed::Signed;
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::{Code, Problem};
use crate::feed::Audience;
use crate::model::{self, Directory, Language, LinkPurpose, Permission, QueueId, Role, UserId, difference};
use crate::people;
use crate::routing::floor::Deed;

pub use change::{ChangeUser, NewUser};

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, patch, delete))
        .routes(routes!(reset))
        .routes(routes!(set_password))
}

/// A person who logs in.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
pub struct User {
    id: UserId,
    name: String,
    email: String,
    role: Role,
    extension: Option<String>,
    webrtc: bool,
    omnichannel: bool,
    language: Language,
    photo_url: Option<String>,
    enabled: bool,
    capacity: Capacity,
    /// Queues that he is a member of.
    queues: Vec<QueueId>,
    created_at_ms: i64,
}

/// What a user may have open at once.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// 0 to 100.
    chats: u32,
    /// 0 or 1.
    calls: u32,
}

/// A new user, with the link by which he sets his first password. Told this once.
#[derive(Serialize, ToSchema)]
pub struct Created {
    #[serde(flatten)]
    user: User,
    setup_link: String,
    /// The password of his `new_extension`; null without one.
    extension_password: Option<String>,
}

/// A link by which somebody sets his password, once.
#[derive(Serialize, ToSchema)]
pub struct ResetLink {
    link: String,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = NewPassword)]
#[serde(deny_unknown_fields)]
pub struct Password {
    password: String,
}

impl User {
    fn of(user: &model::User, directory: &Directory) -> Self {
        let extension = user.extension.and_then(|id| directory.extension_by_id(id));
        Self {
            id: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role,
            extension: extension.map(|extension| extension.number.clone()),
            webrtc: user.webrtc,
            omnichannel: user.omnichannel,
            language: user.language,
            photo_url: photo_url(user),
            enabled: user.enabled,
            capacity: Capacity { chats: user.capacity.chats, calls: user.capacity.calls },
            queues: queues_of(user, directory),
            created_at_ms: user.created_at_ms,
        }
    }
}

fn queues_of(user: &model::User, directory: &Directory) -> Vec<QueueId> {
    let his = directory.queues(user.organization).filter(|queue| queue.members.contains(&user.id));
    his.map(|queue| queue.id).collect()
}

/// Users by name.
#[utoipa::path(get, path = "/users", tag = "users", params(PageQuery), responses((status = 200, body = Items<User>)))]
pub async fn list(
    State(web): State<Web>,
    signed: Signed,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Items<User>>, Problem> {
    signed.may(Permission::ManageUsers)?;
    let after = query.after::<(String, i64)>()?;
    let rows = web.store.users(signed.organization, after.as_ref(), query.rows()).await?;
    let directory = web.directory();
    let key = |user: &model::User| (user.name.clone(), user.id.0);
    Ok(Json(query.page(rows, key, |user| User::of(&user, &directory))))
}

/// Makes a user; he sets his password by the link of the answer.
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser, responses((status = 201, body = Created)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    secure: Secure,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<NewUser>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    signed.may(Permission::ManageUsers)?;
    let directory = web.directory();
    let queues = asked.queues(&signed, &directory)?;
    let new_extension = asked.new_extension.clone();
    let user = asked.user(&signed, &directory)?;
    let mut told = User { queues: queues.clone(), ..User::of(&user, &directory) };
    told.extension = new_extension.clone().or(told.extension);
    let entry = signed.does("create", "user", "", difference(&json!({}), &json!(told)));
    let (id, extension_password) = match &new_extension {
        None => (web.store.insert_user(&user, entry).await?, None),
        Some(number) => {
            let (id, password) = with_extension::insert(&web, &signed, (&user, entry), number).await?;
            web.tell_changed(signed.organization, "extensions");
            (id, Some(password))
        }
    };
    let user = model::User { id, ..user };
    web.store.set_queues_of_user(signed.organization, id, &queues).await?;
    let user = found(&web, &signed, id).await?;
    let token = people::make_link(&web.store, &user, LinkPurpose::Setup, &signed.actor()).await?;
    web.followed(web.store.revision().await?).await;
    web.tell_changed(signed.organization, "users");
    let setup_link = web.link(secure, &headers, &token);
    let user = User::of(&user, &web.directory());
    Ok((StatusCode::CREATED, Json(Created { user, setup_link, extension_password })))
}

/// A user.
#[utoipa::path(get, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)), responses((status = 200, body = User)))]
pub async fn get(State(web): State<Web>, signed: Signed, At(id): At<UserId>) -> Result<Json<User>, Problem> {
    signed.may(Permission::ManageUsers)?;
    Ok(Json(User::of(&found(&web, &signed, id).await?, &web.directory())))
}

/// Changes a user. Who is disabled is logged out everywhere.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)), request_body = ChangeUser,
    responses((status = 200, body = User)))]
pub async fn patch(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<UserId>,
    JsonBody(asked): JsonBody<ChangeUser>,
) -> Result<Json<User>, Problem> {
    signed.may(Permission::ManageUsers)?;
    let directory = web.directory();
    let old = found(&web, &signed, id).await?;
    let queues = asked.queues(&signed, &directory)?;
    let new = asked.applied(&old, &directory)?;
    if new.role != Role::Administrator || !new.enabled {
        refuse_last_administrator(&web, &old).await?;
    }
    let mut told = User::of(&new, &directory);
    told.queues = queues.clone().unwrap_or(told.queues);
    let detail = difference(&json!(User::of(&old, &directory)), &json!(told));
    let entry = signed.does("change", "user", id, detail);
    if !web.store.update_user(&new, entry).await? {
        return Err(Problem::not_found("user"));
    }
    if let Some(queues) = queues {
        web.store.set_queues_of_user(signed.organization, id, &queues).await?;
    }
    web.followed(web.store.revision().await?).await;
    // He is logged out of his queues; what he has open stays his. Somebody whom the floor does not know is in none.
    let _ = web.floor.act(signed.organization, signed.user, Deed::LogOut { of: id, queues: None }).await;
    web.tell_changed(signed.organization, "users");
    if !new.enabled {
        sign_out(&web, &signed, id);
    }
    Ok(Json(User::of(&new, &web.directory())))
}

/// Deletes a user; what he did stays.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", params(("id" = UserId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<UserId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManageUsers)?;
    let old = found(&web, &signed, id).await?;
    refuse_last_administrator(&web, &old).await?;
    let detail = difference(&json!(User::of(&old, &web.directory())), &json!({}));
    let entry = signed.does("delete", "user", id, detail);
    if !web.store.delete_user(signed.organization, id, entry).await? {
        return Err(Problem::not_found("user"));
    }
    web.followed(web.store.revision().await?).await;
    web.tell_changed(signed.organization, "users");
    sign_out(&web, &signed, id);
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a user's password away and makes the link by which he sets another.
#[utoipa::path(post, path = "/users/{id}/reset", tag = "users", params(("id" = UserId, Path)), responses((status = 200, body = ResetLink)))]
pub async fn reset(
    State(web): State<Web>,
    signed: Signed,
    secure: Secure,
    headers: HeaderMap,
    At(id): At<UserId>,
) -> Result<Json<ResetLink>, Problem> {
    signed.may(Permission::ManageUsers)?;
    let user = found(&web, &signed, id).await?;
    let token = people::make_link(&web.store, &user, LinkPurpose::Reset, &signed.actor()).await?;
    sign_out(&web, &signed, id);
    Ok(Json(ResetLink { link: web.link(secure, &headers, &token) }))
}

/// Gives a user a password, for who cannot be sent a link.
#[utoipa::path(put, path = "/users/{id}/password", tag = "users", params(("id" = UserId, Path)), request_body = Password,
    responses((status = 204)))]
pub async fn set_password(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<UserId>,
    JsonBody(asked): JsonBody<Password>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManageUsers)?;
    let user = found(&web, &signed, id).await?;
    web.people.set_password(&user, &asked.password, &signed.actor()).await?;
    sign_out(&web, &signed, id);
    Ok(StatusCode::NO_CONTENT)
}

/// His browsers' logins are worth nothing any more: they hear so at once.
fn sign_out(web: &Web, signed: &Signed, id: UserId) {
    web.feed.publish(signed.organization, Audience::User(id), SIGNED_OUT, json!({}));
}

async fn found(web: &Web, signed: &Signed, id: UserId) -> Result<model::User, Problem> {
    web.store.user(signed.organization, id).await?.ok_or_else(|| Problem::not_found("user"))
}

/// An organization without an administrator could be helped by the operator of the node alone.
async fn refuse_last_administrator(web: &Web, user: &model::User) -> Result<(), Problem> {
    let is_one = user.role == Role::Administrator && user.enabled;
    if is_one && web.store.other_administrators(user.organization, user.id).await? == 0 {
        return Err(Problem::conflict(
            "The last administrator",
            "Make another user an administrator first: nobody could manage the organization any more.",
        )
        .coded(Code::LastAdministrator));
    }
    Ok(())
}
