//! A carrier that says nothing: the caller is told, and not kept for half a minute by UDP timers alone.

use ramal_tests::node::carrier_address;
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn the_caller_gets_503_and_the_record_says_unreachable() {
    let address = carrier_address().await;
    let silent = std::net::UdpSocket::bind(address).unwrap();
    let site = Site::acme().trunk("carrier", address, "");
    let node = Node::start_with(site, "[sip.timers]\nt1_ms = 50\nt2_ms = 400\n").await;
    let alice = node.phone("100").await;
    let mut call = alice.invite("01155512345", &Rtp::new().await.sdp()).await;
    call.expect_status(503).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "trunk_unreachable");
    drop(silent);
}

#[tokio::test]
async fn the_caller_can_cancel_before_the_carrier_said_anything() {
    let address = carrier_address().await;
    let silent = std::net::UdpSocket::bind(address).unwrap();
    let node = Node::start(Site::acme().trunk("carrier", address, "")).await;
    let alice = node.phone("100").await;
    let mut call = alice.invite("01155512345", &Rtp::new().await.sdp()).await;
    call.expect_status(100).await;
    call.cancel().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "caller_cancelled");
    drop(silent);
}
