//! The ACK of our 200 is lost: the 200 comes again; a call whose media flows is not cut for it.

use ramal_tests::talk::hang_up;
use ramal_tests::{Node, Rtp, Site};

/// 64 * T1 pass within seconds.
const QUICK: &str = "[sip.timers]\nt1_ms = 50\nt2_ms = 400\n";

#[tokio::test]
async fn the_answer_is_repeated_until_the_ack_comes() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let rtp = Rtp::new().await;
    let mut call = alice.invite("*43", &rtp.sdp()).await;
    let answered = call.expect_status(200).await;
    let again = call.expect_status(200).await;
    assert_eq!(answered.text(), again.text());
    call.ack().await;
    rtp.follow(&again.text());
    rtp.speak(440.0);
    rtp.hears(440.0).await;
    call.bye().await;
}

#[tokio::test]
async fn a_call_with_media_outlives_the_lost_ack() {
    let node = Node::start_with(Site::acme(), QUICK).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.sdp()).await;
    let other = bob.expect_invite().await;
    mouth.follow(&other.offer());
    let answer = mouth.sdp();
    let (_, answered) = tokio::join!(other.answer(&answer), call.expect_status(200));
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.speak(660.0);
    // 30 times 200 ms of fresh audio take longer than 64 * T1.
    for _ in 0..30 {
        tokio::join!(ear.hears(660.0), mouth.hears(440.0));
    }
    let mut side = ramal_tests::talk::Side { ua: alice, call, rtp: ear };
    let peer = ramal_tests::talk::Side { ua: bob, call: other, rtp: mouth };
    hang_up(&mut side, &peer).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}

#[tokio::test]
async fn a_call_without_media_and_ack_ends() {
    let node = Node::start_with(Site::acme(), QUICK).await;
    let alice = node.phone("100").await;
    let mut call = alice.invite("*43", &Rtp::new().await.sdp()).await;
    call.expect_status(200).await;
    call.expect_bye().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "not_acknowledged");
}
