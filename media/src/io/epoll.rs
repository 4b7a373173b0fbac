//! Readiness of the sockets of all Legs of a Worker: one edge-triggered epoll, one `recvmmsg` a ready socket.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use super::browser::BrowserSockets;
use super::browser_net::{BrowserNet, Rest};
use super::direct::Direct;
use super::kernel_drops::Seen;
use super::port_pool::LegSockets;
use super::socket::{Inbox, send, send_connected};
use crate::engine::{Channel, LegIndex, Outputs, Transmit};
use crate::leg::webrtc::Road;

/// Packets read from a Leg's socket at once. A phone sends one in 20 ms; more is a burst after a pause.
const BATCH: usize = 4;
/// Ready sockets taken at once.
const MAX_READY: usize = 1_024;
/// Packets of one socket served before the others have their turn: a flood on one port delays the rest by no more.
const MAX_BURST: usize = 64;
/// Connected sockets opened between two rounds, so that many calls that begin together delay no packet for long.
const MAX_CONNECTS: usize = 8;
/// Packets or connections wait.
const READABLE: i32 = libc::EPOLLIN;
/// There is room for more to be sent.
const WRITABLE: i32 = libc::EPOLLOUT;
/// Marks the wake-up of the mailbox.
const WAKE: u64 = u64::MAX;

/// What carries packets for a Worker: sockets by Leg, readiness, sending. The seam for another way than epoll.
pub trait Net {
    /// The sockets of a Leg are served from now on.
    fn add(&mut self, leg: LegIndex, sockets: LegSockets) -> io::Result<()>;
    /// They are not any more.
    fn remove(&mut self, leg: LegIndex) -> Option<LegSockets>;
    /// Waits for packets or a wake-up, at most so long. None: without end.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Woken>;
    /// Hands over what is ready. Returns the number of packets.
    fn receive(&mut self, now: Instant, take: &mut dyn FnMut(Incoming<'_>, &mut Self)) -> usize;
    /// Sends and clears what waits.
    fn send(&mut self, outputs: &mut Outputs);
}

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Packets, connections or orders wait.
    ByWork,
    ByTime,
}

/// What came in.
pub enum Incoming<'a> {
    /// At the sockets of a Leg: `packet[..length]`, with room behind.
    Leg { leg: LegIndex, channel: Channel, from: SocketAddr, packet: &'a mut [u8], length: usize },
    /// Where all browsers do.
    Browser { road: Road, from: SocketAddr, packet: &'a [u8] },
    /// A connection of a browser has ended.
    Gone { road: Road, from: SocketAddr },
}

/// The sockets of one Leg.
struct Port {
    sockets: LegSockets,
    direct: Direct,
    /// Of the RTP and the RTCP socket.
    drops: [Seen; 2],
}

/// Which of them, or one where browsers come in: then the number is a place or the slot of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Rtp,
    Rtcp,
    Direct,
    BrowserUdp,
    BrowserListener,
    BrowserTcp,
}

/// See the module.
pub struct Epoll {
    epoll: OwnedFd,
    wake: OwnedFd,
    pub(super) browsers: Option<BrowserNet>,
    legs: Vec<Option<Port>>,
    events: Vec<libc::epoll_event>,
    ready: usize,
    /// Sockets that had more than [`MAX_BURST`]: an edge is told only once.
    unfinished: Vec<u64>,
    inbox: Option<Box<Inbox>>,
    /// Packets that the kernel would not take.
    pub send_errors: u64,
    /// Packets that the kernel dropped before we read them.
    pub kernel_drops: u64,
    pub sent: u64,
}

impl Epoll {
    /// `wake` becomes readable when there is mail.
    pub fn new(wake: OwnedFd, browsers: Option<BrowserSockets>) -> io::Result<Self> {
        // SAFETY: no pointer is passed; the result is checked.
        let epoll = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: a fresh descriptor that nobody else owns.
        let epoll = unsafe { OwnedFd::from_raw_fd(epoll) };
        let this = Self {
            epoll,
            wake,
            browsers: browsers.map(BrowserNet::new),
            legs: Vec::new(),
            events: vec![libc::epoll_event { events: 0, u64: 0 }; MAX_READY],
            ready: 0,
            unfinished: Vec::new(),
            inbox: Some(Box::new(Inbox::new(BATCH))),
            send_errors: 0,
            kernel_drops: 0,
            sent: 0,
        };
        watch(&this.epoll, this.wake.as_raw_fd(), READABLE, WAKE)?;
        for (place, udp, tcp) in this.browsers.iter().flat_map(BrowserNet::sockets) {
            watch(&this.epoll, udp, READABLE, to_token(place, Which::BrowserUdp))?;
            if let Some(tcp) = tcp {
                watch(&this.epoll, tcp, READABLE, to_token(place, Which::BrowserListener))?;
            }
        }
        Ok(this)
    }

