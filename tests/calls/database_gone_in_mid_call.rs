//! The database goes away in mid-call: the call goes on, and its record is written when the database is back.

use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site};

#[tokio::test]
async fn the_call_goes_on_and_the_record_comes_later() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let outage = node.database.go_away();
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
    node.expect_idle().await;
    node.database.come_back(outage);
    let record = node.expect_cdr().await;
    assert_eq!(record["end_reason"], "normal_clearing");
    assert!(record["answered_at_ms"].is_i64());
}

#[tokio::test]
async fn a_kill_during_the_outage_loses_nothing() {
    let mut node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let outage = node.database.go_away();
    hang_up(&mut a, &b).await;
    ramal_tests::deadline::until("the record in the spool", || {
        let spool = std::fs::read_dir(node.folder().join("spool")).ok()?;
        let texts =
            spool.filter_map(Result::ok).map(|f| std::fs::read_to_string(f.path()).unwrap_or_default());
        texts.collect::<String>().contains("normal_clearing").then_some(())
    })
    .await;
    node.kill().await;
    node.database.come_back(outage);
    node.serve().await;
    assert_eq!(node.expect_cdr().await["end_reason"], "normal_clearing");
}
