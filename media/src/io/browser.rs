//! Where browsers reach a Worker: one UDP socket and one TCP listener for each address, shared by all its WebRTC legs.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::leg::webrtc::{BrowserHost, Road};
use crate::webrtc::certificate::DtlsCertificate;
use crate::webrtc::{Candidate, CandidateTransport, Fingerprint};

/// Addresses that one Worker can listen at.
pub const MAX_BROWSER_ADDRESSES: usize = 8;
/// Bytes of each kernel buffer of the shared UDP sockets: they take the packets of thousands of legs.
const UDP_BUFFER_BYTES: usize = 4 << 20;
/// Connections that wait to be accepted.
const TCP_BACKLOG: i32 = 128;
/// How many ports of the system's choice are tried.
const MAX_BIND_ATTEMPTS: usize = 16;

/// How a Node listens for browsers.
#[derive(Clone, Debug)]
pub struct WebRtcConfig {
    /// IPv4 and IPv6 alike, at most [`MAX_BROWSER_ADDRESSES`].
    pub addresses: Vec<BrowserAddress>,
    /// Worker n listens at `first_port + n`, UDP and TCP alike. 0: the system chooses for each.
    pub first_port: u16,
    /// Passive ICE-TCP, for browsers behind firewalls that let no UDP through.
    pub tcp: IceTcp,
    pub certificate: DtlsCertificate,
}

/// One address for browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrowserAddress {
    pub bind: IpAddr,
    /// What descriptions name, where it differs: behind a static NAT, or where `bind` is unspecified.
    pub advertise: Option<IpAddr>,
}

/// Whether browsers may come by TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IceTcp {
    Listen,
    Off,
}

/// What descriptions say of one Worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRtcFace {
    pub fingerprint: Fingerprint,
    pub candidates: Vec<Candidate>,
}

/// The sockets of one Worker, non-blocking.
#[derive(Debug)]
pub(super) struct BrowserSockets {
    pub places: Vec<BrowserPlace>,
    pub face: WebRtcFace,
    pub certificate: DtlsCertificate,
}

/// One address of one Worker.
#[derive(Debug)]
pub(super) struct BrowserPlace {
    pub udp: UdpSocket,
    pub tcp: Option<TcpListener>,
    /// UDP and TCP have the same port.
    pub advertised: SocketAddr,
}

impl BrowserSockets {
    /// Those of Worker `number`, from 0.
    pub fn bind(config: &WebRtcConfig, number: usize) -> io::Result<Self> {
        let port = port_of(config.first_port, number)?;
        let mut places = Vec::new();
        let mut candidates = Vec::new();
        for address in config.addresses.iter().take(MAX_BROWSER_ADDRESSES) {
            let place = BrowserPlace::find(*address, port, config.tcp)?;
            let udp = Candidate { transport: CandidateTransport::Udp, address: place.advertised };
            let tcp = Candidate { transport: CandidateTransport::Tcp, ..udp };
            candidates.push(udp);
            candidates.extend(place.tcp.is_some().then_some(tcp));
            places.push(place);
        }
        let face = WebRtcFace { fingerprint: config.certificate.fingerprint(), candidates };
        Ok(Self { places, face, certificate: config.certificate.clone() })
    }
}

impl BrowserSockets {
    /// As the engine knows them.
    pub fn host(&self) -> BrowserHost {
        let mut roads = Vec::new();
        for (number, place) in (0..).zip(&self.places) {
            roads.push((Road::Udp(number), place.advertised));
            roads.extend(place.tcp.is_some().then_some((Road::Tcp(number), place.advertised)));
        }
        BrowserHost { certificate: self.certificate.clone(), roads }
    }
}

impl BrowserPlace {
    /// Of a port that the system chose for UDP somebody else may have the TCP half: then another one.
    fn find(address: BrowserAddress, port: u16, tcp: IceTcp) -> io::Result<Self> {
        let tries = if port == 0 { MAX_BIND_ATTEMPTS } else { 1 };
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..tries {
            match Self::bind(address, port, tcp) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                done => return done,
            }
        }
        Err(last)
    }

    fn bind(address: BrowserAddress, port: u16, tcp: IceTcp) -> io::Result<Self> {
        let advertise = address.advertise.unwrap_or(address.bind);
        if advertise.is_unspecified() {
            let text = "an unspecified address for browsers needs one to be advertised";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let udp = open(SocketAddr::new(address.bind, port), Type::DGRAM)?;
        // The kernel may grant less; it is then less.
        let _ = udp.set_recv_buffer_size(UDP_BUFFER_BYTES);
        let _ = udp.set_send_buffer_size(UDP_BUFFER_BYTES);
        let udp = UdpSocket::from(udp);
        let bound = udp.local_addr()?;
        let tcp = match tcp {
            IceTcp::Off => None,
            IceTcp::Listen => {
                let listener = open(bound, Type::STREAM)?;
                listener.listen(TCP_BACKLOG)?;
                Some(TcpListener::from(listener))
            }
        };
        Ok(Self { udp, tcp, advertised: SocketAddr::new(advertise, bound.port()) })
    }
}

fn port_of(first_port: u16, number: usize) -> io::Result<u16> {
    if first_port == 0 {
        return Ok(0);
    }
    let port = u16::try_from(number).ok().and_then(|number| first_port.checked_add(number));
    port.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, "more media workers than ports for browsers")
    })
}

fn open(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let protocol = if kind == Type::STREAM { Protocol::TCP } else { Protocol::UDP };
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if kind == Type::STREAM {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}
