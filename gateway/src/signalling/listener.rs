//! The sockets that SIP comes in by.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use ramal_sip::transport::{Flow, Transport};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

use super::stream::{Gate, Inbound, accepted};
use super::tls::Tls;

/// Largest datagram that UDP can carry, in bytes.
const DATAGRAM_BYTES: usize = 65_535;
/// Receive buffer asked of the system, so that a burst of INVITEs is not lost while we are busy.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// A bound socket, not yet read from.
pub enum Bound {
    Udp(Arc<UdpSocket>),
    Stream(TcpListener, Transport),
}

/// Binds one socket of the configuration.
///
/// # Errors
/// As the system says: address in use, not ours, or not allowed.
pub async fn bind(transport: Transport, address: SocketAddr) -> io::Result<(Bound, SocketAddr)> {
    match transport {
        Transport::Udp => {
            let domain = socket2::Domain::for_address(address);
            let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, None)?;
            socket.set_nonblocking(true)?;
            let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
            socket.bind(&address.into())?;
            let socket = UdpSocket::from_std(socket.into())?;
            let local = socket.local_addr()?;
            Ok((Bound::Udp(Arc::new(socket)), local))
        }
        Transport::Tcp | Transport::Tls => {
            let listener = TcpListener::bind(address).await?;
            let local = listener.local_addr()?;
            Ok((Bound::Stream(listener, transport), local))
        }
    }
}

/// Reads datagrams until the signalling task is gone.
pub async fn read_datagrams(socket: Arc<UdpSocket>, local: SocketAddr, inbound: mpsc::Sender<Inbound>) {
    let mut buffer = vec![0; DATAGRAM_BYTES];
    loop {
        let (length, remote) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // An ICMP error of an earlier datagram: the socket itself is well.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => {
                tracing::error!(%local, %error, "UDP socket failed");
                return;
            }
        };
        let flow = Flow { transport: Transport::Udp, local, remote, connection: None };
        let bytes = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
        // RFC 5626 §4.4: phones keep their NAT open with CRLFs and single zero bytes.
        if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)) {
            continue;
        }
        if inbound.send(Inbound::Message { flow, bytes }).await.is_err() {
            return;
        }
    }
}

/// Accepts connections until the signalling task is gone. At a limit a connection is closed at once and counted.
pub async fn accept_streams(
    listener: TcpListener,
    transport: Transport,
    local: SocketAddr,
    gate: Arc<Gate>,
    tls: Tls,
    inbound: mpsc::Sender<Inbound>,
) {
    while !inbound.is_closed() {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors: connections that end will free some.
                tracing::error!(%local, %error, "connection not accepted");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let Some(pass) = gate.enter(remote.ip()) else { continue };
        let flow = Flow { transport, local, remote, connection: Some(gate.connection_id()) };
        let tls = (transport == Transport::Tls).then(|| tls.clone());
        tokio::spawn(accepted(stream, flow, pass, tls, inbound.clone()));
    }
}
