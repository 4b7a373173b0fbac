//! The console's files and what stands around them.

use ramal_tests::page::http;
use ramal_tests::{Node, Site};

#[tokio::test]
async fn the_first_page_answers_and_strange_ones_do_not() {
    let node = Node::start(Site::acme()).await;
    let get = |path: &'static str| http::request(node.web, "GET", path, &[], b"");
    let page = get("/").await;
    assert_eq!((page.status, page.header("Content-Type").as_str()), (200, "text/html; charset=utf-8"));
    assert_eq!(get("/nothing.js").await.status, 404);
    assert_eq!(get("/..%2fCargo.toml").await.status, 404);
    assert_eq!(get("/api/v2/me").await.status, 404);
    let unknown = get("/api/v1/nothing").await;
    assert_eq!((unknown.status, unknown.header("Content-Type").as_str()), (404, "application/problem+json"));
    let moved = get("/trial").await;
    assert_eq!((moved.status, moved.header("Location").as_str()), (308, "/trial/"));
}

#[tokio::test]
async fn the_document_of_the_api_is_served() {
    let node = Node::start(Site::acme()).await;
    let document = http::request(node.web, "GET", "/api/v1/openapi.json", &[], b"").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(document["paths"]["/me"]["get"].is_object());
}
