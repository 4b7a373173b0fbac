//! Echo, tone and announcement.

use ramal_tests::{Desk, Node, Rtp, Site};
use serde_json::json;

#[tokio::test]
async fn echo_sends_back_what_it_hears() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let rtp = Rtp::new().await;
    let mut call = alice.invite("*43", &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(523.0);
    rtp.hears(523.0).await;
    call.bye().await;
}

#[tokio::test]
async fn tone_is_heard() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let rtp = Rtp::new().await;
    let mut call = alice.invite("*44", &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    rtp.hears(1004.0).await;
    call.bye().await;
}

#[tokio::test]
async fn tones_are_those_of_the_organizations_country() {
    let services = ["ringback", "busy", "congestion"];
    let mut site = Site::acme();
    for (place, service) in services.iter().enumerate() {
        site = site.rule(&format!("dial = \"*5{place}\"\nservice = \"{service}\""));
    }
    let node = Node::start(site).await;
    let admin = Desk::first(&node).await;
    let countries =
        [("brazil", [425.0; 3]), ("united_states", [440.0, 480.0, 480.0]), ("europe", [425.0; 3])];
    for (country, heard_hz) in countries {
        let changed = admin.patch("/organization", json!({ "country": country })).await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        let alice = node.phone("100").await;
        for (place, hz) in heard_hz.into_iter().enumerate() {
            let rtp = Rtp::new().await;
            let mut call = alice.invite(&format!("*5{place}"), &rtp.sdp()).await;
            rtp.follow(&call.answered().await.text());
            rtp.sounds_of(hz).await;
            call.bye().await;
        }
    }
}

#[tokio::test]
async fn an_announcement_plays_and_hangs_up() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let rtp = Rtp::new().await;
    let mut call = alice.invite("*45", &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    rtp.expect_packet("sound", |h| h.packet.payload.len() == 160).await;
    call.expect_bye().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "service_finished");
}
