//! A request that comes again with its key is answered as it was, and done once.

use ramal_tests::{Desk, Node, Site};
use serde_json::json;

#[tokio::test]
async fn the_same_key_and_request_do_it_once() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let key = [("Idempotency-Key", "8e03978e-40d5-43dd-bc93-6894a57f9324")];
    let body = json!({ "number": "200" });
    let first = admin.ask_with("POST", "/extensions", &key, Some(&body)).await;
    let again = admin.ask_with("POST", "/extensions", &key, Some(&body)).await;
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text());
    assert_eq!(first.json(), again.json());
    assert_eq!(again.header("Idempotency-Replayed"), "true");
    assert_eq!(again.header("Content-Type"), "application/json");
    let other = admin.ask_with("POST", "/extensions", &key, Some(&json!({ "number": "201" }))).await;
    assert_eq!(other.status, 422);
    // What is kept of the answer, which holds a password, is sealed.
    let kept = node.database.ask("SELECT response FROM idempotency").await.concat();
    assert!(!kept.is_empty() && !kept.contains("number"));
    // Another user's key is another key.
    let eva = admin.colleague("Eva", "administrator", json!({})).await;
    assert_eq!(eva.ask_with("POST", "/extensions", &key, Some(&body)).await.status, 409);
}

#[tokio::test]
async fn a_refusal_is_repeated_too() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let key = [("Idempotency-Key", "one")];
    let body = json!({ "number": "100" });
    assert_eq!(admin.ask_with("POST", "/extensions", &key, Some(&body)).await.status, 409);
    admin.delete("/extensions/100").await;
    let again = admin.ask_with("POST", "/extensions", &key, Some(&body)).await;
    assert_eq!((again.status, again.header("Content-Type").as_str()), (409, "application/problem+json"));
    let odd = [("Idempotency-Key", "")];
    assert_eq!(admin.ask_with("POST", "/extensions", &odd, Some(&body)).await.status, 422);
}
