//! An address range, as trunks name the sources they send from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An IP network in CIDR notation; a lone address is a network of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// Why a text is no network.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NetworkError {
    /// Neither an IPv4 nor an IPv6 address before the slash.
    #[error("`{0}` is not an IP address or a range like 203.0.113.0/24")]
    Address(String),
    /// The prefix is no number or longer than the address.
    #[error("`{0}` has a prefix length that its kind of address cannot have")]
    Prefix(String),
    /// Bits are set behind the prefix: more likely a slip than a range.
    #[error("`{given}` has bits set behind its prefix; did you mean `{meant}`?")]
    HostBits {
        /// As written.
        given: String,
        /// The range it lies in.
        meant: String,
    },
}

impl Network {
    /// Whether `address` lies inside. An IPv4 address mapped into IPv6 counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                mask_v4(theirs.to_bits(), self.prefix_bits) == ours.to_bits()
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                mask_v6(theirs.to_bits(), self.prefix_bits) == ours.to_bits()
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// Length of the fixed part: the longer, the more specific.
    pub const fn prefix_bits(&self) -> u8 {
        self.prefix_bits
    }

    const fn is_single(&self) -> bool {
        self.prefix_bits == address_bits(self.address)
    }
}

const fn address_bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn mask_v4(bits: u32, prefix_bits: u8) -> u32 {
    bits & u32::MAX.checked_shl(32 - u32::from(prefix_bits)).unwrap_or(0)
}

fn mask_v6(bits: u128, prefix_bits: u8) -> u128 {
    bits & u128::MAX.checked_shl(128 - u32::from(prefix_bits)).unwrap_or(0)
}

fn masked(address: IpAddr, prefix_bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(mask_v4(address.to_bits(), prefix_bits).into()),
        IpAddr::V6(address) => IpAddr::V6(mask_v6(address.to_bits(), prefix_bits).into()),
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Address(text.to_owned()))?;
        let longest = address_bits(address);
        let prefix_bits = match prefix {
            None => longest,
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|bits| *bits <= longest)
                .ok_or_else(|| NetworkError::Prefix(text.to_owned()))?,
        };
        let first = masked(address, prefix_bits);
        if first != address {
            return Err(NetworkError::HostBits {
                given: text.to_owned(),
                meant: format!("{first}/{prefix_bits}"),
            });
        }
        Ok(Self { address, prefix_bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() {
            self.address.fmt(f)
        } else {
            write!(f, "{}/{}", self.address, self.prefix_bits)
        }
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_lone_address_matches_itself_only() {
        assert!(network("203.0.113.7").contains(ip("203.0.113.7")));
        assert!(!network("203.0.113.7").contains(ip("203.0.113.8")));
        assert_eq!(network("203.0.113.7/32").to_string(), "203.0.113.7");
    }

    #[test]
    fn ranges_of_both_families() {
        assert!(network("198.51.100.0/24").contains(ip("198.51.100.255")));
        assert!(network("198.51.100.0/24").contains(ip("::ffff:198.51.100.9")));
        assert!(!network("198.51.100.0/24").contains(ip("198.51.101.0")));
        assert!(network("2001:db8::/32").contains(ip("2001:db8:1::1")));
        assert!(!network("2001:db8::/32").contains(ip("203.0.113.7")));
        assert!(network("0.0.0.0/0").contains(ip("203.0.113.7")));
    }

    #[test]
    fn what_is_no_network_is_refused_with_its_reason() {
        assert!(matches!("pbx.example".parse::<Network>(), Err(NetworkError::Address(_))));
        assert!(matches!("10.0.0.0/33".parse::<Network>(), Err(NetworkError::Prefix(_))));
        let error = "10.1.2.3/8".parse::<Network>().unwrap_err();
        assert!(error.to_string().contains("10.0.0.0/8"));
    }
}
