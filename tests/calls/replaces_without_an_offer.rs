//! A phone takes a call over by INVITE with Replaces, without an offer: ours goes in the 200.

use ramal_tests::talk::established;
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn the_one_who_stays_is_left_alone_and_both_talk() {
    let node = Node::start(Site::acme()).await;
    let (a, b) = established(&node, "100", "101").await;
    let carol = node.phone("102").await;
    let rtp = Rtp::new().await;
    let replaces = b.call.replaces();
    let mut taken = carol.invite_with("100", "", &[("Replaces", &replaces)]).await;
    let offered = taken.expect_status(200).await;
    rtp.follow(&offered.text());
    taken.ack_with(&rtp.sdp()).await;
    b.call.expect_bye().await;
    rtp.speak(880.0);
    tokio::join!(a.rtp.hears(880.0), rtp.hears(440.0));
    assert!(a.ua.inbox.take(|m| m.method() == Some("INVITE")).is_none(), "no re-INVITE to the one who stays");
    let mut call = a.call;
    tokio::join!(call.bye(), taken.expect_bye());
}
