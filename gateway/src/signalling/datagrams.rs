//! The UDP sockets, read by the signalling task itself: a datagram costs no hop between tasks.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;

use bytes::Bytes;
use ramal_sip::transport::{Flow, Transport};
use tokio::net::UdpSocket;

/// Largest datagram that UDP can carry, in bytes.
const DATAGRAM_BYTES: usize = 65_535;

/// Every UDP socket of this node.
pub struct Datagrams {
    sockets: Vec<(SocketAddr, UdpSocket)>,
    buffer: Vec<u8>,
    /// Datagrams that the system did not take.
    pub dropped: u64,
}

impl Datagrams {
    pub fn new(sockets: Vec<(SocketAddr, UdpSocket)>) -> Self {
        Self { sockets, buffer: vec![0; DATAGRAM_BYTES], dropped: 0 }
    }

    /// Waits until a socket has something to read; which one. Never, when there are no sockets.
    pub async fn readable(&self) -> usize {
        poll_fn(|context| {
            let ready = |(_, socket): &(SocketAddr, UdpSocket)| socket.poll_recv_ready(context).is_ready();
            self.sockets.iter().position(ready).map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// The next datagram of a socket; `None` when there is none left.
    pub fn receive(&mut self, index: usize) -> Option<(Flow, Bytes)> {
        let (local, socket) = self.sockets.get(index)?;
        loop {
            let (length, remote) = match socket.try_recv_from(&mut self.buffer) {
                Ok(received) => received,
                // An ICMP error of an earlier datagram: the socket itself is well.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(error) => {
                    tracing::error!(%local, %error, "UDP socket failed");
                    return None;
                }
            };
            let bytes = self.buffer.get(..length).unwrap_or_default();
            // RFC 5626 §4.4: phones keep their NAT open with CRLFs and single zero bytes.
            if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)) {
                continue;
            }
            let flow = Flow { transport: Transport::Udp, local: *local, remote, connection: None };
            return Some((flow, Bytes::copy_from_slice(bytes)));
        }
    }

    /// UDP may lose a datagram anyway; a full send buffer is one more way, and counted.
    pub fn send(&mut self, flow: &Flow, bytes: &[u8]) {
        let socket = self.sockets.iter().find(|(local, _)| *local == flow.local);
        let sent = socket.map(|(_, socket)| socket.try_send_to(bytes, flow.remote));
        if !matches!(sent, Some(Ok(_))) {
            self.dropped += 1;
        }
    }
}
