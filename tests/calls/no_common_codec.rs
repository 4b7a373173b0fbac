//! Offer and answer that share no codec: 488, and a record that says why.

use ramal_tests::sdp::{Format, G729, PCMA, PCMU};
use ramal_tests::{Node, Rtp, Site};

const SPEEX: Format = Format { payload_type: 97, name: "speex/16000", fmtp: "" };

#[tokio::test]
async fn a_service_that_does_not_speak_it_refuses() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let offer = Rtp::new().await.describe(&[SPEEX]).text();
    alice.invite("*43", &offer).await.expect_status(488).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "media_incompatible");
}

#[tokio::test]
async fn a_phone_that_refuses_the_offer_is_passed_on() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let mut call = alice.invite("101", &Rtp::new().await.describe(&[PCMU]).text()).await;
    bob.expect_invite().await.reject(488).await;
    // The phone may have wanted encryption: it is asked once more, with it.
    let again = bob.expect_invite().await;
    assert!(again.offer().contains("RTP/SAVP"), "{}", again.offer());
    again.reject(488).await;
    call.expect_status(488).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "media_incompatible");
}

#[tokio::test]
async fn an_answer_in_a_codec_nobody_offered_ends_the_call() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let mut call = alice.invite("101", &Rtp::new().await.describe(&[PCMU]).text()).await;
    let other = bob.expect_invite().await;
    other.answer(&Rtp::new().await.describe(&[SPEEX]).text()).await;
    tokio::join!(other.expect_bye(), call.expect_status(488));
}

#[tokio::test]
async fn what_cannot_be_decoded_is_not_transcoded() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let mut call = alice.invite("101", &Rtp::new().await.describe(&[G729]).text()).await;
    let other = bob.expect_invite().await;
    assert!(!other.offer().contains("PCMA"), "{}", other.offer());
    other.answer(&Rtp::new().await.describe(&[PCMA]).text()).await;
    tokio::join!(other.expect_bye(), call.expect_status(488));
}
