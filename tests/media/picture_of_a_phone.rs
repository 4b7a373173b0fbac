//! Pictures between a browser, whose WebRTC stack is the harness's own, and a video phone that shows back what it is shown.

use std::future::Future;
use std::time::Duration;

use ramal_tests::page::media::PageMedia;
use ramal_tests::rtp::mirror::{Feedback, Mirror};
use ramal_tests::sdp::{Remote, VP8};
use ramal_tests::wire::link::Transport;
use ramal_tests::{Call, Node, Rtp, Site};

const MEDIA_CONTROL: &str = "application/media_control+xml";
const FAST_UPDATE: &[u8] =
    b"<?xml version=\"1.0\" encoding=\"utf-8\"?><media_control><vc_primitive><to_encoder>\
    <picture_fast_update/></to_encoder></vc_primitive></media_control>";

/// So that a frame takes several packets.
const FRAME_BYTES: usize = 3_000;

/// One frame; no two are alike. Its first byte is that of a frame that stands for itself (RFC 6386 §9.1).
fn frame(number: u8, bytes: usize) -> Vec<u8> {
    let mut frame: Vec<u8> = (0..bytes).map(|at| (at * 31 + usize::from(number) * 7) as u8).collect();
    frame[..4].copy_from_slice(&[0x10, number, 0x9d, 0x01]);
    frame
}

/// A browser and a phone that see and hear each other.
struct Meeting {
    _node: Node,
    page: PageMedia,
    mirror: Mirror,
    rtp: Rtp,
    browser: Call,
    phone: Call,
}

impl Meeting {
    /// Waits until the sound crosses both ways, and shows the first frames.
    async fn begun(self) -> Meeting {
        self.page.connected().await;
        self.page.speak(440.0);
        self.rtp.speak(660.0);
        tokio::join!(self.page.hears(660.0), self.rtp.hears(440.0));
        self
    }

    /// Shows frames, numbered from here on, until some have come back as they were.
    async fn sees_itself(&self, from: u8) {
        let is_whole = |seen: &[u8]| seen[1] > from + 5 && seen == frame(seen[1], FRAME_BYTES);
        let seen = self.page.sees(is_whole);
        let mut tick = tokio::time::interval(Duration::from_millis(40));
        let mut number = from;
        tokio::pin!(seen);
        loop {
            tokio::select! {
                () = &mut seen => return,
                _ = tick.tick(), if number < u8::MAX => {
                    self.page.show(frame(number, FRAME_BYTES));
                    number += 1;
                }
            }
        }
    }
}

/// Asks until it is done, as decoders do: what is asked again within 300 ms is passed on once.
async fn insist(done: impl Future<Output = usize>, mut ask: impl AsyncFnMut()) {
    let mut tick = tokio::time::interval(Duration::from_millis(350));
    tokio::pin!(done);
    loop {
        tokio::select! {
            _ = &mut done => return,
            _ = tick.tick() => ask().await,
        }
    }
}

/// The browser has called.
async fn called(feedback: Feedback) -> Meeting {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.stream_phone("100", Transport::Ws).await, node.phone("101").await);
    let (page, offer) = PageMedia::offer_seeing().await;
    let mut browser = alice.invite("101", &offer).await;
    let phone = bob.expect_invite().await;
    let (rtp, mirror) = (Rtp::new().await, Mirror::new().await);
    rtp.follow(&phone.offer());
    let asked = mirror.follow(&phone.offer());
    assert_eq!(asked.profile, "RTP/AVP", "{}", phone.offer());
    let format = ramal_tests::sdp::Format {
        payload_type: asked.payload_type("VP8/90000").expect("a number for VP8"),
        ..VP8
    };
    let answer = rtp.sdp() + &mirror.line(format, feedback);
    let (_, answered) = tokio::join!(phone.answer(&answer), browser.answered());
    page.accept(&answered.text());
    Meeting { _node: node, page, mirror, rtp, browser, phone }.begun().await
}

