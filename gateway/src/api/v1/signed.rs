//! Who asks: a browser by its cookie, a program by its token.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

use super::extract::From;
use crate::api::problem::{Code, Problem};
use crate::api::{Web, origin};
use crate::model::{
    Actor, AuditEntry, ExtensionId, Login, LoginKind, OrganizationId, Permission, Role, User, UserId,
};
use crate::people::{Origin, People};

/// The cookie of a browser that is logged in.
pub const COOKIE: &str = "ramal_login";
/// What a browser sends beside it where something is changed.
const CSRF_HEADER: &str = "x-csrf-token";

/// Somebody who is logged in. Everything he sees or changes belongs to `organization`.
#[derive(Clone, Debug)]
pub struct Signed {
    pub organization: OrganizationId,
    pub user: UserId,
    pub extension: Option<ExtensionId>,
    pub role: Role,
    /// All that is known of him.
    pub person: Arc<User>,
    /// How he proved himself.
    pub login: Arc<Login>,
    /// Where he asks from.
    pub origin: Arc<Origin>,
    csrf: Arc<str>,
}

impl Signed {
    /// # Errors
    /// 403 if his role does not allow it.
    pub fn may(&self, permission: Permission) -> Result<(), Problem> {
        if self.role.may(permission) {
            return Ok(());
        }
        Err(Problem::forbidden(format!("This needs the permission {permission}."))
            .coded(Code::NoPermission)
            .with("permission", permission.to_string()))
    }

    /// Who acts, for the audit log.
    pub fn actor(&self) -> Actor {
        self.origin.actor(&self.person)
    }

    /// What he does, for the audit log; `detail` holds no secret.
    pub fn does(
        &self,
        action: &str,
        noun: &str,
        noun_id: impl std::fmt::Display,
        detail: serde_json::Value,
    ) -> AuditEntry {
        self.actor().does(action, noun, noun_id, detail)
    }

    /// What his browser must send where it changes something.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl FromRequestParts<Web> for Signed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let from = From::from_request_parts(parts, web).await?;
        let signed = signed(parts, web, &from).await?;
        parts.extensions.insert(signed.clone());
        Ok(signed)
    }
}

async fn signed(parts: &Parts, web: &Web, from: &From) -> Result<Signed, Problem> {
    let (token, kind) = token(&parts.headers).ok_or_else(|| Problem::unauthorized("Log in first."))?;
    let wait_s = web.strangers.wait_s(Instant::now(), &from.source);
    if wait_s > 0 {
        return Err(Problem::too_many("Too many requests with a login that is none.", wait_s));
    }
    let known = web.people.signed(token, from.origin.now_ms).await?;
    let Some((login, person)) = known.filter(|(login, _)| login.kind == kind) else {
        web.strangers.count(Instant::now(), &from.source);
        return Err(match kind {
            LoginKind::Browser => {
                Problem::unauthorized("The login is over: log in again.").coded(Code::LoginOver)
            }
            LoginKind::Program => {
                let told = "This token is unknown here or was revoked: an administrator makes a new one.";
                Problem::unauthorized(told).coded(Code::TokenUnknown)
            }
        });
    };
    let csrf = People::csrf(token);
    if kind == LoginKind::Browser && changes(&parts.method) {
        check_page(web, &parts.headers, &csrf)?;
    }
    match web.desk_requests.count(Instant::now(), &login.id) {
        0 => Ok(Signed {
            organization: person.organization,
            user: person.id,
            extension: person.extension,
            role: person.role,
            person: Arc::new(person),
            login: Arc::new(login),
            origin: Arc::new(from.origin.clone()),
            csrf: csrf.into(),
        }),
        wait_s => Err(Problem::too_many("This login asks too often.", wait_s)),
    }
}

/// The proof that a request carries. A bearer token comes before the cookie: whoever sends one means it.
fn token(headers: &HeaderMap) -> Option<(&str, LoginKind)> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(given) = given {
        let (scheme, token) = given.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("Bearer").then_some((token.trim(), LoginKind::Program));
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| (token, LoginKind::Browser))
}

fn changes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A cookie alone proves nothing where something is changed: a page of another site can make the browser send it.
fn check_page(web: &Web, headers: &HeaderMap, csrf: &str) -> Result<(), Problem> {
    let told = headers.get(CSRF_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    let same = aws_lc_rs::constant_time::verify_slices_are_equal(told, csrf.as_bytes()).is_ok();
    if same && origin::is_from_own_page(web, headers) {
        return Ok(());
    }
    Err(Problem::forbidden("A page must send x-csrf-token, from /me, and come from this node's own origin.")
        .coded(Code::OtherOrigin))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let among = headers(header::COOKIE, "a=b; ramal_login=abc ; ramal_login_not=x");
        assert_eq!(token(&among), Some(("abc", LoginKind::Browser)));
        assert_eq!(token(&headers(header::COOKIE, "xramal_login=abc; ramal_login")), None);
        assert_eq!(token(&HeaderMap::new()), None);
    }

    #[test]
    fn whoever_sends_a_bearer_token_means_it() {
        let mut both = headers(header::COOKIE, "ramal_login=abc");
        both.insert(header::AUTHORIZATION, "bearer ramal_x".parse().unwrap());
        assert_eq!(token(&both), Some(("ramal_x", LoginKind::Program)));
        both.insert(header::AUTHORIZATION, "Basic eDp5".parse().unwrap());
        assert_eq!(token(&both), None);
    }
}
