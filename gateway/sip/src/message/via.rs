use std::fmt;
use std::net::IpAddr;

use super::uri::{host_ip, host_length};
use super::{Params, text};

/// Start of a branch made by RFC 3261 rules (§8.1.1.7).
pub(crate) const MAGIC_COOKIE: &str = "z9hG4bK";

/// One Via element (RFC 3261 §20.42).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS` or any other token.
    pub transport: String,
    /// Host of sent-by; an IPv6 address in its brackets.
    pub host: String,
    /// Port of sent-by.
    pub port: Option<u16>,
    pub params: Params,
}

impl Via {
    /// Reads one element. `None` when it is malformed or of another protocol than SIP/2.0.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (name, rest) = word(value, b'/')?;
        let (version, rest) = word(rest, b'/')?;
        if !name.eq_ignore_ascii_case(b"SIP") || version != b"2.0" {
            return None;
        }
        let rest = text::trim(rest);
        let space = rest.iter().position(|&byte| text::is_space(byte))?;
        let transport = Some(&rest[..space]).filter(|token| text::is_token(token))?;
        let sent_by = text::trim(&rest[space..]);
        let params = memchr::memchr(b';', sent_by).unwrap_or(sent_by.len());
        let (host, port) = host_and_port(&sent_by[..params])?;
        Some(Self {
            transport: String::from_utf8_lossy(transport).into_owned(),
            host,
            port,
            params: Params::parse(&sent_by[params..]),
        })
    }

    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch").filter(|branch| !branch.is_empty())
    }

    /// Whether the branch identifies the transaction by itself (RFC 3261 §17.2.3). The cookie alone
    /// does not (RFC 4475 §3.2.1).
    pub fn has_magic_cookie(&self) -> bool {
        let rest = |branch: &str| {
            let (start, rest) = branch.split_at_checked(MAGIC_COOKIE.len())?;
            Some(start.eq_ignore_ascii_case(MAGIC_COOKIE) && !rest.is_empty())
        };
        self.branch().and_then(rest) == Some(true)
    }

    /// The `received` address (RFC 3261 §18.2.1).
    pub fn received(&self) -> Option<IpAddr> {
        host_ip(self.params.get("received")?)
    }

    /// The port in `rport`; `None` without one, also when the parameter is there but empty (RFC 3581 §3).
    pub fn rport(&self) -> Option<u16> {
        self.params.get("rport")?.parse().ok()
    }
}

/// The text up to `end`, trimmed, and what follows `end`.
fn word(value: &[u8], end: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(end, value)?;
    Some((text::trim(&value[..at]), &value[at + 1..]))
}

/// White space may stand around the colon (RFC 3261 §25.1, COLON).
fn host_and_port(value: &[u8]) -> Option<(String, Option<u16>)> {
    let value = text::trim(value);
    let length = host_length(value)?;
    let host = std::str::from_utf8(&value[..length]).ok()?.to_owned();
    match text::trim(&value[length..]) {
        [] => Some((host, None)),
        [b':', port @ ..] => {
            let port = text::number(text::trim(port)).and_then(|port| u16::try_from(port).ok())?;
            Some((host, Some(port)))
        }
        _ => None,
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_via() {
        let via =
            Via::parse(b"SIP/2.0/UDP [2001:db8::9]:5062;branch=z9hG4bK1;received=192.0.2.7;rport=61000")
                .unwrap();
        assert_eq!(
            (via.transport.as_str(), via.host.as_str(), via.port),
            ("UDP", "[2001:db8::9]", Some(5062))
        );
        assert_eq!((via.branch(), via.rport()), (Some("z9hG4bK1"), Some(61000)));
        assert_eq!(via.received(), Some("192.0.2.7".parse().unwrap()));
        assert!(via.has_magic_cookie());
        assert_eq!(Via::parse(via.to_string().as_bytes()), Some(via));
    }

    #[test]
    fn an_empty_rport_asks_and_has_no_port() {
        let via = Via::parse(b"SIP/2.0/UDP h;rport;branch=1").unwrap();
        assert_eq!((via.rport(), via.params.contains("rport")), (None, true));
        assert!(!via.has_magic_cookie());
    }

    #[test]
    fn what_is_no_via_is_none() {
        let wrong = [
            "",
            "SIP/2.0/UDP",
            "SIP/3.0/UDP h",
            "HTTP/2.0/UDP h",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP ;branch=1",
            "SIP/2.0/UDP h i",
        ];
        for text in wrong {
            assert_eq!(Via::parse(text.as_bytes()), None, "{text}");
        }
    }
}
