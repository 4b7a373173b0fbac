//! Which pages may use the API: our own, and those of origins that the administrator names.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Web;
use super::problem::{Code, Problem};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE, OPTIONS");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, if-match");
const EXPOSED: HeaderValue = HeaderValue::from_static("location, etag, retry-after");
/// How long a browser may remember that it may ask, in seconds.
const REMEMBERED_S: HeaderValue = HeaderValue::from_static("600");

/// Refuses pages of strange origins, and tells browsers which of the others may read the answer.
pub async fn check(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else { return next.run(request).await };
    if is_own(&web, &origin, request.headers()) {
        return next.run(request).await;
    }
    let allowed = web.config.allowed_origins.iter().any(|known| known.as_bytes() == origin.as_bytes());
    if !allowed {
        let detail = "Pages of this origin may not use this API: web.allowed_origins names those that may.";
        return Problem::caller(StatusCode::FORBIDDEN, "Another origin", detail)
            .coded(Code::OtherOrigin)
            .into_response();
    }
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let told: [(HeaderName, HeaderValue); 6] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (header::VARY, HeaderValue::from_static("origin")),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED_S),
    ];
    response.headers_mut().extend(told);
    response
}

/// True for a request that a page of ours sends, and says so.
pub fn is_from_own_page(web: &Web, headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_some_and(|origin| is_own(web, origin, headers))
}

/// True for a page that was loaded from the host that it now asks, or from the address by which the world knows this node.
fn is_own(web: &Web, origin: &HeaderValue, headers: &HeaderMap) -> bool {
    if web.config.public_url.as_ref().is_some_and(|url| url.as_bytes() == origin.as_bytes()) {
        return true;
    }
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), headers.get(header::HOST).map(HeaderValue::to_str))
    else {
        return false;
    };
    let page = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    page.is_some_and(|page| page.eq_ignore_ascii_case(host))
}
