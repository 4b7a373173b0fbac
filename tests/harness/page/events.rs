//! The events of a page: a WebSocket by hand (RFC 6455).

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::deadline::within;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
/// What a page that does not read has between itself and the gateway.
const DEAF_BUFFER_BYTES: u32 = 4_096;
const DEAF_SEGMENT_BYTES: u32 = 536;

pub struct Events {
    stream: TcpStream,
    /// The first message.
    pub snapshot: Value,
}

/// How a WebSocket ended: its close code, if it told one.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed(pub Option<u16>);

impl Events {
    /// Connects, says who it is, and reads the snapshot.
    pub async fn open(web: SocketAddr, token: &str) -> Events {
        let mut events = Events { stream: connect(web).await, snapshot: Value::Null };
        events.say(&json!({ "token": token }).to_string()).await;
        events.snapshot = events.next().await.expect("a snapshot");
        assert_eq!(events.snapshot["type"], "snapshot");
        events
    }

    /// The same of a page that reads nothing until it is asked to: little fits between it and the gateway.
    pub async fn deaf(web: SocketAddr, token: &str) -> Events {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(DEAF_BUFFER_BYTES).expect("a small buffer");
        // The gateway's system measures its own buffer in segments of this size.
        socket2::SockRef::from(&socket).set_tcp_mss(DEAF_SEGMENT_BYTES).expect("small segments");
        let stream = socket.connect(web).await.expect("the web port");
        let stream = upgrade(stream, web, "/api/events", &[]).await.expect("a switch of protocols");
        let mut events = Events { stream, snapshot: Value::Null };
        events.say(&json!({ "token": token }).to_string()).await;
        events
    }

    /// The same; none where it is closed instead of told anything.
    pub async fn try_open(web: SocketAddr, token: &str) -> Option<Events> {
        let mut events = Events { stream: connect(web).await, snapshot: Value::Null };
        events.say(&json!({ "token": token }).to_string()).await;
        events.snapshot = events.next().await.ok()?;
        Some(events)
    }

    /// Connects and says this first; how it was closed.
    pub async fn refused(web: SocketAddr, first: &str) -> Closed {
        let mut events = Events { stream: connect(web).await, snapshot: Value::Null };
        events.say(first).await;
        events.next().await.expect_err("a close")
    }

    /// The next event that fits; those before it are dropped.
    pub async fn expect(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        within(what, async {
            loop {
                let event = self.next().await.unwrap_or_else(|e| panic!("{what}: {e:?}"));
                if fits(&event) {
                    return event;
                }
            }
        })
        .await
    }

    /// The next state of any call.
    pub async fn expect_call(&mut self, state: &str) -> Value {
        let event = self.expect(&format!("a call that is {state}"), |e| e["call"]["state"] == state).await;
        event["call"].clone()
    }

    pub async fn expect_ended(&mut self, call: &str) -> Value {
        self.expect("the end of a call", |e| e["type"] == "ended" && e["call"] == call).await
    }

    pub async fn expect_seat(&mut self, state: &str) -> Value {
        self.expect(&format!("a seat that is {state}"), |e| e["seat"]["state"] == state).await
    }

    /// A console's live events: connects with these headers and reads what comes first.
    pub async fn follow(web: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Events {
        let stream = connect_to(web, path, headers).await.unwrap_or_else(|answer| panic!("{path}: {answer}"));
        let mut events = Events { stream, snapshot: Value::Null };
        events.snapshot = events.next().await.expect("a first event");
        events
    }

    /// The answer to a request for a WebSocket that is refused: its first line.
    pub async fn not_followed(web: SocketAddr, path: &str, headers: &[(&str, &str)]) -> String {
        connect_to(web, path, headers).await.expect_err("a refusal")
    }

    /// How it is closed; what comes before that is dropped.
    pub async fn closed(&mut self) -> Closed {
        within("a close", async {
            loop {
                if let Err(closed) = self.next().await {
                    return closed;
                }
            }
        })
        .await
    }

    /// Reads to the end; how many events there were.
    pub async fn drain(&mut self) -> usize {
        within("the end of the events", async {
            let mut count = 0;
            while self.next().await.is_ok() {
                count += 1;
            }
            count
        })
        .await
    }

    /// What is told next of a call, whatever else is told before.
    pub async fn next_call(&mut self) -> Value {
        let event = self.expect("a call", |event| event["type"] == "call").await;
        event["call"].clone()
    }

    /// The next event.
    pub async fn next(&mut self) -> Result<Value, Closed> {
        loop {
            let (kind, payload) = self.frame().await.ok_or(Closed(None))?;
            match kind {
                TEXT => return Ok(serde_json::from_slice(&payload).expect("JSON")),
                PING => self.write(PONG, &payload).await,
                CLOSE => {
                    return Err(Closed(payload.first_chunk().map(|code| u16::from_be_bytes(*code))));
                }
                other => panic!("a frame of kind {other}"),
            }
        }
    }

    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).await.ok()?;
        let length = match head[1] {
            126 => usize::from(self.stream.read_u16().await.ok()?),
            127 => usize::try_from(self.stream.read_u64().await.ok()?).ok()?,
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await.ok()?;
        Some((head[0] & 0x0F, payload))
    }

    async fn say(&mut self, text: &str) {
        self.write(TEXT, text.as_bytes()).await;
    }

    async fn write(&mut self, kind: u8, payload: &[u8]) {
        assert!(payload.len() < 65_536, "a short message");
        let mut frame = vec![0x80 | kind];
        if payload.len() < 126 {
            frame.push(0x80 | payload.len() as u8);
        } else {
            frame.push(0x80 | 126);
            frame.extend((payload.len() as u16).to_be_bytes());
        }
        // A mask of zeros changes nothing, and is one.
        frame.extend([0; 4]);
        frame.extend(payload);
        let _ = self.stream.write_all(&frame).await;
    }
}

async fn connect(web: SocketAddr) -> TcpStream {
    connect_to(web, "/api/events", &[]).await.unwrap_or_else(|answer| panic!("{answer}"))
}

async fn connect_to(web: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<TcpStream, String> {
    upgrade(TcpStream::connect(web).await.expect("the web port"), web, path, headers).await
}

// The first line of the answer, where it is no switch of protocols.
async fn upgrade(
    mut stream: TcpStream,
    web: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<TcpStream, String> {
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: {web}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a request");
    let mut answer = Vec::new();
    within("the switch of protocols", async {
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.expect("an answer"));
        }
    })
    .await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    if text.starts_with("HTTP/1.1 101") {
        Ok(stream)
    } else {
        Err(text.lines().next().unwrap_or_default().to_owned())
    }
}
