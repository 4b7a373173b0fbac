//! A page dials out by a G.711 trunk.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::{Node, Rtp, Site, WirePage};
use serde_json::json;

#[tokio::test]
async fn tones_cross_both_ways_and_the_record_counts_only_this_call() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, "")).await;
    let carrier = carrier_of(&node, address).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let mut events = page.events().await;
    let call = page.dial("01155512345").await;
    let other = carrier.expect_invite().await;
    assert_eq!(other.invited_user(), "1155512345");
    other.ring().await;
    assert_eq!(events.expect_call("alerting").await["direction"], "outgoing");
    let mouth = Rtp::new().await;
    mouth.follow(&other.offer());
    other.answer(&mouth.sdp()).await;
    assert_eq!(events.expect_call("talking").await["id"], call.as_str());
    seat.media.speak(440.0);
    mouth.speak(660.0);
    // What is lost on a busy machine is concealed: a tone of 200 ms may have come in a few packets, one of a second has not.
    for _ in 0..5 {
        tokio::join!(seat.media.hears(660.0), mouth.hears(440.0));
    }
    tokio::join!(page.hang_up(&call), other.expect_bye());
    assert_eq!(events.expect_ended(&call).await["reason"], "normal_clearing");
    let record = node.expect_cdr().await;
    assert_eq!((&record["trunk"], &record["direction"]), (&json!("carrier"), &json!("outbound")));
    let counted = &record["legs"][0]["statistics"]["received"]["packets"];
    assert!(counted.as_u64().is_some_and(|packets| packets > 5), "{record:#}");
}

#[tokio::test]
async fn a_number_that_is_not_there_is_told_at_once_and_leaves_its_record() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let _seat = page.attach().await;
    let answer = page.post("/api/calls", Some(json!({ "to": "999" }))).await;
    assert_eq!((answer.status, &answer.json()["fault"]), (404, &json!("caller")));
    assert_eq!(node.expect_cdr().await["end_reason"], "number_unknown");
}

#[tokio::test]
async fn ones_own_number_is_no_full_server() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let _seat = page.attach().await;
    let answer = page.post("/api/calls", Some(json!({ "to": "100" }))).await;
    assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("call_in_already")));
    assert_eq!(node.expect_cdr().await["end_reason"], "in_call_already");
}

#[tokio::test]
async fn digits_reach_the_carrier_as_events() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, "")).await;
    let carrier = carrier_of(&node, address).await;
    let page = WirePage::sign_in(&node, "100").await;
    let _seat = page.take_seat().await;
    let call = page.dial("01155512345").await;
    let other = carrier.expect_invite().await;
    let mouth = Rtp::new().await;
    mouth.follow(&other.offer());
    other.answer(&mouth.sdp()).await;
    page.events().await;
    page.tell(&call, "dtmf", Some(json!({ "digits": "5#" }))).await;
    assert_eq!(mouth.expect_digit().await.0, '5');
    assert_eq!(mouth.expect_digit().await.0, '#');
}

#[tokio::test]
async fn a_page_hears_its_own_echo() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let call = page.dial("*43").await;
    seat.media.speak(500.0);
    seat.media.hears(500.0).await;
    page.hang_up(&call).await;
    assert_eq!(node.expect_cdr().await["destination"], "service:echo");
}
