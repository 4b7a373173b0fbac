//! Two phones of one extension ring; one answers, the other stops.

use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn the_other_phone_is_cancelled() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let (desk, mobile) = (node.phone("101").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.sdp()).await;
    let at_desk = desk.expect_invite().await;
    let at_mobile = mobile.expect_invite().await;
    at_desk.ring().await;
    at_mobile.ring().await;
    call.expect_status(180).await;
    mouth.follow(&at_mobile.offer());
    let answer = mouth.sdp();
    let (_, answered, _) = tokio::join!(at_mobile.answer(&answer), call.answered(), at_desk.expect_cancel());
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.hears(440.0).await;
    tokio::join!(call.bye(), at_mobile.expect_bye());
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}

#[tokio::test]
async fn one_refuses_and_the_other_still_answers() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let (desk, mobile) = (node.phone("101").await, node.phone("101").await);
    let mut call = alice.invite("101", &Rtp::new().await.sdp()).await;
    desk.expect_invite().await.reject(486).await;
    let at_mobile = mobile.expect_invite().await;
    let answer = Rtp::new().await.sdp();
    tokio::join!(at_mobile.answer(&answer), call.answered());
    tokio::join!(call.bye(), at_mobile.expect_bye());
}
