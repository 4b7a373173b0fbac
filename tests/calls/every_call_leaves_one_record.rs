//! One call, one record: also after kill -9 in mid-call.

use ramal_tests::deadline::until_async;
use ramal_tests::talk::established;
use ramal_tests::{Node, Site};

#[tokio::test]
async fn a_killed_node_closes_its_calls_when_it_is_back() {
    let mut node = Node::start(Site::acme()).await;
    let (_a, _b) = established(&node, "100", "101").await;
    until_async("the row of the call", async || (!node.cdrs().await.is_empty()).then_some(())).await;
    node.kill().await;
    node.serve().await;
    let record = node.expect_cdr().await;
    assert_eq!(record["end_reason"], "node_failure");
}
