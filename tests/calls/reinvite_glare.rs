//! Offers that meet: from both phones at once, and two from one phone.

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
