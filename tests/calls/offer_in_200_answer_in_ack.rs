//! An INVITE without a body: the offer comes in the 200, the answer goes in the ACK.

use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn a_caller_without_an_offer_gets_one_and_talks() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", "").await;
    let mut other = bob.expect_invite().await;
    let answer = mouth.sdp();
    if other.offer().is_empty() {
        other.send_answer(&answer).await;
    } else {
        mouth.follow(&other.offer());
        other.send_answer(&answer).await;
    }
    let answered = call.expect_status(200).await;
    ear.follow(&answered.text());
    call.ack_with(&ear.sdp()).await;
    let ack = other.expect_request("ACK").await;
    if !ack.body.is_empty() {
        mouth.follow(&ack.text());
    }
    ear.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(ear.hears(660.0), mouth.hears(440.0));
    tokio::join!(other.bye(), call.expect_bye());
}

#[tokio::test]
async fn a_reinvite_without_an_offer_gets_one() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = ramal_tests::talk::established(&node, "100", "101").await;
    a.call.send_reinvite("").await;
    let offered = a.call.expect_status(200).await;
    a.rtp.follow(&offered.text());
    a.call.ack_with(&a.rtp.sdp()).await;
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    ramal_tests::talk::hang_up(&mut a, &b).await;
}
