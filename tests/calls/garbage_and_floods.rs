//! Garbage on every port, a flood of INVITEs, a head of 10 MB: a running call notices nothing, counters tell.

use ramal_tests::talk::{established, hang_up};
use ramal_tests::{Node, Site};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};

#[tokio::test]
async fn a_running_call_notices_nothing() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let media = a.rtp.remote().unwrap();
    for size in 0..1400usize {
        let bytes: Vec<u8> = (0..size).map(|n| (n * 31 + size) as u8).collect();
        socket.send_to(&bytes, node.udp).await.unwrap();
        socket.send_to(&bytes, media).await.unwrap();
    }
    for target in [node.tcp, node.tls, node.http] {
        let mut stream = TcpStream::connect(target).await.unwrap();
        // The other side may well close while we write.
        let _ = stream.write_all(&[0xff; 4096]).await;
    }
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
    assert!(node.metric("ramal_sip_total").await > 0.0);
}

#[tokio::test]
async fn a_head_of_ten_megabytes_is_cut_off() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let mut stream = TcpStream::connect(node.tcp).await.unwrap();
    let _ = stream.write_all(b"OPTIONS sip:acme.test SIP/2.0\r\nX: ").await;
    let chunk = vec![b'a'; 65_536];
    ramal_tests::deadline::within("the gateway to close the stream", async {
        for _ in 0..160 {
            if stream.write_all(&chunk).await.is_err() {
                return;
            }
        }
        let _ = stream.readable().await;
    })
    .await;
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn an_invite_flood_from_one_address_is_limited() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let flood = UdpSocket::bind("127.0.0.9:0").await.unwrap();
    for n in 0..3000 {
        let invite = format!(
            "INVITE sip:101@acme.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bKf{n}\r\n\
             From: <sip:x@acme.test>;tag={n}\r\nTo: <sip:101@acme.test>\r\nCall-ID: flood{n}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:x@127.0.0.9>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        flood.send_to(invite.as_bytes(), node.udp).await.unwrap();
    }
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
}
