//! SIP over streams: one task a TCP or TLS connection, framing in and out (RFC 3261 §18.3).

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use ramal_sip::message::Limits;
use ramal_sip::transport::{ConnectionId, Flow, Framed, Framer, Transport};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::tls::Tls;

/// Messages that may wait to be written to one connection; a peer that reads no more is cut off.
pub(super) const WRITE_LIMIT: usize = 256;
/// How long a connection may take to open, handshakes included.
pub(super) const OPEN_TIME: Duration = Duration::from_secs(10);
/// How long a peer may take to read one message.
pub(super) const WRITE_TIME: Duration = Duration::from_secs(10);

/// How long nothing more is logged about connections that speak something else, in seconds.
const LOG_INTERVAL_S: u64 = 60;

/// What the sockets tell the signalling task.
#[derive(Debug)]
pub enum Inbound {
    Message {
        flow: Flow,
        bytes: Bytes,
    },
    /// A stream is ready; what is written into the mailbox is sent on it.
    Opened {
        flow: Flow,
        writer: mpsc::Sender<Bytes>,
    },
    /// A stream is closed, or could not be opened.
    Failed {
        flow: Flow,
    },
}

/// Limits and periods of streams, from `[sip]`.
#[derive(Clone, Copy, Debug)]
pub struct StreamLimits {
    pub connections: usize,
    pub connections_per_source: usize,
    /// A connection on which nothing comes for so long is closed.
    pub idle: Duration,
    /// A message that stays unfinished for so long closes its connection.
    pub message: Duration,
    pub framing: Limits,
}

/// How many streams are open, in all and from each source.
pub struct Gate {
    limits: StreamLimits,
    open: Mutex<HashMap<IpAddr, usize>>,
    refused: AtomicU64,
    next_id: AtomicU64,
    /// Seconds since the start until which no line more is logged about those who speak something else.
    quiet_until_s: AtomicU64,
    started: Instant,
    strangers: AtomicU64,
}

/// A place in the [`Gate`], given back when dropped.
pub struct Pass {
    gate: Arc<Gate>,
    source: IpAddr,
}

impl Gate {
    pub fn new(limits: StreamLimits) -> Arc<Self> {
        let open = Mutex::new(HashMap::new());
        let zero = || AtomicU64::new(0);
        Arc::new(Self {
            limits,
            open,
            refused: zero(),
            next_id: zero(),
            quiet_until_s: zero(),
            started: Instant::now(),
            strangers: zero(),
        })
    }

    pub fn limits(&self) -> &StreamLimits {
        &self.limits
    }

    pub fn connection_id(&self) -> ConnectionId {
        ConnectionId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    /// Connections that spoke something else than SIP.
    pub fn strangers(&self) -> u64 {
        self.strangers.load(Ordering::Relaxed)
    }

    /// One line a minute, however many come.
    fn tell_of_other(&self, flow: &Flow, other: Other) {
        let count = self.strangers.fetch_add(1, Ordering::Relaxed) + 1;
        let (what, now_s) = (other.name(), self.started.elapsed().as_secs());
        tracing::debug!(sip.remote = %flow.remote, sip.transport = %flow.transport, protocol = what, "no SIP: closed");
        if now_s >= self.quiet_until_s.load(Ordering::Relaxed) {
            self.quiet_until_s.store(now_s + LOG_INTERVAL_S, Ordering::Relaxed);
            tracing::info!(
                sip.transport = %flow.transport,
                sip.local = %flow.local,
                protocol = what,
                count,
                "somebody speaks another protocol than SIP to this port: closed; no more of this for a minute"
            );
        }
    }

    /// Connections turned away at a limit.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub fn open_count(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// A place for one more connection; `None` at a limit.
    pub fn enter(self: &Arc<Self>, source: IpAddr) -> Option<Pass> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = open.values().sum();
        let from_source = open.get(&source).copied().unwrap_or(0);
        if total >= self.limits.connections || from_source >= self.limits.connections_per_source {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        open.insert(source, from_source + 1);
        Some(Pass { gate: Arc::clone(self), source })
    }
}

impl Pass {
    pub fn limits(&self) -> &StreamLimits {
        self.gate.limits()
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.gate.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.source);
            }
        }
    }
}

