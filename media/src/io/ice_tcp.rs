//! Browsers behind firewalls that let no UDP through: passive ICE-TCP (RFC 6544), each datagram framed by its length
//! (RFC 4571 §2).

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use crate::engine::BUFFER_BYTES;

/// Connections of one Worker; a further one is closed at once.
const MAX_CONNECTIONS: usize = 1_024;
/// Connections from one address: a large office behind one NAT.
const MAX_PER_ADDRESS: usize = 256;
/// Connections accepted in one round.
const MAX_ACCEPTS: usize = 32;
/// Bytes that may wait for a browser that reads slowly, a second and a half of a picture; then packets are dropped.
const MAX_WAITING_BYTES: usize = 256 << 10;
/// Bytes read from one connection before the others have their turn.
pub const READ_BYTES: usize = 16 << 10;
/// A connection without a whole frame for so long is closed. A browser checks its consent every 5 s (RFC 7675 §5.1).
const SILENCE: Duration = Duration::from_secs(30);
/// How often silent connections are looked for.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// The length before each frame.
const PREFIX_BYTES: usize = 2;

/// All connections of one Worker.
#[derive(Default)]
pub struct IceTcp {
    slots: Vec<Option<Link>>,
    swept: Option<Instant>,
    /// Packets for browsers that read too slowly.
    pub shed: u64,
}

struct Link {
    socket: TcpStream,
    place: u8,
    peer: SocketAddr,
    /// The beginning of a frame whose rest has not come.
    partial: Vec<u8>,
    waiting: VecDeque<u8>,
    last_frame: Instant,
}

/// A connection that is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    pub place: u8,
    pub peer: SocketAddr,
}

/// How far a read came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// So many bytes lie in the buffer; ask again.
    Bytes(usize),
    /// Nothing more waits.
    Drained,
    /// Ended, broken, or not speaking RFC 4571.
    Over,
}

impl IceTcp {
    /// Takes in who waits. Each new slot is told with its descriptor, to be watched.
    pub fn accept(
        &mut self,
        now: Instant,
        place: u8,
        listener: &TcpListener,
        watch: &mut dyn FnMut(u32, RawFd),
    ) {
        for _ in 0..MAX_ACCEPTS {
            if !self.accept_one(now, place, listener, watch) {
                return;
            }
        }
    }

    /// False: nobody waits.
    fn accept_one(
        &mut self,
        now: Instant,
        place: u8,
        listener: &TcpListener,
        watch: &mut dyn FnMut(u32, RawFd),
    ) -> bool {
        let Ok((socket, peer)) = listener.accept() else { return false };
        if self.may_accept(peer.ip()) && socket.set_nonblocking(true).is_ok() {
            let _ = socket.set_nodelay(true);
            let (partial, waiting) = (Vec::new(), VecDeque::new());
            let link = Link { socket, place, peer, partial, waiting, last_frame: now };
            let descriptor = link.socket.as_raw_fd();
            watch(self.put(link), descriptor);
        }
        true
    }

    /// Reads what waits, behind the rest of the last read, into `buffer`: at most once.
    pub fn read(&mut self, slot: u32, buffer: &mut [u8]) -> Progress {
        let Some(link) = self.link(slot) else { return Progress::Drained };
        let kept = link.partial.len();
        let Some((head, room)) = buffer.split_at_mut_checked(kept) else { return Progress::Over };
        head.copy_from_slice(&link.partial);
        match link.socket.read(room) {
            Ok(0) => Progress::Over,
            Ok(count) => Progress::Bytes(kept + count),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Progress::Drained,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Progress::Bytes(kept),
            Err(_) => Progress::Over,
        }
    }

    /// Keeps what is no whole frame yet, and notes whether a frame came.
    pub fn keep(&mut self, now: Instant, slot: u32, rest: &[u8], frames: usize) {
        let Some(link) = self.link(slot) else { return };
        link.partial.clear();
        link.partial.extend_from_slice(rest);
        if frames > 0 {
            link.last_frame = now;
        }
    }

