//! A slow link: a UDP relay with a token bucket in front of one port, as a modem has, queue and all.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// What may wait at the link's entrance; more is dropped, as routers do.
const QUEUE_PACKETS: usize = 64;
const DATAGRAM_BYTES: usize = 2048;
/// The burst that passes at once, in seconds of the link's rate.
const BURST_S: f64 = 0.05;
/// No limit.
const UNLIMITED: u64 = 0;
/// Nothing passes.
const CUT: u64 = u64::MAX;

/// The relay: whoever sends to [`Throttle::address`] talks with the target.
pub struct Throttle {
    pub address: SocketAddr,
    rate: Arc<AtomicU64>,
    far: FarSockets,
    relay: tokio::task::JoinHandle<()>,
}

/// The sockets that the target sees, one a client.
type FarSockets = Arc<Mutex<Vec<Arc<UdpSocket>>>>;

impl Throttle {
    /// In front of this address, unlimited until [`Throttle::limit`].
    pub async fn before(target: SocketAddr) -> Throttle {
        Throttle::at((Ipv4Addr::LOCALHOST, 0).into(), target).await
    }

    /// The same at an address of the test's choice, as a router has one.
    pub async fn at(address: SocketAddr, target: SocketAddr) -> Throttle {
        let socket = Arc::new(UdpSocket::bind(address).await.expect("a UDP socket"));
        let address = socket.local_addr().expect("its address");
        let rate = Arc::new(AtomicU64::new(UNLIMITED));
        let far = FarSockets::default();
        let relay = tokio::spawn(relay(socket, target, Arc::clone(&rate), Arc::clone(&far)));
        Throttle { address, rate, far, relay }
    }

    /// Lets nothing pass, as a cable that was pulled; [`Throttle::limit`] mends it, 0 without a limit.
    pub fn cut(&self) {
        self.limit(CUT);
    }

    /// Sends this to the target from every address that a client has there, as if the client had.
    pub async fn inject(&self, datagram: &[u8]) {
        let sockets = self.far.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert!(!sockets.is_empty(), "no client yet");
        for socket in sockets {
            let _ = socket.send(datagram).await;
        }
    }

    /// Lets so many bits a second pass in each direction from now on; 0: any number.
    pub fn limit(&self, bits_per_s: u64) {
        self.rate.store(bits_per_s, Ordering::Relaxed);
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

/// One socket towards the target for each client, so that the target can tell them apart.
async fn relay(near: Arc<UdpSocket>, target: SocketAddr, rate: Arc<AtomicU64>, all_far: FarSockets) {
    let mut ways: HashMap<SocketAddr, mpsc::Sender<Vec<u8>>> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut buffer = [0; DATAGRAM_BYTES];
    while let Ok((length, client)) = near.recv_from(&mut buffer).await {
        let up = match ways.entry(client) {
            Entry::Occupied(way) => way.into_mut(),
            Entry::Vacant(new) => {
                let far = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a UDP socket"));
                far.connect(target).await.expect("the target");
                all_far.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&far));
                let (up, queue) = mpsc::channel(QUEUE_PACKETS);
                tasks.spawn(pace(queue, Arc::clone(&far), None, Arc::clone(&rate)));
                let (down, queue) = mpsc::channel(QUEUE_PACKETS);
                tasks.spawn(pace(queue, Arc::clone(&near), Some(client), Arc::clone(&rate)));
                tasks.spawn(receive(far, down));
                new.insert(up)
            }
        };
        let _ = up.try_send(buffer[..length].to_vec());
    }
}

async fn receive(socket: Arc<UdpSocket>, queue: mpsc::Sender<Vec<u8>>) {
    let mut buffer = [0; DATAGRAM_BYTES];
    loop {
        // The target may be away for a while (ICMP says so): what comes later still counts.
        let Ok(length) = socket.recv(&mut buffer).await else { continue };
        let _ = queue.try_send(buffer[..length].to_vec());
    }
}

async fn pace(
    mut queue: mpsc::Receiver<Vec<u8>>,
    socket: Arc<UdpSocket>,
    to: Option<SocketAddr>,
    rate: Arc<AtomicU64>,
) {
    let mut free_at = Instant::now();
    while let Some(datagram) = queue.recv().await {
        let bits_per_s = rate.load(Ordering::Relaxed);
        if bits_per_s == CUT {
            continue;
        }
        if bits_per_s != UNLIMITED {
            let now = Instant::now();
            let burst = Duration::from_secs_f64(BURST_S);
            free_at = free_at.max(now.checked_sub(burst).unwrap_or(now));
            free_at += Duration::from_secs_f64(datagram.len() as f64 * 8.0 / bits_per_s as f64);
            sleep_until(free_at).await;
        }
        let _ = match to {
            Some(client) => socket.send_to(&datagram, client).await,
            None => socket.send(&datagram).await,
        };
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::UdpSocket;

    use super::{QUEUE_PACKETS, Throttle};
    use crate::deadline::within;

    #[tokio::test]
    async fn a_slow_link_passes_what_its_queue_holds_and_drops_the_rest() {
        let target = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let link = Throttle::before(target.local_addr().unwrap()).await;
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut buffer = [0; 2000];
        client.send_to(&[1; 100], link.address).await.unwrap();
        let (_, seen) = within("a datagram", target.recv_from(&mut buffer)).await.unwrap();
        target.send_to(&[2; 100], seen).await.unwrap();
        within("its answer", client.recv_from(&mut buffer)).await.unwrap();

        link.limit(200_000);
        let sent = QUEUE_PACKETS * 4;
        for _ in 0..sent {
            client.send_to(&[3; 1000], link.address).await.unwrap();
        }
        let mut passed = 0;
        // What passes takes 40 ms each; the end is when none came for long.
        let quiet = std::time::Duration::from_secs(3);
        while tokio::time::timeout(quiet, target.recv_from(&mut buffer)).await.is_ok() {
            passed += 1;
        }
        assert!(passed >= 10, "only {passed} passed");
        assert!(passed < sent, "nothing was dropped");
    }
}
