//! A real phone that speaks only Opus and one that speaks only G.711: each hears the other's tone.

use ramal_tests::baresip::Setup;
use ramal_tests::rtp::tone;
use ramal_tests::sdp::PCMA;
use ramal_tests::site::password;
use ramal_tests::{Baresip, Node, Rtp, Site, Wav, wav};

fn opus_phone(node: &Node, number: &str, hz: f64) -> Setup {
    let speaks = node.folder().join(format!("{number}.wav"));
    wav::write_mono(&speaks, 48_000, &tone::sine(hz, 48_000, 0, 48_000 * 20));
    let account = format!(
        "<sip:{number}@{};transport=udp>;auth_pass={};outbound=\"sip:{}\";regint=600;answermode=auto",
        node.site.domain,
        password(number),
        node.udp
    );
    Setup { account, codecs: vec!["opus"], speaks }
}

#[tokio::test]
async fn tones_cross_both_ways() {
    let node = Node::start(Site::acme()).await;
    let mut baresip = Baresip::start(&opus_phone(&node, "100", 700.0)).await;
    baresip.registered().await;
    let bob = node.phone("101").await;
    baresip.command("dial", "sip:101@acme.test").await;
    let call = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.describe(&[PCMA]).text()).await;
    baresip.expect_event("CALL_ESTABLISHED").await;
    rtp.speak(440.0);
    rtp.hears(700.0).await;
    let heard = baresip.heard_file().await;
    baresip.hears(440.0, 0.5).await;
    baresip.command("hangup", "").await;
    call.expect_bye().await;
    let _folder = baresip.quit().await;
    let heard = Wav::read(&heard);
    assert!(heard.seconds_of_tone(0, 440.0) >= 0.5, "{}", heard.seconds());
}
