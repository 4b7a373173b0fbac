//! aiortc, a WebRTC stack that is not Chromium's, as the media of a phone on SIP over WebSocket.

use ramal_tests::wire::link::Transport;
use ramal_tests::{Aiortc, Node, Rtp, Site};

/// A phone on a WebSocket calls one on UDP that speaks G.711.
async fn calls(codec: &str) {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = tokio::join!(node.stream_phone("100", Transport::Ws), node.phone("101"));
    let peer = Aiortc::start();
    let mut call = alice.invite("101", &peer.offer(440.0, codec).await).await;
    let at_bob = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&at_bob.offer());
    at_bob.answer(&rtp.sdp()).await;
    let answer = call.answered().await;
    peer.accept(&answer.text()).await;
    rtp.speak(660.0);
    tokio::join!(peer.hears(660.0), rtp.hears(440.0));
    tokio::join!(call.bye(), at_bob.expect_bye());
}

#[tokio::test]
async fn a_phone_that_calls_in_opus() {
    calls("opus").await;
}

#[tokio::test]
async fn a_phone_that_calls_in_g711() {
    calls("PCMU").await;
}

#[tokio::test]
async fn a_phone_that_calls_in_g722() {
    calls("G722").await;
}

#[tokio::test]
async fn a_phone_that_is_called() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = tokio::join!(node.stream_phone("100", Transport::Ws), node.phone("101"));
    let rtp = Rtp::new().await;
    let mut call = bob.invite("100", &rtp.sdp()).await;
    let at_alice = alice.expect_invite().await;
    let peer = Aiortc::start();
    let answer = peer.answer(&at_alice.offer(), 440.0).await;
    at_alice.answer(&answer).await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(660.0);
    tokio::join!(peer.hears(660.0), rtp.hears(440.0));
    tokio::join!(call.bye(), at_alice.expect_bye());
}
