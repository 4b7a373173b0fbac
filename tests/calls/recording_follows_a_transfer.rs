//! A transfer brings a party in whose calls are recorded, or moves the parties of a recording: it begins with its
//! arrival, and each side keeps its channel.

use ramal_tests::talk::{Side, connect, established};
use ramal_tests::{Node, Rtp, Site, Wav};

#[tokio::test]
async fn a_party_that_is_to_be_recorded_is_from_its_arrival() {
    let site = Site::acme().extension("104", "recording = \"always\"");
    let node = Node::start(site).await;
    let (a, mut b) = established(&node, "100", "101").await;
    let phone = node.phone("104").await;
    let (consult, c) = connect(b.ua.clone(), Rtp::new().await, phone, Rtp::new().await, "104").await;
    let replaces = consult.call.replaces().replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
    let refer_to = format!("<sip:104@acme.test?Replaces={replaces}>");
    b.call.request("REFER", &[("Refer-To", &refer_to)], None).await;
    b.call.expect_bye().await;
    c.rtp.speak(880.0);
    tokio::join!(a.rtp.hears(880.0), c.rtp.hears(440.0));
    let mut call = a.call;
    tokio::join!(call.bye(), c.call.expect_bye());
    let records = node.expect_cdrs(2).await;
    let first = records.iter().find(|r| r["callee"] == "101").expect("the first call's record");
    assert!(first["recording"].is_string(), "{first:#}");
}

#[tokio::test]
async fn after_two_transfers_the_channels_are_what_they_were() {
    let node = Node::start(Site::acme().recorded()).await;
    let (a, b) = established(&node, "100", "101").await;
    let second = send_on(&node, a, &b, "102", 880.0).await;
    let third = send_on(&node, second, &b, "103", 1320.0).await;
    for _ in 0..5 {
        tokio::join!(b.rtp.hears(1320.0), third.rtp.hears(660.0));
    }
    let mut call = third.call;
    tokio::join!(call.bye(), b.call.expect_bye());
    let record = node.expect_cdr().await;
    let wav = Wav::read(std::path::Path::new(record["recording"].as_str().expect("a recording")));
    assert_eq!(wav.seconds_of_tone(0, 660.0), 0.0, "the callee stays on the right");
    assert!(wav.seconds_of_tone(0, 1320.0) >= 0.5, "who came for the caller is on the left");
}

/// `from` transfers `stays` to a third phone, which answers and speaks.
async fn send_on(node: &Node, mut from: Side, stays: &Side, number: &str, hz: f64) -> Side {
    let ua = node.phone(number).await;
    let refer_to = format!("<sip:{number}@acme.test>");
    from.call.request("REFER", &[("Refer-To", &refer_to)], None).await;
    let call = ua.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    from.call.expect_bye().await;
    rtp.speak(hz);
    stays.rtp.hears(hz).await;
    Side { ua, call, rtp }
}
