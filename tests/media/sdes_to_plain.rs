//! One phone with SRTP, one without: both hear, and nothing plain goes to the first.

use ramal_tests::rtp::srtp::Suite;
use ramal_tests::talk::{connect, hang_up};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn a_secure_caller_talks_to_a_plain_callee() {
    for suite in [Suite::AesCm80, Suite::AesCm32, Suite::AeadAes128Gcm] {
        let node = Node::start(Site::acme()).await;
        let (alice, bob) = (node.phone("100").await, node.phone("101").await);
        let (mut a, b) = connect(alice, Rtp::secure(suite).await, bob, Rtp::new().await, "101").await;
        assert_eq!(a.rtp.unauthentic(), 0);
        a.rtp.press('4');
        assert_eq!(b.rtp.expect_digit().await.0, '4');
        hang_up(&mut a, &b).await;
        let record = node.expect_cdr().await;
        assert_eq!(record["legs"][0]["srtp"], suite.name());
        assert!(record["legs"][1]["srtp"].is_null());
    }
}

#[tokio::test]
async fn packets_without_the_key_are_not_heard() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (a, b) = connect(alice, Rtp::secure(Suite::AesCm80).await, bob, Rtp::new().await, "101").await;
    a.rtp.hush();
    b.rtp.hears_nothing().await;
    let intruder = Rtp::new().await;
    intruder.aim(a.rtp.remote().unwrap());
    intruder.speak(1500.0);
    b.rtp.hears_nothing().await;
    a.rtp.speak(440.0);
    b.rtp.hears(440.0).await;
}
