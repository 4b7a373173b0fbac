//! CPU that forwarding costs: a Worker against a bare receive-and-send loop on the same sockets, over loopback.
//!
//! `forward CALLS SECONDS [GATHER_US] [plain|srtp|bare]` prints one line. The load comes from a second thread whose CPU is
//! not counted.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on should end loudly")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ramal_media::command::{Command, LegId, Source};
use ramal_media::io::{LegSockets, PortPool, WorkerConfig, Workers};
use ramal_media::leg::{LegSettings, SourcePolicy};
use ramal_media::rtp::Header;
use ramal_media::sdp::{AgreedCodec, Codec, Direction, SrtpKeys};
use ramal_media::srtp::{Context, MasterKey, Suite};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |index: usize, default: u32| arguments.get(index).map_or(default, |text| text.parse().unwrap());
    let (calls, seconds, gather_us) = (number(0, 500), number(1, 5), number(2, 1_000));
    let mode = arguments.get(3).map_or("plain", String::as_str);
    let pool = PortPool::new(LOCAL, None, 20_000..=29_999).unwrap();
    let sockets: Vec<LegSockets> = (0..calls * 2).map(|_| pool.bind().unwrap()).collect();
    let targets: Vec<SocketAddr> = sockets.iter().map(LegSockets::rtp_address).collect();
    let phones: Vec<UdpSocket> = targets.iter().map(|target| phone(*target)).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let cpu_before = Arc::new(AtomicU64::new(0));
    let bare_sent = Arc::new(AtomicU64::new(0));
    let workers = if mode == "bare" {
        drop(sockets);
        start_bare(&targets, &phones, gather_us, bare_sent.clone());
        None
    } else {
        Some(start_worker(sockets, &phones, gather_us))
    };
    let sent = Arc::new(AtomicU64::new(0));
    let load = {
        let (stop, sent) = (stop.clone(), sent.clone());
        std::thread::spawn(move || blast(&phones, mode_is_srtp(), &stop, &sent))
    };
    pause(1);
    let cpu = || media_cpu_us();
    let (user, system) = user_and_system();
    cpu_before.store(cpu(), Ordering::Relaxed);
    let forwarded_before = forwarded(workers.as_ref(), &bare_sent);
    pause(seconds.into());
    let (user_end, system_end) = user_and_system();
    let used = cpu() - cpu_before.load(Ordering::Relaxed);
    let packets = forwarded(workers.as_ref(), &bare_sent) - forwarded_before;
    let rounds = workers.as_ref().map_or(0, |workers| workers.handles()[0].gauges().rounds);
    stop.store(true, Ordering::Relaxed);
    let (latency, received) = load.join().unwrap();
    println!(
        "{mode} calls={calls} gather={gather_us}us packets/s={} us/packet={:.2} rounds={rounds} user={} system={} sent={} back={received} p50={}us p99={}us",
        packets / u64::from(seconds),
        used as f64 / packets.max(1) as f64,
        user_end - user,
        system_end - system,
        sent.load(Ordering::Relaxed),
        latency.get(latency.len() / 2).copied().unwrap_or(0),
        latency.get(latency.len() * 99 / 100).copied().unwrap_or(0),
    );
}

fn mode_is_srtp() -> bool {
    std::env::args().nth(4).is_some_and(|mode| mode == "srtp")
}

fn pause(seconds: u64) {
    std::thread::park_timeout(Duration::from_secs(seconds));
}

