//! aiortc, a WebRTC stack that is not Chromium's, takes a Seat by WHIP.

use ramal_tests::page::WirePage;
use ramal_tests::{Aiortc, Node, Rtp, Site};

/// In this codec, with a phone that speaks G.711: tones both ways.
async fn talk(codec: &str) {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let peer = Aiortc::start();
    let whip = format!("http://{}/whip", node.web);
    let answer = peer.attach(&whip, page.token(), 440.0, codec).await;
    assert!(answer.contains(&format!(" {codec}/")), "{answer}");
    let bob = node.phone("101").await;
    page.dial("101").await;
    let mut call = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    rtp.speak(660.0);
    tokio::join!(peer.hears(660.0), rtp.hears(440.0));
    call.bye().await;
    peer.close().await;
}

#[tokio::test]
async fn in_opus() {
    talk("opus").await;
}

#[tokio::test]
async fn in_g711() {
    talk("PCMU").await;
}

#[tokio::test]
async fn in_g722() {
    talk("G722").await;
}
