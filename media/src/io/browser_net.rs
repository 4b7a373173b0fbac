//! Serving the sockets where browsers come in.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::time::Instant;

use super::browser::{BrowserPlace, BrowserSockets};
use super::epoll::{Epoll, Incoming};
use super::ice_tcp::{Gone, IceTcp, Progress, READ_BYTES, next_frame};
use super::socket::{Inbox, send};
use crate::engine::BUFFER_BYTES;
use crate::leg::webrtc::Road;

/// Packets read from a UDP socket at once: it carries those of all browsers.
const UDP_BATCH: usize = 32;
/// Packets of a UDP socket served before the others have their turn: 10 ms of a full Worker.
const MAX_BURST: usize = 1_024;
/// Reads of one connection before the others have their turn.
const MAX_READS: usize = 4;

/// The sockets and connections of all browsers of a Worker.
pub struct BrowserNet {
    places: Vec<BrowserPlace>,
    tcp: IceTcp,
    /// Taken out for the time of serving, so that what comes in may be answered.
    buffers: Option<Box<Buffers>>,
}

/// What is read into.
struct Buffers {
    inbox: Inbox,
    stream: Box<[u8]>,
}

/// Whether a socket that was served has more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Drained,
    More,
}

/// Who is told of what came in.
pub type Take<'a> = dyn FnMut(Incoming<'_>, &mut Epoll) + 'a;

impl BrowserNet {
    pub fn new(sockets: BrowserSockets) -> Self {
        let stream = vec![0; READ_BYTES + BUFFER_BYTES].into_boxed_slice();
        let buffers = Some(Box::new(Buffers { inbox: Inbox::new(UDP_BATCH), stream }));
        Self { places: sockets.places, tcp: IceTcp::default(), buffers }
    }

    /// Descriptors to be watched, by place: of UDP and of TCP.
    pub fn sockets(&self) -> Vec<(u32, RawFd, Option<RawFd>)> {
        let descriptors =
            |place: &BrowserPlace| (place.udp.as_raw_fd(), place.tcp.as_ref().map(AsRawFd::as_raw_fd));
        let numbered = (0..).zip(self.places.iter().map(descriptors));
        numbered.map(|(place, (udp, tcp))| (place, udp, tcp)).collect()
    }

    /// Sends one packet.
    pub fn send(&mut self, road: Road, to: SocketAddr, packet: &[u8]) -> io::Result<()> {
        match road {
            Road::Udp(place) => {
                let place = self.places.get(usize::from(place)).ok_or(io::ErrorKind::NotFound)?;
                send(place.udp.as_raw_fd(), to, packet)
            }
            Road::Tcp(place) => self.tcp.send(place, to, packet),
        }
    }

    /// Takes in new connections; each slot is told with its descriptor, to be watched.
    pub fn accept(&mut self, now: Instant, place: u32, watch: &mut dyn FnMut(u32, RawFd)) {
        let listener = self.places.get(place as usize).and_then(|place| place.tcp.as_ref());
        if let (Some(listener), Ok(place)) = (listener, u8::try_from(place)) {
            self.tcp.accept(now, place, listener, watch);
        }
    }
}

impl Epoll {
    /// Hands over what waits at the UDP socket of a place. Returns how many packets.
    pub(super) fn serve_browser_udp(&mut self, place: u32, take: &mut Take<'_>) -> (usize, Rest) {
        let Some(mut buffers) = self.take_buffers() else { return (0, Rest::Drained) };
        let socket = self.browsers.as_ref().and_then(|net| net.places.get(place as usize));
        let (socket, road) = (socket.map(|place| place.udp.as_raw_fd()), Road::Udp(place as u8));
        let (mut served, mut rest) = (0, Rest::Drained);
        while let Some(socket) = socket {
            let count = buffers.inbox.receive(socket);
            for index in 0..count {
                if let Some((from, packet, length)) = buffers.inbox.packet(index)
                    && let Some(packet) = packet.get(..length)
                {
                    take(Incoming::Browser { road, from, packet }, self);
                }
            }
            served += count;
            // Fewer than asked for: the socket is empty, and the next packet is a new edge.
            if count < buffers.inbox.batch() {
                break;
            }
            if served >= MAX_BURST {
                rest = Rest::More;
                break;
            }
        }
        self.put_back(buffers);
        (served, rest)
    }

    /// Hands over the whole frames that a connection brought. Returns how many.
    pub(super) fn serve_browser_tcp(
        &mut self,
        now: Instant,
        slot: u32,
        take: &mut Take<'_>,
    ) -> (usize, Rest) {
        let Some(mut buffers) = self.take_buffers() else { return (0, Rest::Drained) };
        let (mut served, mut rest) = (0, Rest::More);
        for _ in 0..MAX_READS {
            let Some(net) = &mut self.browsers else { break };
            let written = net.tcp.flush(slot);
            let progress =
                if written.is_ok() { net.tcp.read(slot, &mut buffers.stream) } else { Progress::Over };
            let frames = match progress {
                Progress::Bytes(count) => self.take_frames(now, slot, buffers.stream.get(..count), take),
                Progress::Drained => {
                    rest = Rest::Drained;
                    break;
                }
                Progress::Over => None,
            };
            let Some(frames) = frames else {
                let gone = self.browsers.as_mut().and_then(|net| net.tcp.close(slot));
                self.tell_gone(gone, take);
                rest = Rest::Drained;
                break;
            };
            served += frames;
        }
        self.put_back(buffers);
        (served, rest)
    }

    /// Closes connections that say nothing.
    pub(super) fn sweep_browsers(&mut self, now: Instant, take: &mut Take<'_>) {
        let Some(net) = &mut self.browsers else { return };
        for gone in net.tcp.sweep(now) {
            self.tell_gone(Some(gone), take);
        }
    }

    /// None: this is no RFC 4571.
    fn take_frames(
        &mut self,
        now: Instant,
        slot: u32,
        bytes: Option<&[u8]>,
        take: &mut Take<'_>,
    ) -> Option<usize> {
        let (place, from) = self.browsers.as_ref()?.tcp.peer(slot)?;
        let (mut rest, mut frames) = (bytes?, 0);
        while let Some((packet, after)) = next_frame(rest).ok()? {
            take(Incoming::Browser { road: Road::Tcp(place), from, packet }, self);
            (rest, frames) = (after, frames + 1);
        }
        self.browsers.as_mut()?.tcp.keep(now, slot, rest, frames);
        Some(frames)
    }

    fn tell_gone(&mut self, gone: Option<Gone>, take: &mut Take<'_>) {
        if let Some(Gone { place, peer }) = gone {
            take(Incoming::Gone { road: Road::Tcp(place), from: peer }, self);
        }
    }

    fn take_buffers(&mut self) -> Option<Box<Buffers>> {
        self.browsers.as_mut()?.buffers.take()
    }

    fn put_back(&mut self, buffers: Box<Buffers>) {
        if let Some(net) = &mut self.browsers {
            net.buffers = Some(buffers);
        }
    }
}
