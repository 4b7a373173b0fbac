//! Two real phones through the gateway, recorded: each channel holds its own phone's tone.

use ramal_tests::baresip::Setup;
use ramal_tests::rtp::tone;
use ramal_tests::site::password;
use ramal_tests::{Baresip, Node, Site, Wav, wav};

fn setup(node: &Node, number: &str, hz: f64, codec: &'static str, media: &str) -> Setup {
    let speaks = node.folder().join(format!("{number}.wav"));
    let rate_hz = if codec == "g722" { 16_000 } else { 8_000 };
    wav::write_mono(&speaks, rate_hz, &tone::sine(hz, rate_hz, 0, rate_hz as usize * 20));
    let account = format!(
        "<sip:{number}@{};transport=udp>;auth_pass={};outbound=\"sip:{}\";regint=600;answermode=auto{media}",
        node.site.domain,
        password(number),
        node.udp
    );
    Setup { account, codecs: vec![codec], speaks }
}

async fn talk(codec: &'static str, media: &str) {
    let node = Node::start(Site::acme().recorded()).await;
    let mut alice = Baresip::start(&setup(&node, "100", 500.0, codec, media)).await;
    let mut bob = Baresip::start(&setup(&node, "101", 900.0, codec, media)).await;
    tokio::join!(alice.registered(), bob.registered());
    alice.command("dial", "sip:101@acme.test").await;
    bob.expect_event("CALL_ESTABLISHED").await;
    alice.expect_event("CALL_ESTABLISHED").await;
    ramal_tests::deadline::until("a second of both in the recording that is written", || {
        let wav = Wav::parse(&std::fs::read(node.recordings().first()?).ok()?).ok()?;
        (wav.seconds_of_tone(0, 500.0) >= 1.0 && wav.seconds_of_tone(1, 900.0) >= 1.0).then_some(())
    })
    .await;
    alice.command("hangup", "").await;
    bob.expect_event("CALL_CLOSED").await;
    node.expect_cdr().await;
    let wav = Wav::read(&node.recordings()[0]);
    assert!(wav.seconds_of_tone(0, 500.0) >= 1.0 && wav.seconds_of_tone(1, 900.0) >= 1.0);
    assert_eq!(wav.seconds_of_tone(0, 900.0) + wav.seconds_of_tone(1, 500.0), 0.0);
}

#[tokio::test]
async fn with_g711() {
    talk("g711", "").await;
}

#[tokio::test]
async fn with_g722() {
    talk("g722", "").await;
}

#[tokio::test]
async fn with_sdes() {
    talk("g711", ";mediaenc=srtp-mand").await;
}
