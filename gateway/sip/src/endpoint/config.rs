use std::net::SocketAddr;
use std::time::Duration;

use crate::message::Method;

/// What an [`Endpoint`](super::Endpoint) says about itself, its timers and its limits.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// Printed as `User-Agent` in requests and `Server` in responses.
    pub user_agent: String,
    /// Round-trip estimate (RFC 3261 §17.1.1.1).
    pub t1: Duration,
    /// Longest interval between retransmissions (RFC 3261 §17.1.2.2).
    pub t2: Duration,
    /// Longest time a message stays in the network (RFC 3261 §17.1.1.2).
    pub t4: Duration,
    pub limits: EndpointLimits,
    /// Methods that are truly served; every other request is refused with 405 (RFC 3261 §8.2.1).
    pub allow: Vec<Method>,
    /// Option tags that are truly served; a `Require` of any other is refused with 420 (RFC 3261 §8.2.2.3).
    pub supported: Vec<String>,
    /// Local addresses that peers know by another one: as bound, and as printed in Via and Contact. Needed where
    /// a socket is bound to a wildcard address or stands behind a static NAT.
    pub advertised: Vec<(SocketAddr, SocketAddr)>,
}

impl EndpointConfig {
    /// The address that peers are told for a local one.
    pub(crate) fn advertised(&self, local: SocketAddr) -> SocketAddr {
        let known = self.advertised.iter().find(|(bound, _)| *bound == local);
        known.map_or(local, |(_, told)| *told)
    }
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self {
            user_agent: "Ramal".to_owned(),
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            limits: EndpointLimits::default(),
            allow: vec![
                Method::Invite,
                Method::Ack,
                Method::Cancel,
                Method::Bye,
                Method::Options,
                Method::Info,
                Method::Update,
                Method::Refer,
                Method::Notify,
                Method::Register,
            ],
            supported: vec!["replaces".to_owned()],
            advertised: Vec::new(),
        }
    }
}

/// Everything of an [`Endpoint`](super::Endpoint) that could grow, and where it stops. At a limit a new
/// request is answered 503 with `Retry-After` without keeping state, and counted.
#[derive(Clone, Debug)]
pub struct EndpointLimits {
    /// Server and client transactions together. Over UDP one lives up to 32 s after its call is over, so
    /// about 100 are needed a call a second.
    pub transactions: usize,
    /// INVITE usages, early and confirmed.
    pub dialogs: usize,
    /// New INVITEs one source address (IPv6: one /64) may send, sustained, a second.
    pub invites_per_second: u32,
    /// New INVITEs one source address may send at once before the sustained rate applies.
    pub invite_burst: u32,
    /// Source addresses remembered for the rate; beyond it, unknown sources share one allowance.
    pub sources: usize,
    /// Early dialogs kept of one outgoing INVITE (RFC 3261 §12.1: a fork makes several).
    pub early_dialogs: usize,
    /// Requests of the peer inside one dialog that wait for an answer of the layer above.
    pub pending_in_dialog: usize,
    /// An INVITE without a final response is given up after this time, whoever sent it.
    pub ringing: Duration,
    /// Value of `Retry-After` in seconds in a 503.
    pub retry_after_s: u32,
    /// Limits of parsing.
    pub message: crate::message::Limits,
}

impl Default for EndpointLimits {
    fn default() -> Self {
        Self {
            transactions: 400_000,
            dialogs: 50_000,
            invites_per_second: 2_000,
            invite_burst: 4_000,
            sources: 16_384,
            early_dialogs: 16,
            pending_in_dialog: 16,
            ringing: Duration::from_secs(600),
            retry_after_s: 5,
            message: crate::message::Limits::default(),
        }
    }
}
