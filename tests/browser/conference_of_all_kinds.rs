//! Chromium in Opus, aiortc in G.722, a page's stack and two phones in both kinds of G.711, in one conference: each hears the other
//! four and not itself.

use ramal_tests::page::WirePage;
use ramal_tests::sdp::{PCMA, PCMU};
use ramal_tests::{Aiortc, Browser, Call, Node, Rtp, Site, Ua};

use crate::trial::{dial, signed_in};

/// Far from each other's overtones and from what mixing makes of any three.
const TONES_HZ: [f64; 5] = [350.0, 550.0, 850.0, 1250.0, 1850.0];

/// What one of the five is to hear, and what not.
fn parted(own: usize) -> (Vec<f64>, [f64; 1]) {
    let others = (0..TONES_HZ.len()).filter(|place| *place != own).map(|place| TONES_HZ[place]);
    (others.collect(), [TONES_HZ[own]])
}

async fn phone(node: &Node, number: &str, format: ramal_tests::sdp::Format) -> (Ua, Rtp, Call) {
    let (phone, rtp) = (node.phone(number).await, Rtp::new().await);
    let mut call = phone.invite("*70", &rtp.describe(&[format]).text()).await;
    rtp.follow(&call.answered().await.text());
    (phone, rtp, call)
}

#[tokio::test]
async fn each_hears_the_other_four_and_not_itself() {
    let site = Site::acme().extension("104", "").rule("dial = \"*70\"\nconference = \"board\"");
    let node = Node::start(site).await;
    let browser = Browser::speaking(TONES_HZ[0]).await;
    let chromium = signed_in(&browser, &node, "100").await;
    dial(&chromium, "*70").await;
    let (second, third) = (WirePage::sign_in(&node, "101").await, WirePage::sign_in(&node, "102").await);
    let aiortc = Aiortc::start();
    let whip = format!("http://{}/whip", node.web);
    aiortc.attach(&whip, second.token(), TONES_HZ[1], "G722").await;
    second.dial("*70").await;
    let seat = third.take_seat().await;
    third.dial("*70").await;
    seat.media.speak(TONES_HZ[2]);
    let (_a, alaw, _alaw_call) = phone(&node, "103", PCMA).await;
    let (_b, ulaw, _ulaw_call) = phone(&node, "104", PCMU).await;
    alaw.speak(TONES_HZ[3]);
    ulaw.speak(TONES_HZ[4]);
    let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(parted);
    tokio::join!(
        chromium.hears_all(&a.0, &a.1),
        aiortc.hears_all(&b.0, &b.1),
        seat.media.hears_all(&c.0, &c.1),
        alaw.hears_all(&d.0, &d.1),
        ulaw.hears_all(&e.0, &e.1),
    );
    chromium.sees("#quality", "opus").await;
    let record = node.calls().await;
    assert_eq!(record.len(), 5, "{record:?}");
    aiortc.close().await;
}
