//! The caller gives up while the phone rings: the phone stops, the record says who ended it.

use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn the_phone_stops_ringing_and_the_record_says_cancelled() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let rtp = Rtp::new().await;
    let mut call = alice.invite("101", &rtp.sdp()).await;
    let other = bob.expect_invite().await;
    other.ring().await;
    call.expect_status(180).await;
    tokio::join!(call.cancel(), other.expect_cancel());
    let record = node.expect_cdr().await;
    assert_eq!(record["end_reason"], "caller_cancelled");
    assert_eq!(record["sip_status"], 487);
    assert!(record["answered_at_ms"].is_null());
    node.expect_idle().await;
}
