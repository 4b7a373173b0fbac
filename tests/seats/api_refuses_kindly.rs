//! What the API refuses, and what it says then.

use ramal_tests::deadline::until_async;
use ramal_tests::page::events::{Closed, Events};
use ramal_tests::page::http;
use ramal_tests::{Node, Site, WirePage};
use serde_json::json;

const SDP: (&str, &str) = ("Content-Type", "application/sdp");
const FRAGMENT: (&str, &str) = ("Content-Type", "application/trickle-ice-sdpfrag");

#[tokio::test]
async fn wrong_passwords_and_unknown_extensions_sound_the_same_and_run_into_a_limit() {
    let node = Node::start(Site::acme()).await;
    let wrong = WirePage::try_sign_in(&node, "100", "acme.test", "wrong").await;
    let unknown = WirePage::try_sign_in(&node, "999", "acme.test", "wrong").await;
    assert_eq!((wrong.status, wrong.text()), (401, unknown.text()));
    assert_eq!((unknown.status, wrong.header("WWW-Authenticate").as_str()), (401, "Bearer"));
    for _ in 0..8 {
        assert_eq!(WirePage::try_sign_in(&node, "100", "acme.test", "wrong").await.status, 401);
    }
    // One of ten is forgotten every few seconds: whoever is slow has a few more.
    let limited = until_async("the limit", async || {
        let answer = WirePage::try_sign_in(&node, "100", "acme.test", "wrong").await;
        assert!(matches!(answer.status, 401 | 429), "{answer:?}");
        (answer.status == 429).then_some(answer)
    })
    .await;
    assert!(limited.header("Retry-After").parse::<u32>().is_ok_and(|s| s > 0), "{limited:?}");
}

#[tokio::test]
async fn without_a_good_token_nothing_is_done() {
    let node = Node::start(Site::acme()).await;
    let none = http::request(node.web, "POST", "/whip", &[SDP], b"v=0\r\n").await;
    let odd =
        http::request(node.web, "POST", "/whip", &[SDP, ("Authorization", "Bearer AAAA")], b"v=0\r\n").await;
    assert_eq!((none.status, odd.status), (401, 401));
    assert_eq!(none.header("Content-Type"), "application/problem+json");
    assert_eq!(Events::refused(node.web, &json!({ "token": "AAAA" }).to_string()).await, Closed(Some(4401)));
    assert_eq!(Events::refused(node.web, "nonsense").await, Closed(Some(4401)));
}

#[tokio::test]
async fn a_token_ends_with_its_extension() {
    let site = Site::acme();
    let node = Node::start(site.clone()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let mut without = site;
    without.extensions.retain(|e| e.number != "100");
    node.apply(&without).await;
    let mut status = 0;
    ramal_tests::deadline::within("a token that is worth nothing", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
        while status != 401 {
            tick.tick().await;
            status = page.ask("GET", "/api/calls", &[], &[]).await.status;
        }
    })
    .await;
}

#[tokio::test]
async fn bodies_of_the_wrong_type_size_and_content() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let bearer = page.token().to_owned();
    let json = page.ask("POST", "/whip", &[("Content-Type", "application/json")], b"{}").await;
    assert_eq!(json.status, 415);
    assert_eq!(page.ask("POST", "/whip", &[SDP], b"nonsense").await.status, 400);
    let head = format!(
        "POST /whip HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/sdp\r\nContent-Length: 2000000\r\n\r\n",
        node.web
    );
    // Not a byte of the body is sent: it is refused by its length.
    let large = http::raw(node.web, head.as_bytes(), b"").await;
    assert_eq!((large.status, &large.json()["fault"]), (413, &json!("caller")));
    let odd = page.post("/api/calls", Some(json!({ "to": "1\r\nX: y" }))).await;
    assert_eq!(odd.status, 400);
    assert_eq!(page.post("/api/calls", Some(json!({ "to": "101" }))).await.status, 409);
}

#[tokio::test]
async fn patch_goes_by_if_match() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.attach().await;
    let restart = b"a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n";
    let patch =
        async |etag: &str| page.ask("PATCH", &seat.location, &[FRAGMENT, ("If-Match", etag)], restart).await;
    assert_eq!(page.ask("PATCH", &seat.location, &[FRAGMENT], restart).await.status, 428);
    assert_eq!(patch("\"other\"").await.status, 412);
    assert_eq!(patch(&seat.etag).await.status, 204);
    let restarted = patch("*").await;
    assert_eq!(restarted.status, 200);
    assert!(restarted.text().contains("a=ice-ufrag:"), "{restarted:?}");
    assert_ne!(restarted.header("ETag"), seat.etag);
    assert_eq!(patch(&seat.etag).await.status, 412);
    let stranger = WirePage::sign_in(&node, "101").await;
    assert_eq!(stranger.ask("DELETE", &seat.location, &[], &[]).await.status, 404);
}

#[tokio::test]
async fn a_page_sees_and_touches_its_own_calls_only() {
    let node = Node::start(Site::acme()).await;
    let (page, stranger) = (WirePage::sign_in(&node, "100").await, WirePage::sign_in(&node, "101").await);
    let (_seat, _other) = (page.attach().await, stranger.attach().await);
    let call = page.dial("*43").await;
    let answer = stranger.ask("DELETE", &format!("/api/calls/{call}"), &[], &[]).await;
    assert_eq!(answer.status, 404);
    assert_eq!(stranger.ask("GET", "/api/calls", &[], &[]).await.json(), json!([]));
    assert_eq!(page.post(&format!("/api/calls/{call}/answer"), None).await.status, 409);
}

#[tokio::test]
async fn pages_of_other_origins_need_leave() {
    let node = Node::start_with(Site::acme(), "#web.allowed_origins = [\"https://shop.example\"]").await;
    let ask =
        async |origin: &str| http::request(node.web, "GET", "/api/calls", &[("Origin", origin)], b"").await;
    assert_eq!(ask("https://evil.example").await.status, 403);
    let allowed = ask("https://shop.example").await;
    assert_eq!(
        (allowed.status, allowed.header("Access-Control-Allow-Origin").as_str()),
        (401, "https://shop.example")
    );
    assert_eq!(ask(&format!("http://{}", node.web)).await.status, 401);
    let wanted = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST")];
    assert_eq!(http::request(node.web, "OPTIONS", "/whip", &wanted, b"").await.status, 204);
}

#[tokio::test]
async fn the_trial_page_is_there_and_may_talk_to_nobody_else() {
    let node = Node::start(Site::acme()).await;
    let page = http::request(node.web, "GET", "/trial/", &[], b"").await;
    assert_eq!((page.status, page.header("Content-Type").as_str()), (200, "text/html; charset=utf-8"));
    assert!(page.header("Content-Security-Policy").starts_with("default-src 'none'"));
    assert_eq!(http::request(node.web, "GET", "/trial/trial.js", &[], b"").await.status, 200);
    assert_eq!(http::request(node.web, "GET", "/trial/..%2fCargo.toml", &[], b"").await.status, 404);
}
