//! Rooms on a real Worker: its thread's CPU, while phones on loopback send and receive.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ramal_media::codec::KnownCodec;
use ramal_media::command::{Command, LegId, Part, RoomId, Source};
use ramal_media::io::{PortPool, WorkerConfig, WorkerHandle, Workers};
use ramal_media::rtp::Header;
use ramal_media::sdp::Codec;

use super::floor::Resting;
use super::room::{settings, voice};
use crate::error::{BenchError, Outcome, io};
use crate::process;
use crate::relay::wire::widen;

const WHO: &str = "our rooms";
const FRAME: Duration = Duration::from_millis(20);
/// Ports of the rooms, below those that the kernel gives to anybody.
const PORTS: std::ops::RangeInclusive<u16> = 20_000..=29_999;
/// Members that are set up before the Worker is waited for: its mailbox is bounded.
const MEMBERS_A_BREATH: usize = 200;
/// Before anything is measured.
const WARM_UP: Duration = Duration::from_secs(1);
/// After the last word a Leg has to come to rest: it reports once more after 7.5 s at most, of the interval in which it was heard, and
/// once of one in which it was not.
const REST: Duration = Duration::from_secs(16);
/// At least: every Leg is sent something once in 24 s.
pub(super) const IDLE_WINDOW: Duration = Duration::from_secs(48);
/// The name of a media thread.
const THREAD: &str = "media";

/// Percent of a core a participant, all of these rooms full of talkers.
pub fn all_talk(rooms: &[usize], window: Duration) -> Outcome<f64> {
    let house = House::new(rooms)?;
    let talk = house.talk()?;
    super::pause(WARM_UP);
    let percent = cpu_percent(THREAD, window)?;
    talk.stop();
    Ok(percent / house.legs.len() as f64)
}

/// What rooms cost in which nobody speaks any more.
pub struct Idle {
    /// Of a core.
    pub percent: f64,
    /// Of a core, for the same packets on bare sockets, over the same window: what else the machine does cools both.
    pub floor: f64,
    /// Rounds of the Worker a second: a busy machine does not change them.
    pub rounds: f64,
}

/// So many rooms in which nobody speaks any more, and bare sockets beside them.
pub fn idle(rooms: usize, members: usize, window: Duration) -> Outcome<Idle> {
    let house = House::new(&vec![members; rooms])?;
    let talk = house.talk()?;
    super::pause(WARM_UP);
    talk.hush();
    let bare = Resting::start(rooms * members)?;
    super::pause(REST);
    let (start, before) = (Instant::now(), house.worker.gauges().rounds);
    let [percent, floor] = cpu_percents([THREAD, Resting::THREAD], window)?;
    let rounds = (house.worker.gauges().rounds - before) as f64 / start.elapsed().as_secs_f64();
    bare.stop();
    talk.stop();
    Ok(Idle { percent, floor, rounds })
}

struct House {
    _workers: Workers,
    worker: WorkerHandle,
    legs: Vec<SocketAddr>,
    phones: Phones,
}

/// Where all phones are. Both ports are open all the while: what comes to a closed one costs its sender an answer of the kernel.
struct Phones {
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

/// What the phones do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Speak,
    /// They only take what comes.
    Listen,
    Stop,
}

struct Talk {
    mood: Arc<AtomicU8>,
    thread: JoinHandle<()>,
}

impl Talk {
    fn hush(&self) {
        self.mood.store(Mood::Listen as u8, Ordering::Relaxed);
    }

    fn stop(self) {
        self.mood.store(Mood::Stop as u8, Ordering::Relaxed);
        // A thread that panicked has said so on its way.
        let _ = self.thread.join();
    }
}

impl Phones {
    fn new() -> Outcome<Self> {
        Ok(Self { rtp: phone_socket()?, rtcp: phone_socket()? })
    }

    fn addresses(&self) -> Outcome<[SocketAddr; 2]> {
        let address = |socket: &UdpSocket| socket.local_addr().map_err(io("a socket"));
        Ok([address(&self.rtp)?, address(&self.rtcp)?])
    }

    fn again(&self) -> Outcome<Self> {
        let again = |socket: &UdpSocket| socket.try_clone().map_err(io("a socket"));
        Ok(Self { rtp: again(&self.rtp)?, rtcp: again(&self.rtcp)? })
    }

    fn take(&self) {
        take(&self.rtp);
        take(&self.rtcp);
    }
}

