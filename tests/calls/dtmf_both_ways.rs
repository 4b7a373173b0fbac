//! Key presses: telephone events both ways between phones, INFO from one phone to events at the other.

use ramal_tests::sdp::{PCMA, PCMU};
use ramal_tests::talk::{connect, established, hang_up};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn events_pass_both_ways() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    for digit in ['1', '#', '9'] {
        a.rtp.press(digit);
        assert_eq!(b.rtp.expect_digit().await.0, digit);
        b.rtp.press(digit);
        assert_eq!(a.rtp.expect_digit().await.0, digit);
    }
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn info_becomes_events() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let body = b"Signal=7\r\nDuration=160\r\n";
    let response = a.call.request("INFO", &[], Some(("application/dtmf-relay", body))).await;
    assert_eq!(response.status(), Some(200));
    assert_eq!(b.rtp.expect_digit().await.0, '7');
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn events_become_info_for_a_phone_without_events() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = alice.invite("101", &ear.sdp()).await;
    let other = bob.expect_invite().await;
    mouth.follow(&other.offer());
    let answer = mouth.describe(&[PCMU, PCMA]).text();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.hears(440.0).await;
    ear.press('3');
    let info = other.expect_and_accept("INFO").await;
    assert!(info.text().contains("Signal=3") || info.text().trim() == "3", "{}", info.dump());
    tokio::join!(call.bye(), other.expect_bye());
}

#[tokio::test]
async fn a_second_call_of_the_same_phones_works_too() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    hang_up(&mut a, &b).await;
    let (mut a, b) = connect(a.ua, Rtp::new().await, b.ua, Rtp::new().await, "101").await;
    a.rtp.press('0');
    assert_eq!(b.rtp.expect_digit().await.0, '0');
    hang_up(&mut a, &b).await;
}
