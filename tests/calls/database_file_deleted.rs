//! Somebody deletes the SQLite file under a running node: the node says so, and the records wait on disk.

use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site, deadline};

#[tokio::test]
async fn nothing_is_written_into_the_deleted_file() {
    if std::env::var("RAMAL_TEST_DATABASE").is_ok_and(|d| d == "postgres") {
        return; // A server's files are the server's matter.
    }
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    std::fs::remove_file(node.folder().join("ramal.db")).unwrap();
    hang_up(&mut a, &b).await;
    deadline::until_async("the facts to wait on disk", async || {
        let metrics = node.page("/metrics").await;
        metrics.contains("ramal_active{kind=\"facts_waiting_on_disk\"} 1").then_some(())
    })
    .await;
    assert!(node.page("/readyz").await.contains("away"));
    let (ok, _, errors) = node.try_run(&["cdrs"]).await;
    assert!(!ok && errors.contains("there is no database"), "{errors}");
}
