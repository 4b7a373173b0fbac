//! JsSIP in Chromium, over plain and secure WebSockets, with SIP phones: tones are found at each end.

use ramal_tests::baresip::Setup;
use ramal_tests::rtp::tone;
use ramal_tests::site::password;
use ramal_tests::{Baresip, Browser, Node, Rtp, Site, wav};
use serde_json::json;

use crate::phones::{register, register_securely};

#[tokio::test]
async fn it_calls_a_sip_phone() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("100").await;
    register(&page, &node, "100").await;
    let bob = node.phone("101").await;
    page.phone("dial", json!(["101"])).await;
    let at_bob = bob.expect_invite().await;
    at_bob.ring().await;
    page.expect("progress").await;
    let rtp = Rtp::new().await;
    rtp.follow(&at_bob.offer());
    at_bob.answer(&rtp.sdp()).await;
    page.expect("confirmed").await;
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    page.phone("hangUp", json!([])).await;
    at_bob.expect_bye().await;
    let cdr = node.expect_cdr().await;
    assert_eq!(cdr["end_reason"], "normal_clearing", "{cdr:#}");
}

#[tokio::test]
async fn it_is_called_over_a_secure_socket() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("100").await;
    register_securely(&page, &node, "100").await;
    let bob = node.phone("101").await;
    let rtp = Rtp::new().await;
    let mut call = bob.invite("100", &rtp.sdp()).await;
    assert_eq!(page.expect("incoming").await, "101");
    call.expect_status(180).await;
    page.phone("answer", json!([])).await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    call.bye().await;
    page.expect("ended").await;
}

#[tokio::test]
async fn it_talks_with_baresip_both_ways() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("100").await;
    register_securely(&page, &node, "100").await;
    let mut baresip = baresip(&node, "101", 900.0).await;

    page.phone("dial", json!(["101"])).await;
    page.expect("confirmed").await;
    page.hears(900.0).await;
    baresip.hears(440.0, 1.0).await;
    page.phone("hangUp", json!([])).await;
    baresip.expect_event("CALL_CLOSED").await;

    baresip.command("dial", "sip:100@acme.test").await;
    page.expect("incoming").await;
    page.phone("answer", json!([])).await;
    page.expect("confirmed").await;
    page.hears(900.0).await;
    baresip.command("hangup", "").await;
    page.expect("ended").await;
}

async fn baresip(node: &Node, number: &str, hz: f64) -> Baresip {
    let speaks = node.folder().join(format!("{number}.wav"));
    wav::write_mono(&speaks, 8000, &tone::sine(hz, 8000, 0, 8000 * 20));
    let account = format!(
        "<sip:{number}@{};transport=udp>;auth_pass={};outbound=\"sip:{}\";regint=600;answermode=auto",
        node.site.domain,
        password(number),
        node.udp
    );
    let mut baresip = Baresip::start(&Setup { account, codecs: vec!["g711"], speaks }).await;
    baresip.registered().await;
    baresip
}
