//! A recording holds each side in its channel and nothing of the other; silence and loss keep their length.

use ramal_tests::rtp::tone;
use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site, Wav};

#[tokio::test]
async fn each_side_has_its_channel() {
    let node = Node::start(Site::acme().recorded()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    for _ in 0..10 {
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    }
    hang_up(&mut a, &b).await;
    let wav = recording(&node).await;
    assert_eq!(wav.channels.len(), 2);
    assert!(wav.seconds_of_tone(0, 440.0) >= 1.5, "left is the caller");
    assert!(wav.seconds_of_tone(1, 660.0) >= 1.5, "right is the callee");
    assert_eq!(wav.seconds_of_tone(0, 660.0), 0.0);
    assert_eq!(wav.seconds_of_tone(1, 440.0), 0.0);
}

#[tokio::test]
async fn silence_and_loss_keep_their_length() {
    let node = Node::start(Site::acme().recorded()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    for _ in 0..5 {
        b.rtp.hears(440.0).await;
    }
    a.rtp.hush();
    b.rtp.hears_nothing().await;
    a.rtp.speak(880.0);
    for _ in 0..5 {
        b.rtp.hears(880.0).await;
    }
    hang_up(&mut a, &b).await;
    let wav = recording(&node).await;
    assert!(wav.seconds_of_silence(0) >= 0.3, "the pause stands in the recording");
    assert!(wav.seconds_of_tone(0, 440.0) >= 0.7 && wav.seconds_of_tone(0, 880.0) >= 0.7);
    assert!((wav.channels[0].len() as i64 - wav.channels[1].len() as i64).abs() <= 160);
}

#[tokio::test]
async fn both_sides_stay_in_time_through_silence_and_loss() {
    let node = Node::start(Site::acme().recorded()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    a.rtp.lose_each(20);
    for _ in 0..8 {
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    }
    a.rtp.hush();
    b.rtp.hears_nothing().await;
    // Both change at one moment; had silence or loss shortened a side, they would change at two.
    a.rtp.speak(880.0);
    b.rtp.speak(1320.0);
    for _ in 0..4 {
        tokio::join!(a.rtp.hears(1320.0), b.rtp.hears(880.0));
    }
    hang_up(&mut a, &b).await;
    assert!(a.rtp.lost() >= 4);
    let wav = recording(&node).await;
    let (left_s, right_s) = (onset(&wav, 0, 880.0), onset(&wav, 1, 1320.0));
    assert!((left_s - right_s).abs() <= 0.2, "left changed at {left_s} s, right at {right_s} s");
    let (left_s, right_s) = (onset(&wav, 0, 440.0), onset(&wav, 1, 660.0));
    assert!((left_s - right_s).abs() <= 0.2, "left began at {left_s} s, right at {right_s} s");
}

/// Where a tone begins in a channel, in seconds, to within 20 ms.
fn onset(wav: &Wav, channel: usize, hz: f64) -> f64 {
    let window = wav.rate_hz as usize / 50;
    let first =
        wav.channels[channel].chunks_exact(window).position(|w| tone::share(w, hz, wav.rate_hz) > 0.6);
    first.unwrap_or_else(|| panic!("no {hz} Hz in channel {channel}")) as f64 / 50.0
}

async fn recording(node: &Node) -> Wav {
    let record = node.expect_cdr().await;
    let path = record["recording"].as_str().expect("a recording in the record").to_owned();
    let path = [node.folder().join(&path), node.folder().join("recordings").join(&path)]
        .into_iter()
        .find(|p| p.exists())
        .unwrap_or_else(|| panic!("{path} is not there"));
    Wav::read(&path)
}