#[tokio::test]
async fn frames_cross_whole_both_ways_and_each_may_ask_for_more() {
    let mut meeting = called(Feedback::PictureLoss).await;
    meeting.sees_itself(0).await;
    // What reached the phone is what the page showed, cut into packets of one frame each, the last of them marked.
    let shown = meeting.mirror.sees(12).await;
    assert!(shown.iter().filter(|packet| packet.marker).count() >= 2);
    assert!(shown.iter().all(|packet| packet.payload.len() > 100));
    meeting.page.ask_for_picture();
    meeting.mirror.asked().await;
    let before = meeting.page.asked_for_picture(0).await;
    let asked = meeting.page.asked_for_picture(before);
    insist(asked, async || meeting.mirror.ask().await).await;
    let Meeting { browser, phone, .. } = &mut meeting;
    tokio::join!(browser.bye(), phone.expect_bye());
}

#[tokio::test]
async fn a_phone_without_feedback_asks_and_is_asked_by_info() {
    let mut meeting = called(Feedback::None).await;
    meeting.sees_itself(0).await;
    meeting.page.ask_for_picture();
    let info = meeting.phone.expect_and_accept("INFO").await;
    assert_eq!(info.header("Content-Type"), Some(MEDIA_CONTROL));
    assert!(info.text().contains("picture_fast_update"), "{}", info.text());
    let asked = meeting.page.asked_for_picture(0);
    let phone = &mut meeting.phone;
    insist(asked, async || {
        let response = phone.request("INFO", &[], Some((MEDIA_CONTROL, FAST_UPDATE))).await;
        assert_eq!(response.status(), Some(200));
    })
    .await;
    meeting.sees_itself(100).await;
    let Meeting { browser, phone, .. } = &mut meeting;
    tokio::join!(browser.bye(), phone.expect_bye());
}

#[tokio::test]
async fn a_phone_that_refuses_pictures_is_heard() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.stream_phone("100", Transport::Ws).await, node.phone("101").await);
    let (page, offer) = PageMedia::offer_seeing().await;
    let mut browser = alice.invite("101", &offer).await;
    let phone = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&phone.offer());
    let answer = rtp.sdp() + "m=video 0 RTP/AVP 96\r\n";
    let (_, answered) = tokio::join!(phone.answer(&answer), browser.answered());
    assert!(Remote::pictures(&answered.text()).is_none(), "{}", answered.text());
    page.accept(&answered.text());
    page.connected().await;
    page.speak(440.0);
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    tokio::join!(browser.bye(), phone.expect_bye());
}

#[tokio::test]
async fn two_video_phones_see_each_other() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (near, far) = (Rtp::new().await, Rtp::new().await);
    let (lens, mirror) = (Mirror::new().await, Mirror::new().await);
    let offer = near.sdp() + &lens.line(VP8, Feedback::PictureLoss);
    let mut a = alice.invite("101", &offer).await;
    let b = bob.expect_invite().await;
    far.follow(&b.offer());
    mirror.follow(&b.offer());
    let answer = far.sdp() + &mirror.line(VP8, Feedback::PictureLoss);
    let (_, answered) = tokio::join!(b.answer(&answer), a.answered());
    near.follow(&answered.text());
    let gateway = lens.follow(&answered.text());
    assert_eq!(gateway.profile, "RTP/AVPF", "answered as it was offered");
    near.speak(440.0);
    far.speak(660.0);
    tokio::join!(near.hears(660.0), far.hears(440.0));
    for number in 0..30 {
        lens.show(VP8.payload_type, &[0x10, number, 3, 4]).await;
    }
    let (shown, back) = tokio::join!(mirror.sees(20), lens.sees(20));
    assert!(shown.iter().chain(&back).all(|packet| matches!(packet.payload[..], [0x10, 0..30, 3, 4])));
    lens.ask().await;
    mirror.asked().await;
    tokio::join!(a.bye(), b.expect_bye());
}
