//! DTLS from an address that ICE has not validated, and garbage from one that it has, while a browser is in a call.

use ramal_tests::throttle::Throttle;
use ramal_tests::{Browser, Node, Rtp, Site};
use serde_json::json;
use tokio::net::UdpSocket;

use crate::phones::register;

/// Datagrams of each kind.
const FLOOD: usize = 20_000;

/// A whole ClientHello of DTLS 1.2 (RFC 6347 §4.2): one cipher suite, no cookie, no extension.
fn client_hello(random: u8) -> Vec<u8> {
    let mut body = vec![0xfe, 0xfd];
    body.extend([random; 32]);
    body.extend([0, 0, 0, 2, 0xc0, 0x2b, 1, 0]);
    let length = body.len() as u8;
    let mut handshake = vec![1, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length];
    handshake.extend(body);
    let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, handshake.len() as u8];
    record.extend(handshake);
    record
}

/// What begins like STUN, DTLS, SRTP or SRTCP (RFC 7983 §7) and is none.
fn garbage(number: usize) -> Vec<u8> {
    let mut out: Vec<u8> = (0..40 + number % 200).map(|at| (at * 31 + number * 7) as u8).collect();
    out[0] = [0, 22, 0x80, 0x80, 0x81][number % 5];
    out[1] = [1, 0xfe, 111, 0, 200][number % 5];
    out
}

#[tokio::test]
async fn are_not_answered_and_disturb_nobody() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.phone("100").await;
    register(&page, &node, "100").await;
    let link = Throttle::before(node.browsers).await;
    page.detour(node.browsers.port(), link.address.port()).await;
    let bob = node.phone("101").await;
    page.phone("dial", json!(["101"])).await;
    let mut call = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    page.expect("confirmed").await;
    rtp.speak(660.0);
    tokio::join!(page.hears(660.0), rtp.hears(440.0));

    let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("a UDP socket");
    for number in 0..FLOOD {
        stranger.send_to(&client_hello(number as u8), node.browsers).await.expect("send");
        stranger.send_to(&garbage(number), node.browsers).await.expect("send");
        link.inject(&garbage(number)).await;
    }
    tokio::join!(page.hears(660.0), rtp.hears(440.0));
    let mut buffer = [0; 2048];
    let answer = stranger.try_recv(&mut buffer);
    assert!(answer.is_err(), "a stranger got {answer:?} octets");
    call.bye().await;
    page.expect("ended").await;
}
