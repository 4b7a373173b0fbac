//! The UDP sockets, read by the signalling task itself: a datagram costs no hop between tasks.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ramal_media::io::kernel_drops;
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

/// How long a socket that failed is left alone: one that goes on failing must not keep us busy.
const ERROR_PAUSE: Duration = Duration::from_millis(100);

/// Every UDP socket of this node.
pub struct Datagrams {
    sockets: Vec<Door>,
    /// The socket that is looked at first: a flood on one must not silence the others.
    first: usize,
    buffer: Vec<u8>,
    /// Datagrams that the system did not take.
    pub dropped: u64,
    /// Times that a socket failed to be read.
    pub errors: u64,
}

/// One of them.
struct Door {
    local: SocketAddr,
    socket: UdpSocket,
    /// After an error, until then.
    rests_until: Option<Instant>,
}

impl Datagrams {
    pub fn new(sockets: Vec<(SocketAddr, UdpSocket)>) -> Self {
        let door = |(local, socket)| Door { local, socket, rests_until: None };
        let sockets = sockets.into_iter().map(door).collect();
        Self { sockets, first: 0, buffer: vec![0; DATAGRAM_BYTES], dropped: 0, errors: 0 }
    }

    /// Waits until a socket has something to read; which one. Never, when there are no sockets.
    pub async fn readable(&mut self) -> usize {
        let count = self.sockets.len();
        let index = loop {
            let wake_at = self.sockets.iter().filter_map(|door| door.rests_until).min();
            let rested = async {
                match wake_at {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            let (sockets, first) = (&self.sockets, self.first);
            let ready = poll_fn(|context| {
                let mut in_turn = (first..count).chain(0..first);
                let ready = in_turn.find(|index| {
                    sockets.get(*index).is_some_and(|door| {
                        door.rests_until.is_none() && door.socket.poll_recv_ready(context).is_ready()
                    })
                });
                ready.map_or(Poll::Pending, Poll::Ready)
            });
            tokio::select! {
                index = ready => break index,
                () = rested => self.end_rests(),
            }
        };
        self.first = (index + 1) % count.max(1);
        index
    }

    fn end_rests(&mut self) {
        let now = Instant::now();
        for door in &mut self.sockets {
            door.rests_until = door.rests_until.filter(|until| *until > now);
        }
    }

    /// The next datagram of a socket. One call takes one: whoever sends many must not keep us here.
    pub fn receive(&mut self, index: usize) -> Received {
        let Some(door) = self.sockets.get_mut(index) else { return Received::Nothing };
        let local = door.local;
        let (length, remote) = match door.socket.try_recv_from(&mut self.buffer) {
            Ok(received) => received,
            // An ICMP error of an earlier datagram: the socket itself is well.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Received::KeepAlive,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Received::Nothing,
            Err(error) => {
                tracing::error!(%local, %error, "UDP socket failed: it is tried again in a moment");
                door.rests_until = Some(Instant::now() + ERROR_PAUSE);
                self.errors += 1;
                return Received::Nothing;
            }
        };
        let bytes = self.buffer.get(..length).unwrap_or_default();
        // RFC 5626 §4.4: phones keep their NAT open with CRLFs and single zero bytes.
        if bytes.iter().all(|b| matches!(b, b'\r' | b'\n' | 0)) {
            return Received::KeepAlive;
        }
        let flow = Flow { transport: Transport::Udp, local, remote, connection: None };
        Received::Message(flow, Bytes::copy_from_slice(bytes))
    }

    /// UDP may lose a datagram anyway; a full send buffer is one more way, and counted.
    pub fn send(&mut self, flow: &Flow, bytes: &[u8]) {
        let door = self.sockets.iter().find(|door| door.local == flow.local);
        let sent = door.map(|door| door.socket.try_send_to(bytes, flow.remote));
        if !matches!(sent, Some(Ok(_))) {
            self.dropped += 1;
        }
    }

    /// Datagrams that came in faster than they were read, since the start.
    pub fn kernel_drops(&self) -> u64 {
        self.sockets.iter().map(|door| u64::from(kernel_drops(&door.socket))).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

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

    #[tokio::test]
    async fn a_socket_that_fails_again_and_again_is_left_alone_for_a_while() {
        let (one, (_, phone)) = (socket().await, socket().await);
        let to = one.0;
        let mut datagrams = Datagrams::new(vec![one]);
        phone.send_to(b"OPTIONS", to).await.unwrap();
        assert_eq!(datagrams.readable().await, 0);
        // What is read from now on is no socket any more.
        let nothing = std::fs::File::open("/dev/null").unwrap();
        let socket = datagrams.sockets[0].socket.as_raw_fd();
        // SAFETY: both descriptors are open; the one replaced is closed by its owner as before.
        assert!(unsafe { libc::dup2(nothing.as_raw_fd(), socket) } >= 0);
        assert_eq!(datagrams.receive(0), Received::Nothing);
        assert_eq!(datagrams.errors, 1);
        let mut again = std::pin::pin!(datagrams.readable());
        let first_look = poll_fn(|context| Poll::Ready(again.as_mut().poll(context))).await;
        assert!(first_look.is_pending());
    }
}