/// Takes a connection that a peer opened.
pub async fn accepted(
    stream: TcpStream,
    flow: Flow,
    pass: Pass,
    tls: Option<Tls>,
    inbound: mpsc::Sender<Inbound>,
) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => run(stream, flow, &pass, inbound).await,
        Some(tls) => {
            let acceptor = tokio_rustls::TlsAcceptor::from(tls.server);
            match timeout(OPEN_TIME, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => run(stream, flow, &pass, inbound).await,
                Ok(Err(error)) => tracing::debug!(sip.remote = %flow.remote, %error, "TLS handshake failed"),
                Err(_) => tracing::debug!(sip.remote = %flow.remote, "TLS handshake took too long"),
            }
        }
    }
}

/// Opens a connection to a peer; [`Inbound::Opened`] or [`Inbound::Failed`] follows.
pub async fn open(
    flow: Flow,
    server_name: String,
    gate: Arc<Gate>,
    tls: Tls,
    inbound: mpsc::Sender<Inbound>,
) {
    let opened = timeout(OPEN_TIME, connect(&flow, &server_name, tls)).await;
    let outcome = opened.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
    match (outcome, gate.enter(flow.remote.ip())) {
        (Ok(Connected::Tcp(stream)), Some(pass)) => run(stream, flow, &pass, inbound).await,
        (Ok(Connected::Tls(stream)), Some(pass)) => run(*stream, flow, &pass, inbound).await,
        (Err(error), _) => {
            tracing::warn!(sip.remote = %flow.remote, sip.transport = %flow.transport, %error, "connection failed");
            let _ = inbound.send(Inbound::Failed { flow }).await;
        }
        (Ok(_), None) => {
            let _ = inbound.send(Inbound::Failed { flow }).await;
        }
    }
}

enum Connected {
    Tcp(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

async fn connect(flow: &Flow, server_name: &str, tls: Tls) -> std::io::Result<Connected> {
    let stream = TcpStream::connect(flow.remote).await?;
    stream.set_nodelay(true)?;
    if flow.transport != Transport::Tls {
        return Ok(Connected::Tcp(stream));
    }
    let name = ServerName::try_from(server_name.to_owned()).map_err(std::io::Error::other)?;
    let stream = tokio_rustls::TlsConnector::from(tls.client).connect(name, stream).await?;
    Ok(Connected::Tls(Box::new(stream)))
}

/// Reads and writes one connection until either side ends it.
async fn run<S>(stream: S, flow: Flow, pass: &Pass, inbound: mpsc::Sender<Inbound>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (reader, writer) = tokio::io::split(stream);
    let (outgoing, waiting) = mpsc::channel(WRITE_LIMIT);
    if inbound.send(Inbound::Opened { flow, writer: outgoing.clone() }).await.is_err() {
        return;
    }
    // The writer ends when signalling lets go of its mailbox: reading must not hold it.
    let pongs = outgoing.downgrade();
    drop(outgoing);
    tokio::select! {
        () = read(reader, flow, pass, &inbound, pongs) => {}
        () = write(writer, waiting) => {}
    }
    let _ = inbound.send(Inbound::Failed { flow }).await;
}

async fn read<R: AsyncRead + Unpin>(
    mut reader: R,
    flow: Flow,
    pass: &Pass,
    inbound: &mpsc::Sender<Inbound>,
    outgoing: mpsc::WeakSender<Bytes>,
) {
    let limits = *pass.limits();
    let mut framer = Framer::new(limits.framing);
    let mut buffer = vec![0; 16 * 1024];
    let mut unfinished_since: Option<Instant> = None;
    let mut first = true;
    loop {
        let until = match unfinished_since {
            Some(since) => since + limits.message,
            None => Instant::now() + limits.idle,
        };
        let length = match timeout_at(until, reader.read(&mut buffer)).await {
            Ok(Ok(length)) if length > 0 => length,
            Ok(_) | Err(_) => return,
        };
        let Some(bytes) = buffer.get(..length) else { return };
        if std::mem::take(&mut first)
            && let Some(other) = Other::of(bytes)
        {
            pass.gate.tell_of_other(&flow, other);
            if let (Other::Http, Some(outgoing)) = (other, outgoing.upgrade()) {
                let _ = outgoing.try_send(Bytes::from_static(NO_HTTP));
            }
            return see_off(reader).await;
        }
        if framer.push(bytes).is_err() {
            return;
        }
        match frames(&mut framer, flow, inbound, &outgoing).await {
            Ok(true) => unfinished_since = unfinished_since.or(Some(Instant::now())),
            Ok(false) => unfinished_since = None,
            Err(()) => return,
        }
    }
}

/// What somebody speaks who has mistaken this port for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    Http,
    Tls,
}

/// What a client of HTTP is told.
const NO_HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 61\r\nConnection: close\r\n\r\n\
    This port is for SIP phones. Pages have another one: [web].\r\n";
/// How long somebody who is sent away may take to read the answer, and how much of what he says on is read.
const SEE_OFF_TIME: Duration = Duration::from_secs(1);
const SEE_OFF_BYTES: u64 = 65_536;
/// Longest start line that is looked at, in bytes.
const START_LINE_BYTES: usize = 8_192;

impl Other {
    /// By the first bytes of a connection; none: SIP, or nothing that we know.
    fn of(first: &[u8]) -> Option<Self> {
        // The record of a ClientHello (RFC 8446 §5.1).
        if first.starts_with(&[0x16, 0x03]) {
            return Some(Self::Tls);
        }
        let line = first.split(|byte| *byte == b'\n').next()?;
        let line = line.get(..line.len().min(START_LINE_BYTES))?.trim_ascii_end();
        let version = line.rsplit(|byte| *byte == b' ').next()?;
        (version != line && version.starts_with(b"HTTP/")).then_some(Self::Http)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Tls => "TLS",
        }
    }
}

