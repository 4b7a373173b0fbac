//! SIP over WebSocket (RFC 7118): one task a connection. A WebSocket message holds one SIP message, so nothing is framed here.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use ramal_sip::message::Limits;
use ramal_sip::transport::{Flow, Transport};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout, timeout_at};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use super::listener::Door;
use super::stream::{Inbound, OPEN_TIME, Pass, StreamLimits, WRITE_LIMIT, WRITE_TIME};
use crate::forwarded;

/// The subprotocol of SIP (RFC 7118 §4.1).
const SUBPROTOCOL: &str = "sip";
/// Buffer that a connection reads into, in bytes.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// How long a peer may take to read that its connection ends.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// How long one WebSocket is waited for.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Both handshakes together.
    open: Duration,
    /// One message to be read by the peer.
    write: Duration,
    /// Between two pings (RFC 7118 §6).
    ping: Duration,
    /// Nothing comes, not even a pong.
    silence: Duration,
    /// No message comes at all: a browser answers pings also where its page has nothing to say.
    mute: Duration,
}

impl Patience {
    fn new(limits: &StreamLimits) -> Self {
        Self {
            open: OPEN_TIME,
            write: WRITE_TIME,
            ping: Duration::from_secs(30),
            silence: Duration::from_secs(70),
            mute: limits.idle,
        }
    }
}

/// Takes a connection that a peer opened: TLS where it is `wss`, then the HTTP upgrade. The head of the HTTP request is
/// limited by the library, to 124 headers in 64 KiB.
pub async fn accepted(stream: TcpStream, flow: Flow, pass: Pass, door: Door) {
    let _ = stream.set_nodelay(true);
    let limits = pass.limits();
    let patience = Patience::new(limits);
    let until = Instant::now() + patience.open;
    let Door { tls, origins, trusted_proxies, inbound, .. } = door;
    let config = config(&limits.framing);
    let newcomer = Newcomer { flow, config, patience, until, origins, trusted_proxies, inbound };
    if flow.transport != Transport::Wss {
        return newcomer.upgrade(stream).await;
    }
    let acceptor = tokio_rustls::TlsAcceptor::from(tls.server);
    match timeout_at(until, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => newcomer.upgrade(stream).await,
        Ok(Err(error)) => tracing::debug!(sip.remote = %flow.remote, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(sip.remote = %flow.remote, "TLS handshake took too long"),
    }
}

/// A connection before its upgrade.
struct Newcomer {
    flow: Flow,
    config: WebSocketConfig,
    patience: Patience,
    /// When both handshakes have to be over.
    until: Instant,
    origins: Arc<[String]>,
    trusted_proxies: Arc<[IpAddr]>,
    inbound: mpsc::Sender<Inbound>,
}

impl Newcomer {
    async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S) {
        let (mut flow, patience) = (self.flow, self.patience);
        // The port stays that of the connection: it tells those of one proxy apart.
        let mut source = flow.remote.ip();
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let admit = |request: &Request, response| {
            source = forwarded::source(flow.remote, request.headers(), &self.trusted_proxies);
            admit(request, response, &self.origins)
        };
        let upgraded =
            timeout_at(self.until, accept_hdr_async_with_config(stream, admit, Some(self.config))).await;
        flow.remote.set_ip(source);
        match upgraded {
            Ok(Ok(socket)) => Conversation { socket, flow, patience, inbound: self.inbound }.run().await,
            Ok(Err(error)) => tracing::debug!(sip.remote = %flow.remote, %error, "WebSocket refused"),
            Err(_) => tracing::debug!(sip.remote = %flow.remote, "WebSocket handshake took too long"),
        }
    }
}

/// A message is as long as its limits allow, whatever frames it comes in; what waits to be written is one message, its
/// frame head and a pong.
fn config(limits: &Limits) -> WebSocketConfig {
    let message_bytes = limits.head_bytes.saturating_add(limits.body_bytes);
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(message_bytes.saturating_mul(2))
        .max_message_size(Some(message_bytes))
        .max_frame_size(Some(message_bytes))
}

