//! `[media]`: RTP addresses, ports, Workers.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

/// The media plane.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// Address that RTP sockets are bound to.
    pub address: IpAddr,
    /// Address written into SDP where it differs, as behind a static NAT.
    pub public_address: Option<IpAddr>,
    /// First RTP port; even.
    pub port_min: u16,
    /// Last RTCP port; odd.
    pub port_max: u16,
    /// Media threads; 0: one a processor.
    pub workers: u32,
    /// How long a Worker gathers packets before serving them, in microseconds.
    pub gather_us: u32,
    /// A call without any packet from a party for so long is ended, in seconds; 0: never.
    pub timeout_s: u32,
    /// Where browsers reach the Workers.
    pub webrtc: WebRtcConfig,
}

/// Sockets for the media of browsers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebRtcConfig {
    /// Addresses to listen at, IPv4 and IPv6; none: no calls with browsers.
    pub listen: Vec<BrowserListen>,
    /// Worker n listens at this port + n, UDP and TCP alike; 0: the system chooses for each.
    pub first_port: u16,
    /// ICE over TCP beside UDP (RFC 6544), for browsers behind firewalls that let no UDP through.
    pub ice_tcp: bool,
}

/// One address for the media of browsers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserListen {
    /// Bound.
    pub address: IpAddr,
    /// Written into SDP where it differs, as behind a static NAT.
    pub public_address: Option<IpAddr>,
}

impl Default for WebRtcConfig {
    fn default() -> Self {
        let loopback = BrowserListen { address: IpAddr::V4(Ipv4Addr::LOCALHOST), public_address: None };
        Self { listen: vec![loopback], first_port: 30_000, ice_tcp: true }
    }
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            public_address: None,
            port_min: 20_000,
            port_max: 29_999,
            workers: 0,
            gather_us: 500,
            timeout_s: 120,
            webrtc: WebRtcConfig::default(),
        }
    }
}
