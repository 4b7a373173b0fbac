//! `[sip]`: sockets, certificate, limits, timers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::Transport;

/// Port of SIP over UDP and TCP (RFC 3261 §19.1.2).
const SIP_PORT: u16 = 5060;
/// Port of SIP over TLS (RFC 3261 §19.1.2).
const SIPS_PORT: u16 = 5061;
/// Ports of SIP over WebSocket, plain and secure, by the custom of other servers; RFC 7118 names none of its own.
const WS_PORT: u16 = 5066;
const WSS_PORT: u16 = 7443;

/// Signalling.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SipConfig {
    /// Sockets to listen on.
    pub listen: Vec<Listen>,
    /// Address that peers see where it differs from the socket's, as behind a static NAT.
    pub public_address: Option<IpAddr>,
    /// Origins of the pages that may open a WebSocket (RFC 6455 §10.2), as `https://agents.example.com`; empty: any.
    pub websocket_origins: Vec<String>,
    /// DNS servers that are asked for SRV records of trunks; empty: those of the system.
    pub dns_servers: Vec<SocketAddr>,
    /// User-Agent and Server header.
    pub user_agent: String,
    /// Algorithms that phones and trunks are challenged with, the preferred one first (RFC 8760 §2.4).
    pub digest: Vec<DigestAlgorithm>,
    /// Certificate and key.
    pub tls: TlsConfig,
    /// What happens at most.
    pub limits: SipLimits,
    /// Timers of RFC 3261 and our own.
    pub timers: SipTimers,
}

/// A digest algorithm (RFC 8760 §2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DigestAlgorithm {
    #[serde(rename = "md5")]
    Md5,
    #[serde(rename = "sha-256")]
    Sha256,
}

/// One socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Transport.
    pub transport: Transport,
    /// Address and port; port 0 lets the system choose.
    pub address: SocketAddr,
}

/// Certificate and key; both or neither.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file, leaf first; `None`: a self-signed pair is made in `data_dir` for trial.
    pub certificate: Option<PathBuf>,
    /// PEM file.
    pub key: Option<PathBuf>,
    /// PEM file of the authorities that trunks' certificates are checked against; `None`: encryption without a check of the peer.
    pub trusted: Option<PathBuf>,
}

/// Limits of signalling; at each one new work is refused with 503 and counted, running calls are left alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SipLimits {
    /// Calls at once.
    pub calls: u32,
    /// SIP transactions at once.
    pub transactions: u32,
    /// New INVITEs a second from one source address.
    pub invites_per_source_per_s: u32,
    /// Open TCP, TLS and WebSocket streams.
    pub connections: u32,
    /// Open TCP, TLS and WebSocket streams from one source address.
    pub connections_per_source: u32,
    /// Start line and headers of a message, in bytes.
    pub head_bytes: u32,
    /// Body of a message, in bytes.
    pub body_bytes: u32,
    /// Shortest registration granted.
    pub min_expires_s: u32,
    /// Longest registration granted.
    pub max_expires_s: u32,
}

/// Timers of signalling.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SipTimers {
    /// T1 (RFC 3261 §17.1.1.1).
    pub t1_ms: u32,
    /// T2 (RFC 3261 §17.1.2.2).
    pub t2_ms: u32,
    /// T4 (RFC 3261 §17.1.2.2).
    pub t4_ms: u32,
    /// Life of a digest nonce.
    pub nonce_s: u32,
    /// A stream on which nothing comes for so long is closed; a WebSocket, if no message came at all.
    pub connection_idle_s: u32,
    /// A stream whose message stays unfinished for so long is closed.
    pub message_s: u32,
    /// Longest call.
    pub max_call_s: u32,
}

impl Default for SipConfig {
    fn default() -> Self {
        let listen =
            |transport, port| Listen { transport, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) };
        Self {
            listen: vec![
                listen(Transport::Udp, SIP_PORT),
                listen(Transport::Tcp, SIP_PORT),
                listen(Transport::Tls, SIPS_PORT),
                listen(Transport::Ws, WS_PORT),
                listen(Transport::Wss, WSS_PORT),
            ],
            public_address: None,
            websocket_origins: Vec::new(),
            dns_servers: Vec::new(),
            user_agent: "Ramal".to_owned(),
            digest: vec![DigestAlgorithm::Md5],
            tls: TlsConfig::default(),
            limits: SipLimits::default(),
            timers: SipTimers::default(),
        }
    }
}

impl Default for SipLimits {
    fn default() -> Self {
        Self {
            calls: 2_000,
            transactions: 20_000,
            invites_per_source_per_s: 50,
            connections: 4_096,
            connections_per_source: 64,
            head_bytes: 16_384,
            body_bytes: 65_536,
            min_expires_s: 60,
            max_expires_s: 3_600,
        }
    }
}

impl Default for SipTimers {
    fn default() -> Self {
        Self {
            t1_ms: 500,
            t2_ms: 4_000,
            t4_ms: 5_000,
            nonce_s: 300,
            connection_idle_s: 900,
            message_s: 10,
            max_call_s: 14_400,
        }
    }
}
