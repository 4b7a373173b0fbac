//! Bodies of requests: their type and length are looked at before a byte of them is read.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::problem::{Code, Problem};
use super::token::bearer;
use super::unreadable::{self, Form};
use super::{Web, wall_ms};
use crate::model::ExtensionId;

/// Largest JSON that is read, in bytes.
const JSON_LIMIT: usize = 4 << 10;
/// Largest SDP or fragment that is read, in bytes. Chromium's offers stay below 8,000.
const SDP_LIMIT: usize = 64 << 10;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Who asks, by the bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer(pub ExtensionId);

impl FromRequestParts<Web> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = given.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
        });
        let token = token.ok_or_else(|| Problem::unauthorized("Send Authorization: Bearer and a token."))?;
        let extension = bearer(&web.key, &web.directory(), token, wall_ms());
        let extension =
            extension.ok_or_else(|| Problem::unauthorized("The token is wrong or over: get a new one."))?;
        web.limit(extension)?;
        Ok(Self(extension))
    }
}

/// JSON of at most `LIMIT` bytes into a type.
pub struct JsonBody<T, const LIMIT: usize = JSON_LIMIT>(pub T);

impl<T: DeserializeOwned, const LIMIT: usize> FromRequest<Web> for JsonBody<T, LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Web) -> Result<Self, Problem> {
        let bytes = read(request, "application/json", LIMIT).await?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| unreadable::body(&error, Form::of(&bytes)))?;
        match reader.end() {
            Ok(()) => Ok(Self(value)),
            Err(_) => Err(Problem::caller(
                StatusCode::BAD_REQUEST,
                "The body cannot be read",
                "Something follows after the JSON.",
            )),
        }
    }
}

/// JSON into a type; its default where there is no body.
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<Web> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Problem> {
        let has_type = request.headers().contains_key(header::CONTENT_TYPE);
        let empty = declared_length(request.headers()).is_none_or(|length| length == 0);
        let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
        if empty && !chunked && !has_type {
            return Ok(Self(T::default()));
        }
        JsonBody::<T>::from_request(request, web).await.map(|JsonBody(value)| Self(value))
    }
}

/// `application/sdp`
pub struct SdpBody(pub Bytes);

impl FromRequest<Web> for SdpBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Web) -> Result<Self, Problem> {
        read(request, "application/sdp", SDP_LIMIT).await.map(Self)
    }
}

/// `application/trickle-ice-sdpfrag` (RFC 8840 §9)
pub struct FragmentBody(pub String);

impl FromRequest<Web> for FragmentBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Web) -> Result<Self, Problem> {
        let bytes = read(request, "application/trickle-ice-sdpfrag", SDP_LIMIT).await?;
        let text = String::from_utf8(bytes.into());
        let unreadable =
            |_| Problem::caller(StatusCode::BAD_REQUEST, "The fragment cannot be read", "It is not UTF-8.");
        text.map(Self).map_err(unreadable)
    }
}

pub async fn read(request: Request, kind: &'static str, limit: usize) -> Result<Bytes, Problem> {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    if !given.eq_ignore_ascii_case(kind) {
        let detail = format!("This needs Content-Type: {kind}.");
        return Err(Problem::caller(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Another type of body", detail));
    }
    if declared_length(request.headers()).is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    match tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), limit)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(too_large(limit)),
        Err(_) => Err(Problem::caller(
            StatusCode::REQUEST_TIMEOUT,
            "The body did not come",
            format!("It has {} seconds.", BODY_TIME.as_secs()),
        )
        .coded(Code::BodyLate)),
    }
}

/// A field that may be missing, `null` or a value: the three are told apart.
pub fn present<'de, T, D>(reader: D) -> Result<Option<T>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    T::deserialize(reader).map(Some)
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Problem {
    let detail = format!("At most {limit} bytes are read.");
    Problem::caller(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large", detail)
        .coded(Code::TooLarge)
        .with("most", limit)
}
