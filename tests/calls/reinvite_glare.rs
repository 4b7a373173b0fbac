//! Offers that meet: from both phones at once, and two from one phone.

use ramal_tests::sdp::G729;
use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site};

#[tokio::test]
async fn both_phones_offer_at_once() {
    let node = Node::start(Site::acme()).await;
    let (mut a, mut b) = established(&node, "100", "101").await;
    let (one, two) = (a.rtp.sdp(), b.rtp.sdp());
    tokio::join!(a.call.send_reinvite(&one), b.call.send_reinvite(&two));
    let (first, second) = tokio::join!(a.call.answered(), b.call.answered());
    a.rtp.follow(&first.text());
    b.rtp.follow(&second.text());
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn a_second_offer_before_the_first_is_acknowledged_is_refused_and_the_call_lives() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let sdp = a.rtp.sdp();
    a.call.send_reinvite(&sdp).await;
    a.call.expect_status(200).await;
    let second = a.call.send_request("INVITE", &[], Some(("application/sdp", sdp.as_bytes()))).await;
    let refused = a.call.final_response("INVITE", second).await;
    assert!([491, 500].contains(&refused.status().unwrap()), "{}", refused.dump());
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
}

#[tokio::test]
async fn an_offer_that_meets_ours_may_be_made_again() {
    let node = Node::start(Site::acme()).await;
    let (mut a, mut b) = established(&node, "100", "101").await;
    let narrow = b.rtp.sdp();
    a.call.send_reinvite(&a.rtp.describe(&[G729]).text()).await;
    let ours = b.call.expect_request("INVITE").await;
    b.call.respond(&ours, 491, &[], None).await;
    b.call.expect_request("ACK").await;
    // Ours waits to be sent again: theirs is not impossible, only too early (RFC 3261 §14.2).
    b.call.send_reinvite(&narrow).await;
    b.call.expect_status(491).await;
    b.call.accept_reinvite(&b.rtp.describe(&[G729]).text()).await;
    a.call.answered().await;
}
