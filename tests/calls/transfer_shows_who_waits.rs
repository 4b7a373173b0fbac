//! Whoever is asked to take a transferred call sees the party that waits, not the one that sent it on.

use ramal_tests::talk::established;
use ramal_tests::{Node, Site};

#[tokio::test]
async fn a_caller_that_sends_its_callee_on_is_not_shown_as_the_caller() {
    let node = Node::start(Site::acme()).await;
    let (mut a, _b) = established(&node, "100", "101").await;
    let carol = node.phone("102").await;
    a.call.request("REFER", &[("Refer-To", "<sip:102@acme.test>")], None).await;
    let at_carol = carol.expect_invite().await;
    let from = at_carol.invited_header("From").unwrap_or_default();
    assert!(from.contains("sip:101@"), "{from}");
}
