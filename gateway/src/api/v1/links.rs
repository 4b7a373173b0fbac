//! Links by which somebody sets his password, once.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{At, From};
use super::log_in::{Secure, welcome};
use super::me::Me;
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::Problem;
use crate::model::{Language, LinkPurpose};
use crate::people::PeopleError;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(look, take))
}

/// Whose link it is.
#[derive(Serialize, ToSchema)]
pub struct Link {
    email: String,
    name: String,
    purpose: LinkPurpose,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstPassword {
    password: String,
    /// The language that he has chosen on the page; nothing: the one that the administrator has set.
    language: Option<Language>,
}

/// Whose link this is.
#[utoipa::path(get, path = "/links/{token}", tag = "me", params(("token" = String, Path)), responses((status = 200, body = Link)))]
pub async fn look(State(web): State<Web>, from: From, At(token): At<String>) -> Result<Json<Link>, Problem> {
    web.guesses.allow(&from.source, &from.origin.address)?;
    let (user, purpose) = found(&web, &from, web.people.link(&token, from.origin.now_ms).await)?;
    Ok(Json(Link { email: user.email, name: user.name, purpose }))
}

/// Sets the password of whoever has the link, and logs his browser in. The link is worth nothing afterwards.
#[utoipa::path(post, path = "/links/{token}", tag = "me", params(("token" = String, Path)), request_body = FirstPassword,
    responses((status = 200, body = Me)))]
pub async fn take(
    State(web): State<Web>,
    from: From,
    secure: Secure,
    At(token): At<String>,
    JsonBody(asked): JsonBody<FirstPassword>,
) -> Result<Response, Problem> {
    web.guesses.allow(&from.source, &from.origin.address)?;
    let turn = web.people.turn().await?;
    let signed = found(
        &web,
        &from,
        web.people.use_link(turn, &token, (&asked.password, asked.language), &from.origin).await,
    )?;
    Ok(welcome(&web, secure, &signed))
}

/// A wrong link is a guess like a wrong password.
fn found<T>(web: &Web, from: &From, outcome: Result<T, PeopleError>) -> Result<T, Problem> {
    if matches!(outcome, Err(PeopleError::LinkGone)) {
        web.guesses.failed(&from.source, &from.origin.address);
    }
    Ok(outcome?)
}