    fn socket(&self, leg: LegIndex, which: Which) -> Option<RawFd> {
        let port = self.legs.get(leg as usize)?.as_ref()?;
        match which {
            Which::Rtp => Some(port.sockets.rtp.as_raw_fd()),
            Which::Rtcp => Some(port.sockets.rtcp.as_raw_fd()),
            Which::Direct => port.direct.socket(),
            Which::BrowserUdp | Which::BrowserListener | Which::BrowserTcp => None,
        }
    }

    /// Looks at what the kernel dropped of a Leg.
    pub fn count_drops(&mut self, leg: LegIndex) {
        let Some(Some(port)) = self.legs.get_mut(leg as usize) else { return };
        let [rtp, rtcp] = &mut port.drops;
        self.kernel_drops +=
            rtp.more(&port.sockets.rtp) + rtcp.more(&port.sockets.rtcp) + port.direct.kernel_drops();
    }

    fn drain_wake(&self) {
        let mut count = 0_u64;
        // SAFETY: eight bytes are written to `count`, which is as long; the eventfd does not block.
        let _ = unsafe { libc::read(self.wake.as_raw_fd(), (&raw mut count).cast(), 8) };
    }

    fn serve(
        &mut self,
        now: Instant,
        inbox: &mut Inbox,
        token: u64,
        take: &mut dyn FnMut(Incoming<'_>, &mut Self),
    ) -> usize {
        let (number, which) = from_token(token);
        let (served, rest) = match which {
            Which::Rtp | Which::Rtcp | Which::Direct => return self.serve_leg(inbox, token, take),
            Which::BrowserUdp => self.serve_browser_udp(number, take),
            Which::BrowserTcp => self.serve_browser_tcp(now, number, take),
            Which::BrowserListener => {
                self.accept_browsers(now, number);
                return 0;
            }
        };
        if rest == Rest::More {
            self.unfinished.push(token);
        }
        served
    }

    fn accept_browsers(&mut self, now: Instant, place: u32) {
        let (epoll, Some(net)) = (&self.epoll, &mut self.browsers) else { return };
        net.accept(now, place, &mut |slot, socket| {
            // Not watched it is never served, and closed when it has been silent for long.
            let _ = watch(epoll, socket, READABLE | WRITABLE, to_token(slot, Which::BrowserTcp));
        });
    }

    fn serve_leg(
        &mut self,
        inbox: &mut Inbox,
        token: u64,
        take: &mut dyn FnMut(Incoming<'_>, &mut Self),
    ) -> usize {
        let (leg, which) = from_token(token);
        let channel = if which == Which::Rtcp { Channel::Rtcp } else { Channel::Rtp };
        let mut served = 0;
        while let Some(socket) = self.socket(leg, which) {
            let count = inbox.receive(socket);
            for index in 0..count {
                if let Some((from, packet, length)) = inbox.packet(index) {
                    take(Incoming::Leg { leg, channel, from, packet, length }, self);
                }
            }
            served += count;
            // Fewer than asked for: the socket is empty, and the next packet is a new edge.
            if count < inbox.batch() {
                break;
            }
            if served >= MAX_BURST {
                self.unfinished.push(token);
                break;
            }
        }
        if let Some(Some(port)) = self.legs.get_mut(leg as usize).filter(|_| served > 0) {
            port.note_read(which);
        }
        served
    }
}

impl Net for Epoll {
    fn add(&mut self, leg: LegIndex, sockets: LegSockets) -> io::Result<()> {
        let place = leg as usize;
        if self.legs.len() <= place {
            self.legs.resize_with(place + 1, || None);
        }
        watch(&self.epoll, sockets.rtp.as_raw_fd(), READABLE, to_token(leg, Which::Rtp))?;
        watch(&self.epoll, sockets.rtcp.as_raw_fd(), READABLE, to_token(leg, Which::Rtcp))?;
        if let Some(slot) = self.legs.get_mut(place) {
            let drops = [Seen::of(&sockets.rtp), Seen::of(&sockets.rtcp)];
            *slot = Some(Port { sockets, direct: Direct::default(), drops });
        }
        Ok(())
    }

    fn remove(&mut self, leg: LegIndex) -> Option<LegSockets> {
        self.count_drops(leg);
        // The connected one closes, and with that is watched no more.
        let Port { sockets, .. } = self.legs.get_mut(leg as usize)?.take()?;
        for socket in [sockets.rtp.as_raw_fd(), sockets.rtcp.as_raw_fd()] {
            let epoll = self.epoll.as_raw_fd();
            // SAFETY: no event is read for a removal; a descriptor that is not watched is only an error.
            unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, socket, std::ptr::null_mut()) };
        }
        self.unfinished.retain(|&token| from_token(token).0 != leg || is_shared(token));
        Some(sockets)
    }

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Woken> {
        let timeout = if self.unfinished.is_empty() { timeout } else { Some(Duration::ZERO) };
        let spec = timeout.map(|timeout| libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: timeout.subsec_nanos().into(),
        });
        let spec = spec.as_ref().map_or(std::ptr::null(), |spec| &raw const *spec);
        // SAFETY: `events` has MAX_READY entries; `spec` outlives the call or is null; no signal mask.
        let ready = unsafe {
            let events = self.events.as_mut_ptr();
            libc::epoll_pwait2(self.epoll.as_raw_fd(), events, MAX_READY as i32, spec, std::ptr::null())
        };
        self.ready = 0;
        match check(ready) {
            Ok(ready) => self.ready = ready as usize,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(if self.ready == 0 && self.unfinished.is_empty() { Woken::ByTime } else { Woken::ByWork })
    }