/// Reads what is left until the peer has gone, so that it gets its answer and no reset.
async fn see_off<R: AsyncRead + Unpin>(reader: R) {
    let mut rest = reader.take(SEE_OFF_BYTES);
    let _ = timeout(SEE_OFF_TIME, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

/// Hands on every whole message. `Ok(true)` when part of another one is left.
async fn frames(
    framer: &mut Framer,
    flow: Flow,
    inbound: &mpsc::Sender<Inbound>,
    outgoing: &mpsc::WeakSender<Bytes>,
) -> Result<bool, ()> {
    loop {
        match framer.next_frame() {
            Ok(Some(Framed::Message(bytes))) if Other::of(&bytes).is_some() => {
                tracing::debug!(sip.remote = %flow.remote, "a message of another protocol closed its stream");
                return Err(());
            }
            Ok(Some(Framed::Message(bytes))) => {
                inbound.send(Inbound::Message { flow, bytes }).await.map_err(|_| ())?;
            }
            // RFC 5626 §4.4.1: a double CRLF is a ping, a single one its answer.
            Ok(Some(Framed::Ping)) => {
                let outgoing = outgoing.upgrade().ok_or(())?;
                outgoing.try_send(Bytes::from_static(b"\r\n")).map_err(|_| ())?;
            }
            Ok(Some(Framed::Pong)) => {}
            Ok(None) => return Ok(!framer.is_empty()),
            Err(error) => {
                tracing::debug!(sip.remote = %flow.remote, %error, "unreadable stream closed");
                return Err(());
            }
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(mut writer: W, mut waiting: mpsc::Receiver<Bytes>) {
    while let Some(bytes) = waiting.recv().await {
        let written = timeout(WRITE_TIME, async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        });
        if !matches!(written.await, Ok(Ok(()))) {
            return;
        }
    }
}

/// The open streams, as the signalling task knows them.
#[derive(Default)]
pub struct Streams {
    writers: HashMap<ConnectionId, (Flow, mpsc::Sender<Bytes>)>,
    by_remote: HashMap<(Transport, SocketAddr), ConnectionId>,
    /// Connections that are being opened, and the messages that wait for them.
    opening: HashMap<(Transport, SocketAddr), (ConnectionId, Vec<Bytes>)>,
}

/// What became of a message for a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Sent {
    Queued,
    /// The first message for a peer: this connection has to be opened.
    MustOpen(Flow),
    Failed,
}

impl Streams {
    /// Queues a message on its connection, or for one that has to be opened and gets a number from `fresh`.
    /// A connection whose peer reads no more is let go.
    pub fn send(&mut self, flow: &Flow, bytes: Bytes, fresh: impl FnOnce() -> ConnectionId) -> Sent {
        let key = (flow.transport, flow.remote);
        let id = flow.connection.or_else(|| self.by_remote.get(&key).copied());
        if let Some((used, writer)) = id.and_then(|id| self.writers.get(&id)) {
            let used = *used;
            return match writer.try_send(bytes) {
                Ok(()) => Sent::Queued,
                Err(_) => {
                    self.failed(&used);
                    Sent::Failed
                }
            };
        }
        if flow.connection.is_some() || !flow.transport.can_connect() {
            return Sent::Failed;
        }
        match self.opening.get_mut(&key) {
            Some((_, waiting)) if waiting.len() < WRITE_LIMIT => {
                waiting.push(bytes);
                Sent::Queued
            }
            Some(_) => Sent::Failed,
            None => {
                let id = fresh();
                self.opening.insert(key, (id, vec![bytes]));
                Sent::MustOpen(Flow { connection: Some(id), ..*flow })
            }
        }
    }

    /// A connection is ready: what waited for it goes out.
    pub fn opened(&mut self, flow: Flow, writer: mpsc::Sender<Bytes>) {
        let Some(id) = flow.connection else { return };
        let key = (flow.transport, flow.remote);
        for bytes in self.opening.remove(&key).map(|(_, waiting)| waiting).unwrap_or_default() {
            let _ = writer.try_send(bytes);
        }
        self.by_remote.insert(key, id);
        self.writers.insert(id, (flow, writer));
    }

    /// Forgets one connection, open or being opened. Another one to the same address is not touched.
    pub fn failed(&mut self, flow: &Flow) {
        let Some(id) = flow.connection else { return };
        let key = (flow.transport, flow.remote);
        if self.opening.get(&key).is_some_and(|(opening, _)| *opening == id) {
            self.opening.remove(&key);
        }
        self.writers.remove(&id);
        if self.by_remote.get(&key) == Some(&id) {
            self.by_remote.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_carrier(connection: Option<u64>) -> Flow {
        let local = "192.0.2.1:5060".parse().unwrap();
        let remote = "192.0.2.9:5060".parse().unwrap();
        Flow { transport: Transport::Tcp, local, remote, connection: connection.map(ConnectionId) }
    }

    #[test]
    fn who_speaks_something_else_is_known_by_his_first_words() {
        assert_eq!(Other::of(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Some(Other::Http));
        assert_eq!(Other::of(b"OPTIONS * HTTP/1.0\r\n"), Some(Other::Http));
        assert_eq!(Other::of(b"\x16\x03\x01\x02\x00"), Some(Other::Tls));
        for sip in
            [&b"OPTIONS sip:a HTTP/ SIP/2.0\r\n"[..], b"SIP/2.0 200 OK\r\n", b"\r\n\r\n", b"HTTP/1.1", b""]
        {
            assert_eq!(Other::of(sip), None, "{sip:?}");
        }
        let (head, body) = std::str::from_utf8(NO_HTTP).unwrap().split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
    }

    fn message() -> Bytes {
        Bytes::from_static(b"OPTIONS sip:carrier SIP/2.0\r\n\r\n")
    }

    #[test]
    fn a_dialog_of_the_lost_connection_takes_nothing_from_those_who_wait_for_the_next() {
        let mut streams = Streams::default();
        let fresh = || ConnectionId(2);
        assert_eq!(streams.send(&to_carrier(None), message(), fresh), Sent::MustOpen(to_carrier(Some(2))));
        assert_eq!(streams.send(&to_carrier(Some(1)), message(), fresh), Sent::Failed);
        streams.failed(&to_carrier(Some(1)));
        let (writer, mut waiting) = mpsc::channel(WRITE_LIMIT);
        streams.opened(to_carrier(Some(2)), writer);
        assert_eq!(waiting.try_recv(), Ok(message()));
    }

    #[test]
    fn a_connection_that_cannot_be_opened_lets_the_next_message_try_again() {
        let mut streams = Streams::default();
        streams.send(&to_carrier(None), message(), || ConnectionId(1));
        streams.failed(&to_carrier(Some(1)));
        let again = streams.send(&to_carrier(None), message(), || ConnectionId(2));
        assert_eq!(again, Sent::MustOpen(to_carrier(Some(2))));
    }

    #[test]
    fn a_peer_that_reads_no_more_is_let_go() {
        let mut streams = Streams::default();
        let (writer, mut waiting) = mpsc::channel(1);
        streams.opened(to_carrier(Some(1)), writer);
        let number = || ConnectionId(2);
        assert_eq!(streams.send(&to_carrier(Some(1)), message(), number), Sent::Queued);
        assert_eq!(streams.send(&to_carrier(Some(1)), message(), number), Sent::Failed);
        waiting.try_recv().unwrap();
        assert_eq!(waiting.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    }
}
