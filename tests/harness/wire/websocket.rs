//! A WebSocket as a browser opens it (RFC 6455), by hand, so that a test can also break its rules.

use base64::Engine;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Opcodes of frames (RFC 6455 §5.2).
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

/// What a page tells in its handshake.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub origin: Option<&'static str>,
    pub subprotocol: Option<&'static str>,
}

/// A page of a SIP phone.
pub const PHONE: Page = Page { origin: Some("https://agents.test"), subprotocol: Some("sip") };

pub struct WebSocket<S> {
    pub stream: S,
    pending: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Does the handshake; the status line of a refusal is the error.
    pub async fn open(stream: S, page: Page) -> Result<WebSocket<S>, String> {
        WebSocket::open_at(stream, "gateway.test", "/", page).await
    }

    /// The same of a host and a path.
    pub async fn open_at(mut stream: S, host: &str, path: &str, page: Page) -> Result<WebSocket<S>, String> {
        let key = base64::engine::general_purpose::STANDARD.encode(rand::random::<[u8; 16]>());
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        );
        for (name, value) in [("Origin", page.origin), ("Sec-WebSocket-Protocol", page.subprotocol)] {
            request.extend(value.map(|value| format!("{name}: {value}\r\n")));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.map_err(|e| e.to_string())?;
        let mut pending = Vec::new();
        let end = loop {
            if let Some(at) = super::message::find(&pending, b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut pending).await.map_err(|e| e.to_string())? == 0 {
                return Err("closed".to_owned());
            }
        };
        let head: String = String::from_utf8_lossy(&pending.drain(..end).collect::<Vec<u8>>()).into_owned();
        let status = head.lines().next().unwrap_or_default().to_owned();
        if !status.starts_with("HTTP/1.1 101 ") {
            return Err(status);
        }
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (given, value) = line.split_once(':')?;
                given.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(ACCEPT_GUID).finalize();
        let accept = base64::engine::general_purpose::STANDARD.encode(digest);
        assert_eq!(header("Sec-WebSocket-Accept"), Some(accept));
        assert_eq!(header("Sec-WebSocket-Protocol").as_deref(), page.subprotocol);
        Ok(WebSocket { stream, pending })
    }

    /// Sends one whole message, masked as a client must (RFC 6455 §5.3).
    pub async fn send(&mut self, opcode: u8, payload: &[u8]) -> std::io::Result<()> {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            length @ 0..=125 => frame.push(0x80 | length as u8),
            length @ 126..=0xFFFF => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        let mask: [u8; 4] = rand::random();
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.stream.write_all(&frame).await?;
        self.stream.flush().await
    }

    /// The next frame; `None` when the connection is closed. May be given up and asked again.
    pub async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some(frame) = cut(&mut self.pending) {
                return Some(frame);
            }
            match self.stream.read_buf(&mut self.pending).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

/// Cuts one frame off; a server masks nothing and has no need to cut its messages in pieces.
fn cut(pending: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (first, second) = (*pending.first()?, *pending.get(1)?);
    assert_eq!((first & 0x80, second & 0x80), (0x80, 0), "a whole message, not masked");
    let (head, length) = match second {
        126 => (4, u16::from_be_bytes(pending.get(2..4)?.try_into().ok()?) as usize),
        127 => (10, u64::from_be_bytes(pending.get(2..10)?.try_into().ok()?) as usize),
        short => (2, usize::from(short)),
    };
    if pending.len() < head + length {
        return None;
    }
    let payload = pending.drain(..head + length).skip(head).collect();
    Some((first & 0x0F, payload))
}
