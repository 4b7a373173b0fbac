//! Phones in browsers, by their signalling: WebRTC descriptions, as browsers wrote them, on a WebSocket. Browsers themselves
//! are in the suite `browser`.

use ramal_tests::sdp::Remote;
use ramal_tests::wire::link::Transport;
use ramal_tests::{Call, Node, Rtp, Site, Ua};

const AUDIO: &str = include_str!("../../media/testdata/sdp/jssip.sdp");
const VIDEO: &str = include_str!("../../media/testdata/sdp/chrome.sdp");

/// What a browser answers to this offer: the same, at its own end of the transport.
fn answer_to(offer: &str) -> String {
    let theirs = |line: &&str| {
        let ours = ["a=ice-", "a=candidate", "a=end-of", "a=fingerprint", "a=setup", "a=ssrc", "a=msid"];
        !ours.iter().any(|start| line.starts_with(start))
    };
    let answer: String = offer.lines().filter(theirs).map(|line| format!("{line}\r\n")).collect();
    let fingerprint = ["1F"; 32].join(":");
    let transport = format!(
        "t=0 0\r\na=ice-ufrag:Bro1\r\na=ice-pwd:browserbrowserbrowser1\r\na=fingerprint:sha-256 {fingerprint}\r\n\
         a=setup:active\r\n"
    );
    answer.replace("t=0 0\r\n", &transport)
}

fn lines<'a>(sdp: &'a str, start: &str) -> Vec<&'a str> {
    sdp.lines().filter(|line| line.starts_with(start)).collect()
}

/// A description of ours for a browser: ICE-lite with an address, DTLS, one transport.
fn assert_for_browser(sdp: &str) {
    let needed =
        ["a=ice-lite", "a=ice-ufrag:", "a=candidate:", "a=fingerprint:sha-256 ", "a=setup:", "a=rtcp-mux"];
    for start in needed {
        assert!(!lines(sdp, start).is_empty(), "{start} in\n{sdp}");
    }
    assert_eq!(Remote::parse(sdp).profile, "UDP/TLS/RTP/SAVPF");
}

async fn browsers(node: &Node) -> (Ua, Ua) {
    (node.stream_phone("100", Transport::Ws).await, node.stream_phone("101", Transport::Wss).await)
}

/// Two browsers in a call that began with this offer; the description of each by us.
async fn talking(node: &Node, offer: &str) -> (Call, Call, String, String) {
    let (alice, bob) = browsers(node).await;
    let mut a = alice.invite("101", offer).await;
    let b = bob.expect_invite().await;
    let offered = b.offer();
    let answer = answer_to(&offered);
    let (_, answered) = tokio::join!(b.answer(&answer), a.answered());
    (a, b, answered.text(), offered)
}

#[tokio::test]
async fn a_browser_calls_a_phone() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.stream_phone("100", Transport::Ws).await, node.phone("101").await);
    let mut a = alice.invite("101", AUDIO).await;
    let b = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    assert_eq!(rtp.follow(&b.offer()).profile, "RTP/AVP");
    let answer = rtp.sdp();
    let (_, answered) = tokio::join!(b.answer(&answer), a.answered());
    assert_for_browser(&answered.text());
    tokio::join!(a.bye(), b.expect_bye());
    let cdr = node.expect_cdr().await;
    assert_eq!(cdr["legs"][0]["srtp"], "DTLS-SRTP", "{cdr:#}");
}

#[tokio::test]
async fn a_phone_calls_a_browser() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.stream_phone("101", Transport::Wss).await);
    let rtp = Rtp::new().await;
    let mut a = alice.invite("101", &rtp.sdp()).await;
    let b = bob.expect_invite().await;
    assert_for_browser(&b.offer());
    assert!(lines(&b.offer(), "a=setup:").iter().all(|line| *line == "a=setup:actpass"));
    let answer = answer_to(&b.offer());
    let (_, answered) = tokio::join!(b.answer(&answer), a.answered());
    assert_eq!(rtp.follow(&answered.text()).profile, "RTP/AVP");
    tokio::join!(a.bye(), b.expect_bye());
}

