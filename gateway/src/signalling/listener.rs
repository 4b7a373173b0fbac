//! The sockets that SIP comes in by.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ramal_sip::transport::{Flow, Transport};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

use super::stream::{Gate, Inbound, accepted};
use super::tls::Tls;
use super::websocket;

/// Receive buffer asked of the system, so that a burst of INVITEs is not lost while we are busy.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// How long a socket rests after an error that it may recover from.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// A bound socket, not yet read from.
pub enum Bound {
    Udp(UdpSocket),
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
            Ok((Bound::Udp(socket), local))
        }
        Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => {
            let listener = TcpListener::bind(address).await?;
            let local = listener.local_addr()?;
            Ok((Bound::Stream(listener, transport), local))
        }
    }
}

/// What every connection that a peer opens needs.
#[derive(Clone)]
pub struct Door {
    pub gate: Arc<Gate>,
    pub tls: Tls,
    /// Origins of pages that may open a WebSocket; empty: any.
    pub origins: Arc<[String]>,
    /// Reverse proxies that hand WebSockets on to us, and are believed where they come from.
    pub trusted_proxies: Arc<[IpAddr]>,
    pub inbound: mpsc::Sender<Inbound>,
}

/// Accepts connections until the signalling task is gone. At a limit a connection is closed at once and counted.
pub async fn accept_streams(listener: TcpListener, transport: Transport, local: SocketAddr, door: Door) {
    while !door.inbound.is_closed() {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors: connections that end will free some.
                tracing::error!(%local, %error, "connection not accepted");
                tokio::time::sleep(ERROR_PAUSE).await;
                continue;
            }
        };
        let Some(pass) = door.gate.enter(remote.ip()) else { continue };
        let flow = Flow { transport, local, remote, connection: Some(door.gate.connection_id()) };
        let door = door.clone();
        match transport {
            Transport::Udp | Transport::Tcp => {
                tokio::spawn(accepted(stream, flow, pass, None, door.inbound));
            }
            Transport::Tls => {
                tokio::spawn(accepted(stream, flow, pass, Some(door.tls), door.inbound));
            }
            Transport::Ws | Transport::Wss => {
                tokio::spawn(websocket::accepted(stream, flow, pass, door));
            }
        }
    }
}
