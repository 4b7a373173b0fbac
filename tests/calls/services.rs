//! Echo, tone and announcement.

use ramal_tests::{Node, Rtp, Site};

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
