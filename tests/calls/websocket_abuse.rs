//! Connections to the WebSocket ports that mean no good: a running call and other phones notice nothing.

use std::time::Duration;

use ramal_tests::deadline::within;
use ramal_tests::talk::{established, hang_up};
use ramal_tests::wire::websocket::{BINARY, PHONE, Page, TEXT, WebSocket};
use ramal_tests::{Node, Site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// A gateway that has not taken a message for so long waits for us to read.
const STALLED: Duration = Duration::from_secs(1);

fn options(n: u64) -> String {
    format!(
        "OPTIONS sip:acme.test SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bKd{n};x={}\r\n\
         From: <sip:x@acme.test>;tag={n}\r\nTo: <sip:acme.test>\r\nCall-ID: deaf{n}\r\nCSeq: 1 OPTIONS\r\n\
         Max-Forwards: 70\r\n\r\n",
        "x".repeat(8_000)
    )
}

#[tokio::test]
async fn strangers_of_every_kind_leave_a_running_call_alone() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let mut kept = Vec::new();
    for n in 0..12 {
        let mut half = TcpStream::connect(node.ws).await.unwrap();
        half.write_all(&b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n"[..20 + n]).await.unwrap();
        let mut garbage = TcpStream::connect(if n % 2 == 0 { node.ws } else { node.wss }).await.unwrap();
        let _ = garbage.write_all(&[0xff; 4096]).await;
        let mut open = WebSocket::open(TcpStream::connect(node.ws).await.unwrap(), PHONE).await.unwrap();
        open.send(BINARY, &vec![n as u8; 5_000]).await.unwrap();
        kept.push((half, garbage, open));
    }
    let nothing = Page { subprotocol: None, ..PHONE };
    let refused = WebSocket::open(TcpStream::connect(node.ws).await.unwrap(), nothing).await;
    assert!(refused.is_err_and(|status| status.contains(" 400 ")));
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn one_that_never_reads_is_shed() {
    let node = Node::start(Site::acme()).await;
    let (mut a, b) = established(&node, "100", "101").await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut deaf = WebSocket::open(socket.connect(node.ws).await.unwrap(), PHONE).await.unwrap();
    // Answered each time; the answers fill the mailbox of the connection, which is then let go.
    for n in 0u64.. {
        let sent = timeout(STALLED, deaf.send(TEXT, options(n).as_bytes())).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
    within("the connection to be closed", async {
        while deaf.send(TEXT, options(u64::MAX).as_bytes()).await.is_ok() {}
    })
    .await;
    tokio::join!(a.rtp.hears(660.0), b.rtp.hears(440.0));
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn one_source_may_not_take_every_place() {
    let node = Node::start_with(Site::acme(), "[sip.limits]\nconnections_per_source = 8\n").await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(WebSocket::open(TcpStream::connect(node.ws).await.unwrap(), PHONE).await.unwrap());
    }
    let mut ninth = TcpStream::connect(node.ws).await.unwrap();
    let closed = within("the ninth to be closed", ninth.read(&mut [0; 1])).await;
    assert!(matches!(closed, Ok(0) | Err(_)));
    assert!(node.metric("ramal_sip_total").await > 0.0);
}
