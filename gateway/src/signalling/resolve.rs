//! Names of trunks to addresses, over and over: carriers move (RFC 3263 §4.2).

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::net::NetError;
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
    /// SRV records said where it is when it was last found.
    pub by_srv: bool,
}

/// The outcome of one look-up.
#[derive(Debug)]
pub struct Resolved {
    pub trunk: TrunkId,
    pub found: Result<Found, NotFound>,
}

/// Where a trunk is.
#[derive(Debug)]
pub struct Found {
    /// The first choice first; never empty.
    pub addresses: Vec<SocketAddr>,
    /// SRV records said so.
    pub by_srv: bool,
}

/// Why a look-up found nothing: what was known before stays in use.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    #[error("its SRV records, which were known, cannot be read now: {0}")]
    Srv(NetError),
    #[error("its SRV record says that it takes no SIP over this transport (RFC 2782)")]
    NotThere,
    #[error("no address is known for the name")]
    NoAddress,
}

/// Looks one name up and reports. Where no port is configured SRV records come first; a name without them has A and AAAA. `servers`: who
/// is asked for SRV; none: those that the system has at this moment.
pub async fn look_up(wanted: Wanted, servers: Arc<[SocketAddr]>, to: mpsc::Sender<Resolved>) {
    let found = find(&wanted, &servers).await;
    let _ = to.send(Resolved { trunk: wanted.trunk, found }).await;
}

async fn find(wanted: &Wanted, servers: &[SocketAddr]) -> Result<Found, NotFound> {
    let places = match wanted.port {
        Some(_) => Vec::new(),
        None => places(wanted, servers).await?,
    };
    let by_srv = !places.is_empty();
    let mut addresses = Vec::new();
    for place in in_order(places, wanted.trunk).into_iter().take(PLACES) {
        addresses.extend(of_host(&place.target, place.port).await);
    }
    if !by_srv {
        let port = wanted.port.unwrap_or_else(|| wanted.transport.default_port());
        addresses = of_host(&wanted.host, port).await;
    }
    addresses.truncate(ADDRESSES);
    if addresses.is_empty() { Err(NotFound::NoAddress) } else { Ok(Found { addresses, by_srv }) }
}

/// The places that SRV records name; none where there are no such records (RFC 3263 §4.2). A DNS server that fails leaves what it said
/// before; where it never said anything, as in a network without one, the name itself is asked for.
async fn places(wanted: &Wanted, servers: &[SocketAddr]) -> Result<Vec<Srv>, NotFound> {
    let service = match wanted.transport {
        Transport::Udp => "_sip._udp",
        Transport::Tcp => "_sip._tcp",
        Transport::Tls => "_sips._tcp",
        Transport::Ws | Transport::Wss => return Ok(Vec::new()),
    };
    let name = format!("{service}.{}", wanted.host);
    match dns::srv(servers, &name).await {
        Ok(records) if records.is_empty() => Ok(records),
        Ok(mut records) => {
            records.retain(|place| !place.target.is_empty());
            if records.is_empty() { Err(NotFound::NotThere) } else { Ok(records) }
        }
        Err(fault) if wanted.by_srv => Err(NotFound::Srv(fault)),
        Err(fault) => {
            tracing::debug!(trunk.host = %wanted.host, %fault, "no SRV records");
            Ok(Vec::new())
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
    use tokio::net::UdpSocket;

    use super::*;

    /// Asks a DNS server that answers everything with this code, and with one SRV record for this target (as it is sent) if there is one.
    async fn found(by_srv: bool, code: u8, target: Option<&'static [u8]>) -> Result<Found, NotFound> {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let server = socket.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                // The header, and the question without what was asked of our abilities.
                let name = buffer[12..length].iter().position(|byte| *byte == 0).unwrap();
                let mut answer = buffer[..12 + name + 5].to_vec();
                answer[2..4].copy_from_slice(&[0x81, 0x80 | code]);
                answer[10..12].copy_from_slice(&[0, 0]);
                if let Some(target) = target {
                    answer[7] = 1;
                    answer.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 6 + target.len() as u8]);
                    answer.extend([0, 1, 0, 1, 0x13, 0xce]);
                    answer.extend(target);
                }
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        // Known without DNS, as is `localhost`, of which no server is ever asked (RFC 6761 §6.3).
        let host = "127.0.0.1".to_owned();
        let wanted = Wanted { trunk: TrunkId(1), host, port: None, transport: Transport::Udp, by_srv };
        let found = find(&wanted, &[server]).await;
        task.abort();
        found
    }

    #[tokio::test]
    async fn the_bare_name_stands_in_only_where_there_are_no_records() {
        for by_srv in [false, true] {
            let bare = found(by_srv, 3, None).await.unwrap();
            assert!(!bare.by_srv && bare.addresses.iter().all(|address| address.port() == 5060), "{bare:?}");
            let named = found(by_srv, 0, Some(b"\x09localhost\x00")).await.unwrap();
            assert!(
                named.by_srv && named.addresses.iter().all(|address| address.port() == 5070),
                "{named:?}"
            );
            let not_there = found(by_srv, 0, Some(b"\x00")).await;
            assert!(matches!(not_there, Err(NotFound::NotThere)), "{not_there:?}");
            let lost = found(by_srv, 0, Some(b"\x04gone\x07invalid\x00")).await;
            assert!(matches!(lost, Err(NotFound::NoAddress)), "a machine not found for a moment: {lost:?}");
        }
        let fault = found(true, 2, None).await;
        assert!(matches!(fault, Err(NotFound::Srv(_))), "{fault:?}");
        assert!(
            found(false, 2, None).await.is_ok_and(|found| !found.by_srv),
            "a network without such records"
        );
    }

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
