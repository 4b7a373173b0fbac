//! Whoever takes the SIP port for that of pages is told so, and his connection is closed.

use ramal_tests::deadline::within;
use ramal_tests::{Node, Site};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What comes until the connection is closed by the other side.
async fn answer(node: &Node, sent: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(node.tcp).await.expect("a connection");
    stream.write_all(sent).await.expect("sent");
    let mut told = Vec::new();
    let _ = within("the end of the connection", stream.read_to_end(&mut told)).await;
    told
}

#[tokio::test]
async fn a_browser_is_told_and_sent_away_and_phones_notice_nothing() {
    let node = Node::start(Site::acme()).await;
    for request in
        ["GET / HTTP/1.1\r\nHost: acme.test\r\n\r\n", "POST /x HTTP/1.0\r\n", "OPTIONS * HTTP/1.1\r\n\r\n"]
    {
        let told = String::from_utf8(answer(&node, request.as_bytes()).await).expect("text");
        assert!(told.starts_with("HTTP/1.1 400 ") && told.contains("SIP"), "{told:?}");
    }
    // A client of TLS on the port without it.
    assert_eq!(answer(&node, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await, b"");
    assert_eq!(node.metric("ramal_sip_total{event=\"connections_not_sip\"}").await as u64, 4);
    let phone = node.stream_phone("100", ramal_tests::wire::link::Transport::Tcp).await;
    assert_eq!(phone.register_for(3600).await.status(), Some(200));
    node.stop();
    node.logged("stopping").await;
    assert_eq!(node.logged("another protocol than SIP").await, 1, "one line, however many come");
}
