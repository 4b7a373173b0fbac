//! The system calls for many packets at once, over buffers made beforehand.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::RawFd;

use crate::engine::BUFFER_BYTES;

/// Buffers for one `recvmmsg`.
pub struct Inbox {
    buffers: Box<[[u8; BUFFER_BYTES]]>,
    names: Box<[libc::sockaddr_storage]>,
    parts: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
}

// SAFETY: the pointers lead into boxes that the Inbox owns and that move with it.
unsafe impl Send for Inbox {}

impl Inbox {
    /// For so many packets at once.
    pub fn new(batch: usize) -> Self {
        // SAFETY: all three are plain C structures, valid when zero.
        let (name, part, header) = unsafe { (zeroed(), zeroed(), zeroed()) };
        let mut inbox = Self {
            buffers: vec![[0; BUFFER_BYTES]; batch].into_boxed_slice(),
            names: vec![name; batch].into_boxed_slice(),
            parts: vec![part; batch].into_boxed_slice(),
            headers: vec![header; batch].into_boxed_slice(),
        };
        for index in 0..batch {
            inbox.parts[index].iov_base = inbox.buffers[index].as_mut_ptr().cast();
            inbox.parts[index].iov_len = BUFFER_BYTES;
            let header = &mut inbox.headers[index].msg_hdr;
            header.msg_name = (&raw mut inbox.names[index]).cast();
            header.msg_iov = &raw mut inbox.parts[index];
            header.msg_iovlen = 1;
        }
        inbox
    }

    /// Packets that it takes at once.
    pub fn batch(&self) -> usize {
        self.buffers.len()
    }

    /// Reads up to a batch of packets; 0 where none waits or the socket has an error.
    pub fn receive(&mut self, socket: RawFd) -> usize {
        match self.receive_once(socket) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            // A connected socket tells of a peer that refused a packet (RFC 1122 §4.1.3.3), once, before what waits in it.
            Err(_) => self.receive_once(socket).unwrap_or(0),
        }
    }

    fn receive_once(&mut self, socket: RawFd) -> io::Result<usize> {
        for header in self.headers.iter_mut() {
            header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as u32;
        }
        // SAFETY: the headers point into boxes of this Inbox, which neither move nor shrink while it lives.
        let count = unsafe {
            libc::recvmmsg(
                socket,
                self.headers.as_mut_ptr(),
                self.headers.len() as u32,
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    /// One packet of the last [`Self::receive`]: where from, its buffer, its length. None for a sender of another family, and
    /// for a packet that did not fit its buffer.
    pub fn packet(&mut self, index: usize) -> Option<(SocketAddr, &mut [u8], usize)> {
        let header = self.headers.get(index)?;
        if header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0 {
            return None;
        }
        let from = from_storage(self.names.get(index)?)?;
        Some((from, self.buffers.get_mut(index)?.as_mut_slice(), header.msg_len as usize))
    }
}

/// Sends one packet without waiting.
pub fn send(socket: RawFd, to: SocketAddr, packet: &[u8]) -> io::Result<()> {
    let (name, length) = to_storage(to);
    // SAFETY: both pointers are valid for the lengths given with them during the call.
    let sent = unsafe {
        libc::sendto(
            socket,
            packet.as_ptr().cast(),
            packet.len(),
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
            (&raw const name).cast(),
            length,
        )
    };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The same through a socket that is connected. What a peer refused earlier is told only once, so it is tried again.
pub fn send_connected(socket: RawFd, packet: &[u8]) -> io::Result<()> {
    let send = || {
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        // SAFETY: the pointer is valid for the length given with it during the call.
        let sent = unsafe { libc::send(socket, packet.as_ptr().cast(), packet.len(), flags) };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    };
    match send() {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => send(),
        result => result,
    }
}

fn from_storage(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the kernel says that this is an IPv4 address; the storage is larger and aligned for it.
            let name = unsafe { *(&raw const *name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
            Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(name.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: as above, for IPv6.
            let name = unsafe { *(&raw const *name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
            let port = u16::from_be(name.sin6_port);
            Some(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, name.sin6_scope_id)))
        }
        _ => None,
    }
}

fn to_storage(address: SocketAddr) -> (libc::sockaddr_in6, u32) {
    // SAFETY: a plain C structure, valid when zero. An IPv6 address is the largest that is written into it.
    let mut storage: libc::sockaddr_in6 = unsafe { zeroed() };
    match address {
        SocketAddr::V4(address) => {
            // SAFETY: sockaddr_in is smaller than sockaddr_in6 and needs no stricter alignment.
            let name = unsafe { &mut *(&raw mut storage).cast::<libc::sockaddr_in>() };
            name.sin_family = libc::AF_INET as u16;
            name.sin_port = address.port().to_be();
            name.sin_addr.s_addr = u32::from(*address.ip()).to_be();
            (storage, size_of::<libc::sockaddr_in>() as u32)
        }
        SocketAddr::V6(address) => {
            storage.sin6_family = libc::AF_INET6 as u16;
            storage.sin6_port = address.port().to_be();
            storage.sin6_addr.s6_addr = address.ip().octets();
            storage.sin6_scope_id = address.scope_id();
            (storage, size_of::<libc::sockaddr_in6>() as u32)
        }
    }
}
