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
/// What the build compressed beside the file itself.
const COMPRESSED: &str = ".gz";
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
    let mut served = FILES.iter().filter(|(name, ..)| !name.ends_with(COMPRESSED));
    let exact = served.clone().find(|(name, ..)| *name == path);
    exact.or_else(|| served.find(|(name, ..)| name.strip_suffix(".html") == Some(path)))
}

/// The same file as whoever takes gzip gets it.
fn compressed(name: &str) -> Option<&'static File> {
    FILES.iter().find(|(other, ..)| other.strip_suffix(COMPRESSED) == Some(name))
}

/// RFC 9110 section 12.5.3; a weight of 0 forbids.
fn takes_gzip(asked: &HeaderMap) -> bool {
    let list = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    list.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let forbidden = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !forbidden
    })
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

fn answer(&(name, tag, bytes): &'static File, asked: &HeaderMap) -> Response {
    let cache = if name.starts_with(HASHED) { FOREVER } else { ASK_AGAIN };
    let smaller = if takes_gzip(asked) { compressed(name) } else { None };
    let &(_, tag, bytes) = smaller.unwrap_or(&(name, tag, bytes));
    let fixed: [(HeaderName, HeaderValue); 8] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, HeaderValue::from_static(tag)),
        (header::CONTENT_TYPE, HeaderValue::from_static(kind(name))),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ];
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    let encoding = smaller.map(|_| [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
    (fixed, encoding.map(HeaderMap::from_iter).unwrap_or_default(), bytes).into_response()
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
    fn gzip_is_for_those_who_take_it() {
        let asking = |text: &str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, text.parse().unwrap())]);
        assert!(takes_gzip(&asking("br, GZIP;q=0.5")));
        assert!(!takes_gzip(&asking("gzip;q=0, br")));
        assert!(!takes_gzip(&HeaderMap::new()));
    }

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