/// Says whether a page may talk with us: it speaks `sip`, and comes from an origin of the list if there is one.
#[expect(clippy::result_large_err, reason = "the library's own type")]
fn admit(request: &Request, mut response: Response, origins: &[String]) -> Result<Response, ErrorResponse> {
    let headers = request.headers();
    let offers_sip = headers
        .get_all("Sec-WebSocket-Protocol")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offered| offered.trim().eq_ignore_ascii_case(SUBPROTOCOL));
    if !offers_sip {
        return Err(refusal(StatusCode::BAD_REQUEST, "Sec-WebSocket-Protocol: sip is needed (RFC 7118)\n"));
    }
    let is_listed =
        |origin: &HeaderValue| origins.iter().any(|o| o.as_bytes().eq_ignore_ascii_case(origin.as_bytes()));
    if !origins.is_empty() && !headers.get_all("Origin").iter().all(is_listed) {
        return Err(refusal(StatusCode::FORBIDDEN, "This origin is not in sip.websocket_origins\n"));
    }
    response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
    Ok(response)
}

fn refusal(status: StatusCode, text: &'static str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(text.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("Connection", HeaderValue::from_static("close"));
    headers.insert("Content-Type", HeaderValue::from_static("text/plain"));
    headers.insert("Content-Length", HeaderValue::from(text.len()));
    response
}

/// An open WebSocket.
struct Conversation<S> {
    socket: WebSocketStream<S>,
    flow: Flow,
    patience: Patience,
    inbound: mpsc::Sender<Inbound>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// Reads and writes until either side ends it.
    async fn run(mut self) {
        let flow = self.flow;
        let (writer, waiting) = mpsc::channel(WRITE_LIMIT);
        if self.inbound.send(Inbound::Opened { flow, writer }).await.is_err() {
            return;
        }
        self.converse(waiting).await;
        // The peer is told if it listens; nobody waits for its word.
        let _ = timeout(CLOSE_TIME, self.socket.close(None)).await;
        let _ = self.inbound.send(Inbound::Failed { flow }).await;
    }

    async fn converse(&mut self, mut waiting: mpsc::Receiver<Bytes>) {
        let patience = self.patience;
        let mut ping = interval_at(Instant::now() + patience.ping, patience.ping);
        let mut silent_until = Instant::now() + patience.silence;
        let mut mute_until = Some(Instant::now() + patience.mute);
        loop {
            let until = mute_until.map_or(silent_until, |at| at.min(silent_until));
            let done = tokio::select! {
                received = timeout_at(until, self.socket.next()) => {
                    let Ok(Some(Ok(message))) = received else { return };
                    silent_until = Instant::now() + patience.silence;
                    mute_until = mute_until.filter(|_| !matches!(message, Message::Text(_) | Message::Binary(_)));
                    self.take(message).await
                }
                bytes = waiting.recv() => match bytes {
                    Some(bytes) => self.write(message(bytes)).await,
                    // Signalling has let go of a connection that took too little.
                    None => return,
                },
                _ = ping.tick() => self.write(Message::Ping(Bytes::new())).await,
            };
            if done.is_err() {
                return;
            }
        }
    }

    /// Handles one WebSocket message; an error ends the connection. Pings are answered by the library.
    async fn take(&mut self, message: Message) -> Result<(), Error> {
        let bytes = match message {
            Message::Text(text) => Bytes::from(text),
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) | Message::Frame(_) => return Err(Error::ConnectionClosed),
        };
        // RFC 5626 §4.4.1, which user agents follow on WebSocket too.
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
            return match bytes.len() {
                4.. => self.write(Message::Text(Utf8Bytes::from_static("\r\n"))).await,
                _ => Ok(()),
            };
        }
        // A copy of its own: a header that is kept for the life of a call must not pin the buffer.
        let (flow, bytes) = (self.flow, Bytes::copy_from_slice(&bytes));
        self.inbound.send(Inbound::Message { flow, bytes }).await.map_err(|_| Error::ConnectionClosed)
    }

    async fn write(&mut self, message: Message) -> Result<(), Error> {
        let written = timeout(self.patience.write, self.socket.send(message)).await;
        written.map_err(|_| Error::ConnectionClosed)?
    }
}

