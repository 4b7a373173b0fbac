//! The least that forwarding can cost: two sockets a call, epoll, `recvmmsg`, `sendto`, the same gathering as ours, and
//! nothing else: no look at the packet, no source check, no count. `host-floor CALLS PORT`.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

use ramal_media::io::WorkerConfig;

use super::ours::{number, read_routes, start_role, write_routes};
use super::plan::{self, Mode, Route, SIDES, Side};
use super::{FLOOR_ROLE, Relay};
use crate::error::{BenchError, Outcome, io as failed};
use crate::process::{self, Subject, Usage};

const WHO: &str = "bare loop";
/// Sockets taken at once.
const MAX_READY: usize = 1_024;
/// Packets read from one socket at once, and their room.
const BATCH: usize = 4;
const PACKET_BYTES: usize = 2_048;

/// The floor's side of the comparison.
#[derive(Default)]
pub struct Floor {
    process: Option<Subject>,
}

impl Relay for Floor {
    fn set_up(&mut self, _: Mode, calls: usize, port: u16) -> Outcome<Vec<Route>> {
        let mut process = start_role(WHO, FLOOR_ROLE, &[calls.to_string(), port.to_string()])?;
        let routes = read_routes(WHO, &process.line()?);
        self.process = Some(process);
        routes
    }

    fn usage(&self) -> Outcome<Usage> {
        self.process.as_ref().map_or_else(|| Ok(Usage::default()), Subject::usage)
    }

    fn tear_down(&mut self) -> Outcome<()> {
        // It has no other end than this.
        self.process = None;
        Ok(())
    }
}

/// One end of a call: what comes here goes out of `out` to `to`.
struct Hop {
    socket: UdpSocket,
    out: RawFd,
    to: libc::sockaddr_in,
}

/// The role itself.
///
/// # Errors
/// Wrong arguments; the kernel refuses.
pub fn host(arguments: &[String]) -> Outcome<()> {
    let [calls, port] = arguments else { return Err(BenchError::usage("host-floor CALLS PORT")) };
    let (calls, port) = (number(calls)?, number(port)? as u16);
    process::raise_file_limit();
    let hops = open(calls, port).map_err(failed("sockets"))?;
    let mut addresses = Vec::new();
    for pair in hops.chunks_exact(SIDES) {
        let [SocketAddr::V4(caller), SocketAddr::V4(callee)] = [&pair[0], &pair[1]].map(address) else {
            continue;
        };
        addresses.push([caller, callee]);
    }
    println!("{}", write_routes(&addresses));
    forward(&hops).map_err(failed(WHO))
}

fn open(calls: usize, port: u16) -> io::Result<Vec<Hop>> {
    let mut hops = Vec::new();
    for call in 0..calls {
        let sockets =
            [UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?, UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?];
        let [caller, callee] = [sockets[0].as_raw_fd(), sockets[1].as_raw_fd()];
        let ends = [(callee, Side::Callee), (caller, Side::Caller)];
        for (socket, (out, far)) in sockets.into_iter().zip(ends) {
            hops.push(Hop { socket, out, to: name(SocketAddrV4::new(plan::address(call, far), port)) });
        }
    }
    Ok(hops)
}

fn forward(hops: &[Hop]) -> io::Result<()> {
    // SAFETY: no pointer is passed.
    let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
    for (number, hop) in hops.iter().enumerate() {
        let mut event =
            libc::epoll_event { events: (libc::EPOLLIN | libc::EPOLLET) as u32, u64: number as u64 };
        // SAFETY: `event` lives during the call.
        if unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, hop.socket.as_raw_fd(), &raw mut event) } < 0
        {
            return Err(io::Error::last_os_error());
        }
    }
    let mut packets = vec![[0_u8; PACKET_BYTES]; BATCH];
    // SAFETY: plain C structures, valid when zero.
    let (mut parts, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) =
        unsafe { (zeroed(), zeroed()) };
    let mut names: [libc::sockaddr_in; BATCH] = [name(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0)); BATCH];
    for index in 0..BATCH {
        parts[index] = libc::iovec { iov_base: packets[index].as_mut_ptr().cast(), iov_len: PACKET_BYTES };
        let header = &mut headers[index].msg_hdr;
        header.msg_iov = &raw mut parts[index];
        header.msg_iovlen = 1;
        header.msg_name = (&raw mut names[index]).cast();
    }
    // As ours.
    let gather_ns = i64::from(WorkerConfig::default().gather_us) * 1_000;
    let gather = libc::timespec { tv_sec: 0, tv_nsec: gather_ns };
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; MAX_READY];
    loop {
        // SAFETY: all pointers lead into buffers above, which live and do not move; their lengths are given with them.
        unsafe {
            libc::nanosleep(&raw const gather, std::ptr::null_mut());
            let ready = libc::epoll_wait(epoll, events.as_mut_ptr(), MAX_READY as i32, -1);
            for event in events.iter().take(usize::try_from(ready).unwrap_or(0)) {
                let Some(hop) = hops.get(event.u64 as usize) else { continue };
                serve(hop, &mut headers, &packets);
            }
        }
    }
}

/// # Safety
/// The headers lead to live buffers, the packets among them.
unsafe fn serve(hop: &Hop, headers: &mut [libc::mmsghdr; BATCH], packets: &[[u8; PACKET_BYTES]]) {
    let length = size_of::<libc::sockaddr_in>() as u32;
    loop {
        for header in headers.iter_mut() {
            header.msg_hdr.msg_namelen = length;
        }
        // SAFETY: as the caller says.
        let count = unsafe {
            let (none, flags) = (std::ptr::null_mut(), libc::MSG_DONTWAIT as _);
            libc::recvmmsg(hop.socket.as_raw_fd(), headers.as_mut_ptr(), BATCH as u32, flags, none)
        };
        let count = usize::try_from(count).unwrap_or(0);
        for (header, packet) in headers.iter().zip(packets).take(count) {
            let to = (&raw const hop.to).cast();
            // SAFETY: the packet holds as many bytes as were received, and `to` is an address of that length.
            unsafe {
                let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
                libc::sendto(hop.out, packet.as_ptr().cast(), header.msg_len as usize, flags, to, length);
            }
        }
        if count < BATCH {
            return;
        }
    }
}

fn address(hop: &Hop) -> SocketAddr {
    hop.socket.local_addr().unwrap_or(SocketAddr::V6(std::net::SocketAddrV6::new(
        std::net::Ipv6Addr::UNSPECIFIED,
        0,
        0,
        0,
    )))
}

fn name(address: SocketAddrV4) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from(*address.ip()).to_be() },
        sin_zero: [0; 8],
    }
}
