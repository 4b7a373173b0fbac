//! Which addresses a name may stand for: a plugin must not reach what stands behind our own wall.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far requests may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// Everywhere, this machine and private networks included.
    All,
    /// Only where everybody can go.
    Public,
}

impl Network {
    /// Whether an address may be connected to.
    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::All => true,
            Self::Public => match address {
                IpAddr::V4(v4) => is_public_v4(v4),
                IpAddr::V6(v6) => is_public_v6(v6),
            },
        }
    }
}

/// The registry of RFC 6890 §2.2.2, and multicast.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (224..=255, ..)
    )
}

/// Global unicast (RFC 4291 §2.4) without what carries an IPv4 address or leads to one.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    match address.segments() {
        // 6to4 (RFC 3056), Teredo and documentation (RFC 6890 §2.2.3).
        [0x2002, ..] | [0x2001, 0x0000..=0x01ff, ..] | [0x2001, 0x0db8, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_the_wall() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "ff02::1",
        ] {
            assert!(!Network::Public.allows(text.parse().unwrap()), "{text}");
            assert!(Network::All.allows(text.parse().unwrap()), "{text}");
        }
        for text in ["149.154.167.220", "172.32.0.1", "100.128.0.1", "2a03:2880::1", "::ffff:8.8.8.8"] {
            assert!(Network::Public.allows(text.parse().unwrap()), "{text}");
        }
    }
}