/// SIP is UTF-8 as a rule, and some user agents read text only; a message that is not goes as binary (RFC 7118 §5).
fn message(bytes: Bytes) -> Message {
    match Utf8Bytes::try_from(bytes.clone()) {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Binary(bytes),
    }
}

#[cfg(test)]
mod tests {
    use ramal_sip::transport::ConnectionId;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio_tungstenite::client_async;
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(100);
    const PATIENCE: Patience = Patience { open: LONG, write: LONG, ping: LONG, silence: LONG, mute: LONG };
    const OPTIONS: &str = "OPTIONS sip:a SIP/2.0\r\n\r\n";

    /// The peer's end of a connection, and what signalling hears of it.
    fn connection(patience: Patience, origins: &[&str]) -> (DuplexStream, mpsc::Receiver<Inbound>) {
        let (ours, theirs) = duplex(4_096);
        let (inbound, heard) = mpsc::channel(16);
        let address = "127.0.0.1:5066".parse().unwrap();
        let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
        let newcomer = Newcomer {
            flow: Flow {
                transport: Transport::Ws,
                local: address,
                remote: address,
                connection: Some(ConnectionId(1)),
            },
            config: config(&Limits { head_bytes: 4_000, body_bytes: 6_000, ..Limits::default() }),
            patience,
            until: Instant::now() + patience.open,
            origins: origins.into(),
            trusted_proxies: Arc::new(["127.0.0.1".parse().unwrap()]),
            inbound,
        };
        tokio::spawn(newcomer.upgrade(ours));
        (theirs, heard)
    }

