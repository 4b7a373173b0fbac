//! Loss is measured per leg and stands in the record.

use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site};

#[tokio::test]
async fn lost_packets_of_one_side_are_that_sides() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    for _ in 0..10 {
        a.rtp.lose(3);
        b.rtp.hears(440.0).await;
    }
    hang_up(&mut a, &b).await;
    let legs = node.expect_cdr().await["legs"].clone();
    assert_eq!(legs[0]["statistics"]["received"]["lost"], 30, "{legs:#}");
    assert_eq!(legs[1]["statistics"]["received"]["lost"], 0, "{legs:#}");
    let mos = |leg: usize| legs[leg]["statistics"]["received"]["mos"].as_f64().expect("a MOS");
    assert!(mos(0) < mos(1), "{legs:#}");
    assert_eq!(legs[0]["codec"], "PCMU");
}
