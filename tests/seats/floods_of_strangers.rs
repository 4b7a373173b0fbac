//! Strangers ask by the thousand, or hold what they opened: those who talk notice nothing.

use ramal_tests::page::http;
use ramal_tests::{Node, Site, WirePage};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[tokio::test]
async fn a_thousand_offers_without_a_token_while_a_page_talks() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    page.dial("*43").await;
    seat.media.speak(500.0);
    seat.media.hears(500.0).await;
    let offer = vec![b'x'; 4_000];
    let mut strangers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (web, offer) = (node.web, offer.clone());
        strangers.spawn(async move {
            for _ in 0..50 {
                let sdp = [("Content-Type", "application/sdp")];
                assert_eq!(http::request(web, "POST", "/whip", &sdp, &offer).await.status, 401);
            }
        });
    }
    seat.media.hears(500.0).await;
    while let Some(done) = strangers.join_next().await {
        done.expect("a stranger is answered");
    }
    seat.media.hears(500.0).await;
    assert_eq!(node.calls().await.len(), 1);
}

#[tokio::test]
async fn connections_that_say_nothing_are_limited_by_source() {
    let node = Node::start_with(Site::acme(), "#web.connections_per_source = 8").await;
    let mut held = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(node.web).await.expect("the web port");
        stream.write_all(b"GET / HTTP/1.1\r\n").await.expect("a half head");
        held.push(stream);
    }
    // Another source is served as ever.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 9], 0).into()).expect("another address");
    let mut stream = socket.connect(node.web).await.expect("the web port");
    stream
        .write_all(format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", node.web).as_bytes())
        .await
        .expect("a request");
    let mut status = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut status).await.expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 200");
}
