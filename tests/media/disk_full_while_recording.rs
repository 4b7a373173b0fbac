//! No room for the recording: the recording is lost, with an event; the call is not.

use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site};

#[tokio::test]
async fn the_call_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    let node = Node::start_recording_to(Site::acme().recorded(), &recordings).await;
    fill(&recordings);
    let (mut a, b) = established(&node, "100", "101").await;
    for _ in 0..10 {
        tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    }
    hang_up(&mut a, &b).await;
    let record = node.expect_cdr().await;
    assert_eq!(record["end_reason"], "normal_clearing");
    assert!(node.metric("ramal_media_total").await > 0.0);
    unfill(&recordings);
}

/// A file system of 64 KiB when we may mount one; else a folder that takes no files.
fn fill(recordings: &std::path::Path) {
    std::fs::create_dir_all(recordings).expect("a folder");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(recordings)
        .status()
        .is_ok_and(|s| s.success());
    if !mounted {
        let mut permissions = std::fs::metadata(recordings).expect("a folder").permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(recordings, permissions).expect("permissions");
    }
}

fn unfill(recordings: &std::path::Path) {
    let _ = std::process::Command::new("umount").arg("-l").arg(recordings).status();
}
