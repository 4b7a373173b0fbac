//! Of several calls of a page one is heard.

use ramal_tests::{Node, Rtp, Site, WirePage};

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
