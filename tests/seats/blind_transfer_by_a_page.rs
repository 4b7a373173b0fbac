//! A page gives its call away without asking first.

use ramal_tests::page::events::Events;
use ramal_tests::talk::AgentCall;
use ramal_tests::{Call, Node, Rtp, Site, Ua, WirePage};
use serde_json::json;

/// Phone 101 calls the page, which answers: the phone, its ear, its call, and what the page calls it.
async fn answered(node: &Node, page: &WirePage, events: &mut Events) -> (Ua, Rtp, Call, String) {
    let (caller, ear) = (node.phone("101").await, Rtp::new().await);
    let mut call = caller.invite("100", &ear.sdp()).await;
    let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    page.tell(&id, "answer", None).await;
    ear.follow(&call.answered().await.text());
    (caller, ear, call, id)
}

#[tokio::test]
async fn the_target_answers_and_the_page_is_free() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let _seat = page.take_seat().await;
    let mut events = page.events().await;
    let (_caller, ear, mut call, id) = answered(&node, &page, &mut events).await;
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
    let (_caller, ear, _call, id) = answered(&node, &page, &mut events).await;
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

#[tokio::test]
async fn nobody_answers_and_the_page_is_told_so() {
    let node = Node::start(Site::acme().ringing_for(5)).await;
    let page = WirePage::sign_in(&node, "100").await;
    let _seat = page.take_seat().await;
    let mut events = page.events().await;
    let (_caller, _ear, _call, id) = answered(&node, &page, &mut events).await;
    let target = node.phone("102").await;
    page.tell(&id, "transfer", Some(json!({ "to": "102" }))).await;
    let _rings = target.expect_invite().await;
    let failed = events.expect("a transfer that failed", |e| e["state"] == "failed").await;
    assert_eq!(failed["reason"], "no_answer");
    events.expect_call("talking").await;
}

#[tokio::test]
async fn a_call_is_not_given_to_the_party_that_is_in_it() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let mut events = page.events().await;
    let (_caller, ear, _call, id) = answered(&node, &page, &mut events).await;
    for to in ["101", "100"] {
        page.tell(&id, "transfer", Some(json!({ "to": to }))).await;
        let failed = events.expect("a transfer that failed", |e| e["type"] == "transfer").await;
        assert_eq!(
            (&failed["state"], &failed["reason"]),
            (&json!("failed"), &json!("in_call_already")),
            "{to}"
        );
    }
    ear.speak(500.0);
    seat.media.speak(600.0);
    tokio::join!(ear.hears(600.0), seat.media.hears(500.0));
}

#[tokio::test]
async fn a_call_between_extensions_goes_to_a_colleague_who_has_a_phone_and_to_nobody_else() {
    let node = Node::start(Site::acme()).await;
    let talk = AgentCall::begin(&node).await;
    let (admin, ana) = (&talk.admin, &talk.ana);
    let bia = admin.colleague("Bia", "agent", json!({ "extension": "102" })).await;
    let rui = admin.colleague("Rui", "agent", json!({})).await;
    let chats = admin.queue("site", "chat", &[], json!({ "title": "Site" })).await;
    let gone = admin.queue("antiga", "voice", &[], json!({ "title": "Antiga", "enabled": false })).await;
    let place = format!("/calls/{}/transfer", talk.id);
    for (to, status, code) in [
        (json!({ "user": ana.id() }), 409, "already_with_agent"),
        (json!({ "user": rui.id() }), 409, "cannot_take"),
        (json!({ "user": 999_999 }), 422, "no_agent"),
        (json!({ "queue": chats }), 422, "wrong_medium"),
        (json!({ "queue": gone }), 422, "no_queue"),
    ] {
        let refused = ana.post(&place, json!({ "to": to })).await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (status, &json!(code)),
            "{to}: {}",
            refused.text()
        );
    }
    // Nor is it anybody else's to give away.
    assert_eq!(bia.post(&place, json!({ "to": { "user": rui.id() } })).await.status, 404);
    talk.is_heard().await;
    let (phone, ear) = (node.phone("102").await, Rtp::new().await);
    let sent = ana.post(&place, json!({ "to": { "user": bia.id() } })).await;
    assert_eq!(sent.status, 202, "{}", sent.text());
    let at_bia = phone.expect_invite().await;
    ear.follow(&at_bia.offer());
    at_bia.answer(&ear.sdp()).await;
    ear.speak(880.0);
    tokio::join!(ear.hears(AgentCall::PHONE_HZ), talk.rtp.hears_all(&[880.0], &[AgentCall::AGENT_HZ]));
}
