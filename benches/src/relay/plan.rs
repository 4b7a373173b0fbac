//! Who calls whom: addresses and keys by number, so that the load and the relay need not exchange them.

use std::net::{Ipv4Addr, SocketAddrV4};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ramal_media::srtp::{MasterKey, Suite};

use crate::error::{BenchError, Outcome};

/// The suite of all SRTP here.
pub const SUITE: Suite = Suite::AesCm128HmacSha1_80;
/// Key and salt of that suite.
const KEY_BYTES: usize = 30;
/// Streams of a call.
pub const SIDES: usize = 2;

/// What the callee speaks; the caller is always plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plain,
    Sdes,
}

/// The ends of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Caller,
    Callee,
}

/// Where the two ends of one call send to, and the callee's keys.
#[derive(Clone, Debug)]
pub struct Route {
    pub caller_to: SocketAddrV4,
    pub callee_to: SocketAddrV4,
    /// What the callee protects with, and what it is sent with. None: plain.
    pub keys: Option<CalleeKeys>,
}

/// Keys as the callee sees them.
#[derive(Clone, Debug)]
pub struct CalleeKeys {
    pub send: MasterKey,
    pub receive: MasterKey,
}

impl Mode {
    /// As in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "RTP",
            Self::Sdes => "SDES",
        }
    }

    /// From [`Self::name`].
    pub fn from_name(name: &str) -> Outcome<Self> {
        match name {
            "RTP" => Ok(Self::Plain),
            "SDES" => Ok(Self::Sdes),
            _ => Err(BenchError::usage(format!("no mode `{name}`"))),
        }
    }
}

impl Side {
    pub const ALL: [Self; SIDES] = [Self::Caller, Self::Callee];
}

/// An end's address: callers are 127.1.x.y, callees 127.2.x.y. The whole of 127.0.0.0/8 is local.
pub fn address(call: usize, side: Side) -> Ipv4Addr {
    let [.., high, low] = (call as u32).to_be_bytes();
    let network = match side {
        Side::Caller => 1,
        Side::Callee => 2,
    };
    Ipv4Addr::new(127, network, high, low)
}

/// The stream whose end has this address: two a call, the caller's first.
pub fn stream_of(address: Ipv4Addr) -> Option<usize> {
    let [127, network @ 1..=2, high, low] = address.octets() else { return None };
    Some(usize::from(u16::from_be_bytes([high, low])) * SIDES + usize::from(network - 1))
}

/// What the callee of this call protects with. No secret: both ends of a bench must know it.
pub fn callee_key(call: usize) -> Outcome<MasterKey> {
    key_of(call as u64 * 2 + 1)
}

/// What a relay of ours protects with toward that callee.
pub fn relay_key(call: usize) -> Outcome<MasterKey> {
    key_of(call as u64 * 2 + 2)
}

/// A key as it stands in SDP (RFC 4568 §6.1).
pub fn to_inline(key: &MasterKey) -> String {
    STANDARD.encode(key.as_bytes())
}

/// A key from SDP.
///
/// # Errors
/// Not base64, or of another length.
pub fn from_inline(text: &str) -> Outcome<MasterKey> {
    let bytes = STANDARD.decode(text).map_err(|error| BenchError::subject("SRTP key", error.to_string()))?;
    MasterKey::new(SUITE, &bytes).map_err(|error| BenchError::subject("SRTP key", error.to_string()))
}

fn key_of(number: u64) -> Outcome<MasterKey> {
    let mut bytes = [0; KEY_BYTES];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (place % 8 * 8)) as u8 ^ place as u8;
    }
    MasterKey::new(SUITE, &bytes).map_err(|error| BenchError::subject("SRTP key", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{Side, address, callee_key, from_inline, relay_key, stream_of, to_inline};

    #[test]
    fn an_address_leads_back_to_its_stream() {
        assert_eq!(stream_of(address(0, Side::Caller)), Some(0));
        assert_eq!(stream_of(address(799, Side::Callee)), Some(1_599));
        assert_eq!(stream_of("127.0.0.1".parse().expect("address")), None);
    }

    #[test]
    fn keys_differ_by_call_and_direction_and_survive_sdp() {
        let keys = [callee_key(1), relay_key(1), callee_key(2)].map(|key| key.expect("key"));
        assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
        assert_eq!(from_inline(&to_inline(&keys[0])).expect("key"), keys[0]);
    }
}
