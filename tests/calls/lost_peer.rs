//! A phone that vanished: no media, no answer. The call does not last for ever.

use ramal_tests::talk::established;
use ramal_tests::{Node, Site};

#[tokio::test]
async fn a_silent_phone_ends_the_call() {
    let overrides = "[sip.timers]\nt1_ms = 50\nt2_ms = 400\n";
    let node = Node::start_quick_media(Site::acme(), 3, overrides).await;
    let (a, b) = established(&node, "100", "101").await;
    b.rtp.hush();
    drop(b);
    a.call.expect_bye().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "peer_lost");
}
