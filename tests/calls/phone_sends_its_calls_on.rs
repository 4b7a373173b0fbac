//! 302 from a phone is followed inside its Organization, within its own rights; 305 is not, nor is a carrier's.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn another_extension_rings_instead() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob, carol) = (node.phone("100").await, node.phone("101").await, node.phone("102").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.sdp()).await;
    let contacts = "<sip:nobody@acme.test>;q=0.1, <sip:102@192.0.2.1>;q=0.7";
    bob.expect_invite().await.redirect(302, contacts).await;
    let other = carol.expect_invite().await;
    other.ring().await;
    call.expect_status(180).await;
    mouth.follow(&other.offer());
    let answer = mouth.sdp();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(ear.hears(660.0), mouth.hears(440.0));
    tokio::join!(call.bye(), other.expect_bye());
    let record = node.expect_cdr().await;
    assert_eq!(
        (record["callee"].as_str(), record["destination"].as_str()),
        (Some("101"), Some("extension:102"))
    );
}

#[tokio::test]
async fn two_phones_that_point_at_each_other_come_to_an_end() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob, carol) = (node.phone("100").await, node.phone("101").await, node.phone("102").await);
    let mut call = alice.invite("101", &Rtp::new().await.sdp()).await;
    for _ in 0..3 {
        bob.expect_invite().await.redirect(302, "<sip:102@acme.test>").await;
        carol.expect_invite().await.redirect(301, "<sip:101@acme.test>").await;
    }
    call.expect_status(503).await;
    node.expect_idle().await;
}

#[tokio::test]
async fn it_leads_out_by_a_trunk_that_has_room() {
    let address = carrier_address().await;
    let site = Site::acme().trunk("carrier", address, "max_calls = 1");
    let node = Node::start(site).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let carrier = carrier_of(&node, address).await;
    let mut call = alice.invite("101", &Rtp::new().await.sdp()).await;
    bob.expect_invite().await.redirect(302, "<sip:01155512345@acme.test>").await;
    let out = carrier.expect_invite().await;
    assert_eq!(out.invited_user(), "1155512345");
    // The trunk carries all that it may: the second call has nowhere to go.
    let carol = node.phone("102").await;
    let mut second = carol.invite("101", &Rtp::new().await.sdp()).await;
    bob.expect_invite().await.redirect(302, "<sip:01155512345@acme.test>").await;
    second.expect_status(503).await;
    tokio::join!(out.reject(486), call.expect_status(486));
    node.expect_idle().await;
}

#[tokio::test]
async fn a_number_that_leads_nowhere_and_a_proxy_are_not_followed() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    for (status, contact) in [(302, "<sip:999@acme.test>"), (305, "<sip:102@acme.test>"), (302, "*")] {
        let mut call = alice.invite("101", &Rtp::new().await.sdp()).await;
        bob.expect_invite().await.redirect(status, contact).await;
        call.expect_status(503).await;
    }
    node.expect_idle().await;
}

#[tokio::test]
async fn a_carrier_sends_no_call_elsewhere() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, "")).await;
    let (alice, _bob) = (node.phone("100").await, node.phone("101").await);
    let carrier = carrier_of(&node, address).await;
    let mut call = alice.invite("01155512345", &Rtp::new().await.sdp()).await;
    carrier.expect_invite().await.redirect(302, "<sip:101@acme.test>").await;
    call.expect_status(503).await;
    node.expect_idle().await;
}
