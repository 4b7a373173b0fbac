//! A phone that speaks before it answers is heard.

use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn the_caller_hears_what_comes_before_the_answer() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.sdp()).await;
    let other = bob.expect_invite().await;
    mouth.follow(&other.offer());
    mouth.speak(660.0);
    let sdp = mouth.sdp();
    other.progress(&sdp).await;
    let early = call.expect_status(183).await;
    ear.follow(&early.text());
    ear.hears(660.0).await;
    let (_, answered) = tokio::join!(other.answer(&sdp), call.answered());
    ear.follow(&answered.text());
    ear.speak(440.0);
    tokio::join!(ear.hears(660.0), mouth.hears(440.0));
    tokio::join!(call.bye(), other.expect_bye());
}
