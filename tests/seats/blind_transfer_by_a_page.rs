//! A page gives its call away without asking first.

use ramal_tests::{Node, Rtp, Site, WirePage};
use serde_json::json;

#[tokio::test]
async fn the_target_answers_and_the_page_is_free() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let _seat = page.take_seat().await;
    let mut events = page.events().await;
    let (caller, ear) = (node.phone("101").await, Rtp::new().await);
    let mut call = caller.invite("100", &ear.sdp()).await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    page.tell(&id, "answer", None).await;
    ear.follow(&call.answered().await.text());
    let (target, mouth) = (node.phone("102").await, Rtp::new().await);
    page.tell(&id, "transfer", Some(json!({ "to": "102" }))).await;
    events.expect("a transfer that rings", |e| e["type"] == "transfer" && e["state"] == "ringing").await;
    let other = target.expect_invite().await;
    mouth.follow(&other.offer());
    other.answer(&mouth.sdp()).await;
    events.expect("a transfer that is done", |e| e["type"] == "transfer" && e["state"] == "done").await;
    assert_eq!(events.expect_ended(&id).await["reason"], "transferred");
    ear.speak(500.0);
    mouth.speak(600.0);
    tokio::join!(ear.hears(600.0), mouth.hears(500.0));
    tokio::join!(call.bye(), other.expect_bye());
    assert_eq!(node.expect_cdr().await["transferred_to"], "102");
}

#[tokio::test]
async fn the_target_is_busy_and_the_two_talk_on() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let mut events = page.events().await;
    let (caller, ear) = (node.phone("101").await, Rtp::new().await);
    let mut call = caller.invite("100", &ear.sdp()).await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    page.tell(&id, "answer", None).await;
    ear.follow(&call.answered().await.text());
    let target = node.phone("102").await;
    page.tell(&id, "transfer", Some(json!({ "to": "102" }))).await;
    target.expect_invite().await.reject(486).await;
    let failed = events.expect("a transfer that failed", |e| e["state"] == "failed").await;
    assert_eq!(failed["reason"], "busy");
    events.expect_call("talking").await;
    ear.speak(500.0);
    seat.media.speak(600.0);
    tokio::join!(ear.hears(600.0), seat.media.hears(500.0));
}
