//! A million datagrams of every kind at full speed, at the port where browsers come in: from a stranger, and from an address that
//! ICE has validated. Nobody's call notices.

use std::net::{SocketAddr, UdpSocket};
use std::thread::JoinHandle;

use ramal_tests::talk::{Echo, established};

/// Of each of the two.
const DATAGRAMS: u32 = 500_000;
/// Header, 160 bytes and a tag.
const SEALED_BYTES: usize = 12 + 160 + 10;

/// What begins like STUN, DTLS, SRTP or SRTCP (RFC 7983 §7) and is none: the kinds in turn.
fn stranger(number: u32) -> Vec<u8> {
    let mut out: Vec<u8> = (0..120).map(|at: u32| (at * 31 + number * 7) as u8).collect();
    let kinds = [[0, 1], [22, 0xfe], [0x80, 111], [0x81, 200], [0x80, 0]];
    out[..2].copy_from_slice(&kinds[number as usize % kinds.len()]);
    out
}

/// A packet of the page's own stream with everything right but its seal.
fn forged(number: u32, (ssrc, payload_type): (u32, u8)) -> Vec<u8> {
    let mut out = vec![(number * 13) as u8; SEALED_BYTES];
    out[..2].copy_from_slice(&[0x80, payload_type]);
    out[2..4].copy_from_slice(&(number as u16).to_be_bytes());
    out[8..12].copy_from_slice(&ssrc.to_be_bytes());
    out
}

/// As fast as a thread can.
fn flood(
    socket: UdpSocket,
    to: SocketAddr,
    make: impl Fn(u32) -> Vec<u8> + Send + 'static,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for number in 0..DATAGRAMS {
            // What the kernel does not take is lost, as on any network.
            let _ = socket.send_to(&make(number), to);
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn harms_no_call() {
    let echo = Echo::begun().await;
    let Echo { node, page, seat, call } = &echo;
    let (mut near, far) = established(node, "101", "102").await;

    let began = std::time::Instant::now();
    let outside = UdpSocket::bind("127.0.0.1:0").expect("a UDP socket");
    let strangers = flood(outside, node.browsers, stranger);
    let source = seat.media.source();
    let inside = page_socket(&seat.media);
    let forgeries = flood(inside, node.browsers, move |number| forged(number, source));
    // Phones have ports of their own: they hear each other all the while.
    while !(strangers.is_finished() && forgeries.is_finished()) {
        tokio::join!(near.rtp.hears(660.0), far.rtp.hears(440.0));
    }
    println!("{} datagrams in {} ms", 2 * DATAGRAMS, began.elapsed().as_millis());
    echo.goes_on().await;
    tokio::join!(near.rtp.hears(660.0), far.rtp.hears(440.0));
    page.hang_up(call).await;
    tokio::join!(near.call.bye(), far.call.expect_bye());
    let records = node.expect_cdrs(2).await;
    let refused: u64 = records
        .iter()
        .filter_map(|record| record["legs"].as_array())
        .flatten()
        .filter_map(|leg| leg["statistics"]["unauthentic_packets"].as_u64())
        .sum();
    assert!(refused > 1_000, "counted by the page's leg: {refused}; {records:#?}");
}

/// A second handle of the page's socket.
fn page_socket(media: &ramal_tests::page::media::PageMedia) -> UdpSocket {
    use std::os::fd::AsFd;
    let fd = media.socket().as_fd().try_clone_to_owned().expect("a second handle");
    UdpSocket::from(fd)
}

#[tokio::test]
async fn a_hello_of_dtls_from_an_address_that_ice_did_not_validate_is_not_answered() {
    let Echo { node, seat, .. } = Echo::begun().await;
    // A whole ClientHello of DTLS 1.2 (RFC 6347 §4.2): one cipher suite, no cookie, no extension.
    let mut hello =
        vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 54, 1, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 42, 0xfe, 0xfd];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0, 2, 0xc0, 0x2b, 1, 0]);
    let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a UDP socket");
    for _ in 0..1_000 {
        stranger.send_to(&hello, node.browsers).await.expect("send");
    }
    seat.media.hears(Echo::HZ).await;
    let mut buffer = [0; 2_048];
    let answer = stranger.try_recv(&mut buffer);
    assert!(answer.is_err(), "a stranger got {answer:?} octets");
}
