//! kill -9 in a recorded call: the file plays, to within its last second, and the call record is closed.

use std::path::PathBuf;
use std::time::Instant;

use ramal_tests::talk::established;
use ramal_tests::{Node, Site, Wav};

/// What a kill may cost, in seconds.
const MAY_COST_S: f64 = 1.0;

#[tokio::test]
async fn the_recording_plays_to_within_its_last_second() {
    let mut node = Node::start(Site::acme().recorded()).await;
    let (a, b) = established(&node, "100", "101").await;
    let began = Instant::now();
    for _ in 0..10 {
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    }
    // A machine with more to do than it can is given another chance to be within the second.
    let spoken_s = loop {
        let spoken_s = began.elapsed().as_secs_f64();
        if Wav::read(&recording(&node)).seconds() >= spoken_s - MAY_COST_S {
            break spoken_s;
        }
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
        assert!(spoken_s < 20.0, "the file never came within a second of the call");
    };
    node.kill().await;
    let file = recording(&node);
    let left = Wav::read(&file);
    assert!(left.seconds() >= spoken_s - MAY_COST_S, "{} s of {spoken_s} s", left.seconds());
    assert!(left.seconds_of_tone(0, 440.0) >= 1.0 && left.seconds_of_tone(1, 660.0) >= 1.0);

    node.serve().await;
    let record = node.expect_cdr().await;
    assert_eq!(record["end_reason"], "node_failure");
    assert!(record["answered_at_ms"].is_i64(), "{record:#}");
    assert!(record["recording"].as_str().is_some_and(|r| file.ends_with(r)), "{record:#}");
    assert!(Wav::read(&file).seconds() >= left.seconds());
    node.expect_recording("sealed").await;
}

fn recording(node: &Node) -> PathBuf {
    let files = node.recordings();
    files.into_iter().find(|f| f.extension().is_some_and(|e| e == "wav")).expect("a recording")
}
