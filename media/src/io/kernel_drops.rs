//! Packets that the kernel dropped because a receive buffer was full: we were too slow, or a flood was too fast.

use std::mem::size_of_val;
use std::os::fd::{AsFd, AsRawFd};

/// Words of SO_MEMINFO that are asked for, up to the one of the drops.
const WORDS: usize = libc::SK_MEMINFO_DROPS as usize + 1;

/// Drops of one socket since it was made, modulo 2^32; 0 where the kernel does not tell.
pub fn kernel_drops(socket: &impl AsFd) -> u32 {
    let mut words = [0_u32; WORDS];
    let mut length = size_of_val(&words) as libc::socklen_t;
    // SAFETY: at most `length` bytes are written to `words`, which is as long.
    let result = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            words.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    let known = result == 0 && length as usize == size_of_val(&words);
    words.last().copied().filter(|_| known).unwrap_or_default()
}

/// A total that only grows, read from sockets whose own counts end with them.
#[derive(Clone, Copy, Default)]
pub struct Seen {
    dropped: u32,
    flow: Flow,
}

/// Whether packets were read from a socket since the last look. A full buffer is one that is read from later, so where nothing was
/// read nothing was dropped, and a Leg that is silent is not asked about.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Flow {
    #[default]
    Dry,
    Read,
}

impl Seen {
    /// Packets were read from the socket.
    pub fn note_read(&mut self) {
        self.flow = Flow::Read;
    }

    /// What was dropped since the last look at this socket.
    pub fn more(&mut self, socket: &impl AsFd) -> u64 {
        if std::mem::take(&mut self.flow) == Flow::Dry {
            return 0;
        }
        let now = kernel_drops(socket);
        let more = now.wrapping_sub(self.dropped);
        self.dropped = now;
        u64::from(more)
    }

    /// Begins at what the socket has dropped already.
    pub fn of(socket: &impl AsFd) -> Self {
        Self { dropped: kernel_drops(socket), flow: Flow::Dry }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;

    #[test]
    fn a_flood_that_is_read_too_late_is_counted_once() {
        let (reader, sender) =
            (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        socket2::SockRef::from(&reader).set_recv_buffer_size(1).unwrap();
        let to = reader.local_addr().unwrap();
        let mut seen = Seen::of(&reader);
        for _ in 0..64 {
            sender.send_to(&[0; 1_000], to).unwrap();
        }
        assert_eq!(seen.more(&reader), 0, "of what was not read nothing is asked");
        reader.recv(&mut [0; 1_000]).unwrap();
        seen.note_read();
        let dropped = seen.more(&reader);
        assert!((1..64).contains(&dropped), "{dropped}");
        seen.note_read();
        assert_eq!(seen.more(&reader), 0);
    }
}
