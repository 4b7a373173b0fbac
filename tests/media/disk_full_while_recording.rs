//! No room for the recording: the recording is lost, with an event; the call is not.

use ramal_tests::deadline::until;
use ramal_tests::talk::{Side, established, hang_up};
use ramal_tests::{Node, Site, Wav};

/// Where the disk is full, in octets: three seconds of a recording.
const FULL_AT: u64 = 96_000;

async fn talk_on(a: &Side, b: &Side) {
    for _ in 0..5 {
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    }
}

#[tokio::test]
async fn too_little_room_to_begin_with() {
    let node = Node::start_with(Site::acme().recorded(), "#recording.min_free_mib = 4000000000").await;
    let (mut a, b) = established(&node, "100", "101").await;
    talk_on(&a, &b).await;
    hang_up(&mut a, &b).await;
    let record = node.expect_cdr().await;
    assert_eq!(record["end_reason"], "normal_clearing");
    assert!(record["recording"].is_null(), "{record:#}");
    assert!(node.expect_event("recording.impaired").await.contains("min_free_mib"));
    assert_eq!(node.recordings(), Vec::<std::path::PathBuf>::new());
}

/// A limit on the size of files stands for the full disk: it needs no mount, and the database meets it too.
#[tokio::test]
async fn the_disk_fills_in_mid_call() {
    let node = Node::start(Site::acme().recorded()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let recorded = || node.recordings().first().and_then(|f| f.metadata().ok()).map_or(0, |m| m.len());
    until("a second of recording", || (recorded() > 32_000).then_some(())).await;
    node.limit_files(Some(FULL_AT));
    until("the trouble in the log", || node.log().contains("recording impaired").then_some(())).await;
    talk_on(&a, &b).await;
    node.limit_files(None);
    hang_up(&mut a, &b).await;
    let record = node.expect_cdr().await;
    assert_eq!(record["end_reason"], "normal_clearing");
    node.expect_event("recording.impaired").await;
    let wav = Wav::read(&node.recordings()[0]);
    assert!(wav.seconds() > 0.9, "what fitted can be played: {} s", wav.seconds());
}
