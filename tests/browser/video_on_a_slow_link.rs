//! Two pages in a video call; then one's link is throttled: frames go on, the picture shrinks, the call stays.

use std::time::Duration;

use ramal_tests::throttle::Throttle;
use ramal_tests::{Browser, Node, Page, Site};
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::phones::register;

/// An encoder takes its time to believe that a link is slow, and a loaded machine makes it wait.
const PATIENCE: Duration = Duration::from_secs(90);
const SLOW_LINK_BITS_PER_S: u64 = 200_000;
const RECEIVES: &str = "inbound-rtp";
const SENDS: &str = "outbound-rtp";

/// One direction of the page's video, as `getStats` has it.
async fn video(page: &Page, direction: &str) -> Value {
    let stats = page.stats().await;
    stats.into_iter().find(|s| s["type"] == direction && s["kind"] == "video").unwrap_or(Value::Null)
}

/// Looks at a figure of the page's video until it fits, and returns it.
async fn until(page: &Page, direction: &str, figure: &str, fits: impl Fn(u64) -> bool) -> u64 {
    let waited = timeout(PATIENCE, async {
        let mut tick = interval(Duration::from_millis(250));
        loop {
            tick.tick().await;
            let value = video(page, direction).await[figure].as_f64().unwrap_or_default() as u64;
            if fits(value) {
                return value;
            }
        }
    });
    match waited.await {
        Ok(value) => value,
        Err(_) => panic!("{figure}: not within {PATIENCE:?}; now {:#}", video(page, direction).await),
    }
}

#[tokio::test]
async fn the_picture_shrinks_and_the_call_stays() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::seen_speaking(440.0).await;
    let (alice, bob) = (browser.phone("100").await, browser.phone("101").await);
    register(&alice, &node, "100").await;
    register(&bob, &node, "101").await;
    let link = Throttle::before(node.browsers).await;
    bob.detour(node.browsers.port(), link.address.port()).await;

    alice.phone("dial", json!(["101", true])).await;
    bob.expect("incoming").await;
    bob.phone("answer", json!([true])).await;
    tokio::join!(alice.expect("confirmed"), bob.expect("confirmed"));
    until(&bob, RECEIVES, "framesDecoded", |frames| frames > 30).await;
    until(&alice, RECEIVES, "framesDecoded", |frames| frames > 30).await;
    let wide = until(&bob, RECEIVES, "frameWidth", |width| width >= 640).await;
    let fast = until(&alice, SENDS, "targetBitrate", |rate| rate > 2 * SLOW_LINK_BITS_PER_S).await;
    tokio::join!(alice.hears(440.0), bob.hears(440.0));

    link.limit(SLOW_LINK_BITS_PER_S);
    let slow = until(&alice, SENDS, "targetBitrate", |rate| rate < SLOW_LINK_BITS_PER_S).await;
    let narrow = until(&bob, RECEIVES, "frameWidth", |width| 0 < width && width < wide).await;
    println!("{fast} bit/s, {wide} pixels wide; after the throttle {slow} bit/s, {narrow} pixels wide");
    let frames = until(&bob, RECEIVES, "framesDecoded", |_| true).await;
    until(&bob, RECEIVES, "framesDecoded", |decoded| decoded > frames + 30).await;
    tokio::join!(alice.hears(440.0), bob.hears(440.0));
    assert_eq!(node.calls().await.len(), 1);
    alice.phone("hangUp", json!([])).await;
    bob.expect("ended").await;
}
