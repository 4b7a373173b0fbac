//! One stream of the load: what it sends, and what it makes of what comes.

use std::net::SocketAddrV4;

use ramal_media::srtp::{Context, RTP_OVERHEAD_BYTES};

use super::plan::{Mode, Route, SIDES, SUITE, Side};
use crate::error::{BenchError, Outcome};

/// Fixed header of RTP (RFC 3550 §5.1).
const HEADER_BYTES: usize = 12;
/// 20 ms of G.711 (RFC 3551 §4.5.14).
const PAYLOAD_BYTES: usize = 160;
/// A packet before it is protected.
pub const PLAIN_BYTES: usize = HEADER_BYTES + PAYLOAD_BYTES;
/// Room for one that is.
pub const PACKET_BYTES: usize = PLAIN_BYTES + RTP_OVERHEAD_BYTES;
/// Timestamp units of a packet.
const TICKS: u32 = 160;
/// What the payload is filled with behind its stamp: silence in µ-law.
const FILL: u8 = 0xff;
/// Marks a payload as ours.
const MAGIC: u32 = 0x5241_4d4c;

/// Written into the payload: who sent it, when, and whether it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub sent_ns: u64,
    pub stream: u32,
    pub counts: bool,
}

/// See the module.
pub struct Stream {
    pub to: SocketAddrV4,
    number: u32,
    sequence: u16,
    timestamp: u32,
    protect: Option<Context>,
    unprotect: Option<Context>,
}

/// The two streams of each call, in order.
///
/// # Errors
/// Keys that do not fit.
pub fn streams(routes: &[Route]) -> Outcome<Vec<Stream>> {
    let pairs = routes.iter().enumerate().flat_map(|(call, route)| Side::ALL.map(|side| (call, route, side)));
    pairs.map(|(call, route, side)| Stream::new(call, route, side)).collect()
}

impl Stream {
    fn new(call: usize, route: &Route, side: Side) -> Outcome<Self> {
        let (to, keys) = match side {
            Side::Caller => (route.caller_to, None),
            Side::Callee => (route.callee_to, route.keys.as_ref()),
        };
        let context =
            |key| Context::new(SUITE, key).map_err(|error| BenchError::subject("SRTP", error.to_string()));
        Ok(Self {
            to,
            number: (call * SIDES + side as usize) as u32,
            sequence: 1,
            timestamp: 0,
            protect: keys.map(|keys| context(&keys.send)).transpose()?,
            unprotect: keys.map(|keys| context(&keys.receive)).transpose()?,
        })
    }

    /// Writes the next packet; returns its length.
    ///
    /// # Errors
    /// SRTP refused.
    pub fn write(&mut self, sent_ns: u64, counts: bool, packet: &mut [u8; PACKET_BYTES]) -> Outcome<usize> {
        packet[..2].copy_from_slice(&[0x80, 0x00]);
        packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        packet[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        packet[8..12].copy_from_slice(&(MAGIC ^ self.number).to_be_bytes());
        packet[12..PLAIN_BYTES].fill(FILL);
        packet[12..16].copy_from_slice(&MAGIC.to_be_bytes());
        packet[16..24].copy_from_slice(&sent_ns.to_be_bytes());
        packet[24..28].copy_from_slice(&self.number.to_be_bytes());
        packet[28] = u8::from(counts);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(TICKS);
        match &mut self.protect {
            None => Ok(PLAIN_BYTES),
            Some(context) => context
                .protect_rtp(packet, PLAIN_BYTES)
                .map_err(|error| BenchError::subject("SRTP", error.to_string())),
        }
    }

    /// The stamp of a packet that came to this stream's end. None: not a whole packet of ours, or from the wrong end.
    pub fn read(&mut self, packet: &mut [u8], length: usize) -> Option<Stamp> {
        let length = match &mut self.unprotect {
            None => length,
            Some(context) => context.unprotect_rtp(packet, length).ok()?,
        };
        let stamp = parse(packet.get(..length)?)?;
        // The other end of the same call: the numbers differ in the last bit only.
        (stamp.stream == self.number ^ 1).then_some(stamp)
    }
}

/// The mode a set of routes is of, for the caller that wants to say so.
pub fn is_of(mode: Mode, routes: &[Route]) -> bool {
    routes.iter().all(|route| route.keys.is_some() == (mode == Mode::Sdes))
}

fn parse(packet: &[u8]) -> Option<Stamp> {
    let payload = packet.get(HEADER_BYTES..PLAIN_BYTES)?;
    let word =
        |at: usize| payload.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    if packet.len() != PLAIN_BYTES || word(0)? != MAGIC || payload.get(17..)?.iter().any(|&byte| byte != FILL)
    {
        return None;
    }
    let sent_ns = u64::from(word(4)?) << 32 | u64::from(word(8)?);
    Some(Stamp { sent_ns, stream: word(12)?, counts: payload.get(16) == Some(&1) })
}

#[cfg(test)]
mod tests {
    use super::super::plan::{CalleeKeys, Route, callee_key, relay_key};
    use super::{PACKET_BYTES, Stamp, streams};

    fn route(keys: Option<CalleeKeys>) -> Route {
        let to = "127.0.0.1:9".parse().expect("address");
        Route { caller_to: to, callee_to: to, keys }
    }

    #[test]
    fn the_other_end_reads_the_stamp_and_no_one_else() {
        let mut streams = streams(&[route(None), route(None)]).expect("streams");
        let mut packet = [0; PACKET_BYTES];
        let length = streams[0].write(7, true, &mut packet).expect("packet");
        assert_eq!(streams[1].read(&mut packet, length), Some(Stamp { sent_ns: 7, stream: 0, counts: true }));
        assert_eq!(streams[2].read(&mut packet, length), None);
        packet[100] = 0;
        assert_eq!(streams[1].read(&mut packet, length), None);
    }

    #[test]
    fn a_callee_with_keys_protects_and_its_payload_is_not_readable_without_them() {
        let key = |key: Result<_, _>| key.expect("key");
        let keys = CalleeKeys { send: key(callee_key(0)), receive: key(relay_key(0)) };
        let mut streams = streams(&[route(Some(keys))]).expect("streams");
        let mut packet = [0; PACKET_BYTES];
        let length = streams[1].write(7, true, &mut packet).expect("packet");
        assert_eq!(length, 182);
        assert_eq!(streams[0].read(&mut packet, length), None);
    }
}
