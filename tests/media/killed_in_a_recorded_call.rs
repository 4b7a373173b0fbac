//! kill -9 in a recorded call: the file plays, to within its last second.

use std::time::Instant;

use ramal_tests::talk::established;
use ramal_tests::{Node, Site, Wav};

#[tokio::test]
async fn the_recording_plays_to_within_its_last_second() {
    let mut node = Node::start(Site::acme().recorded()).await;
    let (a, b) = established(&node, "100", "101").await;
    let began = Instant::now();
    for _ in 0..20 {
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    }
    let spoken_s = began.elapsed().as_secs_f64();
    node.kill().await;
    let files = node.recordings();
    let file = files.iter().find(|f| f.extension().is_some_and(|e| e == "wav")).expect("a recording");
    let before = Wav::read(file);
    assert!(before.seconds() >= spoken_s - 1.0, "{} s of {spoken_s} s", before.seconds());
    assert!(before.seconds_of_tone(0, 440.0) >= spoken_s - 1.5);
    node.serve().await;
    let record = node.expect_cdr().await;
    assert!(record["recording"].is_string());
}
