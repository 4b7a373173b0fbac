//! The phone's 200 and our CANCEL pass each other: the answered call is ended with BYE, the caller gets his 487.

use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn the_late_answer_is_acknowledged_and_hung_up() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let rtp = Rtp::new().await;
    let mut call = alice.invite("101", &rtp.sdp()).await;
    let other = bob.expect_invite().await;
    other.ring().await;
    call.expect_status(180).await;
    call.cancel().await;
    // The phone answers although the CANCEL is there already.
    let cancel = other.expect_request("CANCEL").await;
    other.send_answer(&Rtp::new().await.sdp()).await;
    other.respond(&cancel, 200, &[], None).await;
    other.expect_request("ACK").await;
    other.expect_bye().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "caller_cancelled");
    node.expect_idle().await;
}