#[tokio::test]
async fn a_phone_on_a_websocket_that_is_no_browser_is_asked_again() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.stream_phone("101", Transport::Ws).await);
    let (near, far) = (Rtp::new().await, Rtp::new().await);
    let mut a = alice.invite("101", &near.sdp()).await;
    bob.expect_invite().await.reject(488).await;
    let b = bob.expect_invite().await;
    far.follow(&b.offer());
    let answer = far.sdp();
    let (_, answered) = tokio::join!(b.answer(&answer), a.answered());
    near.follow(&answered.text());
    near.speak(440.0);
    far.speak(660.0);
    tokio::join!(near.hears(660.0), far.hears(440.0));
    tokio::join!(a.bye(), b.expect_bye());
}

#[tokio::test]
async fn two_browsers_see_each_other_in_a_format_that_both_have() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b, answered, offered) = talking(&node, VIDEO).await;
    assert!(!lines(&offered, "m=video ").is_empty(), "{offered}");
    assert_for_browser(&answered);
    let video = lines(&answered, "m=video ");
    assert!(video.len() == 1 && !video[0].starts_with("m=video 0 "), "{answered}");
    assert!(answered.contains(" VP8/90000"), "{answered}");
    tokio::join!(a.bye(), b.expect_bye());
}

#[tokio::test]
async fn a_phone_that_answers_sound_alone_leaves_a_browser_its_sound() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.stream_phone("100", Transport::Ws).await, node.phone("101").await);
    let mut a = alice.invite("101", VIDEO).await;
    let b = bob.expect_invite().await;
    assert_eq!(lines(&b.offer(), "m=video ").len(), 1, "{}", b.offer());
    let rtp = Rtp::new().await;
    rtp.follow(&b.offer());
    let answer = rtp.sdp();
    let (_, answered) = tokio::join!(b.answer(&answer), a.answered());
    assert!(lines(&answered.text(), "m=video 0 ").len() == 1, "{}", answered.text());
    tokio::join!(a.bye(), b.expect_bye());
}

#[tokio::test]
async fn a_browser_holds_and_resumes() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b, ..) = talking(&node, AUDIO).await;
    let held = a.reinvite(&AUDIO.replace("a=sendrecv", "a=sendonly")).await.text();
    assert_eq!(Remote::parse(&held).direction, "recvonly");
    let resumed = a.reinvite(AUDIO).await.text();
    assert_eq!(Remote::parse(&resumed).direction, "sendrecv");
    tokio::join!(a.bye(), b.expect_bye());
}

#[tokio::test]
async fn pictures_that_come_in_mid_call_are_offered_to_the_other_browser() {
    let node = Node::start(Site::acme()).await;
    let audio = VIDEO.split("m=video ").next().unwrap().replace("BUNDLE 0 1 2", "BUNDLE 0");
    let (mut a, b, ..) = talking(&node, &audio).await;
    a.send_reinvite(VIDEO).await;
    let asked = b.expect_request("INVITE").await;
    assert!(!lines(&asked.text(), "m=video ").is_empty(), "{}", asked.text());
    let answer = answer_to(&asked.text());
    b.respond(&asked, 200, &[], Some(("application/sdp", answer.as_bytes()))).await;
    let (_, answered) = tokio::join!(b.expect_request("ACK"), a.answered());
    assert!(lines(&answered.text(), "m=video 0 ").is_empty(), "{}", answered.text());
    tokio::join!(a.bye(), b.expect_bye());
}

#[tokio::test]
async fn a_call_with_a_browser_is_handed_to_another_phone() {
    let node = Node::start(Site::acme()).await;
    let carol = node.phone("102").await;
    let (mut a, mut b, ..) = talking(&node, AUDIO).await;
    let refer_to = [("Refer-To", "<sip:102@acme.test>")];
    assert_eq!(b.request("REFER", &refer_to, None).await.status(), Some(202));
    let c = carol.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&c.offer());
    c.answer(&rtp.sdp()).await;
    b.expect_bye().await;
    tokio::join!(a.bye(), c.expect_bye());
}
