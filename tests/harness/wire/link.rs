//! The socket of a phone: UDP, TCP, TLS or a WebSocket.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_rustls::client::TlsStream;

use super::inbox::Inbox;
use super::message::{self, Message};
use super::websocket::{self, WebSocket};

/// Messages that may wait to be written to a stream.
const WRITES_WAITING: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp,
    Tls,
    Ws,
    Wss,
}

impl Transport {
    /// As it stands in Via.
    pub fn token(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Ws => "WS",
            Transport::Wss => "WSS",
        }
    }
}

/// An open way out; what comes in goes to the inbox.
pub struct Link {
    pub transport: Transport,
    pub local: SocketAddr,
    way: Way,
    reader: tokio::task::JoinHandle<()>,
}

enum Way {
    Datagrams(Arc<UdpSocket>),
    Bytes { writes: mpsc::Sender<Vec<u8>>, peer: SocketAddr },
}

impl Drop for Link {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Link {
    /// A UDP socket on this address (port 0: a free one).
    pub async fn udp(bind: SocketAddr, inbox: Arc<Inbox>) -> Link {
        let socket = Arc::new(UdpSocket::bind(bind).await.expect("a UDP socket"));
        let local = socket.local_addr().expect("its address");
        let reader = tokio::spawn(read_datagrams(Arc::clone(&socket), inbox));
        Link { transport: Transport::Udp, local, way: Way::Datagrams(socket), reader }
    }

    /// A TCP connection to `peer`, with TLS and a WebSocket inside when asked. Any certificate is accepted: trial pairs are self-signed.
    pub async fn connect(
        transport: Transport,
        bind: SocketAddr,
        peer: SocketAddr,
        inbox: Arc<Inbox>,
    ) -> Link {
        let socket = TcpSocket::new_v4().expect("a TCP socket");
        socket.bind(bind).expect("bind");
        let tcp = socket.connect(peer).await.expect("TCP connection");
        tcp.set_nodelay(true).expect("nodelay");
        let local = tcp.local_addr().expect("its address");
        let (writes, writes_rx) = mpsc::channel(WRITES_WAITING);
        let reader = match transport {
            Transport::Udp | Transport::Tcp => tokio::spawn(serve_stream(tcp, peer, writes_rx, inbox)),
            Transport::Tls => tokio::spawn(serve_stream(tls(tcp, peer).await, peer, writes_rx, inbox)),
            Transport::Ws => tokio::spawn(serve_websocket(upgrade(tcp).await, peer, writes_rx, inbox)),
            Transport::Wss => {
                let socket = upgrade(tls(tcp, peer).await).await;
                tokio::spawn(serve_websocket(socket, peer, writes_rx, inbox))
            }
        };
        Link { transport, local, way: Way::Bytes { writes, peer }, reader }
    }

    /// Sends bytes as they are: a datagram to `to`, or into the stream.
    pub async fn send(&self, to: SocketAddr, bytes: &[u8]) {
        match &self.way {
            Way::Datagrams(socket) => {
                socket.send_to(bytes, to).await.expect("send");
            }
            Way::Bytes { writes, .. } => writes.send(bytes.to_vec()).await.expect("the stream is open"),
        }
    }

    /// The other end of a stream, `None` for UDP.
    pub fn peer(&self) -> Option<SocketAddr> {
        match &self.way {
            Way::Datagrams(_) => None,
            Way::Bytes { peer, .. } => Some(*peer),
        }
    }
}

async fn read_datagrams(socket: Arc<UdpSocket>, inbox: Arc<Inbox>) {
    let mut buffer = vec![0; 65_536];
    loop {
        // A port-unreachable of an earlier send shows up here; the socket stays good.
        let Ok((length, source)) = socket.recv_from(&mut buffer).await else { continue };
        if let Some(message) = Message::parse(&buffer[..length], source) {
            inbox.put(message);
        }
    }
}

async fn serve_stream<S: AsyncRead + AsyncWrite + Send + 'static>(
    stream: S,
    peer: SocketAddr,
    mut writes: mpsc::Receiver<Vec<u8>>,
    inbox: Arc<Inbox>,
) {
    let (mut input, mut output) = tokio::io::split(stream);
    let mut pending = Vec::new();
    let mut buffer = vec![0; 16_384];
    loop {
        tokio::select! {
            bytes = writes.recv() => match bytes {
                Some(bytes) => {
                    if output.write_all(&bytes).await.is_err() || output.flush().await.is_err() { return }
                }
                None => return,
            },
            read = input.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    pending.extend_from_slice(&buffer[..length]);
                    while let Some(message) = next_framed(&mut pending, peer) {
                        inbox.put(message);
                    }
                }
            },
        }
    }
}

/// Cuts one message off a stream by its Content-Length (RFC 3261 §18.3).
fn next_framed(pending: &mut Vec<u8>, peer: SocketAddr) -> Option<Message> {
    while pending.starts_with(b"\r\n") {
        pending.drain(..2);
    }
    let end = message::find(pending, b"\r\n\r\n")? + 4;
    let head = Message::parse(&pending[..end], peer)?;
    let length: usize = head.header("Content-Length").and_then(|v| v.parse().ok()).unwrap_or(0);
    if pending.len() < end + length {
        return None;
    }
    let whole: Vec<u8> = pending.drain(..end + length).collect();
    Message::parse(&whole, peer)
}

async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> WebSocket<S> {
    WebSocket::open(stream, websocket::PHONE).await.expect("WebSocket handshake")
}

async fn serve_websocket<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocket<S>,
    peer: SocketAddr,
    mut writes: mpsc::Receiver<Vec<u8>>,
    inbox: Arc<Inbox>,
) {
    loop {
        let sent = tokio::select! {
            bytes = writes.recv() => match bytes {
                Some(bytes) => socket.send(websocket::TEXT, &bytes).await,
                None => return,
            },
            frame = socket.next() => match frame {
                Some((websocket::PING, payload)) => socket.send(websocket::PONG, &payload).await,
                Some((websocket::TEXT | websocket::BINARY, bytes)) => {
                    if let Some(message) = Message::parse(&bytes, peer) {
                        inbox.put(message);
                    }
                    Ok(())
                }
                Some(_) => Ok(()),
                None => return,
            },
        };
        if sent.is_err() {
            return;
        }
    }
}

/// A TLS connection over this one.
pub async fn tls(tcp: TcpStream, peer: SocketAddr) -> TlsStream<TcpStream> {
    tls_connector().connect(ServerName::from(peer.ip()), tcp).await.expect("TLS handshake")
}

fn tls_connector() -> tokio_rustls::TlsConnector {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate))
        .with_no_client_auth();
    tokio_rustls::TlsConnector::from(Arc::new(config))
}

#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
