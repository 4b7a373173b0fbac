//! RTP from somebody else's socket into a running call is not heard, and he gets nothing (RTP bleed).

use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn an_intruder_neither_speaks_nor_hears() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let intruder = Rtp::at([127, 0, 0, 7].into()).await;
    intruder.aim(a.rtp.remote().unwrap());
    intruder.speak(1500.0);
    for _ in 0..5 {
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    }
    assert!(intruder.heard().is_empty());
    a.rtp.hush();
    b.rtp.hears_nothing().await;
    hang_up(&mut a, &b).await;
    assert!(node.metric("ramal_media_total").await > 0.0);
    let record = node.expect_cdr().await;
    let refused = |leg: usize| record["legs"][leg]["statistics"]["wrong_source_packets"].as_u64();
    assert!(refused(0) > Some(0), "{record}");
    assert_eq!(refused(1), Some(0));
}
