//! A page consults a colleague and connects the caller.

use ramal_tests::{Node, Rtp, Site, WirePage};
use serde_json::json;

#[tokio::test]
async fn the_two_others_talk_and_the_page_has_left_both_calls() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let mut events = page.events().await;
    let (caller, ear) = (node.phone("101").await, Rtp::new().await);
    let mut first = caller.invite("100", &ear.sdp()).await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    page.tell(&id, "answer", None).await;
    ear.follow(&first.answered().await.text());
    let (colleague, mouth) = (node.phone("102").await, Rtp::new().await);
    let second = page.dial("102").await;
    let other = colleague.expect_invite().await;
    mouth.follow(&other.offer());
    other.answer(&mouth.sdp()).await;
    seat.media.speak(440.0);
    mouth.hears(440.0).await;
    page.tell(&id, "transfer", Some(json!({ "call": second }))).await;
    ear.speak(500.0);
    mouth.speak(600.0);
    tokio::join!(ear.hears(600.0), mouth.hears(500.0));
    let list = page.ask("GET", "/api/calls", &[], &[]).await.json();
    assert_eq!(list, json!([]));
    tokio::join!(first.bye(), other.expect_bye());
}
