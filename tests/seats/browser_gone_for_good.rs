//! A browser that is lost and does not come back.

use ramal_tests::{Node, Rtp, Site, WirePage};

#[tokio::test]
async fn its_calls_end_with_the_grace() {
    let node = Node::start_with(Site::acme(), "#web.seat_grace_s = 1").await;
    let (phone, page) = (node.phone("101").await, WirePage::sign_in(&node, "100").await);
    let mut events = page.events().await;
    // Its offer is answered, but nothing ever comes from it.
    let seat = page.attach().await;
    drop(seat);
    let call = page.dial("101").await;
    let other = phone.expect_invite().await;
    other.answer(&Rtp::new().await.sdp()).await;
    events.expect_call("talking").await;
    other.expect_bye().await;
    assert_eq!(events.expect_ended(&call).await["reason"], "browser_lost");
    events.expect_seat("none").await;
    assert_eq!(node.expect_cdr().await["end_reason"], "browser_lost");
}

#[tokio::test]
async fn logging_out_ends_its_calls_at_once() {
    let node = Node::start(Site::acme()).await;
    let (phone, page) = (node.phone("101").await, WirePage::sign_in(&node, "100").await);
    let seat = page.attach().await;
    let mut events = page.events().await;
    let call = page.dial("101").await;
    let other = phone.expect_invite().await;
    other.answer(&Rtp::new().await.sdp()).await;
    events.expect_call("talking").await;
    let answer = page.ask("DELETE", &seat.location, &[], &[]).await;
    assert_eq!(answer.status, 200);
    other.expect_bye().await;
    assert_eq!(events.expect_ended(&call).await["reason"], "normal_clearing");
    let again = page.post("/api/calls", Some(serde_json::json!({ "to": "101" }))).await;
    assert_eq!(again.status, 409, "no seat to call from: {again:?}");
}
