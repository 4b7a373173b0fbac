//! Media addresses of a family that the node has no socket for: 488, and a Warning that says why.

use ramal_tests::sdp::PCMU;
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn an_ipv6_offer_is_refused() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let refused = alice.invite("*43", &at_ipv6().await).await.expect_status(488).await;
    let warning = refused.header("Warning").expect("Warning");
    assert!(warning.starts_with("301 "), "{warning}");
    assert_eq!(node.expect_cdr().await["end_reason"], "network_incompatible");
}

#[tokio::test]
async fn an_ipv6_answer_is_hung_up() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let mut call = alice.invite("101", &Rtp::new().await.describe(&[PCMU]).text()).await;
    let other = bob.expect_invite().await;
    other.answer(&at_ipv6().await).await;
    tokio::join!(other.expect_bye(), call.expect_status(488));
}

async fn at_ipv6() -> String {
    Rtp::new().await.describe(&[PCMU]).text().replace("c=IN IP4 127.0.0.1", "c=IN IP6 ::1")
}