fn phone(target: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind((LOCAL, 0)).unwrap();
    socket.connect(target).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

fn forwarded(workers: Option<&Workers>, bare: &AtomicU64) -> u64 {
    workers.map_or(bare.load(Ordering::Relaxed), |workers| workers.handles()[0].gauges().packets_sent)
}

fn keys(leg: usize) -> Option<SrtpKeys> {
    let suite = Suite::AesCm128HmacSha1_80;
    let key = MasterKey::new(suite, &[7; 30]).unwrap();
    (mode_is_srtp() && leg.is_multiple_of(2)).then(|| SrtpKeys { send: key.clone(), receive: key, suite })
}

fn start_worker(sockets: Vec<LegSockets>, phones: &[UdpSocket], gather_us: u32) -> Workers {
    let config = WorkerConfig { gather_us, ..WorkerConfig::default() };
    let workers = Workers::start(1, config, |_, _| {}).unwrap();
    let handle = workers.pick();
    let send = |command: Command| handle.send(command).unwrap();
    for (index, sockets) in sockets.into_iter().enumerate() {
        let leg = LegId(index as u64);
        send(Command::AddLeg { leg, sockets });
        let codec = AgreedCodec { codec: Codec::pcmu(), send_pt: 0, receive_pt: 0 };
        let remote = phones[index].local_addr().unwrap();
        let settings = LegSettings {
            remote_rtp: remote,
            remote_rtcp: remote,
            rtcp_mux: false,
            codecs: vec![codec],
            dtmf: None,
            direction: Direction::SendRecv,
            ptime_ms: 20,
            srtp: keys(index),
            webrtc: None,
            video: None,
            source_policy: SourcePolicy::LearnAndLock,
            media_timeout_ms: 0,
        };
        send(Command::Configure { leg, settings: Box::new(settings) });
        if index % 2 == 1 {
            send(Command::Hear { leg, source: Source::Leg(LegId(index as u64 - 1)) });
            send(Command::Hear { leg: LegId(index as u64 - 1), source: Source::Leg(leg) });
        }
        if index.is_multiple_of(500) {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
    workers
}

/// The floor: the same sockets, one epoll, `recvfrom` and `sendto` and nothing between.
fn start_bare(targets: &[SocketAddr], phones: &[UdpSocket], gather_us: u32, sent: Arc<AtomicU64>) {
    let sockets: Vec<UdpSocket> = targets.iter().map(|address| UdpSocket::bind(address).unwrap()).collect();
    let partners: Vec<SocketAddr> =
        (0..phones.len()).map(|leg| phones[leg ^ 1].local_addr().unwrap()).collect();
    let run = move || {
        // SAFETY: plain system calls on descriptors and buffers that live as long as this closure.
        let epoll = unsafe { libc::epoll_create1(0) };
        for (leg, socket) in sockets.iter().enumerate() {
            socket.set_nonblocking(true).unwrap();
            let mut event =
                libc::epoll_event { events: (libc::EPOLLIN | libc::EPOLLET) as u32, u64: leg as u64 };
            // SAFETY: as above.
            unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, socket.as_raw_fd(), &raw mut event) };
        }
        let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; 1_024];
        let mut buffer = [0; 2_048];
        loop {
            // SAFETY: as above.
            let ready = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), 1_024, -1) };
            let round = Instant::now();
            for event in &events[..ready.max(0) as usize] {
                let leg = event.u64 as usize;
                if let Ok((length, _)) = sockets[leg].recv_from(&mut buffer) {
                    let partner = leg ^ 1;
                    let _ = sockets[partner].send_to(&buffer[..length], partners[leg]);
                    sent.fetch_add(1, Ordering::Relaxed);
                }
            }
            let rest = Duration::from_micros(gather_us.into()).saturating_sub(round.elapsed());
            let spec = libc::timespec { tv_sec: 0, tv_nsec: rest.subsec_nanos().into() };
            // SAFETY: as above.
            unsafe { libc::nanosleep(&raw const spec, std::ptr::null_mut()) };
        }
    };
    std::thread::Builder::new().name("media".into()).spawn(run).unwrap();
}

/// One packet in 20 ms for each phone, spread over 20 slots; reads what comes back. Returns latencies in µs, sorted.
fn blast(phones: &[UdpSocket], srtp: bool, stop: &AtomicBool, sent: &AtomicU64) -> (Vec<u64>, u64) {
    let start = Instant::now();
    let mut contexts: Vec<Option<Context>> = (0..phones.len())
        .map(|leg| keys(leg).filter(|_| srtp).map(|keys| Context::new(keys.suite, &keys.send).unwrap()))
        .collect();
    let (mut latency, mut received) = (Vec::new(), 0);
    let mut slot = 0_u32;
    while !stop.load(Ordering::Relaxed) {
        let due = start + Duration::from_millis(1) * slot;
        std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
        let range = phones.len() * (slot as usize % 20) / 20..phones.len() * (slot as usize % 20 + 1) / 20;
        for leg in range.clone() {
            let mut packet = [0xFF; 200];
            let sequence = slot / 20;
            packet[..12]
                .copy_from_slice(&Header::new(0, sequence as u16, sequence * 160, leg as u32).to_bytes());
            packet[12..20].copy_from_slice(&(start.elapsed().as_micros() as u64).to_be_bytes());
            let length = contexts[leg].as_mut().map_or(172, |c| c.protect_rtp(&mut packet, 172).unwrap());
            let _ = phones[leg].send(&packet[..length]);
        }
        sent.fetch_add(range.len() as u64, Ordering::Relaxed);
        // Those that were served half a frame ago: by then their packets are back.
        let mut buffer = [0; 2_048];
        for leg in range {
            let partner = leg ^ 1;
            while let Ok(length) = phones[partner].recv(&mut buffer) {
                received += 1;
                if length == 172 && !srtp {
                    let at = u64::from_be_bytes(buffer[12..20].try_into().unwrap());
                    latency.push((start.elapsed().as_micros() as u64).saturating_sub(at));
                }
            }
        }
        slot += 1;
    }
    latency.sort_unstable();
    (latency, received)
}

/// User and system time of the thread named "media", in clock ticks of 10 ms.
fn user_and_system() -> (u64, u64) {
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        if stat.contains("(media)") {
            let fields: Vec<u64> = stat
                .rsplit(')')
                .next()
                .unwrap_or("")
                .split(' ')
                .map(|field| field.parse().unwrap_or(0))
                .collect();
            return (fields[12], fields[13]);
        }
    }
    (0, 0)
}

/// CPU time of the threads named "media" of this process, in µs.
fn media_cpu_us() -> u64 {
    let mut total = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if name.trim() == "media" {
            let schedstat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            total += schedstat.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0) / 1_000;
        }
    }
    total
}
