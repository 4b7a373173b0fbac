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
        }
    }
}