impl House {
    fn new(rooms: &[usize]) -> Outcome<Self> {
        process::raise_file_limit();
        let phones = Phones::new()?;
        let addresses = phones.addresses()?;
        let ports = PortPool::new(IpAddr::V4(Ipv4Addr::LOCALHOST), None, PORTS).map_err(io("ports"))?;
        let workers = Workers::start(1, WorkerConfig::default(), |_, _| {}).map_err(io("media threads"))?;
        let worker = workers.pick();
        let mut legs = Vec::new();
        for (room, &members) in (1_u64..).zip(rooms) {
            for _ in 0..members {
                let sockets = ports.bind().map_err(io("ports"))?;
                legs.push(sockets.rtp_address());
                let leg = LegId(legs.len() as u64);
                let settings = Box::new(settings(addresses, Codec::pcmu()));
                send(&worker, Command::AddLeg { leg, sockets })?;
                send(&worker, Command::Configure { leg, settings })?;
                let source = Source::Room { room: RoomId(room), part: Part::FULL };
                send(&worker, Command::Hear { leg, source })?;
                if legs.len().is_multiple_of(MEMBERS_A_BREATH) {
                    settle(&worker)?;
                }
            }
        }
        settle(&worker)?;
        Ok(Self { _workers: workers, worker, legs, phones })
    }

    /// Every leg is sent a voice, every 20 ms, and what comes back is taken.
    fn talk(&self) -> Outcome<Talk> {
        let mood = Arc::new(AtomicU8::new(Mood::Speak as u8));
        let (legs, phones, told) = (self.legs.clone(), self.phones.again()?, Arc::clone(&mood));
        let speak = move || {
            let voice = voice(KnownCodec::Pcmu, 3_000.0);
            let (mut sent, mut due) = (0_u32, Instant::now());
            loop {
                let mood = told.load(Ordering::Relaxed);
                if mood == Mood::Stop as u8 {
                    return;
                }
                let header = Header::new(0, sent as u16, sent.wrapping_mul(160), 77);
                let speakers = if mood == Mood::Speak as u8 { legs.as_slice() } else { &[] };
                for (place, leg) in speakers.iter().enumerate() {
                    let mut packet = header.to_bytes().to_vec();
                    packet.extend_from_slice(&voice[(sent as usize + place) % voice.len()]);
                    // A full buffer is the Worker's affair.
                    let _ = phones.rtp.send_to(&packet, leg);
                }
                phones.take();
                sent = sent.wrapping_add(1);
                due += FRAME;
                super::pause(due.saturating_duration_since(Instant::now()));
            }
        };
        Ok(Talk { mood, thread: std::thread::spawn(speak) })
    }
}

/// The end of many phones: it holds what comes within a frame.
pub(super) fn phone_socket() -> Outcome<UdpSocket> {
    let bound = || -> std::io::Result<UdpSocket> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        widen(&socket)?;
        Ok(socket)
    };
    bound().map_err(io("a socket"))
}

/// Takes what has come. Nobody waits for it, so that no packet of what is measured wakes a thread of the load: no network does.
pub(super) fn take(socket: &UdpSocket) {
    let mut buffer = [0; 2_048];
    while socket.recv_from(&mut buffer).is_ok() {}
}

/// Of a thread of ours, over a window.
pub(super) fn cpu_percent(thread: &str, window: Duration) -> Outcome<f64> {
    cpu_percents([thread], window).map(|[percent]| percent)
}

/// The same of several over one window.
fn cpu_percents<const N: usize>(threads: [&str; N], window: Duration) -> Outcome<[f64; N]> {
    let mut percents = [0.0; N];
    let start = Instant::now();
    for (percent, thread) in percents.iter_mut().zip(threads) {
        *percent = -thread_cpu(thread)?.as_secs_f64();
    }
    super::pause(window);
    for (percent, thread) in percents.iter_mut().zip(threads) {
        *percent = (*percent + thread_cpu(thread)?.as_secs_f64()) * 100.0 / start.elapsed().as_secs_f64();
    }
    Ok(percents)
}

/// What a thread of ours has used, by its name (proc(5), `/proc/PID/task/TID/schedstat`).
fn thread_cpu(name: &str) -> Outcome<Duration> {
    for task in std::fs::read_dir("/proc/self/task").map_err(io("threads"))?.flatten() {
        let is_it = std::fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim() == name);
        let used = std::fs::read_to_string(task.path().join("schedstat")).ok();
        if let (true, Some(used)) = (is_it, used) {
            let nanoseconds = used.split_whitespace().next().and_then(|text| text.parse().ok());
            return Ok(Duration::from_nanos(nanoseconds.unwrap_or(0)));
        }
    }
    Err(BenchError::subject(WHO, format!("no thread is named {name}")))
}

fn send(worker: &WorkerHandle, command: Command) -> Outcome<()> {
    worker.send(command).map_err(|error| BenchError::subject(WHO, error.to_string()))
}

/// Waits until the Worker has done all that it was sent.
fn settle(worker: &WorkerHandle) -> Outcome<()> {
    let (done, wait) = std::sync::mpsc::channel();
    let reply = Box::new(move |_| {
        // The other end waits below.
        let _ = done.send(());
    });
    send(worker, Command::Statistics { reply })?;
    wait.recv().map_err(|_| BenchError::subject(WHO, "its media thread is gone"))
}
