//! Tokens of programs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::At;
use super::page::{Items, WholeQuery};
use super::signed::Signed;
use crate::api::Web;
use crate::api::body::JsonBody;
use crate::api::problem::{Code, Problem};
use crate::model::{Login, LoginId, Permission, UserId};
use crate::people;
use crate::people::PeopleError;
use crate::store::StoreError;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

/// A program's token; the token itself is told once.
#[derive(Serialize, ToSchema)]
pub struct Token {
    id: LoginId,
    name: String,
    /// Whose rights it carries.
    user: UserId,
    created_at_ms: i64,
    /// To the minute.
    seen_at_ms: i64,
}

#[derive(Serialize, ToSchema)]
pub struct NewToken {
    #[serde(flatten)]
    about: Token,
    /// For `Authorization: Bearer`. Told this once.
    token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenName {
    name: String,
}

impl From<Login> for Token {
    fn from(login: Login) -> Self {
        Self {
            id: login.id,
            name: login.name,
            user: login.user,
            created_at_ms: login.created_at_ms,
            seen_at_ms: login.seen_at_ms,
        }
    }
}

/// Tokens of programs, the oldest first. There are so few that they are one page.
#[utoipa::path(get, path = "/tokens", tag = "tokens", params(WholeQuery), responses((status = 200, body = Items<Token>)))]
pub async fn list(State(web): State<Web>, signed: Signed) -> Result<Json<Items<Token>>, Problem> {
    signed.may(Permission::ManageTokens)?;
    let tokens = web.store.program_tokens(signed.organization).await?;
    Ok(Json(Items { items: tokens.into_iter().map(Token::from).collect(), next: None }))
}

/// Makes a token with the rights of whoever asks.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = TokenName, responses((status = 201, body = NewToken)))]
pub async fn create(
    State(web): State<Web>,
    signed: Signed,
    JsonBody(asked): JsonBody<TokenName>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    signed.may(Permission::ManageTokens)?;
    Problem::unless_seen("name", &asked.name)?;
    let name = people::person_name(&asked.name)
        .ok_or_else(|| Problem::wrong("name", "This is no name.").coded(Code::PersonNameWrong))?;
    let made = web.people.new_program(&signed.person, &name, &signed.origin.actor(&signed.person)).await;
    let (token, login) = made.map_err(|error| match error {
        PeopleError::Store(StoreError::Taken) => {
            Problem::too_many_rows("Too many tokens", "There are 100: delete one first.", 100)
        }
        error => error.into(),
    })?;
    Ok((StatusCode::CREATED, Json(NewToken { about: login.into(), token })))
}

/// Ends a token.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", params(("id" = LoginId, Path)), responses((status = 204)))]
pub async fn delete(
    State(web): State<Web>,
    signed: Signed,
    At(id): At<LoginId>,
) -> Result<StatusCode, Problem> {
    signed.may(Permission::ManageTokens)?;
    let entry = signed.does("delete", "token", id, json!({}));
    match web.store.delete_program_token(signed.organization, id, &entry).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("token")),
    }
}
