//! The harness against programs that nobody here wrote, without the gateway: what the wire phone says must be SIP to
//! others, and what it hears must be what they sent.

use std::net::SocketAddr;

use ramal_tests::baresip::Setup;
use ramal_tests::rtp::tone;
use ramal_tests::wire::ua::Identity;
use ramal_tests::{Baresip, Rtp, Sipp, Ua, wav};

async fn phone(number: &str, target: SocketAddr) -> Ua {
    Ua::udp(Identity {
        user: number.to_owned(),
        domain: "acme.test".to_owned(),
        password: String::new(),
        target,
    })
    .await
}

#[tokio::test]
async fn the_wire_phone_calls_itself() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let callee = phone("101", nowhere).await;
    let caller = phone("100", callee.link.local).await;
    let (ear, mouth) = (Rtp::new().await, Rtp::new().await);
    let mut call = caller.invite("101", &ear.sdp()).await;
    let mut other = callee.expect_invite().await;
    other.ring().await;
    call.expect_status(180).await;
    mouth.follow(&other.offer());
    let answer = mouth.sdp();
    let (_, answered) = tokio::join!(other.answer(&answer), call.answered());
    ear.follow(&answered.text());
    ear.speak(440.0);
    mouth.speak(660.0);
    tokio::join!(ear.hears(660.0), mouth.hears(440.0));
    ear.press('5');
    assert_eq!(mouth.expect_digit().await, ('5', 100));
    mouth.hush();
    ear.hears_nothing().await;
    tokio::join!(other.bye(), call.expect_bye());
}

#[tokio::test]
async fn the_wire_phone_speaks_srtp_with_itself() {
    use ramal_tests::rtp::srtp::Suite;
    for suite in [Suite::AesCm80, Suite::AesCm32, Suite::AeadAes128Gcm] {
        let (one, two) = (Rtp::secure(suite).await, Rtp::secure(suite).await);
        one.follow(&two.sdp());
        two.follow(&one.sdp());
        one.speak(440.0);
        two.hears(440.0).await;
        assert_eq!(two.unauthentic(), 0);
    }
}

#[tokio::test]
async fn sipp_calls_the_wire_phone() {
    let callee = phone("101", SocketAddr::from(([127, 0, 0, 1], 9))).await;
    let sipp = Sipp::run(
        "call_and_hang_up.xml",
        callee.link.local,
        ([127, 0, 0, 1], 0).into(),
        &["-m", "1", "-s", "101"],
    );
    let call = callee.expect_invite().await;
    call.ring().await;
    call.answer(&Rtp::new().await.sdp()).await;
    call.expect_bye().await;
    sipp.succeeded().await;
}

#[tokio::test]
async fn baresip_calls_the_wire_phone() {
    let folder = tempfile::tempdir().unwrap();
    let speech = folder.path().join("speech.wav");
    wav::write_mono(&speech, 8000, &tone::sine(700.0, 8000, 0, 80_000));
    let callee = phone("101", SocketAddr::from(([127, 0, 0, 1], 9))).await;
    let mut baresip = Baresip::start(&Setup {
        account: "<sip:100@acme.test>;regint=0;mediaenc=".to_owned(),
        codecs: vec!["g711"],
        speaks: speech,
    })
    .await;
    baresip.command("dial", &format!("sip:101@{}", callee.link.local)).await;
    let call = callee.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    baresip.expect_event("CALL_ESTABLISHED").await;
    rtp.speak(440.0);
    rtp.hears(700.0).await;
    let heard = baresip.heard_file().await;
    baresip.command("hangup", "").await;
    call.expect_bye().await;
    let _folder = baresip.quit().await;
    assert!(wav::Wav::read(&heard).channels.len() == 1);
}
