//! What Chromium itself says of the sound that it gets in a steady call: it makes up next to nothing.

use std::time::Duration;

use ramal_tests::sdp::{Format, PCMA, PCMU};
use ramal_tests::second_try;
use ramal_tests::{Browser, Node, Page, Rtp, Site};
use serde_json::Value;

use crate::trial::{dial, signed_in};

/// Of what is played, this share may be made up: a busy machine delays packets now and then (otherwise one percent is seen). A
/// clock that is wrong, or numbers that jump, would have most of it made up.
const MADE_UP_SHARE: f64 = 0.25;
/// A machine that stood still meanwhile is given another chance; a clock stays wrong.
const ATTEMPTS: usize = 3;
/// Looked at over so many samples: five seconds of G.711.
const SAMPLES: f64 = 5.0 * 8_000.0;

async fn sound(page: &Page) -> Value {
    let stats = page.stats().await;
    stats.into_iter().find(|s| s["type"] == "inbound-rtp" && s["kind"] == "audio").unwrap_or(Value::Null)
}

fn figure(stats: &Value, name: &str) -> f64 {
    stats[name].as_f64().unwrap_or_default()
}

/// A phone that takes these formats speaks to the page.
async fn made_up(formats: &[Format]) -> f64 {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = signed_in(&browser, &node, "100").await;
    let bob = node.phone("101").await;
    dial(&page, "101").await;
    let mut call = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.describe(formats).text()).await;
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    let mut share = played(&page).await;
    for _ in 1..ATTEMPTS {
        if share >= MADE_UP_SHARE {
            second_try::note(&format!("{:.1} % of the sound was made up", share * 100.0));
            share = played(&page).await;
        }
    }
    call.bye().await;
    share
}

/// What was made up of the next five seconds.
async fn played(page: &Page) -> f64 {
    let before = sound(page).await;
    let after = ramal_tests::deadline::within("five seconds of sound", async {
        let mut tick = tokio::time::interval(Duration::from_millis(500));
        loop {
            tick.tick().await;
            let now = sound(page).await;
            if figure(&now, "totalSamplesReceived") - figure(&before, "totalSamplesReceived") >= SAMPLES {
                return now;
            }
        }
    })
    .await;
    let grown = |name: &str| figure(&after, name) - figure(&before, name);
    for name in [
        "totalSamplesReceived",
        "concealedSamples",
        "silentConcealedSamples",
        "concealmentEvents",
        "insertedSamplesForDeceleration",
        "removedSamplesForAcceleration",
        "packetsReceived",
        "packetsLost",
        "packetsDiscarded",
        "jitterBufferEmittedCount",
    ] {
        println!("{name}: {} before the call was steady, then {}", figure(&before, name), grown(name));
    }
    println!("jitter {} s, {}", figure(&after, "jitter"), after["codecId"]);
    grown("concealedSamples") / grown("totalSamplesReceived")
}

#[tokio::test]
async fn a_forwarded_call_is_played_as_it_was_spoken() {
    let share = made_up(&[PCMA, PCMU]).await;
    assert!(share < MADE_UP_SHARE, "{:.1} % of the sound was made up", share * 100.0);
}
