//! A node that carries all the calls it may takes no more; one that is over makes room at once.

use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn a_call_too_many_is_refused_until_one_ends() {
    let node = Node::start_with(Site::acme(), "[sip.limits]\ncalls = 1").await;
    let (mut a, b) = established(&node, "100", "101").await;
    let carol = node.phone("102").await;
    let mut second = carol.invite("103", &Rtp::new().await.sdp()).await;
    second.expect_status(503).await;
    hang_up(&mut a, &b).await;
    // The first one's statistics may still be on their way.
    let mut third = carol.invite("101", &Rtp::new().await.sdp()).await;
    b.ua.expect_invite().await.reject(486).await;
    third.expect_status(486).await;
    node.expect_idle().await;
}
