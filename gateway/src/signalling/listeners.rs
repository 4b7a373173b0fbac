//! Our own addresses: what we listen on and what peers are told.

use std::net::{IpAddr, SocketAddr};

use ramal_sip::message::Uri;
use ramal_sip::transport::{Flow, Transport};

/// One open socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    pub transport: Transport,
    /// As bound.
    pub local: SocketAddr,
    /// As peers see it.
    pub advertised: SocketAddr,
}

/// Every socket of this node, in the order of the configuration, and the names that it is known to go by.
#[derive(Clone, Debug, Default)]
pub struct Listeners(Vec<Listener>, Vec<String>);

impl Listeners {
    pub fn new(bound: impl IntoIterator<Item = (Transport, SocketAddr)>, public: Option<IpAddr>) -> Self {
        let listener = |(transport, local): (Transport, SocketAddr)| {
            let ip = public.filter(|ip| ip.is_ipv4() == local.is_ipv4()).unwrap_or(local.ip());
            Listener { transport, local, advertised: SocketAddr::new(ip, local.port()) }
        };
        Self(bound.into_iter().map(listener).collect(), Vec::new())
    }

    /// The same with names of this node beside its addresses.
    #[must_use]
    pub fn named(self, names: impl IntoIterator<Item = String>) -> Self {
        Self(self.0, names.into_iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Listener> {
        self.0.iter()
    }

    /// A flow to a peer that we have not heard of before: `None` when we do not speak its transport or family.
    pub fn flow_to(&self, transport: Transport, remote: SocketAddr) -> Option<Flow> {
        let fits = |l: &&Listener| l.transport == transport && l.local.is_ipv4() == remote.is_ipv4();
        self.0.iter().find(fits).map(|l| Flow { transport, local: l.local, remote, connection: None })
    }

    /// Our Contact for that flow (RFC 3261 §8.1.1.8).
    pub fn contact(&self, flow: &Flow, user: &str) -> Uri {
        let known = self.0.iter().find(|l| l.transport == flow.transport && l.local == flow.local);
        let other = || self.0.iter().find(|l| l.transport == flow.transport);
        let advertised = known.or_else(other).map_or(flow.local, |l| l.advertised);
        let host = match advertised.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let user = (!user.is_empty()).then_some(user);
        let uri = Uri::sip(user, &host, Some(advertised.port()));
        match flow.transport {
            Transport::Udp => uri,
            Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => {
                uri.with_param("transport", Some(flow.transport.uri_param()))
            }
        }
    }

    /// True if the host of a URI is one of ours.
    pub fn is_ours(&self, host: &str) -> bool {
        if self.1.iter().any(|name| host.eq_ignore_ascii_case(name)) {
            return true;
        }
        address(host).is_some_and(|ip| self.0.iter().any(|l| l.local.ip() == ip || l.advertised.ip() == ip))
    }
}

/// The address that a host of a URI is, if it is none that has to be looked up.
pub fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Listeners {
        let bound = [(Transport::Udp, address.parse().unwrap())];
        Listeners::new(bound, Some("203.0.113.10".parse().unwrap())).named(["Desk.Example.com".to_owned()])
    }

    #[test]
    fn our_addresses_and_names_are_ours_and_no_others() {
        let ours = at("192.0.2.1:5060");
        for host in ["192.0.2.1", "203.0.113.10", "desk.example.com", "DESK.example.com"] {
            assert!(ours.is_ours(host), "{host}");
        }
        for host in ["192.0.2.2", "example.com", "", "[2001:db8::1]"] {
            assert!(!ours.is_ours(host), "{host}");
        }
    }
}
