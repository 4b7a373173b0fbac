//! What endpoints take out of a request, with refusals in the one form.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, MatchedPath, Path, Query};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::api::problem::Problem;
use crate::api::{Source, Web, unreadable, wall_ms};
use crate::people::Origin;

/// What stands in the path. What is no number there is nobody's number: 404.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let found = Path::<T>::from_request_parts(parts, web).await;
        let path = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
        found.map(|Path(value)| Self(value)).map_err(|_| Problem::not_found(path.map_or("row", noun)))
    }
}

/// What the rows are called that stand under a path.
fn noun(path: &str) -> &'static str {
    let before = path.split("/{").next().unwrap_or(path);
    match before.rsplit('/').next().unwrap_or(before) {
        "agents" => "agent",
        "attachments" => "attachment",
        "call-records" | "calls" => "call",
        "contacts" => "contact",
        "dispositions" => "disposition",
        "extensions" => "extension",
        "inboxes" => "inbox",
        "interactions" => "interaction",
        "links" => "link",
        "members" => "member",
        "offers" => "offer",
        "pause-reasons" => "pause reason",
        "plugins" => "plugin",
        "queues" => "queue",
        "recordings" => "recording",
        "rules" => "rule",
        "sound-clips" => "sound clip",
        "tokens" => "token",
        "trunks" => "trunk",
        "users" => "user",
        "whip" => "seat",
        _ => "row",
    }
}

/// What stands behind the question mark. Names that the endpoint does not know were refused before, see [`super::query`].
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Web> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let asked = Query::<T>::from_request_parts(parts, web).await;
        asked.map(|Query(value)| Self(value)).map_err(|error| unreadable::query(&error.body_text()))
    }
}

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct From {
    pub source: IpAddr,
    pub origin: Origin,
}

impl FromRequestParts<Web> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        let Some(Source(source)) = parts.extensions.get::<Source>().copied() else {
            return Err(Problem::node("The node failed", "The source of the request is unknown."));
        };
        let browser = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let origin = Origin {
            now_ms: wall_ms(),
            address: source.to_string(),
            browser: browser.unwrap_or_default().to_owned(),
        };
        Ok(Self { source, origin })
    }
}
