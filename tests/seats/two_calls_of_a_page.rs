//! Of several calls of a page one is heard.

use ramal_tests::{Node, Rtp, Site, WirePage};
use serde_json::json;

#[tokio::test]
async fn answering_the_second_holds_the_first_with_music_and_resuming_turns_back() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let mut events = page.events().await;
    let mut calls = Vec::new();
    for (number, hz) in [("101", 440.0), ("102", 660.0)] {
        let (phone, rtp) = (node.phone(number).await, Rtp::new().await);
        let mut call = phone.invite("100", &rtp.sdp()).await;
        let id = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
        page.tell(&id, "answer", None).await;
        rtp.follow(&call.answered().await.text());
        rtp.speak(hz);
        seat.media.hears(hz).await;
        calls.push((id, rtp, call, phone));
    }
    seat.media.speak(550.0);
    calls[1].1.hears(550.0).await;
    let list = page.ask("GET", "/api/calls", &[], &[]).await.json();
    assert_eq!((&list[0]["state"], &list[1]["state"]), (&"held".into(), &"talking".into()));
    page.tell(&calls[0].0, "resume", None).await;
    tokio::join!(calls[0].1.hears(550.0), seat.media.hears(440.0));
    events
        .expect("the second one held", |e| {
            e["call"]["id"] == calls[1].0.as_str() && e["call"]["state"] == "held"
        })
        .await;
    page.hang_up(&calls[0].0).await;
    page.tell(&calls[1].0, "resume", None).await;
    tokio::join!(calls[1].1.hears(550.0), seat.media.hears(660.0));
}

#[tokio::test]
async fn a_second_call_that_comes_to_nothing_at_once_leaves_the_first_as_it_was() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    let mut events = page.events().await;
    // Nobody is there, one's own number, nothing is registered: none of them holds what is heard, nor ends it.
    let comes_to_nothing = async |first: &str| {
        for (number, status) in [("98765", 404), ("100", 409), ("102", 409)] {
            let refused = page.post("/api/calls", Some(json!({ "to": number }))).await;
            assert_eq!(refused.status, status, "{number}: {}", refused.text());
            let list = page.ask("GET", "/api/calls", &[], &[]).await.json();
            assert_eq!((&list[0]["id"], &list[0]["state"]), (&json!(first), &json!("talking")), "{number}");
        }
    };
    let echo = page.dial("*43").await;
    comes_to_nothing(&echo).await;
    seat.media.speak(500.0);
    seat.media.hears(500.0).await;
    page.hang_up(&echo).await;
    let (phone, rtp) = (node.phone("101").await, Rtp::new().await);
    let mut call = phone.invite("100", &rtp.sdp()).await;
    let first = events.expect_call("ringing").await["id"].as_str().expect("an id").to_owned();
    page.tell(&first, "answer", None).await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(440.0);
    seat.media.speak(550.0);
    comes_to_nothing(&first).await;
    tokio::join!(seat.media.hears(440.0), rtp.hears(550.0));
    // One that comes about makes room for itself: its tone is heard, and the first waits with music.
    let second = page.dial("*43").await;
    events.expect("the first one held", |e| e["call"]["id"] == *first && e["call"]["state"] == "held").await;
    seat.media.hears(550.0).await;
    page.hang_up(&second).await;
    page.tell(&first, "resume", None).await;
    tokio::join!(seat.media.hears(440.0), rtp.hears(550.0));
}
