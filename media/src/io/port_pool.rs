//! Even RTP ports with their RTCP neighbours.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

/// Port pairs tried in one [`PortPool::bind`] at most; a range that is full costs no more than this.
pub const MAX_BIND_ATTEMPTS: u32 = 4096;

/// Hands out port pairs of one address. Shared by reference; there is nothing to give back: closed sockets are free.
#[derive(Debug)]
pub struct PortPool {
    bind_ip: IpAddr,
    advertise_ip: IpAddr,
    first: u16,
    pairs: u32,
    next: AtomicU32,
}

/// The two sockets of a Leg, non-blocking.
#[derive(Debug)]
pub struct LegSockets {
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
    advertised_rtp: SocketAddr,
    advertised_rtcp: SocketAddr,
}

impl PortPool {
    /// `range` is rounded inward to whole pairs that begin at an even port (RFC 3550 §11). Fails where it holds no pair.
    /// `advertise_ip` is what SDP names when it differs from the bound address.
    pub fn new(
        bind_ip: IpAddr,
        advertise_ip: Option<IpAddr>,
        range: RangeInclusive<u16>,
    ) -> io::Result<Self> {
        let first = u32::from(*range.start()).next_multiple_of(2);
        let pairs = (u32::from(*range.end()) + 1).saturating_sub(first) / 2;
        let first = u16::try_from(first).ok().filter(|&first| first > 0 && pairs > 0).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "the RTP port range holds no pair of an even and an odd port",
            )
        })?;
        Ok(Self {
            bind_ip,
            advertise_ip: advertise_ip.unwrap_or(bind_ip),
            first,
            pairs,
            next: AtomicU32::new(0),
        })
    }

    /// Begins anywhere in the range: a Node that starts again does not give new calls the ports of those that it has just lost, where
    /// phones may send still.
    pub fn starting_at(self, anywhere: u32) -> Self {
        Self { next: AtomicU32::new(anywhere % self.pairs), ..self }
    }

    /// Pairs in the range.
    pub fn capacity(&self) -> u32 {
        self.pairs
    }

    /// The next free pair, in turn, so that a port rests as long as possible before it is used again. Fails with
    /// `AddrInUse` when none of [`MAX_BIND_ATTEMPTS`] is free.
    pub fn bind(&self) -> io::Result<LegSockets> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..self.pairs.min(MAX_BIND_ATTEMPTS) {
            match self.bind_pair(self.next.fetch_add(1, Ordering::Relaxed) % self.pairs) {
                Ok(sockets) => return Ok(sockets),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn bind_pair(&self, pair: u32) -> io::Result<LegSockets> {
        // The pair is below `pairs`, so the port is inside the range it was made from.
        let port = self.first.saturating_add(u16::try_from(pair * 2).unwrap_or(u16::MAX - 1));
        let rtp = bind_socket(SocketAddr::new(self.bind_ip, port))?;
        let rtcp = bind_socket(SocketAddr::new(self.bind_ip, port.saturating_add(1)))?;
        Ok(LegSockets {
            rtp,
            rtcp,
            advertised_rtp: SocketAddr::new(self.advertise_ip, port),
            advertised_rtcp: SocketAddr::new(self.advertise_ip, port.saturating_add(1)),
        })
    }
}

impl LegSockets {
    /// As SDP should name it.
    pub fn rtp_address(&self) -> SocketAddr {
        self.advertised_rtp
    }

    /// As SDP should name it.
    pub fn rtcp_address(&self) -> SocketAddr {
        self.advertised_rtcp
    }
}

fn bind_socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
