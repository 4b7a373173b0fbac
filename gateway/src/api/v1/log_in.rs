//! Log-in and log-out of browsers.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension as Given, Json};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::events::SIGNED_OUT;
use super::extract::From;
use super::me::Me;
use super::signed::{COOKIE, Signed};
use crate::api::body::JsonBody;
use crate::api::calls::calls_of;
use crate::api::problem::{Code, Problem};
use crate::api::{Peer, Web};
use crate::call::PageState;
use crate::feed::Audience;
use crate::model::Language;
use crate::people::{Asked, People, SignedIn};

/// How long a browser keeps the cookie, in seconds; the login behind it ends earlier when it is not used.
const COOKIE_LIFE_S: u32 = 30 * 24 * 3_600;
/// Longest fields of a log-in, in bytes.
const FIELD_LIMIT: usize = 512;

pub fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(log_in)).routes(routes!(log_out))
}

/// What is asked with a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    email: String,
    password: String,
}

/// Logs a browser in: a cookie comes with the answer.
#[utoipa::path(post, path = "/login", tag = "me", request_body = LogIn, responses((status = 200, body = Me)))]
pub async fn log_in(
    State(web): State<Web>,
    from: From,
    secure: Secure,
    JsonBody(asked): JsonBody<LogIn>,
) -> Result<Response, Problem> {
    if asked.email.len() > FIELD_LIMIT || asked.password.len() > FIELD_LIMIT {
        return Err(wrong());
    }
    let subject = asked.email.trim().to_lowercase();
    allow(&web, &from, &subject)?;
    let turn = web.people.turn().await?;
    // Again: many may have waited for their turn, and the first of them may have been wrong.
    allow(&web, &from, &subject)?;
    // Whose log has the addresses that nobody has: where there is but one organization, its own.
    let nobodys = match web.directory().organizations() {
        [only] => Some(only.id),
        _ => None,
    };
    let typed = Asked { email: &asked.email, password: &asked.password };
    match web.people.log_in(turn, typed, &from.origin, nobodys).await? {
        Some(signed) => Ok(welcome(&web, secure, &signed)),
        None => {
            web.guesses.failed(&from.source, &subject);
            Err(wrong())
        }
    }
}

/// Whether the password is looked at at all.
fn allow(web: &Web, from: &From, subject: &str) -> Result<(), Problem> {
    let allowed = web.guesses.allow(&from.source, subject);
    if allowed.is_err() {
        web.people.note_refusal(subject, &from.origin);
    }
    allowed
}

fn wrong() -> Problem {
    Problem::unauthorized("E-mail address or password is wrong.").coded(Code::WrongCredentials)
}

/// Logs this browser out.
#[utoipa::path(post, path = "/logout", tag = "me", responses((status = 204)))]
pub async fn log_out(State(web): State<Web>, secure: Secure, signed: Signed) -> Result<Response, Problem> {
    if web.floor.open_interactions(signed.organization, signed.user).await? > 0 {
        return Err(Problem::conflict("Interactions are open", still_open(signed.person.language))
            .coded(Code::InteractionsOpen));
    }
    if talks(&web, &signed).await {
        return Err(
            Problem::conflict("A call goes on", still_talks(signed.person.language)).coded(Code::CallOpen)
        );
    }
    web.floor.signed_out(signed.organization, signed.user).await;
    web.people.log_out(&signed.login, &signed.person, &signed.origin).await?;
    web.feed.publish(signed.organization, Audience::Login(signed.login.id.0), SIGNED_OUT, json!({}));
    let gone = [(header::SET_COOKIE, cookie("", 0, secure))];
    Ok((StatusCode::NO_CONTENT, gone).into_response())
}

/// Whether his Seat is in a call that he has dialled or taken, which would hear nobody without it. What only rings, rings on elsewhere.
async fn talks(web: &Web, signed: &Signed) -> bool {
    let Some(extension) = signed.extension.filter(|_| signed.person.webrtc) else { return false };
    // Whose calls cannot be asked for is not kept from leaving.
    let calls = calls_of(web, extension).await.unwrap_or_default();
    calls.iter().any(|call| call.state != PageState::Ringing)
}

/// The answer to whoever has just proved who he is.
pub fn welcome(web: &Web, secure: Secure, signed: &SignedIn) -> Response {
    let set = [(header::SET_COOKIE, cookie(&signed.token, COOKIE_LIFE_S, secure))];
    (set, Json(Me::of(web, &signed.user, &People::csrf(&signed.token)))).into_response()
}

/// Word for word as people know it.
fn still_open(language: Language) -> &'static str {
    match language {
        Language::PtBr => {
            "Você não pode fazer logout enquanto houver atendimentos em andamento. Finalize-os para sair da aplicação."
        }
        Language::En => {
            "You cannot log out while interactions are in progress. Finish them to leave the application."
        }
    }
}

/// The same of a call that is no interaction.
fn still_talks(language: Language) -> &'static str {
    match language {
        Language::PtBr => {
            "Você não pode fazer logout durante uma ligação. Desligue-a ou transfira-a para sair da aplicação."
        }
        Language::En => {
            "You cannot log out while you are in a call. Hang up or transfer it to leave the application."
        }
    }
}

fn cookie(token: &str, life_s: u32, secure: Secure) -> HeaderValue {
    let only = match secure {
        Secure::Https => "; Secure",
        Secure::Plain => "",
    };
    let text = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={life_s}{only}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// How the browser reaches us, as far as we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secure {
    Https,
    Plain,
}

impl axum::extract::FromRequestParts<Web> for Secure {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let peer = Given::<Peer>::from_request_parts(parts, web).await.ok();
        let trusted = peer.is_some_and(|Given(Peer(peer))| web.config.trusted_proxies.contains(&peer.ip()));
        let told = parts.headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
        Ok(if web.config.tls || (trusted && told) { Self::Https } else { Self::Plain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_script_and_no_other_site_gets_the_cookie() {
        let told = cookie("abc", 60, Secure::Https);
        assert_eq!(told, "ramal_login=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure");
        assert!(!cookie("abc", 60, Secure::Plain).to_str().unwrap().contains("Secure"));
    }
}
