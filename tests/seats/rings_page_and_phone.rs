//! An extension with a phone and a page: both ring, the first to answer has the call.

use ramal_tests::{Node, Rtp, Site, WirePage};

#[tokio::test]
async fn the_phone_answers_and_the_page_stops_ringing() {
    let node = Node::start(Site::acme()).await;
    let (caller, phone) = (node.phone("101").await, node.phone("100").await);
    let page = WirePage::sign_in(&node, "100").await;
    let _seat = page.attach().await;
    let mut events = page.events().await;
    let mut call = caller.invite("100", &Rtp::new().await.sdp()).await;
    let other = phone.expect_invite().await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    let media = Rtp::new().await;
    let answer = media.sdp();
    tokio::join!(other.answer(&answer), call.answered());
    assert_eq!(events.expect_ended(&id).await["reason"], "answered_elsewhere");
    let late = page.post(&format!("/api/calls/{id}/answer"), None).await;
    assert_eq!(late.status, 404, "{late:?}");
}

#[tokio::test]
async fn the_page_answers_and_the_phone_is_cancelled() {
    let node = Node::start(Site::acme()).await;
    let (caller, phone) = (node.phone("101").await, node.phone("100").await);
    let page = WirePage::sign_in(&node, "100").await;
    let _seat = page.attach().await;
    let mut events = page.events().await;
    let mut call = caller.invite("100", &Rtp::new().await.sdp()).await;
    let other = phone.expect_invite().await;
    other.ring().await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    page.tell(&id, "answer", None).await;
    tokio::join!(other.expect_cancel(), call.answered());
    assert_eq!(events.expect_call("talking").await["id"], id.as_str());
}
