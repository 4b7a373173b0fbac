//! One socket that is the end of all streams: `sendmmsg` with a source address a packet, `recvmmsg` that tells for which
//! address a packet came and when the kernel had it.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

use super::stream::PACKET_BYTES;

/// Packets in one system call.
pub const BATCH: usize = 128;
/// Room that the kernel gives the socket, so that a load that is late for a moment does not lose packets itself.
const RECEIVE_BUFFER_BYTES: libc::c_int = 32 << 20;
/// 64-bit words of control messages of one packet: source address out; destination and time in.
const CONTROL_WORDS: usize = 16;

/// See the module.
pub struct Wire {
    socket: UdpSocket,
    outbox: Box<Slots>,
    filled: usize,
    inbox: Box<Slots>,
    /// Packets that the kernel refused to take.
    pub send_errors: u64,
}

/// A packet that came.
pub struct Arrived<'a> {
    pub at: Ipv4Addr,
    /// The kernel's wall clock.
    pub time_ns: u64,
    pub packet: &'a mut [u8; PACKET_BYTES],
    pub length: usize,
}

struct Slots {
    packets: [[u8; PACKET_BYTES]; BATCH],
    parts: [libc::iovec; BATCH],
    names: [libc::sockaddr_in; BATCH],
    control: [[u64; CONTROL_WORDS]; BATCH],
    headers: [libc::mmsghdr; BATCH],
}

impl Slots {
    fn new() -> Box<Self> {
        // SAFETY: plain C structures and bytes, all valid when zero.
        let mut slots: Box<Self> = Box::new(unsafe { zeroed() });
        for index in 0..BATCH {
            slots.parts[index].iov_base = slots.packets[index].as_mut_ptr().cast();
            slots.parts[index].iov_len = PACKET_BYTES;
            let parts = &raw mut slots.parts[index];
            let name = (&raw mut slots.names[index]).cast();
            let control = slots.control[index].as_mut_ptr().cast();
            let header = &mut slots.headers[index].msg_hdr;
            header.msg_iov = parts;
            header.msg_iovlen = 1;
            header.msg_name = name;
            header.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
            header.msg_control = control;
        }
        slots
    }
}

impl Wire {
    /// A port of the kernel's choice on every loopback address.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn open() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.set_nonblocking(true)?;
        let fd = socket.as_raw_fd();
        set(fd, libc::IPPROTO_IP, libc::IP_PKTINFO, 1)?;
        set(fd, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1)?;
        widen(&socket)?;
        Ok(Self { socket, outbox: Slots::new(), filled: 0, inbox: Slots::new(), send_errors: 0 })
    }

    /// The port that all ends share.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.socket.local_addr()?.port())
    }

    /// The buffer for the next packet; sends what waits when all are taken.
    pub fn next_buffer(&mut self) -> &mut [u8; PACKET_BYTES] {
        if self.filled == BATCH {
            self.flush();
        }
        &mut self.outbox.packets[self.filled]
    }

    /// The buffer of the last [`Self::next_buffer`] is to go out.
    pub fn push(&mut self, from: Ipv4Addr, to: SocketAddrV4, length: usize) {
        let slots = &mut self.outbox;
        let index = self.filled;
        slots.parts[index].iov_len = length;
        slots.names[index] = libc::sockaddr_in {
            sin_family: libc::AF_INET as u16,
            sin_port: to.port().to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from(*to.ip()).to_be() },
            sin_zero: [0; 8],
        };
        let header = &mut slots.headers[index].msg_hdr;
        // SAFETY: the control buffer of this slot is aligned for a header and longer than the one message in it.
        unsafe {
            header.msg_controllen = libc::CMSG_SPACE(size_of::<libc::in_pktinfo>() as u32) as usize;
            let message = libc::CMSG_FIRSTHDR(header);
            (*message).cmsg_level = libc::IPPROTO_IP;
            (*message).cmsg_type = libc::IP_PKTINFO;
            (*message).cmsg_len = libc::CMSG_LEN(size_of::<libc::in_pktinfo>() as u32) as usize;
            let source = libc::in_addr { s_addr: u32::from(from).to_be() };
            let info = libc::in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: source,
                ipi_addr: libc::in_addr { s_addr: 0 },
            };
            libc::CMSG_DATA(message).cast::<libc::in_pktinfo>().write_unaligned(info);
        }
        self.filled += 1;
    }

    /// Sends what waits.
    pub fn flush(&mut self) {
        let mut sent = 0;
        while sent < self.filled {
            // SAFETY: headers from `sent` to `filled` point into slots that live and do not move during the call.
            let count = unsafe {
                let first = self.outbox.headers.as_mut_ptr().add(sent);
                libc::sendmmsg(
                    self.socket.as_raw_fd(),
                    first,
                    (self.filled - sent) as u32,
                    libc::MSG_DONTWAIT as _,
                )
            };
            match usize::try_from(count) {
                Ok(count) => sent += count,
                Err(_) => {
                    self.send_errors += 1;
                    sent += 1;
                }
            }
        }
        self.filled = 0;
    }

    /// Hands over all that has come.
    pub fn drain(&mut self, mut take: impl FnMut(Arrived<'_>)) {
        loop {
            let slots = &mut self.inbox;
            for header in &mut slots.headers {
                header.msg_hdr.msg_controllen = CONTROL_WORDS * size_of::<u64>();
                header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
            }
            // SAFETY: all headers point into slots that live and do not move during the call.
            let count = unsafe {
                let none = std::ptr::null_mut();
                let flags = libc::MSG_DONTWAIT as _;
                libc::recvmmsg(self.socket.as_raw_fd(), slots.headers.as_mut_ptr(), BATCH as u32, flags, none)
            };
            let count = usize::try_from(count).unwrap_or(0);
            for index in 0..count {
                let (at, time_ns) = control(&slots.headers[index].msg_hdr);
                let length = slots.headers[index].msg_len as usize;
                take(Arrived { at, time_ns, packet: &mut slots.packets[index], length });
            }
            if count < BATCH {
                return;
            }
        }
    }
}

/// Where a packet was sent to, and when it came.
fn control(header: &libc::msghdr) -> (Ipv4Addr, u64) {
    let mut at = Ipv4Addr::UNSPECIFIED;
    let mut time_ns = 0;
    // SAFETY: the kernel has written well-formed control messages into the buffer that the header names.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(header);
        while !message.is_null() {
            let data = libc::CMSG_DATA(message);
            match ((*message).cmsg_level, (*message).cmsg_type) {
                (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                    let info = data.cast::<libc::in_pktinfo>().read_unaligned();
                    at = Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr));
                }
                (libc::SOL_SOCKET, libc::SO_TIMESTAMPNS) => {
                    let time = data.cast::<libc::timespec>().read_unaligned();
                    time_ns = time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64;
                }
                _ => {}
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
    (at, time_ns)
}

/// Gives a socket of the load much room.
///
/// # Errors
/// The kernel refuses.
pub fn widen(socket: &UdpSocket) -> io::Result<()> {
    let fd = socket.as_raw_fd();
    // Only root may go above the system's limit; others get as much as that.
    match set(fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) {
        Err(_) => set(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, RECEIVE_BUFFER_BYTES),
        done => done,
    }
}

fn set(socket: RawFd, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: `value` lives during the call and is as long as is said.
    let result = unsafe {
        let length = size_of::<libc::c_int>() as u32;
        libc::setsockopt(socket, level, option, (&raw const value).cast(), length)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