    fn receive(&mut self, now: Instant, take: &mut dyn FnMut(Incoming<'_>, &mut Self)) -> usize {
        // Taken out for the time of the round, so that `take` may send.
        let Some(mut inbox) = self.inbox.take() else { return 0 };
        let mut served = 0;
        for token in std::mem::take(&mut self.unfinished) {
            served += self.serve(now, &mut inbox, token, take);
        }
        for index in 0..self.ready {
            let Some(token) = self.events.get(index).map(|event| event.u64) else { break };
            if token == WAKE {
                self.drain_wake();
            } else {
                served += self.serve(now, &mut inbox, token, take);
            }
        }
        self.ready = 0;
        self.inbox = Some(inbox);
        self.sweep_browsers(now, take);
        served
    }

    fn send(&mut self, outputs: &mut Outputs) {
        let mut connects = 0;
        for (transmit, packet) in outputs.transmits() {
            if let Channel::Browser(road) = transmit.channel {
                let result = self.browsers.as_mut().map(|net| net.send(road, transmit.to, packet));
                match result {
                    Some(Ok(())) => self.sent += 1,
                    Some(Err(_)) | None => self.send_errors += 1,
                }
                continue;
            }
            let Some(Some(port)) = self.legs.get_mut(transmit.leg as usize) else { continue };
            match port.send(transmit, packet) {
                Ok(()) => self.sent += 1,
                // Full socket buffer, or a peer's network that is gone: a late packet is worth nothing.
                Err(_) => self.send_errors += 1,
            }
            // A report among them is no reason: it goes another way.
            let by_speech = transmit.channel == Channel::Rtp;
            if by_speech && connects < MAX_CONNECTS && port.direct.is_due() {
                connects += 1;
                let opened = port.direct.open(&port.sockets.rtp);
                let token = to_token(transmit.leg, Which::Direct);
                // Not watched it would swallow what the peer sends.
                if opened.is_ok_and(|socket| watch(&self.epoll, socket, READABLE, token).is_err()) {
                    port.direct.close();
                }
            }
        }
        outputs.clear_transmits();
    }
}

impl Port {
    fn note_read(&mut self, which: Which) {
        let [rtp, rtcp] = &mut self.drops;
        match which {
            Which::Rtp => rtp.note_read(),
            Which::Rtcp => rtcp.note_read(),
            Which::Direct => self.direct.note_read(),
            Which::BrowserUdp | Which::BrowserListener | Which::BrowserTcp => {}
        }
    }

    fn send(&mut self, transmit: &Transmit, packet: &[u8]) -> io::Result<()> {
        let own = match transmit.channel {
            Channel::Rtp => self.sockets.rtp.as_raw_fd(),
            Channel::Rtcp => return send(self.sockets.rtcp.as_raw_fd(), transmit.to, packet),
            Channel::Browser(_) => return Err(io::ErrorKind::InvalidInput.into()),
        };
        let Some(direct) = self.direct.socket_to(transmit.to) else {
            return send(own, transmit.to, packet);
        };
        match send_connected(direct, packet) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                self.direct.close();
                send(own, transmit.to, packet)
            }
            result => result,
        }
    }
}

fn watch(epoll: &OwnedFd, socket: RawFd, interest: i32, token: u64) -> io::Result<()> {
    let mut event = libc::epoll_event { events: (interest | libc::EPOLLET) as u32, u64: token };
    // SAFETY: `event` lives during the call; the descriptors are checked by the kernel.
    check(unsafe { libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, socket, &raw mut event) })
        .map(drop)
}

/// Waits without serving anybody, so that packets gather.
pub fn pause_until(now: Instant, end: Instant) {
    let rest = end.saturating_duration_since(now);
    let spec = libc::timespec { tv_sec: rest.as_secs() as libc::time_t, tv_nsec: rest.subsec_nanos().into() };
    // SAFETY: `spec` is valid during the call; the rest after a signal is not asked for.
    unsafe { libc::nanosleep(&raw const spec, std::ptr::null_mut()) };
}

fn to_token(number: u32, which: Which) -> u64 {
    u64::from(number) << 3 | which as u64
}

fn from_token(token: u64) -> (u32, Which) {
    let which = match token & 7 {
        0 => Which::Rtp,
        1 => Which::Rtcp,
        2 => Which::Direct,
        3 => Which::BrowserUdp,
        4 => Which::BrowserListener,
        _ => Which::BrowserTcp,
    };
    ((token >> 3) as u32, which)
}

/// Whether all browsers come in there, not one Leg.
fn is_shared(token: u64) -> bool {
    match from_token(token).1 {
        Which::Rtp | Which::Rtcp | Which::Direct => false,
        Which::BrowserUdp | Which::BrowserListener | Which::BrowserTcp => true,
    }
}

fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
