//! Either side holds and resumes; the other hears no voice meanwhile; both may hold at once.

use ramal_tests::sdp::{PCMA, PCMU, Remote};
use ramal_tests::talk::{Side, established, hang_up};
use ramal_tests::{Node, Site};

async fn offer(side: &mut Side, direction: &'static str) -> String {
    let mut description = side.rtp.describe(&[PCMU, PCMA]).direction(direction);
    description.version = next_version();
    let answer = side.call.reinvite(&description.text()).await;
    side.rtp.follow(&answer.text());
    Remote::parse(&answer.text()).direction
}

fn next_version() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static VERSION: AtomicU32 = AtomicU32::new(2);
    VERSION.fetch_add(1, Ordering::Relaxed)
}

/// Whoever is held hears music or nothing, but not the other's voice.
async fn voice_stops(side: &Side, hz: f64) {
    // A packet or two may be under way; 600 ms without 200 ms of the tone is a stop.
    for _ in 0..10 {
        if tokio::time::timeout(std::time::Duration::from_millis(600), side.rtp.hears(hz)).await.is_err() {
            return;
        }
    }
    panic!("{hz} Hz is still heard on hold");
}

#[tokio::test]
async fn the_caller_holds_and_resumes() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    assert_eq!(offer(&mut a, "sendonly").await, "recvonly");
    voice_stops(&b, 440.0).await;
    assert_eq!(offer(&mut a, "sendrecv").await, "sendrecv");
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn the_callee_holds_and_resumes() {
    let node = Node::start(Site::acme()).await;
    let (mut a, mut b) = established(&node, "100", "101").await;
    assert_eq!(offer(&mut b, "sendonly").await, "recvonly");
    voice_stops(&a, 660.0).await;
    assert_eq!(offer(&mut b, "sendrecv").await, "sendrecv");
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn both_hold_and_both_resume() {
    let node = Node::start(Site::acme()).await;
    let (mut a, mut b) = established(&node, "100", "101").await;
    offer(&mut a, "sendonly").await;
    offer(&mut b, "sendonly").await;
    voice_stops(&a, 660.0).await;
    voice_stops(&b, 440.0).await;
    offer(&mut a, "sendrecv").await;
    offer(&mut b, "sendrecv").await;
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut b, &a).await;
}
