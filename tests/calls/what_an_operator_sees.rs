//! Lists, metrics, health and the ladder of a call on a running node.

use ramal_tests::deadline::until_async;
use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site};

#[tokio::test]
async fn a_running_call_is_listed_counted_and_traced() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    assert_eq!(node.calls().await.len(), 1);
    assert_eq!(node.registrations().await.len(), 2);
    // What is heard already, media tells signalling a moment later.
    let ladder = until_async("the first media in the ladder", || async {
        let ladder = node.run(&["trace", &a.call.call_id]).await;
        ladder.contains("extension:100: the first media came").then_some(ladder)
    })
    .await;
    for step in ["INVITE", "180", "200", "ACK"] {
        assert!(ladder.contains(step), "{step} is missing in\n{ladder}");
    }
    hang_up(&mut a, &b).await;
    node.expect_idle().await;
    node.expect_cdr().await;
    assert!(node.metric("ramal_calls_ended_total").await >= 1.0);
}

#[tokio::test]
async fn health_and_readiness_answer() {
    let node = Node::start(Site::acme()).await;
    assert!(node.page("/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(node.page("/readyz").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn secrets_and_numbers_stay_out_of_loud_logs() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    hang_up(&mut a, &b).await;
    node.expect_cdr().await;
    let log = node.log();
    assert!(!log.contains(&ramal_tests::site::password("100")));
    for line in log.lines().filter(|l| l.contains(" INFO ") || l.contains(" WARN ") || l.contains("ERROR ")) {
        assert!(!line.contains("sip:100") && !line.contains("sip:101"), "{line}");
    }
}
