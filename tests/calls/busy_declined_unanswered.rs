//! Calls that do not come about: what the caller is told and what the record says.

use ramal_tests::{Node, Rtp, Site};

async fn refused(status: u16, told: u16, reason: &str) {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let mut call = alice.invite("101", &Rtp::new().await.sdp()).await;
    bob.expect_invite().await.reject(status).await;
    call.expect_status(told).await;
    let record = node.expect_cdr().await;
    assert_eq!(record["end_reason"], reason);
    assert_eq!(record["sip_status"], told);
}

#[tokio::test]
async fn busy() {
    refused(486, 486, "busy").await;
}

#[tokio::test]
async fn declined() {
    refused(603, 603, "declined").await;
}

#[tokio::test]
async fn nobody_answers_within_the_ring_time() {
    let node = Node::start(Site::acme().ringing_for(5)).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let mut call = alice.invite("101", &Rtp::new().await.sdp()).await;
    let other = bob.expect_invite().await;
    other.ring().await;
    call.expect_status(180).await;
    tokio::join!(call.expect_status(480), other.expect_cancel());
    assert_eq!(node.expect_cdr().await["end_reason"], "no_answer");
}

#[tokio::test]
async fn nobody_is_registered() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let mut call = alice.invite("101", &Rtp::new().await.sdp()).await;
    call.expect_status(480).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "not_registered");
}

#[tokio::test]
async fn no_such_number() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let mut call = alice.invite("999", &Rtp::new().await.sdp()).await;
    call.expect_status(404).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "number_unknown");
}
