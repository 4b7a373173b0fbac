//! Readiness of the sockets of all Legs of a Worker: one edge-triggered epoll, one `recvmmsg` a ready socket.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use super::browser::BrowserSockets;
use super::direct::Direct;
use super::kernel_drops::Seen;
use super::port_pool::LegSockets;
use super::socket::{BATCH, Inbox, send, send_connected};
use crate::engine::{Channel, LegIndex, Outputs, Transmit};

/// Ready sockets taken at once.
const MAX_READY: usize = 1_024;
/// Packets of one socket served before the others have their turn: a flood on one port delays the rest by no more.
const MAX_BURST: usize = 64;
/// Connected sockets opened between two rounds, so that many calls that begin together delay no packet for long.
const MAX_CONNECTS: usize = 8;
/// Marks the wake-up of the mailbox.
const WAKE: u64 = u64::MAX;

/// What carries packets for a Worker: sockets by Leg, readiness, sending. The seam for another way than epoll.
pub trait Net {
    /// The sockets of a Leg are served from now on.
    fn add(&mut self, leg: LegIndex, sockets: LegSockets) -> io::Result<()>;
    /// They are not any more.
    fn remove(&mut self, leg: LegIndex) -> Option<LegSockets>;
    /// Waits for packets or a wake-up, at most so long. None: without end.
    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()>;
    /// Hands over what is ready: Leg, socket, sender, buffer, length. Returns the number of packets.
    fn receive(&mut self, take: &mut dyn FnMut(Incoming<'_>, &mut Self)) -> usize;
    /// Sends and clears what waits.
    fn send(&mut self, outputs: &mut Outputs);
}

/// A packet that came in.
pub struct Incoming<'a> {
    pub leg: LegIndex,
    pub channel: Channel,
    pub from: std::net::SocketAddr,
    pub packet: &'a mut [u8],
    pub length: usize,
}

/// The sockets of one Leg.
struct Port {
    sockets: LegSockets,
    direct: Direct,
    /// Of the RTP and the RTCP socket.
    drops: [Seen; 2],
}

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Rtp,
    Rtcp,
    Direct,
}

/// See the module.
pub struct Epoll {
    epoll: OwnedFd,
    wake: OwnedFd,
    browsers: Option<BrowserSockets>,
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
            browsers,
            legs: Vec::new(),
            events: vec![libc::epoll_event { events: 0, u64: 0 }; MAX_READY],
            ready: 0,
            unfinished: Vec::new(),
            inbox: Some(Box::new(Inbox::new())),
            send_errors: 0,
            kernel_drops: 0,
            sent: 0,
        };
        watch(&this.epoll, this.wake.as_raw_fd(), WAKE)?;
        Ok(this)
    }

    /// Whether browsers can come in.
    pub fn has_browsers(&self) -> bool {
        self.browsers.as_ref().is_some_and(|browsers| !browsers.places.is_empty())
    }

    fn socket(&self, leg: LegIndex, which: Which) -> Option<RawFd> {
        let port = self.legs.get(leg as usize)?.as_ref()?;
        match which {
            Which::Rtp => Some(port.sockets.rtp.as_raw_fd()),
            Which::Rtcp => Some(port.sockets.rtcp.as_raw_fd()),
            Which::Direct => port.direct.socket(),
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
                    take(Incoming { leg, channel, from, packet, length }, self);
                }
            }
            served += count;
            // Fewer than asked for: the socket is empty, and the next packet is a new edge.
            if count < BATCH {
                break;
            }
            if served >= MAX_BURST {
                self.unfinished.push(token);
                break;
            }
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
        watch(&self.epoll, sockets.rtp.as_raw_fd(), to_token(leg, Which::Rtp))?;
        watch(&self.epoll, sockets.rtcp.as_raw_fd(), to_token(leg, Which::Rtcp))?;
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
        self.unfinished.retain(|&token| from_token(token).0 != leg);
        Some(sockets)
    }

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
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
        Ok(())
    }

    fn receive(&mut self, take: &mut dyn FnMut(Incoming<'_>, &mut Self)) -> usize {
        // Taken out for the time of the round, so that `take` may send.
        let Some(mut inbox) = self.inbox.take() else { return 0 };
        let mut served = 0;
        for token in std::mem::take(&mut self.unfinished) {
            served += self.serve(&mut inbox, token, take);
        }
        for index in 0..self.ready {
            let Some(token) = self.events.get(index).map(|event| event.u64) else { break };
            if token == WAKE {
                self.drain_wake();
            } else {
                served += self.serve(&mut inbox, token, take);
            }
        }
        self.ready = 0;
        self.inbox = Some(inbox);
        served
    }

    fn send(&mut self, outputs: &mut Outputs) {
        let mut connects = 0;
        for (transmit, packet) in outputs.transmits() {
            let Some(Some(port)) = self.legs.get_mut(transmit.leg as usize) else { continue };
            match port.send(transmit, packet) {
                Ok(()) => self.sent += 1,
                // Full socket buffer, or a peer's network that is gone: a late packet is worth nothing.
                Err(_) => self.send_errors += 1,
            }
            if connects < MAX_CONNECTS && port.direct.is_due() {
                connects += 1;
                let opened = port.direct.open(&port.sockets.rtp);
                let token = to_token(transmit.leg, Which::Direct);
                // Not watched it would swallow what the peer sends.
                if opened.is_ok_and(|socket| watch(&self.epoll, socket, token).is_err()) {
                    port.direct.close();
                }
            }
        }
        outputs.clear_transmits();
    }
}

impl Port {
    fn send(&mut self, transmit: &Transmit, packet: &[u8]) -> io::Result<()> {
        let own = match transmit.channel {
            Channel::Rtp => self.sockets.rtp.as_raw_fd(),
            Channel::Rtcp => return send(self.sockets.rtcp.as_raw_fd(), transmit.to, packet),
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

fn watch(epoll: &OwnedFd, socket: RawFd, token: u64) -> io::Result<()> {
    let mut event = libc::epoll_event { events: (libc::EPOLLIN | libc::EPOLLET) as u32, u64: token };
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

fn to_token(leg: LegIndex, which: Which) -> u64 {
    u64::from(leg) << 2 | which as u64
}

fn from_token(token: u64) -> (LegIndex, Which) {
    let which = match token & 3 {
        0 => Which::Rtp,
        1 => Which::Rtcp,
        _ => Which::Direct,
    };
    ((token >> 2) as LegIndex, which)
}

fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
