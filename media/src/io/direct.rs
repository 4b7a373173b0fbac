//! A second socket for the RTP of one Leg, connected to its peer: the kernel then looks up neither route nor packet identity
//! for each packet, which is a quarter of what sending costs.
//!
//! It shares the port (SO_REUSEPORT) with the Leg's own socket. A packet goes to the socket whose connection it fits best, so
//! everybody but the peer still arrives at the first one, and is judged there as ever.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

use socket2::{Domain, SockRef, Socket, Type};

use super::kernel_drops::Seen;

/// Packets to one address, without another in between, before it is worth a socket: half a second of speech.
const CONNECT_AFTER_PACKETS: u8 = 25;

/// The connected socket of one Leg, or the way to it.
#[derive(Default)]
pub struct Direct {
    to: Option<SocketAddr>,
    packets: u8,
    socket: Option<UdpSocket>,
    drops: Seen,
    permission: Permission,
}

/// Whether the kernel gives such sockets.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Permission {
    #[default]
    NotRefused,
    /// Not asked again for this Leg: its own socket serves as well, at more cost.
    Refused,
}

impl Direct {
    /// The connected socket if it leads to this address. Another address than before closes it.
    pub fn socket_to(&mut self, to: SocketAddr) -> Option<RawFd> {
        if self.to == Some(to) {
            self.packets = self.packets.saturating_add(1);
            return self.socket();
        }
        self.to = Some(to);
        self.packets = 1;
        self.socket = None;
        None
    }

    /// The connected socket.
    pub fn socket(&self) -> Option<RawFd> {
        self.socket.as_ref().map(AsRawFd::as_raw_fd)
    }

    /// Whether it is time for [`Self::open`].
    pub fn is_due(&self) -> bool {
        self.packets >= CONNECT_AFTER_PACKETS
            && self.socket.is_none()
            && self.permission == Permission::NotRefused
    }

    /// Opens it beside the Leg's own socket.
    ///
    /// # Errors
    /// The kernel refuses; it is not asked again.
    pub fn open(&mut self, own: &UdpSocket) -> io::Result<RawFd> {
        let opened = self.to.ok_or(io::ErrorKind::NotConnected.into()).and_then(|to| connect(own, to));
        match opened {
            Ok(socket) => {
                self.drops = Seen::default();
                Ok(self.socket.insert(socket).as_raw_fd())
            }
            Err(error) => {
                self.permission = Permission::Refused;
                Err(error)
            }
        }
    }

    /// Packets were read from it.
    pub fn note_read(&mut self) {
        self.drops.note_read();
    }

    /// What the kernel dropped of it since the last look.
    pub fn kernel_drops(&mut self) -> u64 {
        self.socket.as_ref().map_or(0, |socket| self.drops.more(socket))
    }

    /// Begins anew, for instance when the route to the peer has changed.
    pub fn close(&mut self) {
        self.socket = None;
        self.packets = 0;
    }
}

fn connect(own: &UdpSocket, to: SocketAddr) -> io::Result<UdpSocket> {
    // Only now, so that nobody else could bind the port when it was taken; later only this user could.
    SockRef::from(own).set_reuse_port(true)?;
    let socket = Socket::new(Domain::for_address(to), Type::DGRAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&own.local_addr()?.into())?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound() -> (UdpSocket, SocketAddr) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    fn used(to: SocketAddr) -> Direct {
        let mut direct = Direct::default();
        (0..CONNECT_AFTER_PACKETS).for_each(|_| assert!(direct.socket_to(to).is_none()));
        direct
    }

    #[test]
    fn the_peer_arrives_at_the_connected_socket_and_a_stranger_does_not() {
        let ((own, here), (peer, peer_at), (stranger, _)) = (bound(), bound(), bound());
        let mut direct = used(peer_at);
        assert!(direct.is_due());
        direct.open(&own).unwrap();
        peer.send_to(b"peer", here).unwrap();
        stranger.send_to(b"stranger", here).unwrap();
        let mut bytes = [0; 16];
        assert_eq!(direct.socket.as_ref().unwrap().recv(&mut bytes).unwrap(), 4);
        assert_eq!(own.recv(&mut bytes).unwrap(), 8);
        assert!(UdpSocket::bind(here).is_err(), "the port is still taken for all others");
    }

    #[test]
    fn another_address_begins_anew_and_a_changing_one_never_gets_a_socket() {
        let ((own, _), (_peer, peer_at), (_other, other_at)) = (bound(), bound(), bound());
        let mut direct = used(peer_at);
        let socket = direct.open(&own).unwrap();
        assert_eq!(direct.socket_to(peer_at), Some(socket));
        for _ in 0..CONNECT_AFTER_PACKETS {
            assert_eq!(direct.socket_to(other_at), None);
            assert_eq!(direct.socket_to(peer_at), None);
        }
        assert!(!direct.is_due());
    }
}
