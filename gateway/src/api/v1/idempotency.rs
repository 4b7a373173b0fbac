//! A POST that comes again with the same `Idempotency-Key` is answered as it was, and done once.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};

use super::signed::Signed;
use crate::api::Web;
use crate::api::problem::{Code, Problem};
use crate::model::SealedSecret;
use crate::people;
use crate::store::{Repeat, RepeatKey};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key, in bytes.
const KEY_LIMIT: usize = 128;
/// Largest body of a request that may carry a key, in bytes; what is larger is done without.
const REQUEST_LIMIT: usize = 256 << 10;
/// Largest answer that is kept, in bytes.
const RESPONSE_LIMIT: usize = 256 << 10;

/// An answer as it is kept. It may hold a token that is told once, so that it lies sealed with the node's key.
#[derive(Serialize, Deserialize)]
struct Kept {
    content_type: Option<String>,
    body: String,
}

/// Stands before all endpoints.
pub async fn repeat(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get(HEADER).filter(|_| request.method() == Method::POST).cloned()
    else {
        return next.run(request).await;
    };
    match once(&web, &key, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn once(web: &Web, key: &HeaderValue, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    // Who is not signed in learns so from the endpoint, or needs not be, as at log-in.
    let Ok(signed) = Signed::from_request_parts(&mut parts, web).await else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let declared =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > REQUEST_LIMIT) {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let key = key.to_str().ok().filter(|key| (1..=KEY_LIMIT).contains(&key.len()));
    let key = key.ok_or_else(|| Problem::wrong("Idempotency-Key", "1 to 128 plain characters."))?;
    let too_large =
        |_| Problem::caller(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large", "With a key.");
    let bytes = to_bytes(body, REQUEST_LIMIT).await.map_err(too_large)?;
    let path = parts.uri.to_string();
    let key = RepeatKey {
        organization: signed.organization,
        user: signed.user,
        key: key.to_owned(),
        request_hash: people::fingerprint(&[path.as_bytes(), &bytes]),
    };
    match web.store.claim_repeat(&key, signed.origin.now_ms).await? {
        Repeat::First => {
            let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
            Ok(keep(web, &key, response).await)
        }
        Repeat::AtWork => {
            Err(Problem::conflict("At work", "The same request is being done right now.").coded(Code::AtWork))
        }
        Repeat::Another => {
            Err(Problem::wrong("Idempotency-Key", "This key was used for another request: draw a new one.")
                .coded(Code::KeyReused))
        }
        Repeat::Done { status, response } => again(web, &key, status, response),
    }
}

/// Keeps an answer that settles something. What failed on our side, or is too large to keep, may be tried again.
async fn keep(web: &Web, key: &RepeatKey, response: Response) -> Response {
    let (parts, mut body) = response.into_parts();
    let settled = !parts.status.is_server_error() && parts.status != StatusCode::TOO_MANY_REQUESTS;
    let small = axum::body::HttpBody::size_hint(&body).exact().is_some_and(|n| n <= RESPONSE_LIMIT as u64);
    let bytes = match body.collect().await {
        Ok(bytes) if settled && small => bytes.to_bytes(),
        Ok(bytes) => {
            let _ = web.store.forget_repeat(key).await;
            return Response::from_parts(parts, Body::from(bytes.to_bytes()));
        }
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kept = Kept {
        content_type: content_type.map(str::to_owned),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    let sealed = serde_json::to_string(&kept).ok().and_then(|text| web.key.seal(&place(key), &text).ok());
    let outcome = match sealed {
        Some(SealedSecret(sealed)) => web.store.finish_repeat(key, parts.status.as_u16(), &sealed).await,
        None => web.store.forget_repeat(key).await,
    };
    if let Err(error) = outcome {
        tracing::warn!(%error, "the answer to a request with a key could not be kept");
    }
    body = Body::from(bytes);
    Response::from_parts(parts, body)
}

fn again(web: &Web, key: &RepeatKey, status: u16, response: String) -> Result<Response, Problem> {
    let lost = || {
        Problem::conflict("Done already", "The request was done; its answer cannot be told again.")
            .coded(Code::DoneAlready)
    };
    let text = web.key.open(&place(key), &SealedSecret(response)).map_err(|_| lost())?;
    let kept: Kept = serde_json::from_str(&text).map_err(|_| lost())?;
    let status = StatusCode::from_u16(status).map_err(|_| lost())?;
    let mut response = (status, [(REPLAYED, "true")], kept.body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    if let Some(kind) = kept.content_type.and_then(|kind| HeaderValue::from_str(&kind).ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(response)
}

/// An answer opens for its own request only.
fn place(key: &RepeatKey) -> String {
    format!("idempotency {} {} {}", key.user, key.key, key.request_hash)
}
