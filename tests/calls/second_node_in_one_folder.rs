//! A second node started with the folder of a running one leaves the running calls and their records alone; and what a
//! node writes is for its own user only.

use std::os::unix::fs::PermissionsExt;

use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site};

#[tokio::test]
async fn it_is_turned_away_and_the_call_goes_on() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let (ok, _, errors) = node.try_run(&["serve"]).await;
    assert!(!ok && errors.contains("another node runs with node.data_dir"), "{errors}");
    assert_eq!(node.calls().await.len(), 1);
    assert!(node.cdrs().await.iter().all(|c| c["end_reason"] != "node_failure"));
    hang_up(&mut a, &b).await;
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}

#[tokio::test]
async fn nobody_else_can_read_what_it_writes() {
    let node = Node::start(Site::acme()).await;
    for entry in std::fs::read_dir(node.folder()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("ramal.db") || name.ends_with(".key") || name.ends_with(".sock") {
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
        }
    }
}
