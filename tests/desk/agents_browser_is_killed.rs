//! B06: an agent whose browser is gone gives back what he is offered at once, and stands in no queue after the grace.

use ramal_tests::{Desk, Node, Rtp, Site};
use serde_json::json;

#[tokio::test]
async fn the_caller_goes_on_to_the_next_and_the_standing_ends_with_the_grace() {
    let node = Node::start_with(Site::acme(), "[desk]\nagent_grace_s = 1").await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({ "extension": "101" })).await;
    let rui = admin.colleague("Rui", "agent", json!({ "extension": "102" })).await;
    let queue = admin.queue("sales", "voice", &[&ana, &rui], json!({ "offer_timeout_s": 300 })).await;
    admin.queue_number("*80", "sales").await;
    let mut ana_events = ana.events("").await;
    ana.does("/presence/login", json!({ "queues": [queue] })).await;
    let (phone, rtp) = (node.phone("103").await, Rtp::new().await);
    let mut call = phone.invite("*80", &rtp.sdp()).await;
    call.answered().await;
    let offer = ana_events.expect("an offer", |event| event["type"] == "offer").await["data"].clone();
    let mut rui_events = rui.events("").await;
    rui.does("/presence/login", json!({ "queues": [queue] })).await;
    drop(ana_events);
    let next = rui_events.expect("the same for the other", |event| event["type"] == "offer").await;
    assert_eq!(next["data"]["interaction"]["id"], offer["interaction"]["id"]);
    rui_events
        .expect("that Ana stands nowhere", |event| {
            event["type"] == "agent"
                && event["data"]["id"] == ana.id()
                && event["data"]["standings"] == json!([])
        })
        .await;
    let desk = ana.read("/desk").await;
    assert_eq!(desk["desk"]["presence"]["queues"][0]["state"], "offline");
    call.bye().await;
}
