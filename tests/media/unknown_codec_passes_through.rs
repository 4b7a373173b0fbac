//! A codec that we do not know is carried octet by octet.

use ramal_tests::rtp::endpoint::Speech;
use ramal_tests::sdp::{AMR, Format, G722, G729, PCMU};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn g729_arrives_as_it_was_sent() {
    passes(G729, "G729", (0..20).map(|n| n * 7 + 1).collect()).await;
}

#[tokio::test]
async fn amr_arrives_as_it_was_sent() {
    // RFC 4867 §4.4: a mode request, a table of contents, 31 octets of speech; here any octets will do.
    passes(AMR, "AMR", (0..33).map(|n| n * 5 + 3).collect()).await;
}

async fn passes(codec: Format, name: &str, octets: Vec<u8>) {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.describe(&[codec, PCMU]).text()).await;
    let mut other = bob.expect_invite().await;
    let offered = mouth.follow(&other.offer());
    let offered_type = offered.payload_type(codec.name).expect("the codec is offered on");
    assert!(codec.payload_type >= 96 || offered_type == codec.payload_type);
    let answered_codec = Format { payload_type: offered_type, ..codec };
    let answer = mouth.describe(&[answered_codec]).text();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    let back_type = ear.follow(&answered.text()).payload_type(codec.name).expect("the codec in the answer");
    ear.say(Speech::Octets { payload_type: back_type, octets: octets.clone() });
    mouth.say(Speech::Octets { payload_type: offered_type, octets: octets.clone() });
    let there = mouth.expect_packet(name, |h| h.packet.payload_type == offered_type).await;
    let back = ear.expect_packet(name, |h| h.packet.payload_type == codec.payload_type).await;
    assert_eq!((there.packet.payload, back.packet.payload), (octets.clone(), octets));
    tokio::join!(other.bye(), call.expect_bye());
    assert_eq!(node.expect_cdr().await["legs"][0]["codec"], name);
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
