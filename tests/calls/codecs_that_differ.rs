//! Phones that share no codec: each is answered in its own, and what they say is transcoded.

use ramal_tests::sdp::{EVENTS, PCMA, PCMU};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn two_laws_talk_and_keys_pass() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.describe(&[PCMU, EVENTS]).text()).await;
    let other = bob.expect_invite().await;
    assert!(other.offer().contains("m=audio") && other.offer().contains(" 0 8 "), "{}", other.offer());
    // The phone speaks what it answers with.
    mouth.follow(&other.offer().replacen(" 0 8 ", " 8 ", 1));
    let answer = mouth.describe(&[PCMA, EVENTS]).text();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(ear.hears(660.0), mouth.hears(440.0));
    ear.press('6');
    assert_eq!(mouth.expect_digit().await.0, '6');
    tokio::join!(call.bye(), other.expect_bye());
    node.expect_cdr().await;
}
