//! kill -9 with a hundred recordings running: every one of them plays, to within its last second.

use std::time::Instant;

use ramal_tests::deadline::until;
use ramal_tests::talk::{Side, connect};
use ramal_tests::{Call, Node, Rtp, Site, Wav};

/// Calls that are recorded at once.
const CALLS: usize = 100;
/// Of them, those whose parties speak.
const SPEAKING: usize = 2;
/// What a kill may cost, in seconds.
const MAY_COST_S: f64 = 1.0;
/// RTP and RTCP for both Legs of every call, and room for those of others.
const PORTS: u16 = 500;

/// A call that nobody speaks in, and when it was answered.
async fn silent(caller: &ramal_tests::Ua, callee: &ramal_tests::Ua) -> (Call, Call, Rtp, Rtp) {
    let (rtp, other_rtp) = (Rtp::new().await, Rtp::new().await);
    let mut call = caller.invite("101", &rtp.sdp()).await;
    let other = callee.expect_invite().await;
    let answer = other_rtp.sdp();
    tokio::join!(other.answer(&answer), call.answered());
    (call, other, rtp, other_rtp)
}

#[tokio::test]
async fn all_of_them_play_to_within_their_last_second() {
    // Below the ports of other nodes and of the system.
    let first = 10_000 + rand::random::<u16>() % 18 * PORTS;
    let settings = format!(
        "#media.port_min = {first}\n#media.port_max = {}\n[sip.limits]\ninvites_per_source_per_s = 1000",
        first + PORTS - 1
    );
    let mut node = Node::start_with(Site::acme().recorded(), &settings).await;
    let (a, b) = (node.phone("100").await, node.phone("101").await);
    let mut silent_calls = Vec::new();
    for _ in SPEAKING..CALLS {
        silent_calls.push(silent(&a, &b).await);
    }
    let quiet_since = Instant::now();
    let mut spoken: Vec<(Side, Side)> = Vec::new();
    for number in ["102", "103"].iter().take(SPEAKING) {
        let (caller, callee) = (node.phone("100").await, node.phone(number).await);
        spoken.push(connect(caller, Rtp::new().await, callee, Rtp::new().await, number).await);
    }
    let files = || node.recordings();
    until("a hundred files", || (files().len() == CALLS).then_some(())).await;
    for _ in 0..8 {
        for (a, b) in &spoken {
            tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
        }
    }
    // A machine with more to do than it can is given another chance to be within the second.
    let lasted_s = until("all of them within a second of their calls", || {
        let lasted_s = quiet_since.elapsed().as_secs_f64();
        let lengths = files().iter().map(|file| Wav::read(file).seconds()).collect::<Vec<_>>();
        let good = |seconds: &&f64| **seconds >= lasted_s - MAY_COST_S;
        // Those that are spoken in began a little later.
        (lengths.iter().filter(good).count() >= CALLS - SPEAKING).then_some(lasted_s)
    })
    .await;
    node.kill().await;
    let left: Vec<Wav> = node.recordings().iter().map(|file| Wav::read(file)).collect();
    assert_eq!(left.len(), CALLS);
    let long = left.iter().filter(|wav| wav.seconds() >= lasted_s - MAY_COST_S).count();
    assert!(long >= CALLS - SPEAKING, "{long} of {CALLS} are within a second of {lasted_s} s");
    let loud = left
        .iter()
        .filter(|wav| wav.seconds_of_tone(0, 440.0) >= 0.5 && wav.seconds_of_tone(1, 660.0) >= 0.5);
    assert_eq!(loud.count(), SPEAKING);

    node.serve().await;
    let sealed =
        "SELECT path FROM recordings WHERE state = 'sealed' AND sha256 IS NOT NULL AND peaks IS NOT NULL";
    let all = |rows: Vec<String>| (rows.len() == CALLS).then_some(());
    node.database.until("all of them sealed, read and outlined", sealed, all).await;
}
