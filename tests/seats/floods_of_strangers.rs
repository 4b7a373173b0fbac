//! Strangers ask by the thousand, or hold what they opened: those who talk notice nothing.

use std::sync::Arc;

use ramal_tests::deadline::until_async;
use ramal_tests::page::events::{Closed, Events};
use ramal_tests::page::http;
use ramal_tests::second_try;
use ramal_tests::talk::Echo;
use ramal_tests::{Node, Site, WirePage};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Bytes of an offer that no browser makes.
const HUGE: usize = 2_000_000;

/// Offers, and how many strangers make them side by side.
const OFFERS: usize = 1_000;
const STRANGERS: usize = 20;
/// How often they may come before the sound was whole.
const ATTEMPTS: usize = 3;
/// Audio that is worse than this share of the tone, somewhere, is hurt.
const WHOLE_SHARE: f64 = 0.7;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_offers_without_a_token_while_a_page_talks() {
    let echo = Echo::begun().await;
    let mut worst = Vec::new();
    // Sound is whole as packets come: a machine with more to do than it can is given another chance. What strangers hurt is hurt
    // each time.
    while worst.len() < ATTEMPTS && worst.last().is_none_or(|share| *share <= WHOLE_SHARE) {
        let heard = echo.seat.media.heard_so_far();
        strangers_ask(&echo).await;
        echo.goes_on().await;
        worst.push(echo.seat.media.weakest_since(heard, Echo::HZ));
    }
    if worst.len() > 1 {
        second_try::note(&format!("least share of the tone in each try: {worst:?}"));
    }
    assert!(
        worst.last() > Some(&WHOLE_SHARE),
        "100 ms in which the tone was so much of what was heard: {worst:?}"
    );
    assert_eq!(echo.node.calls().await.len(), 1);
}

/// All offers are made, and each is answered.
async fn strangers_ask(echo: &Echo) {
    let offer: Arc<[u8]> = vec![b'x'; 4_000].into();
    let mut strangers = tokio::task::JoinSet::new();
    for _ in 0..STRANGERS {
        let (web, offer) = (echo.node.web, Arc::clone(&offer));
        strangers.spawn(async move {
            let sdp = [("Content-Type", "application/sdp")];
            let mut answers = Vec::new();
            for _ in 0..OFFERS / STRANGERS {
                answers.push(http::request(web, "POST", "/whip", &sdp, &offer).await.status);
            }
            answers
        });
    }
    let answers = strangers.join_all().await.concat();
    // Each is answered, and told whose fault it is.
    assert_eq!(answers.len(), OFFERS);
    assert!(answers.iter().all(|status| matches!(status, 401 | 429)), "{answers:?}");
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
    let echo = Echo::begun().await;
    let stranger = WirePage::sign_in(&echo.node, "101").await;
    let offer = vec![b'a'; HUGE];
    let told = stranger.ask("POST", "/whip", &[("Content-Type", "application/sdp")], &offer).await;
    assert_eq!((told.status, &told.json()["fault"]), (413, &serde_json::json!("caller")));
    // Without a length it is read no further than an offer may be long.
    let head = format!(
        "POST /whip HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n",
        echo.node.web,
        stranger.token()
    );
    let mut chunked = format!("{HUGE:x}\r\n").into_bytes();
    chunked.extend(&offer);
    chunked.extend(b"\r\n0\r\n\r\n");
    let untold = http::raw(echo.node.web, head.as_bytes(), &chunked).await;
    assert_eq!(untold.status, 413);
    echo.goes_on().await;
    assert_eq!(echo.node.calls().await.len(), 1);
}

#[tokio::test]
async fn sockets_that_never_close_have_no_more_than_their_number_and_shut_nobody_out() {
    let echo = Echo::begun().await;
    let Echo { node, page, .. } = &echo;
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(page.events().await);
    }
    let token = serde_json::json!({ "token": page.token() }).to_string();
    // 1013: try again later.
    assert_eq!(Events::refused(node.web, &token).await, Closed(Some(1013)));
    let other = WirePage::sign_in(node, "101").await;
    assert_eq!(other.events().await.snapshot["extension"], "101");
    drop(open.pop());
    until_async("a place that was given back", || Events::try_open(node.web, page.token())).await;
    echo.goes_on().await;
}
