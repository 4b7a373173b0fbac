//! A carrier's call rings a page.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::{Node, Rtp, Site, WirePage};
use serde_json::json;

#[tokio::test]
async fn answered_in_the_page_and_recorded() {
    let address = carrier_address().await;
    let site =
        Site::acme().recorded().trunk("carrier", address, "").trunk_number("carrier", "551140000000", "100");
    let node = Node::start(site).await;
    let carrier = carrier_of(&node, address).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let mut events = page.events().await;
    let ear = Rtp::new().await;
    let mut call = carrier.invite("551140000000", &ear.sdp()).await;
    let rings = events.expect_call("ringing").await;
    assert_eq!(rings["direction"], "incoming");
    let id = rings["id"].as_str().expect("an id").to_owned();
    page.tell(&id, "answer", None).await;
    ear.follow(&call.answered().await.text());
    assert_eq!(events.expect_call("talking").await["id"], id.as_str());
    ear.speak(440.0);
    seat.media.speak(660.0);
    tokio::join!(seat.media.hears(440.0), ear.hears(660.0));
    call.bye().await;
    let ended = events.expect_ended(&id).await;
    assert_eq!((&ended["reason"], &ended["by"]), (&json!("normal_clearing"), &json!("caller")));
    let record = node.expect_cdr().await;
    assert_eq!(record["legs"][1]["party"]["extension"], "100");
    node.expect_recording("sealed").await;
}

#[tokio::test]
async fn rejected_in_the_page_the_caller_hears_busy() {
    let node = Node::start(Site::acme()).await;
    let (phone, page) = (node.phone("101").await, WirePage::sign_in(&node, "100").await);
    let _seat = page.attach().await;
    let mut events = page.events().await;
    let mut call = phone.invite("100", &Rtp::new().await.sdp()).await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    page.tell(&id, "reject", Some(json!({ "reason": "busy" }))).await;
    call.expect_status(486).await;
    assert_eq!(events.expect_ended(&id).await["reason"], "busy");
}

#[tokio::test]
async fn the_caller_gives_up_and_the_page_stops_ringing() {
    let node = Node::start(Site::acme()).await;
    let (phone, page) = (node.phone("101").await, WirePage::sign_in(&node, "100").await);
    let _seat = page.attach().await;
    let mut events = page.events().await;
    let mut call = phone.invite("100", &Rtp::new().await.sdp()).await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    call.cancel().await;
    assert_eq!(events.expect_ended(&id).await["reason"], "caller_cancelled");
}
