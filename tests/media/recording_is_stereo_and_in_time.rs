//! A recording holds each side in its channel and nothing of the other; silence and loss keep their length.

use ramal_tests::rtp::tone;
use ramal_tests::second_try;
use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site, Wav};

/// 400 ms of silence.
const PAUSE_PACKETS: u64 = 20;

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
    a.rtp.lets_pass(PAUSE_PACKETS).await;
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
    let mut apart = changes_apart(&node).await;
    // A recording is in time as packets come: a machine with more to do than it can is given another chance. What silence or
    // loss shortens is shortened each time.
    if !apart.good() {
        second_try::note(&format!("{apart:?}"));
        apart = changes_apart(&node).await;
    }
    assert!(apart.good(), "{apart:?}");
}

/// How far apart the two sides of a recording have what came at one moment, in seconds.
#[derive(Debug)]
struct Apart {
    began_s: f64,
    changed_s: f64,
}

impl Apart {
    fn good(&self) -> bool {
        self.began_s <= 0.2 && self.changed_s <= 0.2
    }
}

/// A call with silence and loss on one side, after which both change their tones.
async fn changes_apart(node: &Node) -> Apart {
    let (mut a, b) = established(node, "100", "101").await;
    a.rtp.lose_each(20);
    for _ in 0..8 {
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    }
    a.rtp.hush();
    b.rtp.hears_nothing().await;
    a.rtp.lets_pass(PAUSE_PACKETS).await;
    // Both change at one moment; had silence or loss shortened a side, they would change at two.
    a.rtp.speak(880.0);
    b.rtp.speak(1320.0);
    for _ in 0..4 {
        tokio::join!(a.rtp.hears(1320.0), b.rtp.hears(880.0));
    }
    hang_up(&mut a, &b).await;
    assert!(a.rtp.lost() >= 4);
    let wav = recording(node).await;
    let apart_s = |left_hz, right_hz| (onset(&wav, 0, left_hz) - onset(&wav, 1, right_hz)).abs();
    Apart { began_s: apart_s(440.0, 660.0), changed_s: apart_s(880.0, 1320.0) }
}

/// Where a tone begins in a channel, in seconds, to within 20 ms.
fn onset(wav: &Wav, channel: usize, hz: f64) -> f64 {
    let window = wav.rate_hz as usize / 50;
    let first =
        wav.channels[channel].chunks_exact(window).position(|w| tone::share(w, hz, wav.rate_hz) > 0.6);
    first.unwrap_or_else(|| panic!("no {hz} Hz in channel {channel}")) as f64 / 50.0
}

/// The newest of a call that is over.
async fn recording(node: &Node) -> Wav {
    node.expect_idle().await;
    node.expect_cdrs(1).await;
    let record = node.cdrs().await.remove(0);
    let path = record["recording"].as_str().expect("a recording in the record").to_owned();
    let path = [node.folder().join(&path), node.folder().join("recordings").join(&path)]
        .into_iter()
        .find(|p| p.exists())
        .unwrap_or_else(|| panic!("{path} is not there"));
    Wav::read(&path)
}