    /// Sends a frame, or keeps it for the time when the browser reads.
    pub fn send(&mut self, place: u8, to: SocketAddr, packet: &[u8]) -> io::Result<()> {
        let is_it = |link: &&mut Link| link.place == place && link.peer == to;
        let link = self.slots.iter_mut().flatten().find(is_it).ok_or(io::ErrorKind::NotConnected)?;
        let prefix = u16::try_from(packet.len()).map_err(|_| io::ErrorKind::InvalidInput)?.to_be_bytes();
        if link.waiting.len() + PREFIX_BYTES + packet.len() > MAX_WAITING_BYTES {
            self.shed += 1;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let idle = link.waiting.is_empty();
        link.waiting.extend(prefix);
        link.waiting.extend(packet);
        if idle { link.flush() } else { Ok(()) }
    }

    /// The browser reads again. An error: the connection is over.
    pub fn flush(&mut self, slot: u32) -> io::Result<()> {
        self.link(slot).map_or(Ok(()), Link::flush)
    }

    /// Closes one.
    pub fn close(&mut self, slot: u32) -> Option<Gone> {
        let link = self.slots.get_mut(slot as usize)?.take()?;
        Some(Gone { place: link.place, peer: link.peer })
    }

    /// The place and peer of one.
    pub fn peer(&self, slot: u32) -> Option<(u8, SocketAddr)> {
        self.slots.get(slot as usize)?.as_ref().map(|link| (link.place, link.peer))
    }

    /// Closes those that say nothing. Asked every round, it looks rarely.
    pub fn sweep(&mut self, now: Instant) -> Vec<Gone> {
        if self.slots.is_empty() || self.swept.is_some_and(|last| now < last + SWEEP_INTERVAL) {
            return Vec::new();
        }
        self.swept = Some(now);
        let silent = |link: &mut Link| now >= link.last_frame + SILENCE;
        let gone = self.slots.iter_mut().filter_map(|slot| slot.take_if(silent));
        gone.map(|link| Gone { place: link.place, peer: link.peer }).collect()
    }

    fn may_accept(&self, ip: IpAddr) -> bool {
        let held = self.slots.iter().flatten();
        held.clone().count() < MAX_CONNECTIONS
            && held.filter(|link| link.peer.ip() == ip).count() < MAX_PER_ADDRESS
    }

    fn put(&mut self, link: Link) -> u32 {
        let free = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        match self.slots.get_mut(free) {
            Some(slot) => *slot = Some(link),
            None => self.slots.push(Some(link)),
        }
        free as u32
    }

    fn link(&mut self, slot: u32) -> Option<&mut Link> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }
}

impl Link {
    fn flush(&mut self) -> io::Result<()> {
        while !self.waiting.is_empty() {
            let (front, _) = self.waiting.as_slices();
            match self.socket.write(front) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => drop(self.waiting.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A frame, and the bytes behind it.
pub type FrameAndRest<'a> = (&'a [u8], &'a [u8]);

/// The next whole frame of what was read, and what follows it. None: the rest is yet to come.
pub fn next_frame(bytes: &[u8]) -> Result<Option<FrameAndRest<'_>>, TooLong> {
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX_BYTES>() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes(*prefix));
    if length > BUFFER_BYTES {
        return Err(TooLong);
    }
    Ok(rest.split_at_checked(length))
}

/// A frame that no datagram of a browser would fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

#[cfg(test)]
mod tests {
    use super::*;

    fn connected() -> (IceTcp, TcpStream, SocketAddr, Instant) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let browser = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut tcp, now) = (IceTcp::default(), Instant::now());
        let mut slots = Vec::new();
        // The connection is in the queue of the listener, which blocks until then.
        tcp.accept_one(now, 0, &listener, &mut |slot, _| slots.push(slot));
        assert_eq!(slots, [0]);
        let peer = browser.local_addr().unwrap();
        (tcp, browser, peer, now)
    }

    #[test]
    fn a_browser_that_never_reads_costs_no_more_than_its_limit() {
        let (mut tcp, mut browser, peer, _) = connected();
        let packet = [7; 1_200];
        let mut sent = 0;
        while tcp.send(0, peer, &packet).is_ok() {
            sent += 1;
            assert!(sent < 100_000, "the kernel takes no end");
        }
        assert_eq!(tcp.shed, 1);
        assert!(tcp.link(0).unwrap().waiting.len() <= MAX_WAITING_BYTES);
        // It reads at last: whole frames, in order, and nothing of what was dropped.
        let mut got = Vec::new();
        browser.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut buffer = vec![0; 1 << 16];
        while got.len() < sent * (PREFIX_BYTES + packet.len()) {
            let count = browser.read(&mut buffer).unwrap();
            got.extend_from_slice(&buffer[..count]);
            tcp.flush(0).unwrap();
        }
        let mut rest = &got[..];
        while let Some((frame, after)) = next_frame(rest).unwrap() {
            assert_eq!(frame, packet);
            rest = after;
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn a_connection_without_a_whole_frame_is_closed_after_half_a_minute() {
        let (mut tcp, _browser, peer, now) = connected();
        assert_eq!(tcp.sweep(now), []);
        tcp.keep(now + Duration::from_secs(20), 0, &[], 1);
        assert_eq!(tcp.sweep(now + Duration::from_secs(40)), []);
        assert_eq!(tcp.sweep(now + Duration::from_secs(50)), [Gone { place: 0, peer }]);
        assert!(tcp.peer(0).is_none());
    }

    #[test]
    fn frames_are_cut_where_their_length_says() {
        let bytes = [0, 2, 7, 8, 0, 0, 0, 3, 1];
        let (frame, rest) = next_frame(&bytes).unwrap().unwrap();
        assert_eq!(frame, [7, 8]);
        let (frame, rest) = next_frame(rest).unwrap().unwrap();
        assert_eq!(frame, []);
        assert_eq!(next_frame(rest), Ok(None), "half a frame waits for its rest");
        assert_eq!(next_frame(&[1]), Ok(None));
        assert_eq!(next_frame(&[0xFF, 0xFF, 0]), Err(TooLong));
    }
}
