//! REFER to a third extension: the referrer is told how it goes, the other two talk.

use ramal_tests::talk::established;
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn the_caller_is_sent_on_to_a_third_phone() {
    let node = Node::start(Site::acme()).await;
    let (a, mut b) = established(&node, "100", "101").await;
    let carol = node.phone("102").await;
    let response = b.call.request("REFER", &[("Refer-To", "<sip:102@acme.test>")], None).await;
    assert_eq!(response.status(), Some(202), "{}", response.dump());
    let at_carol = carol.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&at_carol.offer());
    at_carol.ring().await;
    at_carol.answer(&rtp.sdp()).await;
    loop {
        let notify = b.call.expect_and_accept("NOTIFY").await;
        if notify.text().contains(" 200 ") {
            assert!(notify.header("Subscription-State").is_some_and(|s| s.starts_with("terminated")));
            break;
        }
    }
    rtp.speak(880.0);
    tokio::join!(a.rtp.hears(880.0), rtp.hears(440.0));
    let mut call = a.call;
    tokio::join!(call.bye(), at_carol.expect_bye());
    node.expect_idle().await;
}

#[tokio::test]
async fn a_busy_target_leaves_the_call_as_it_was() {
    let node = Node::start(Site::acme()).await;
    let (a, mut b) = established(&node, "100", "101").await;
    let carol = node.phone("102").await;
    b.call.request("REFER", &[("Refer-To", "<sip:102@acme.test>")], None).await;
    carol.expect_invite().await.reject(486).await;
    loop {
        if b.call.expect_and_accept("NOTIFY").await.text().contains(" 486 ") {
            break;
        }
    }
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
}
