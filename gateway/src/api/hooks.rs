//! `/hooks/{key}/…`: requests of providers, and of pages with a widget, for one inbox. No log-in: its plugin says what is authentic.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tokio::sync::SemaphorePermit;

use super::problem::Problem;
use super::{Source, Web};
use crate::plugin::HookRefusal;
use crate::plugin::wit::content::Attribute;
use crate::plugin::wit::inbound::{WebhookReply, WebhookRequest};

/// Largest body, in bytes.
const BODY_LIMIT: usize = 8 << 20;
/// Bodies up to this size wait for no place in memory, in bytes.
const SMALL_BODY: usize = 64 << 10;
/// Large bodies that are in memory at once.
pub const LARGE_BODIES: usize = 8;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(10);
/// Headers that a plugin is shown.
const HEADERS_LIMIT: usize = 100;
/// Headers that a plugin may answer with: none that touches the console, which is of the same origin.
const REPLY_HEADERS: [HeaderName; 5] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::CACHE_CONTROL,
    header::CONTENT_TYPE,
    header::RETRY_AFTER,
    header::VARY,
];

/// The routes; no other page's scripts are kept off them, since a widget stands on other pages.
pub fn routes() -> Router<Web> {
    Router::new().route("/hooks/{key}", any(receive)).route("/hooks/{key}/{*rest}", any(receive))
}

async fn receive(State(web): State<Web>, request: Request) -> Response {
    match handle(&web, request).await {
        Ok(reply) => answered(reply),
        Err(problem) => {
            let mut response = problem.into_response();
            // A widget on another site reads why there is no chat; without a plugin nobody knows which sites those are. It tells no secret.
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            response
        }
    }
}

async fn handle(web: &Web, request: Request) -> Result<WebhookReply, Problem> {
    let (parts, body) = request.into_parts();
    let (key, rest) = key_and_rest(parts.uri.path());
    let asked = asked(web, &parts, rest);
    let inbox = match web.channels.inbox_of_key(key).await {
        Err(HookRefusal::NotThere) => {
            web.knock(&parts.extensions)?;
            return Err(HookRefusal::NotThere.into());
        }
        outcome => outcome?,
    };
    let _place = place(web, &parts.headers).await?;
    let bytes = match tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => return Err(too_large()),
        Err(_) => {
            let detail = format!("It has {} seconds.", BODY_TIME.as_secs());
            return Err(Problem::caller(StatusCode::REQUEST_TIMEOUT, "The body did not come", detail));
        }
    };
    Ok(web.channels.hook(inbox, WebhookRequest { body: bytes.into(), ..asked }).await?)
}

/// What stands behind `/hooks/` or `/live/`: the key, and the path that the plugin is told.
pub fn key_and_rest(path: &str) -> (&str, &str) {
    let inside = path.get(1..).and_then(|path| path.split_once('/')).map_or("", |(_, inside)| inside);
    inside.find('/').map_or((inside, ""), |at| inside.split_at(at))
}

/// The request as the plugin sees it, without its body.
pub fn asked(web: &Web, parts: &axum::http::request::Parts, rest: &str) -> WebhookRequest {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let attribute = |(name, value): (&HeaderName, &HeaderValue)| Attribute {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    let source = parts.extensions.get::<Source>();
    WebhookRequest {
        method: parts.method.as_str().to_owned(),
        url: format!("{}{path}", web.own_url(&parts.headers)),
        path: rest.to_owned(),
        address: source.map_or_else(String::new, |Source(address)| address.to_string()),
        // A cookie of ours is nothing for a plugin's eyes.
        headers: parts
            .headers
            .iter()
            .filter(|(name, _)| *name != header::COOKIE)
            .take(HEADERS_LIMIT)
            .map(attribute)
            .collect(),
        body: Vec::new(),
    }
}

/// A place in memory for a body that may be large.
async fn place<'a>(web: &'a Web, headers: &HeaderMap) -> Result<Option<SemaphorePermit<'a>>, Problem> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let bare = !headers.contains_key(header::TRANSFER_ENCODING);
    match declared.unwrap_or(if bare { 0 } else { BODY_LIMIT as u64 }) {
        length if length > BODY_LIMIT as u64 => Err(too_large()),
        length if length <= SMALL_BODY as u64 => Ok(None),
        _ => match tokio::time::timeout(BODY_TIME, web.large_bodies.acquire()).await {
            Ok(Ok(place)) => Ok(Some(place)),
            Ok(Err(_)) | Err(_) => Err(Problem::node("The node is busy", "Too many large bodies at once.")),
        },
    }
}

fn too_large() -> Problem {
    let detail = format!("At most {BODY_LIMIT} bytes are read.");
    Problem::caller(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large", detail)
}

fn answered(reply: WebhookReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Bytes::from(reply.body)).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for Attribute { name, value } in reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| REPLY_HEADERS.contains(name));
        if let (Some(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    // Whatever a plugin answers, no browser makes a page of this origin of it.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'"),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

impl From<HookRefusal> for Problem {
    fn from(refusal: HookRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            HookRefusal::Later { after_s } => Self::node("Not now", detail).retry_after(u64::from(after_s)),
            HookRefusal::Malformed(_) => {
                Self::caller(StatusCode::BAD_REQUEST, "The request cannot be read", detail)
            }
            HookRefusal::NotThere => Self::not_found("inbox"),
            HookRefusal::Unauthentic => Self::caller(StatusCode::FORBIDDEN, "Not authentic", detail),
        }
    }
}

impl Web {
    /// Counts a knock at a door that is none.
    ///
    /// # Errors
    /// That source knocks too often.
    pub fn knock(&self, extensions: &axum::http::Extensions) -> Result<(), Problem> {
        let Some(Source(source)) = extensions.get::<Source>() else { return Ok(()) };
        match self.strangers.count(Instant::now(), source) {
            0 => Ok(()),
            wait_s => Err(Problem::too_many("Too many requests for what is not there.", wait_s)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_and_what_follows_it() {
        assert_eq!(key_and_rest("/hooks/abc"), ("abc", ""));
        assert_eq!(key_and_rest("/hooks/abc/"), ("abc", "/"));
        assert_eq!(key_and_rest("/live/abc/status/x"), ("abc", "/status/x"));
        assert_eq!(key_and_rest("/"), ("", ""));
        assert_eq!(key_and_rest(""), ("", ""));
    }

    #[test]
    fn a_plugin_sets_no_cookie_and_makes_no_page() {
        let header = |name: &str, value: &str| Attribute { name: name.to_owned(), value: value.to_owned() };
        let reply = WebhookReply {
            status: 200,
            headers: vec![
                header("content-type", "text/html"),
                header("set-cookie", "ramal_login=x"),
                header("content-security-policy", "default-src *"),
                header("bad name", "x"),
            ],
            body: b"<script>alert(1)</script>".to_vec(),
        };
        let response = answered(reply);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html");
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        assert!(response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("sandbox"));
    }
}
