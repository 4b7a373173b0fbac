//! Strangers ask by the thousand, or hold what they opened: those who talk notice nothing.

use ramal_tests::deadline::until_async;
use ramal_tests::page::events::{Closed, Events};
use ramal_tests::page::http;
use ramal_tests::{Node, Site, WirePage};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Bytes of an offer that no browser makes.
const HUGE: usize = 2_000_000;

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

#[tokio::test]
async fn an_offer_of_two_megabytes_is_refused_however_it_is_sent_while_a_page_talks() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    page.dial("*43").await;
    seat.media.speak(500.0);
    seat.media.hears(500.0).await;
    let stranger = WirePage::sign_in(&node, "101").await;
    let offer = vec![b'a'; HUGE];
    let told = stranger.ask("POST", "/whip", &[("Content-Type", "application/sdp")], &offer).await;
    assert_eq!((told.status, &told.json()["fault"]), (413, &serde_json::json!("caller")));
    // Without a length it is read no further than an offer may be long.
    let head = format!(
        "POST /whip HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n",
        node.web,
        stranger.token()
    );
    let mut chunked = format!("{HUGE:x}\r\n").into_bytes();
    chunked.extend(&offer);
    chunked.extend(b"\r\n0\r\n\r\n");
    let untold = http::raw(node.web, head.as_bytes(), &chunked).await;
    assert_eq!(untold.status, 413);
    seat.media.hears(500.0).await;
    assert_eq!(node.calls().await.len(), 1);
}

#[tokio::test]
async fn sockets_that_never_close_have_no_more_than_their_number_and_shut_nobody_out() {
    let node = Node::start(Site::acme()).await;
    let page = WirePage::sign_in(&node, "100").await;
    let seat = page.take_seat().await;
    page.dial("*43").await;
    seat.media.speak(500.0);
    seat.media.hears(500.0).await;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(page.events().await);
    }
    let token = serde_json::json!({ "token": page.token() }).to_string();
    // 1013: try again later.
    assert_eq!(Events::refused(node.web, &token).await, Closed(Some(1013)));
    let other = WirePage::sign_in(&node, "101").await;
    assert_eq!(other.events().await.snapshot["extension"], "101");
    drop(open.pop());
    until_async("a place that was given back", || Events::try_open(node.web, page.token())).await;
    seat.media.hears(500.0).await;
}
