//! The statistics in a record are those of the whole call, not of the last report before its end.

use ramal_tests::deadline::until;
use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site};

/// Eight seconds of speech: reports come at most 7.5 s apart.
const PACKETS: usize = 400;

#[tokio::test]
async fn the_last_packet_is_counted() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    until("eight seconds of speech", || (a.rtp.heard().len() >= PACKETS).then_some(())).await;
    let heard = a.rtp.heard().len() as u64;
    hang_up(&mut a, &b).await;
    let record = node.expect_cdr().await;
    let sent = record["legs"][0]["statistics"]["sent"]["packets"].as_u64();
    assert!(sent >= Some(heard), "heard {heard}; {record:#}");
}
