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

/// What a look at a socket found.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    Message(Flow, Bytes),
    /// Nothing for the endpoint; more may wait.
    KeepAlive,
    Nothing,
}

/// Every UDP socket of this node.
pub struct Datagrams {
    sockets: Vec<(SocketAddr, UdpSocket)>,
    /// The socket that is looked at first: a flood on one must not silence the others.
    first: usize,
    buffer: Vec<u8>,
    /// Datagrams that the system did not take.
    pub dropped: u64,
}

impl Datagrams {
    pub fn new(sockets: Vec<(SocketAddr, UdpSocket)>) -> Self {
        Self { sockets, first: 0, buffer: vec![0; DATAGRAM_BYTES], dropped: 0 }
    }

    /// Waits until a socket has something to read; which one. Never, when there are no sockets.
    pub async fn readable(&mut self) -> usize {
        let (sockets, count) = (&self.sockets, self.sockets.len());
        let index = poll_fn(|context| {
            let mut in_turn = (self.first..count).chain(0..self.first);
            let ready = in_turn.find(|index| {
                sockets.get(*index).is_some_and(|(_, socket)| socket.poll_recv_ready(context).is_ready())
            });
            ready.map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        self.first = (index + 1) % count.max(1);
        index
    }

    /// The next datagram of a socket. One call takes one: whoever sends many must not keep us here.
    pub fn receive(&mut self, index: usize) -> Received {
        let Some((local, socket)) = self.sockets.get(index) else { return Received::Nothing };
        let (length, remote) = match socket.try_recv_from(&mut self.buffer) {
            Ok(received) => received,
            // An ICMP error of an earlier datagram: the socket itself is well.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Received::KeepAlive,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Received::Nothing,
            Err(error) => {
                tracing::error!(%local, %error, "UDP socket failed");
                return Received::Nothing;
            }
        };
        let bytes = self.buffer.get(..length).unwrap_or_default();
        // RFC 5626 §4.4: phones keep their NAT open with CRLFs and single zero bytes.
        if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return Received::KeepAlive;
        }
        let flow = Flow { transport: Transport::Udp, local: *local, remote, connection: None };
        Received::Message(flow, Bytes::copy_from_slice(bytes))
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn socket() -> (SocketAddr, UdpSocket) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        (socket.local_addr().unwrap(), socket)
    }

    #[tokio::test]
    async fn a_flood_of_keep_alives_is_taken_one_at_a_time_and_leaves_the_other_socket_its_turn() {
        let (one, two) = (socket().await, socket().await);
        let (_, phone) = socket().await;
        let to = [one.0, two.0];
        let mut datagrams = Datagrams::new(vec![one, two]);
        for _ in 0..8 {
            phone.send_to(b"\r\n\r\n", to[0]).await.unwrap();
        }
        phone.send_to(b"OPTIONS", to[1]).await.unwrap();
        let mut seen = Vec::new();
        while !seen.contains(&1) {
            let index = datagrams.readable().await;
            if matches!(datagrams.receive(index), Received::Message(..)) {
                assert_eq!(index, 1);
            }
            seen.push(index);
        }
        assert!(seen.len() <= 2, "{seen:?}");
    }
}
