//! Names of trunks to addresses, over and over: carriers move (RFC 3263 §4.2).

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ramal_sip::transport::Transport;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::dns::{self, Srv};
use crate::model::TrunkId;

/// How often names are looked up again.
pub const INTERVAL: Duration = Duration::from_secs(60);
/// How long the system may take for one name.
const ADDRESS_TIME: Duration = Duration::from_secs(10);
/// Places of one service, and addresses of one trunk, that are taken.
const PLACES: usize = 8;
const ADDRESSES: usize = 16;

/// A name to be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub trunk: TrunkId,
    pub host: String,
    /// As configured; none: SRV records say it, or else it is the transport's own.
    pub port: Option<u16>,
    pub transport: Transport,
}

/// The outcome of one look-up, the first choice first; empty when the name is not known or nobody answered.
#[derive(Debug)]
pub struct Resolved {
    pub trunk: TrunkId,
    pub addresses: Vec<SocketAddr>,
}

/// Looks one name up and reports. Where no port is configured SRV records come first; a name without them has A and AAAA.
pub async fn look_up(wanted: Wanted, servers: Arc<[SocketAddr]>, to: mpsc::Sender<Resolved>) {
    let mut addresses = Vec::new();
    let places = match wanted.port {
        Some(_) => Vec::new(),
        None => places(&wanted, &servers).await,
    };
    for place in in_order(places, wanted.trunk).into_iter().take(PLACES) {
        addresses.extend(of_host(&place.target, place.port).await);
    }
    if addresses.is_empty() {
        let port = wanted.port.unwrap_or_else(|| wanted.transport.default_port());
        addresses = of_host(&wanted.host, port).await;
    }
    if addresses.is_empty() {
        tracing::warn!(trunk.host = %wanted.host, "trunk name not resolved: the last known addresses stay in use");
    }
    addresses.truncate(ADDRESSES);
    let _ = to.send(Resolved { trunk: wanted.trunk, addresses }).await;
}

async fn places(wanted: &Wanted, servers: &[SocketAddr]) -> Vec<Srv> {
    let service = match wanted.transport {
        Transport::Udp => "_sip._udp",
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
        Transport::Ws | Transport::Wss => return Vec::new(),
    };
    let name = format!("{service}.{}", wanted.host);
    match dns::srv(servers, &name).await {
        Ok(found) => found.into_iter().filter(|place| !place.target.is_empty()).collect(),
        Err(fault) => {
            tracing::debug!(trunk.host = %wanted.host, %fault, "no SRV records");
            Vec::new()
        }
    }
}

async fn of_host(host: &str, port: u16) -> Vec<SocketAddr> {
    match timeout(ADDRESS_TIME, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(error)) => {
            tracing::debug!(trunk.host = %host, %error, "name not resolved");
            Vec::new()
        }
        Err(_) => Vec::new(),
    }
}

/// By priority, and within one by weight (RFC 2782). By lot, but always the same for one trunk and the same records: a registration and
/// the calls that follow it go to one machine, while trunks of many nodes spread.
fn in_order(mut places: Vec<Srv>, trunk: TrunkId) -> Vec<Srv> {
    places.sort_by(|a, b| {
        let key = |place: &Srv| (place.priority, lot(place, trunk));
        let ((a_priority, a_lot), (b_priority, b_lot)) = (key(a), key(b));
        a_priority.cmp(&b_priority).then(a_lot.total_cmp(&b_lot))
    });
    places
}

/// The lower the sooner: exponentially distributed with the weight as its rate, so that each comes first in proportion to its weight.
fn lot(place: &Srv, trunk: TrunkId) -> f64 {
    let mut hasher = DefaultHasher::new();
    (std::process::id(), trunk.0, &place.target, place.port).hash(&mut hasher);
    let uniform = (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64;
    let weight = f64::from(place.weight).max(0.01);
    -(1.0 - uniform).ln() / weight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(priority: u16, weight: u16, target: &str) -> Srv {
        Srv { priority, weight, port: 5060, target: target.to_owned() }
    }

    #[test]
    fn priority_goes_first_and_weight_decides_how_often_in_the_long_run() {
        let places = vec![place(20, 1, "last"), place(10, 10, "rare"), place(10, 90, "often")];
        let firsts = (0..1_000).map(|trunk| in_order(places.clone(), TrunkId(trunk)));
        let firsts: Vec<Vec<Srv>> = firsts.collect();
        assert!(firsts.iter().all(|order| order[2].target == "last"));
        let often = firsts.iter().filter(|order| order[0].target == "often").count();
        assert!((850..950).contains(&often), "{often}");
        assert_eq!(in_order(places.clone(), TrunkId(1)), in_order(places, TrunkId(1)));
    }
}
