//! Pictures between a browser, whose WebRTC stack is the harness's own, and a video phone that shows back what it is shown.

use std::future::Future;
use std::time::Duration;

use ramal_tests::page::media::PageMedia;
use ramal_tests::rtp::mirror::{Feedback, Mirror};
use ramal_tests::rtp::srtp::Suite;
use ramal_tests::sdp::{Format, H264, Remote, VP8};
use ramal_tests::wire::link::Transport;
use ramal_tests::{Call, Node, Rtp, Site};

const MEDIA_CONTROL: &str = "application/media_control+xml";
const FAST_UPDATE: &[u8] =
    b"<?xml version=\"1.0\" encoding=\"utf-8\"?><media_control><vc_primitive><to_encoder>\
    <picture_fast_update/></to_encoder></vc_primitive></media_control>";

/// So that a frame takes several packets.
const FRAME_BYTES: usize = 3_000;

/// How a picture is coded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    H264,
    Vp8,
}

impl Coding {
    fn format(self) -> Format {
        match self {
            Coding::H264 => H264,
            Coding::Vp8 => VP8,
        }
    }

    async fn offer(self) -> (PageMedia, String) {
        match self {
            Coding::H264 => PageMedia::offer_seeing_h264().await,
            Coding::Vp8 => PageMedia::offer_seeing().await,
        }
    }

    /// One frame; no two are alike. It begins as one that stands for itself: RFC 6386 §9.1, or a slice of an IDR picture behind
    /// its start code (H.264 §7.4.1), in which no start code comes again.
    fn frame(self, number: u8) -> Vec<u8> {
        let mut frame: Vec<u8> =
            (0..FRAME_BYTES).map(|at| ((at * 31 + usize::from(number) * 7) % 255) as u8 + 1).collect();
        match self {
            Coding::H264 => frame[..6].copy_from_slice(&[0, 0, 0, 1, 0x65, number + 1]),
            Coding::Vp8 => frame[..4].copy_from_slice(&[0x10, number, 0x9d, 0x01]),
        }
        frame
    }

    /// The number of a frame that may have come whole.
    fn number(self, frame: &[u8]) -> Option<u8> {
        match self {
            Coding::H264 => frame.get(5)?.checked_sub(1),
            Coding::Vp8 => frame.get(1).copied(),
        }
    }
}

/// A browser and a phone that see and hear each other.
struct Meeting {
    _node: Node,
    coding: Coding,
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
        let is_whole = |seen: &[u8]| {
            let number = self.coding.number(seen).filter(|number| *number > from + 5);
            number.is_some_and(|number| seen == self.coding.frame(number))
        };
        let seen = self.page.sees(is_whole);
        let mut tick = tokio::time::interval(Duration::from_millis(40));
        let mut number = from;
        tokio::pin!(seen);
        loop {
            tokio::select! {
                () = &mut seen => return,
                _ = tick.tick(), if number < u8::MAX => {
                    self.page.show(self.coding.frame(number));
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
async fn called(coding: Coding, feedback: Feedback) -> Meeting {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.stream_phone("100", Transport::Ws).await, node.phone("101").await);
    let (page, offer) = coding.offer().await;
    let mut browser = alice.invite("101", &offer).await;
    let phone = bob.expect_invite().await;
    let (rtp, mirror) = (Rtp::new().await, Mirror::new().await);
    rtp.follow(&phone.offer());
    let asked = mirror.follow(&phone.offer());
    assert_eq!(asked.profile, "RTP/AVP", "{}", phone.offer());
    let format = coding.format();
    let payload_type = asked.payload_type(format.name).unwrap_or_else(|| panic!("{}", phone.offer()));
    let format = Format { payload_type, ..format };
    let answer = rtp.sdp() + &mirror.line(format, feedback);
    let (_, answered) = tokio::join!(phone.answer(&answer), browser.answered());
    page.accept(&answered.text());
    Meeting { _node: node, coding, page, mirror, rtp, browser, phone }.begun().await
}

#[tokio::test]
async fn frames_cross_whole_both_ways_and_each_may_ask_for_more() {
    crosses(Coding::Vp8).await;
}

#[tokio::test]
async fn so_do_those_of_h264() {
    crosses(Coding::H264).await;
}

async fn crosses(coding: Coding) {
    let mut meeting = called(coding, Feedback::PictureLoss).await;
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
async fn a_phone_with_sdes_and_a_browser_see_each_other() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.stream_phone("101", Transport::Ws).await);
    let (rtp, mirror) = (Rtp::secure(Suite::AesCm80).await, Mirror::secure().await);
    let offer = rtp.sdp() + &mirror.line(VP8, Feedback::PictureLoss);
    let mut phone = alice.invite("101", &offer).await;
    let browser = bob.expect_invite().await;
    let (page, answer) = PageMedia::answer(&browser.offer()).await;
    let (_, answered) = tokio::join!(browser.answer(&answer), phone.answered());
    rtp.follow(&answered.text());
    assert_eq!(mirror.follow(&answered.text()).profile, "RTP/SAVPF", "{}", answered.text());
    let meeting = Meeting { _node: node, coding: Coding::Vp8, page, mirror, rtp, browser, phone };
    let mut meeting = meeting.begun().await;
    // The phone shows back only what it could open, and nothing comes back that it did not seal.
    meeting.sees_itself(0).await;
    meeting.page.ask_for_picture();
    meeting.mirror.asked().await;
    let before = meeting.page.asked_for_picture(0).await;
    insist(meeting.page.asked_for_picture(before), async || meeting.mirror.ask().await).await;
    assert_eq!(meeting.rtp.unauthentic(), 0);
    let Meeting { browser, phone, .. } = &mut meeting;
    tokio::join!(phone.bye(), browser.expect_bye());
}

#[tokio::test]
async fn a_phone_without_feedback_asks_and_is_asked_by_info() {
    let mut meeting = called(Coding::Vp8, Feedback::None).await;
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
    see_each_other(Rtp::new().await, Mirror::new().await, "RTP/AVPF").await;
}

#[tokio::test]
async fn a_phone_with_sdes_and_one_without_see_each_other() {
    see_each_other(Rtp::secure(Suite::AesCm80).await, Mirror::secure().await, "RTP/SAVPF").await;
}

/// The caller has these ends, answered as `profile`; what of its packets cannot be opened does not count.
async fn see_each_other(near: Rtp, lens: Mirror, profile: &str) {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.phone("101").await);
    let (far, mirror) = (Rtp::new().await, Mirror::new().await);
    let offer = near.sdp() + &lens.line(VP8, Feedback::PictureLoss);
    let mut a = alice.invite("101", &offer).await;
    let b = bob.expect_invite().await;
    far.follow(&b.offer());
    mirror.follow(&b.offer());
    let answer = far.sdp() + &mirror.line(VP8, Feedback::PictureLoss);
    let (_, answered) = tokio::join!(b.answer(&answer), a.answered());
    near.follow(&answered.text());
    let gateway = lens.follow(&answered.text());
    assert_eq!(gateway.profile, profile, "answered as it was offered");
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
    mirror.ask().await;
    lens.asked().await;
    tokio::join!(a.bye(), b.expect_bye());
}
