//! The console's files, as they were when the program was built.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::problem::Problem;

/// Name, ETag, bytes.
type File = (&'static str, &'static str, &'static [u8]);

const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

/// What the console may load and whom it may talk to: this node and nobody else. Nothing that stands inside a page runs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);
/// Names in this folder carry a hash of their content.
const HASHED: &str = "assets/";
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Asked for anew each time; the ETag spares the bytes.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

const MISSING: &str = "<!doctype html><meta charset=utf-8><title>Ramal</title><h1>The console is not in this program</h1>\
    <p>Build it and the program again: <code>make console build</code>. The trial page is at <a href=\"/trial/\">/trial/</a>.";

/// Whatever no other route takes.
pub async fn file(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::not_found("endpoint").into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let headers = request.headers();
    match find(path) {
        Some(file) => answer(file, headers),
        None if is_place_of_the_console(path, headers) => index(headers),
        None => Problem::not_found("page").into_response(),
    }
}

/// A file by its path; a page may be called without its ending, as `/widget/trial`.
fn find(path: &str) -> Option<&'static File> {
    let exact = FILES.iter().find(|(name, ..)| *name == path);
    exact.or_else(|| FILES.iter().find(|(name, ..)| name.strip_suffix(".html") == Some(path)))
}

/// The console has places of its own, as `/interactions/7`: a browser that goes to one gets the console.
fn is_place_of_the_console(path: &str, headers: &HeaderMap) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default().contains('.');
    let wanted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let page = path.is_empty() || wanted.contains("text/html");
    let machine = ["api", "whip", "hooks", "live"].contains(&path.split('/').next().unwrap_or_default());
    page && !file && !machine
}

fn index(headers: &HeaderMap) -> Response {
    match find("index.html") {
        Some(file) => answer(file, headers),
        None => Html(MISSING).into_response(),
    }
}

fn answer((name, tag, bytes): &'static File, asked: &HeaderMap) -> Response {
    let cache = if name.starts_with(HASHED) { FOREVER } else { ASK_AGAIN };
    let fixed: [(HeaderName, HeaderValue); 7] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, HeaderValue::from_static(tag)),
        (header::CONTENT_TYPE, HeaderValue::from_static(kind(name))),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    (fixed, *bytes).into_response()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "jpg" => "image/jpeg",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wav" => "audio/wav",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_the_console_is_no_file_and_no_endpoint() {
        let browser = HeaderMap::from_iter([(header::ACCEPT, "text/html,*/*".parse().unwrap())]);
        let script = HeaderMap::from_iter([(header::ACCEPT, "*/*".parse().unwrap())]);
        assert!(is_place_of_the_console("", &script));
        assert!(is_place_of_the_console("interactions/7", &browser));
        assert!(!is_place_of_the_console("interactions/7", &script));
        assert!(!is_place_of_the_console("assets/gone.js", &browser));
        assert!(!is_place_of_the_console("api/v2/me", &browser));
    }
}
