//! Calls to and from a carrier that is known by its address.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn a_prefix_leads_out_with_the_number_rewritten() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, "")).await;
    let (alice, carrier) = (node.phone("100").await, carrier_of(&node, address).await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("01155512345", &ear.sdp()).await;
    let other = carrier.expect_invite().await;
    assert_eq!(other.invited_user(), "1155512345");
    mouth.follow(&other.offer());
    let answer = mouth.sdp();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(ear.hears(660.0), mouth.hears(440.0));
    tokio::join!(call.bye(), other.expect_bye());
    let record = node.expect_cdr().await;
    assert_eq!(record["trunk"], "carrier");
    assert_eq!(record["direction"], "outbound");
}

#[tokio::test]
async fn a_number_of_the_trunk_rings_an_extension() {
    let address = carrier_address().await;
    let site = Site::acme().trunk("carrier", address, "").trunk_number("carrier", "551140000000", "100");
    let node = Node::start(site).await;
    let (alice, carrier) = (node.phone("100").await, carrier_of(&node, address).await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = carrier.invite("551140000000", &ear.sdp()).await;
    let other = alice.expect_invite().await;
    mouth.follow(&other.offer());
    let answer = mouth.sdp();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.hears(440.0).await;
    tokio::join!(call.bye(), other.expect_bye());
    assert_eq!(node.expect_cdr().await["direction"], "inbound");
}

#[tokio::test]
async fn a_trunk_never_reaches_a_trunk() {
    let address = carrier_address().await;
    let node = Node::start(Site::acme().trunk("carrier", address, "")).await;
    let carrier = carrier_of(&node, address).await;
    carrier.invite("01155512345", &Rtp::new().await.sdp()).await.expect_status(404).await;
}
