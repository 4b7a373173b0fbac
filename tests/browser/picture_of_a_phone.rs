//! Chromium in a video call with video phones: one that shows it its own picture, and baresip.

use std::time::Duration;

use ramal_tests::baresip::Setup;
use ramal_tests::rtp::mirror::{Feedback, Mirror};
use ramal_tests::rtp::tone;
use ramal_tests::sdp::{Format, VP8};
use ramal_tests::site::password;
use ramal_tests::{Baresip, Browser, Node, Page, Rtp, Site, wav};
use serde_json::json;
use tokio::time::{interval, timeout};

use crate::phones::register;

/// An encoder on a loaded machine takes its time.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until the page has decoded so many frames of the picture that it gets.
async fn decodes(page: &Page, frames: f64) {
    let waited = timeout(PATIENCE, async {
        let mut tick = interval(Duration::from_millis(250));
        loop {
            tick.tick().await;
            let stats = page.stats().await;
            let video = stats.iter().find(|s| s["type"] == "inbound-rtp" && s["kind"] == "video");
            if video.is_some_and(|s| s["framesDecoded"].as_f64().unwrap_or_default() >= frames) {
                return;
            }
        }
    });
    if waited.await.is_err() {
        panic!("fewer than {frames} frames within {PATIENCE:?}; now {:#?}", page.stats().await);
    }
}

#[tokio::test]
async fn a_page_sees_itself_in_a_phone() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::seen_speaking(440.0).await;
    let page = browser.phone("100").await;
    register(&page, &node, "100").await;
    let bob = node.phone("101").await;
    page.phone("dial", json!(["101", true])).await;
    let mut call = bob.expect_invite().await;
    let (rtp, mirror) = (Rtp::new().await, Mirror::new().await);
    rtp.follow(&call.offer());
    let asked = mirror.follow(&call.offer());
    let format = Format { payload_type: asked.payload_type("VP8/90000").expect("VP8"), ..VP8 };
    call.answer(&(rtp.sdp() + &mirror.line(format, Feedback::PictureLoss))).await;
    page.expect("confirmed").await;
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    decodes(&page, 60.0).await;
    call.bye().await;
    page.expect("ended").await;
}

#[tokio::test]
async fn a_page_and_baresip_see_each_other() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::seen_speaking(440.0).await;
    let page = browser.phone("100").await;
    register(&page, &node, "100").await;
    let speaks = node.folder().join("101.wav");
    wav::write_mono(&speaks, 8_000, &tone::sine(900.0, 8_000, 0, 8_000 * 20));
    let account = format!(
        "<sip:101@{};transport=udp>;auth_pass={};outbound=\"sip:{}\";regint=600;answermode=auto",
        node.site.domain,
        password("101"),
        node.udp
    );
    let mut baresip = Baresip::start(&Setup { account, codecs: vec!["g711", "vp8"], speaks }).await;
    baresip.registered().await;
    page.phone("dial", json!(["101", true])).await;
    page.expect("confirmed").await;
    page.hears(900.0).await;
    decodes(&page, 30.0).await;
    baresip.decodes_pictures().await;
    page.phone("hangUp", json!([])).await;
    page.expect("ended").await;
}
