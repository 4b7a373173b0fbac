//! The trial page, as it was when the program was built.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Web;
use super::problem::Problem;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// What a page of ours may load and whom it may talk to: nobody but this node.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

macro_rules! files {
    ($($name:literal: $kind:expr),+ $(,)?) => {
        &[$(($name, $kind, include_bytes!(concat!("../../../web-console/trial/", $name)))),+]
    };
}

const FILES: &[(&str, &str, &[u8])] = files![
    "api.js": SCRIPT,
    "calls.js": SCRIPT,
    "events.js": SCRIPT,
    "icon.svg": SVG,
    "index.html": HTML,
    "levels.js": SCRIPT,
    "seat.js": SCRIPT,
    "stats.js": SCRIPT,
    "trial.css": STYLE,
    "trial.js": SCRIPT,
    "view.js": SCRIPT,
    "words.js": SCRIPT,
];

/// `GET /trial/`
pub async fn index() -> Response {
    page("index.html")
}

/// What the trial page fills in by itself.
#[derive(Serialize)]
pub struct Node {
    /// Of the only organization; `null`: there are several, and whose one asks is not known before a log-in.
    sip_domain: Option<String>,
}

/// `GET /trial/node.json`
pub async fn node(State(web): State<Web>) -> Json<Node> {
    let directory = web.directory();
    let sip_domain = match directory.organizations() {
        [only] => Some(only.sip_domain.clone()),
        _ => None,
    };
    Json(Node { sip_domain })
}

/// `GET /trial/{file}`
pub async fn file(Path(name): Path<String>) -> Response {
    page(&name)
}

fn page(name: &str) -> Response {
    let Some((_, kind, bytes)) = FILES.iter().find(|(known, ..)| *known == name) else {
        let detail = "There is no such page. The trial page is at /trial/.";
        return Problem::caller(StatusCode::NOT_FOUND, "No such page", detail).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, *kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // A new program brings a new page.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, *bytes).into_response()
}
