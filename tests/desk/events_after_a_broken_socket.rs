//! B04: live events are numbered, resumed without a gap, and begin with a snapshot where they cannot be.

use ramal_tests::page::events::{Closed, Events};
use ramal_tests::{Desk, Node, Site};
use serde_json::json;

#[tokio::test]
async fn what_happened_meanwhile_comes_once_and_in_order() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let chats = admin.queue("chats", "chat", &[&ana], json!({})).await;
    let mut events = ana.events("").await;
    assert_eq!(events.snapshot["data"]["resumed"], false);
    let epoch = events.snapshot["data"]["epoch"].as_str().unwrap().to_owned();
    let snapshot = events.expect("a snapshot", |event| event["type"] == "snapshot").await;
    let seen = snapshot["seq"].as_u64().unwrap();
    drop(events);
    ana.does("/presence/login", json!({ "queues": [chats] })).await;
    ana.does("/presence/logout", json!({})).await;
    let mut events = ana.events(&format!("?epoch={epoch}&after={seen}")).await;
    assert_eq!(events.snapshot["data"]["resumed"], true);
    let mut states = Vec::new();
    let mut last = seen;
    while states.len() < 2 || states.last() != Some(&json!("offline")) {
        let event = events.expect("what happened", |_| true).await;
        assert_ne!(event["type"], "snapshot");
        let seq = event["seq"].as_u64().unwrap();
        assert!(seq > last, "{seq} after {last}");
        last = seq;
        if event["type"] == "presence" {
            states.push(event["data"]["queues"][0]["state"].clone());
        }
    }
    assert!(states.contains(&json!("online")), "{states:?}");
}

#[tokio::test]
async fn another_run_of_the_node_begins_with_a_snapshot() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let mut events = admin.events("?epoch=of-another-run&after=7").await;
    assert_eq!(events.snapshot["data"]["resumed"], false);
    assert_eq!(events.next().await.unwrap()["type"], "snapshot");
}

#[tokio::test]
async fn strangers_and_pages_of_other_sites_hear_nothing() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let path = "/api/v1/events";
    assert!(Events::not_followed(node.web, path, &[]).await.contains("401"));
    let cookie = ("Cookie", admin.cookie());
    assert!(Events::not_followed(node.web, path, &[cookie]).await.contains("403"));
    let elsewhere = ("Origin", "http://elsewhere.test");
    assert!(Events::not_followed(node.web, path, &[cookie, elsewhere]).await.contains("403"));
}

#[tokio::test]
async fn the_seventeenth_console_of_a_user_is_refused() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(admin.events("").await);
    }
    let origin = format!("http://{}", node.web);
    let headers = [("Cookie", admin.cookie()), ("Origin", origin.as_str())];
    assert!(Events::not_followed(node.web, "/api/v1/events", &headers).await.contains("429"));
}

#[tokio::test]
async fn a_log_in_that_is_taken_away_ends_the_events() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let again = Desk::log_in(&node, "ana@acme.test").await;
    let (mut one, mut two) = (ana.events("").await, again.events("").await);
    assert_eq!(ana.post("/logout", json!({})).await.status, 204);
    one.expect("the word", |event| event["type"] == "signed_out").await;
    assert_eq!(one.closed().await, Closed(Some(4_401)));
    let disabled = admin.patch(&format!("/users/{}", ana.id()), json!({ "enabled": false })).await;
    assert_eq!(disabled.status, 200, "{}", disabled.text());
    assert_eq!(two.closed().await, Closed(Some(4_401)));
}
