//! A codec that we do not know is carried octet by octet.

use ramal_tests::rtp::endpoint::Speech;
use ramal_tests::sdp::{G722, G729, PCMU};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn g729_arrives_as_it_was_sent() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.describe(&[G729, PCMU]).text()).await;
    let mut other = bob.expect_invite().await;
    let offered = mouth.follow(&other.offer());
    assert_eq!(offered.payload_type("G729/8000"), Some(18));
    let answer = mouth.describe(&[G729]).text();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    ear.follow(&answered.text());
    let octets: Vec<u8> = (0..20).map(|n| n * 7 + 1).collect();
    ear.say(Speech::Octets { payload_type: 18, octets: octets.clone() });
    let heard = mouth.expect_packet("G.729", |h| h.packet.payload_type == 18).await;
    assert_eq!(heard.packet.payload, octets);
    tokio::join!(other.bye(), call.expect_bye());
    assert_eq!(node.expect_cdr().await["legs"][0]["codec"], "G729");
}

#[tokio::test]
async fn g722_arrives_as_it_was_sent() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.describe(&[G722]).text()).await;
    let other = bob.expect_invite().await;
    mouth.follow(&other.offer());
    let answer = mouth.describe(&[G722]).text();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    ear.follow(&answered.text());
    ear.say(Speech::Octets { payload_type: 9, octets: vec![0xfa; 160] });
    assert_eq!(
        mouth.expect_packet("G.722", |h| h.packet.payload_type == 9).await.packet.payload,
        vec![0xfa; 160]
    );
    tokio::join!(call.bye(), other.expect_bye());
}