    async fn open(
        stream: DuplexStream,
        headers: &[(&'static str, &'static str)],
    ) -> Result<WebSocketStream<DuplexStream>, u16> {
        let mut request = "ws://gateway.test/any/path".into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// An open WebSocket of a phone: its end, what signalling hears, and the mailbox that it writes into.
    async fn phone(
        patience: Patience,
    ) -> (WebSocketStream<DuplexStream>, mpsc::Receiver<Inbound>, mpsc::Sender<Bytes>) {
        let (stream, mut heard) = connection(patience, &[]);
        let socket = open(stream, &[("Sec-WebSocket-Protocol", "sip")]).await.unwrap();
        let Some(Inbound::Opened { writer, .. }) = heard.recv().await else { panic!("not opened") };
        (socket, heard, writer)
    }

    async fn next_message(heard: &mut mpsc::Receiver<Inbound>) -> Option<Bytes> {
        match heard.recv().await.unwrap() {
            Inbound::Message { bytes, .. } => Some(bytes),
            Inbound::Failed { .. } => None,
            Inbound::Opened { .. } => panic!("opened twice"),
        }
    }

    #[tokio::test]
    async fn text_and_binary_are_read_and_keep_alives_answered() {
        let (mut socket, mut heard, writer) = phone(PATIENCE).await;
        socket.send(Message::text(OPTIONS)).await.unwrap();
        assert_eq!(next_message(&mut heard).await.unwrap(), OPTIONS);
        socket.send(Message::binary(OPTIONS)).await.unwrap();
        assert_eq!(next_message(&mut heard).await.unwrap(), OPTIONS);
        socket.send(Message::text("\r\n\r\n")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("\r\n"));
        writer.send(Bytes::from_static(b"SIP/2.0 200 OK\r\n\r\n")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("SIP/2.0 200 OK\r\n\r\n"));
        writer.send(Bytes::from_static(b"\xff")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::binary(&b"\xff"[..]));
        socket.close(None).await.unwrap();
        assert_eq!(next_message(&mut heard).await, None);
    }

    #[tokio::test]
    async fn a_page_that_speaks_no_sip_or_is_of_another_origin_is_told_so() {
        let origins = ["https://agents.test"];
        let sip = ("Sec-WebSocket-Protocol", "chat, sip");
        for (headers, outcome) in [
            (&[][..], Err(400)),
            (&[("Sec-WebSocket-Protocol", "sipx")][..], Err(400)),
            (&[sip, ("Origin", "https://evil.test")][..], Err(403)),
            (&[sip, ("Origin", "https://agents.test")][..], Ok(())),
            // Not a browser: it would tell any origin.
            (&[sip][..], Ok(())),
        ] {
            let (stream, _heard) = connection(PATIENCE, &origins);
            assert_eq!(open(stream, headers).await.map(drop), outcome, "{headers:?}");
        }
    }

    #[tokio::test]
    async fn a_phone_behind_a_trusted_proxy_stands_where_the_proxy_says() {
        for (told, remote) in
            [("203.0.113.1, 203.0.113.7", "203.0.113.7:5066"), ("nonsense", "127.0.0.1:5066")]
        {
            let (stream, mut heard) = connection(PATIENCE, &[]);
            let headers = [("Sec-WebSocket-Protocol", "sip"), ("X-Forwarded-For", told)];
            let _socket = open(stream, &headers).await.unwrap();
            let Some(Inbound::Opened { flow, .. }) = heard.recv().await else { panic!("not opened") };
            assert_eq!(flow.remote, remote.parse().unwrap());
        }
    }

    #[tokio::test]
    async fn half_a_handshake_is_cut_off() {
        let (mut stream, mut heard) = connection(Patience { open: SHORT, ..PATIENCE }, &[]);
        stream.write_all(b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n").await.unwrap();
        assert_eq!(stream.read(&mut [0; 64]).await.unwrap(), 0);
        assert!(heard.recv().await.is_none(), "signalling never hears of it");
    }

    #[tokio::test]
    async fn a_head_without_end_is_cut_off() {
        let (mut stream, _heard) = connection(PATIENCE, &[]);
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let line = [b"X-Padding: ".to_vec(), vec![b'x'; 1_000], b"\r\n".to_vec()].concat();
        while stream.write_all(&line).await.is_ok() {}
    }

    #[tokio::test]
    async fn a_message_above_the_limits_ends_the_connection() {
        let (mut socket, mut heard, _writer) = phone(PATIENCE).await;
        let _ = socket.send(Message::text("x".repeat(10_001))).await;
        assert_eq!(next_message(&mut heard).await, None);
    }

    #[tokio::test]
    async fn whoever_reads_nothing_is_let_go() {
        let (_socket, mut heard, writer) = phone(Patience { write: SHORT, ..PATIENCE }).await;
        writer.send(Bytes::from(vec![b'x'; 10_000])).await.unwrap();
        assert_eq!(next_message(&mut heard).await, None);
        assert!(writer.is_closed());
    }

    #[tokio::test]
    async fn a_browser_that_is_gone_without_a_word_is_let_go() {
        let (_socket, mut heard, _writer) =
            phone(Patience { ping: SHORT / 4, silence: SHORT, ..PATIENCE }).await;
        assert_eq!(next_message(&mut heard).await, None);
    }

    #[tokio::test]
    async fn pongs_keep_a_phone_but_not_one_that_never_says_anything() {
        let mute = SHORT * 20;
        let patience = Patience { ping: mute / 40, silence: mute * 10, mute, ..PATIENCE };
        let (mut socket, mut heard, _writer) = phone(patience).await;
        socket.send(Message::text(OPTIONS)).await.unwrap();
        assert!(next_message(&mut heard).await.is_some());
        // Reading answers pings; of these there are more than the mute would have seen.
        for _ in 0..50 {
            assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Ping(_)));
        }
        let (mut mute, mut heard, _writer) = phone(patience).await;
        tokio::spawn(async move { while let Some(Ok(_)) = mute.next().await {} });
        assert_eq!(next_message(&mut heard).await, None);
    }

    #[tokio::test]
    async fn signalling_that_lets_go_closes_the_connection() {
        let (mut socket, _heard, writer) = phone(PATIENCE).await;
        drop(writer);
        assert!(matches!(socket.next().await.unwrap().unwrap(), Message::Close(None)));
    }
}
