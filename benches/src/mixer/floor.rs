//! The least that a participant can cost with its sockets: a packet in and a packet out every 20 ms, and nothing between.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::worker::{cpu_percent, phone_socket, take};
use crate::error::{Outcome, io};

const FRAME: Duration = Duration::from_millis(20);
const WARM_UP: Duration = Duration::from_millis(500);
/// The name of the measured thread.
const THREAD: &str = "floor";
/// A header and 20 ms of G.711.
const PACKET_BYTES: usize = 172;
/// Rooms at rest send in moments so far apart, and each member has its turn once in so many: 24 s.
const REST_ROUND: Duration = Duration::from_millis(300);
const REST_ROUNDS: usize = 80;
/// A sender report with its name (RFC 3550 §6.4.1).
const REPORT_BYTES: usize = 64;

/// Percent of a core a participant.
pub fn percent(members: usize, window: Duration) -> Outcome<f64> {
    let phones = phone_socket()?;
    let address = phones.local_addr().map_err(io("a socket"))?;
    let mut legs = Vec::new();
    for _ in 0..members {
        let leg = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io("a socket"))?;
        leg.connect(address).map_err(io("a socket"))?;
        leg.set_nonblocking(true).map_err(io("a socket"))?;
        legs.push(leg);
    }
    let to: Vec<SocketAddr> = legs.iter().filter_map(|leg| leg.local_addr().ok()).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let (ended, speaks) = (Arc::clone(&stop), Arc::clone(&stop));
    let builder = std::thread::Builder::new().name(THREAD.to_owned());
    let floor = builder.spawn(move || each(FRAME, &ended, || pass(&legs))).map_err(io("a thread"))?;
    let speaker = std::thread::spawn(move || {
        each(FRAME, &speaks, || {
            for leg in &to {
                let _ = phones.send_to(&[0; PACKET_BYTES], leg);
            }
            take(&phones);
        });
    });
    super::pause(WARM_UP);
    let percent = cpu_percent(THREAD, window)?;
    stop.store(true, Ordering::Relaxed);
    // A thread that panicked has said so on its way.
    let _ = (floor.join(), speaker.join());
    Ok(percent / members as f64)
}

/// What rooms at rest have to send, and nothing else: two packets of each member in a period, each from a socket of its own. All
/// sockets are there, and each has its turn once in a period only, so that the kernel finds them as far out of every cache.
pub struct Resting {
    stop: Arc<AtomicBool>,
    threads: [JoinHandle<()>; 2],
}

impl Resting {
    /// The name of the measured thread.
    pub const THREAD: &str = "resting";

    pub fn start(members: usize) -> Outcome<Self> {
        let phones = phone_socket()?;
        let address = phones.local_addr().map_err(io("a socket"))?;
        let mut legs = Vec::new();
        for _ in 0..members {
            let leg = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io("a socket"));
            legs.push([leg()?, leg()?]);
        }
        let mut turn = 0;
        let send = move || {
            // With nobody left over at the end of a period.
            let (from, to) = (turn * members / REST_ROUNDS, (turn + 1) * members / REST_ROUNDS);
            for leg in legs[from..to].iter().flatten() {
                let _ = leg.send_to(&[0; REPORT_BYTES], address);
            }
            turn = (turn + 1) % REST_ROUNDS;
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (ended, listens) = (Arc::clone(&stop), Arc::clone(&stop));
        let builder = std::thread::Builder::new().name(Self::THREAD.to_owned());
        let sender = builder.spawn(move || each(REST_ROUND, &ended, send)).map_err(io("a thread"))?;
        let listener = std::thread::spawn(move || each(FRAME, &listens, || take(&phones)));
        Ok(Self { stop, threads: [sender, listener] })
    }

    pub fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        // A thread that panicked has said so on its way.
        self.threads.into_iter().for_each(|thread| drop(thread.join()));
    }
}

/// Takes what has come, and sends one packet for each member.
fn pass(legs: &[UdpSocket]) {
    let mut buffer = [0; PACKET_BYTES];
    for leg in legs {
        let _ = leg.recv(&mut buffer);
        let _ = leg.send(&buffer);
    }
}

fn each(round: Duration, stop: &AtomicBool, mut work: impl FnMut()) {
    let mut due = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        work();
        due += round;
        super::pause(due.saturating_duration_since(Instant::now()));
    }
}
