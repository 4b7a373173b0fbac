//! `[web]`: pages, their tokens and their seats.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Where pages are served, and to whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// How browsers and providers reach this node from outside, as `https://desk.example.com`; without it links name `listen`.
    pub public_url: Option<String>,
    /// HTTPS with the certificate of `[sip.tls]`.
    pub tls: bool,
    /// Origins beside our own whose pages may use the API.
    pub allowed_origins: Vec<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Life of a token, in hours.
    pub token_h: u32,
    /// How long a seat waits for a browser that was lost, in seconds.
    pub seat_grace_s: u32,
    /// Open connections.
    pub connections: u32,
    /// Open connections from one source address.
    pub connections_per_source: u32,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8_081)),
            public_url: None,
            tls: false,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            token_h: 12,
            seat_grace_s: 30,
            connections: 4_096,
            connections_per_source: 256,
        }
    }
}

impl WebConfig {
    /// How people reach the pages; `bound` is what the system gave for `listen`.
    pub fn address(&self, bound: SocketAddr) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let scheme = if self.tls { "https" } else { "http" };
        match bound.ip().is_unspecified() {
            true => format!("{scheme}://localhost:{}", bound.port()),
            false => format!("{scheme}://{bound}"),
        }
    }
}
