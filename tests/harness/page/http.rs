//! One HTTP request over a connection of its own.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::deadline::within;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> String {
        let field = |line: &str| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        self.head.lines().find_map(field).unwrap_or_default()
    }

    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

/// Sends a request and reads the answer to its end.
pub async fn request(
    web: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {web}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    raw(web, head.as_bytes(), body).await
}

/// Posts to a server that may be gone: the status, or none where no whole answer came.
pub async fn try_post(web: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<u16> {
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nHost: {web}\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(web).await.ok()?;
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.write_all(body).await.ok()?;
    let mut bytes = Vec::new();
    within("an HTTP answer", stream.read_to_end(&mut bytes)).await.ok()?;
    let head = String::from_utf8_lossy(&bytes).into_owned();
    // A head that is cut off is no answer.
    head.contains("\r\n\r\n").then_some(())?;
    head.split(' ').nth(1)?.parse().ok()
}

/// Sends these bytes and reads the answer to its end. What cannot be sent any more is not sent.
pub async fn raw(web: SocketAddr, head: &[u8], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(web).await.expect("the web port");
    stream.write_all(head).await.expect("a request");
    let _ = stream.write_all(body).await;
    let mut bytes = Vec::new();
    // A server that refuses a body unread may reset the connection behind its answer.
    let _ = within("an HTTP answer", stream.read_to_end(&mut bytes)).await;
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    assert!(!chunked, "chunked answers are not read here");
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}
