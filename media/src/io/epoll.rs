//! Readiness of the sockets of all Legs of a Worker: one edge-triggered epoll, one `recvmmsg` a ready socket.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use super::port_pool::LegSockets;
use super::socket::{BATCH, Inbox, send};
use crate::engine::{Channel, LegIndex, Outputs};

/// Ready sockets taken at once.
const MAX_READY: usize = 1_024;
/// Packets of one socket served before the others have their turn: a flood on one port delays the rest by no more.
const MAX_BURST: usize = 64;
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

/// See the module.
pub struct Epoll {
    epoll: OwnedFd,
    wake: OwnedFd,
    legs: Vec<Option<LegSockets>>,
    events: Vec<libc::epoll_event>,
    ready: usize,
    /// Sockets that had more than [`MAX_BURST`]: an edge is told only once.
    unfinished: Vec<u64>,
    inbox: Option<Box<Inbox>>,
    /// Packets that the kernel would not take.
    pub send_errors: u64,
    pub sent: u64,
}

impl Epoll {
    /// `wake` becomes readable when there is mail.
    pub fn new(wake: OwnedFd) -> io::Result<Self> {
        // SAFETY: no pointer is passed; the result is checked.
        let epoll = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: a fresh descriptor that nobody else owns.
        let epoll = unsafe { OwnedFd::from_raw_fd(epoll) };
        let mut this = Self {
            epoll,
            wake,
            legs: Vec::new(),
            events: vec![libc::epoll_event { events: 0, u64: 0 }; MAX_READY],
            ready: 0,
            unfinished: Vec::new(),
            inbox: Some(Box::new(Inbox::new())),
            send_errors: 0,
            sent: 0,
        };
        this.watch(this.wake.as_raw_fd(), WAKE)?;
        Ok(this)
    }

    fn watch(&mut self, socket: RawFd, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: (libc::EPOLLIN | libc::EPOLLET) as u32, u64: token };
        let epoll = self.epoll.as_raw_fd();
        // SAFETY: `event` lives during the call; the descriptors are checked by the kernel.
        check(unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, socket, &raw mut event) }).map(drop)
    }

    fn socket(&self, leg: LegIndex, channel: Channel) -> Option<RawFd> {
        let sockets = self.legs.get(leg as usize)?.as_ref()?;
        Some(match channel {
            Channel::Rtp => sockets.rtp.as_raw_fd(),
            Channel::Rtcp => sockets.rtcp.as_raw_fd(),
        })
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
        let (leg, channel) = from_token(token);
        let mut served = 0;
        while let Some(socket) = self.socket(leg, channel) {
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
        self.watch(sockets.rtp.as_raw_fd(), to_token(leg, Channel::Rtp))?;
        self.watch(sockets.rtcp.as_raw_fd(), to_token(leg, Channel::Rtcp))?;
        if let Some(slot) = self.legs.get_mut(place) {
            *slot = Some(sockets);
        }
        Ok(())
    }

    fn remove(&mut self, leg: LegIndex) -> Option<LegSockets> {
        let sockets = self.legs.get_mut(leg as usize)?.take()?;
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
        for (transmit, packet) in outputs.transmits() {
            let Some(socket) = self.socket(transmit.leg, transmit.channel) else { continue };
            match send(socket, transmit.to, packet) {
                Ok(()) => self.sent += 1,
                // Full socket buffer, or a peer's network that is gone: a late packet is worth nothing.
                Err(_) => self.send_errors += 1,
            }
        }
        outputs.clear_transmits();
    }
}

/// Waits without serving anybody, so that packets gather.
pub fn pause_until(now: Instant, end: Instant) {
    let rest = end.saturating_duration_since(now);
    let spec = libc::timespec { tv_sec: rest.as_secs() as libc::time_t, tv_nsec: rest.subsec_nanos().into() };
    // SAFETY: `spec` is valid during the call; the rest after a signal is not asked for.
    unsafe { libc::nanosleep(&raw const spec, std::ptr::null_mut()) };
}

fn to_token(leg: LegIndex, channel: Channel) -> u64 {
    u64::from(leg) << 1 | u64::from(channel == Channel::Rtcp)
}

fn from_token(token: u64) -> (LegIndex, Channel) {
    let channel = if token & 1 == 0 { Channel::Rtp } else { Channel::Rtcp };
    ((token >> 1) as LegIndex, channel)
}

fn check(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
