//! Workers with real sockets on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use ramal_media::codec::tone::Oscillator;
use ramal_media::codec::{Decoder, Encoder, KnownCodec, goertzel};
use ramal_media::command::{Command, LegId, RecordingId, Source, Tapped};
use ramal_media::event::{Event, RecordingEvent};
use ramal_media::io::{PortPool, SendError, WorkerConfig, WorkerHandle, WorkerId, Workers};
use ramal_media::leg::{LegSettings, SourcePolicy};
use ramal_media::recorder::wav::{Store, StoreOpener};
use ramal_media::rtp::Header;
use ramal_media::sdp::{AgreedCodec, Codec, Direction};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

struct Phone {
    socket: UdpSocket,
    gateway: SocketAddr,
    leg: LegId,
    sequence: u16,
    voice: Oscillator,
}

struct House {
    workers: Workers,
    events: Receiver<(WorkerId, Event)>,
    pool: PortPool,
}

impl House {
    fn new(count: usize, config: WorkerConfig, ports: std::ops::RangeInclusive<u16>) -> Self {
        let (sender, events) = channel();
        let sender = Mutex::new(sender);
        let report = Arc::new(move |id, event| drop(sender.lock().unwrap().send((id, event))));
        let workers = Workers::start(count, config, move |id, event| report(id, event)).unwrap();
        Self { workers, events, pool: PortPool::new(LOCAL, None, ports).unwrap() }
    }

    fn phone(&self, worker: &WorkerHandle, number: u64, hz: f64) -> Phone {
        let socket = UdpSocket::bind((LOCAL, 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let sockets = self.pool.bind().unwrap();
        let (gateway, leg) = (sockets.rtp_address(), LegId(number));
        worker.send(Command::AddLeg { leg, sockets }).unwrap();
        let remote = socket.local_addr().unwrap();
        let settings = LegSettings {
            remote_rtp: remote,
            remote_rtcp: remote,
            rtcp_mux: false,
            codecs: vec![AgreedCodec { codec: Codec::pcmu(), send_pt: 0, receive_pt: 0 }],
            dtmf: None,
            direction: Direction::SendRecv,
            ptime_ms: 20,
            srtp: None,
            webrtc: None,
            video: None,
            source_policy: SourcePolicy::LearnAndLock,
            media_timeout_ms: 0,
        };
        worker.send(Command::Configure { leg, settings: Box::new(settings) }).unwrap();
        Phone { socket, gateway, leg, sequence: 1, voice: Oscillator::new(&[hz], 8_000, 8_000.0) }
    }

    fn call(&self, worker: &WorkerHandle) -> [Phone; 2] {
        let phones = [self.phone(worker, 1, 440.0), self.phone(worker, 2, 1_000.0)];
        hear(worker, &phones[0], &phones[1]);
        hear(worker, &phones[1], &phones[0]);
        self.settle(worker);
        phones
    }

    /// Everything sent to the worker so far has been done.
    fn settle(&self, worker: &WorkerHandle) {
        let (sender, receiver) = channel();
        let reply = Box::new(move |list| drop(sender.send(list)));
        worker.send(Command::Statistics { reply }).unwrap();
        receiver.recv_timeout(PATIENCE).unwrap();
    }

    fn wait_for(&self, wanted: impl Fn(&Event) -> bool) -> (WorkerId, Event) {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let (id, event) = self.events.recv_timeout(left).unwrap();
            if wanted(&event) {
                return (id, event);
            }
        }
    }
}

impl Phone {
    fn talk(&mut self) {
        let mut samples = [0; 160];
        self.voice.fill(&mut samples);
        let mut payload = Vec::new();
        Encoder::new(KnownCodec::Pcmu).encode(&samples, &mut payload);
        let header = Header::new(0, self.sequence, u32::from(self.sequence) * 160, 9);
        self.sequence += 1;
        let mut packet = header.to_bytes().to_vec();
        packet.extend(payload);
        self.socket.send_to(&packet, self.gateway).unwrap();
    }

    /// The next RTP packet.
    fn listen(&self) -> (Header, Vec<i16>) {
        let mut buffer = [0; 2_048];
        let (length, from) = self.socket.recv_from(&mut buffer).unwrap();
        assert_eq!(from, self.gateway, "the leg has one address in both directions");
        let header = Header::parse(&buffer[..length]).unwrap();
        let mut samples = Vec::new();
        Decoder::new(KnownCodec::Pcmu).decode(header.payload(&buffer[..length]), &mut samples);
        (header, samples)
    }
}

fn hear(worker: &WorkerHandle, listener: &Phone, speaker: &Phone) {
    let command = Command::Hear { leg: listener.leg, source: Source::Leg(speaker.leg) };
    worker.send(command).unwrap();
}

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

fn recording(event: &Event) -> Option<&RecordingEvent> {
    match event {
        Event::Recording { event, .. } => Some(event),
        _ => None,
    }
}

#[test]
fn two_phones_hear_each_other() {
    let house = House::new(1, WorkerConfig::default(), 32_600..=32_619);
    let worker = house.workers.pick();
    let mut phones = house.call(&worker);
    let mut heard = [Vec::new(), Vec::new()];
    for _ in 0..25 {
        phones.iter_mut().for_each(Phone::talk);
        heard.iter_mut().zip(&phones).for_each(|(heard, phone)| heard.extend(phone.listen().1));
    }
    assert!(goertzel(&heard[0], 8_000, 1_000.0).sqrt() > 7_000.0);
    assert!(goertzel(&heard[1], 8_000, 440.0).sqrt() > 7_000.0);
    worker.send(Command::RemoveLeg { leg: phones[0].leg }).unwrap();
    let (_, removed) = house.wait_for(|event| matches!(event, Event::LegRemoved { .. }));
    let Event::LegRemoved { statistics, .. } = removed else { return };
    assert_eq!((statistics.packets_received, statistics.packets_sent), (25, 25));
    house.settle(&worker);
    assert_eq!(worker.load(), 1);
}

#[test]
fn a_leg_moves_to_another_worker_and_media_flows_on() {
    let house = House::new(2, WorkerConfig::default(), 32_620..=32_639);
    let [first, second] = [&house.workers.handles()[0], &house.workers.handles()[1]];
    let mut phones = house.call(first);
    let mut third = house.phone(second, 3, 700.0);
    phones[0].talk();
    let before = phones[1].listen().0;
    first.send(Command::MoveLeg { leg: phones[1].leg, to: second.clone() }).unwrap();
    // These may overtake the leg.
    hear(second, &phones[1], &third);
    hear(second, &third, &phones[1]);
    house.settle(first);
    house.settle(second);
    third.talk();
    let after = phones[1].listen().0;
    assert_eq!((after.ssrc, after.sequence), (before.ssrc, before.sequence.wrapping_add(1)));
    phones[1].talk();
    third.listen();
    assert_eq!((first.load(), second.load()), (1, 2));
}

#[test]
fn a_recording_is_sealed_when_the_workers_stop() {
    let house = House::new(1, WorkerConfig::default(), 32_640..=32_659);
    let worker = house.workers.pick();
    let mut phones = house.call(&worker);
    let path = scratch("sealed.wav");
    let order = Command::Record {
        recording: RecordingId(5),
        path: path.clone(),
        left: Tapped::Says(phones[0].leg),
        right: Tapped::Says(phones[1].leg),
    };
    worker.send(order).unwrap();
    for _ in 0..25 {
        phones[0].talk();
        phones[1].listen();
    }
    let House { workers, events, .. } = house;
    workers.stop();
    let sealed = events.iter().find_map(|(_, event)| match recording(&event) {
        Some(RecordingEvent::Sealed { path, .. }) => Some(path.clone()),
        _ => None,
    });
    assert_eq!(sealed.as_ref(), Some(&path));
    let samples: Vec<i16> = hound::WavReader::open(&path).unwrap().samples().map(Result::unwrap).collect();
    assert!(samples.iter().step_by(2).any(|&sample| sample.abs() > 7_000));
    assert!(samples.iter().skip(1).step_by(2).all(|&sample| sample == 0));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_disk_that_fails_costs_the_recording_and_not_the_call() {
    let store = StoreOpener(Arc::new(|_| Ok(Box::new(FailsLater { left: 2 }) as Box<dyn Store>)));
    let house = House::new(1, WorkerConfig { store, ..WorkerConfig::default() }, 32_660..=32_679);
    let worker = house.workers.pick();
    let mut phones = house.call(&worker);
    let (left, right) = (Tapped::Says(phones[0].leg), Tapped::Says(phones[1].leg));
    let path = PathBuf::from("unused");
    worker.send(Command::Record { recording: RecordingId(1), path, left, right }).unwrap();
    let (_, event) = house.wait_for(|event| recording(event).is_some());
    assert!(matches!(recording(&event), Some(RecordingEvent::Failed { reason }) if reason.contains("space")));
    phones[0].talk();
    phones[1].listen();
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let house = House::new(1, WorkerConfig::default(), 32_680..=32_699);
    let worker = house.workers.pick();
    let phones = house.call(&worker);
    let path = PathBuf::from("/dev/null/folder/call.wav");
    let (left, right) = (Tapped::Says(phones[0].leg), Tapped::Says(phones[1].leg));
    worker.send(Command::Record { recording: RecordingId(1), path, left, right }).unwrap();
    let (_, event) = house.wait_for(|event| recording(event).is_some());
    assert!(matches!(recording(&event), Some(RecordingEvent::Failed { .. })));
}

#[test]
fn a_disk_that_hangs_overruns_and_the_call_goes_on() {
    let gate = Arc::new(Barrier::new(2));
    let held = gate.clone();
    let store = StoreOpener(Arc::new(move |_| {
        held.wait();
        Ok(Box::new(FailsLater { left: 1_000 }) as Box<dyn Store>)
    }));
    let config = WorkerConfig { store, recorder_ring_packets: 8, ..WorkerConfig::default() };
    let house = House::new(1, config, 32_700..=32_719);
    let worker = house.workers.pick();
    let mut phones = house.call(&worker);
    let (left, right) = (Tapped::Says(phones[0].leg), Tapped::Says(phones[1].leg));
    let path = PathBuf::from("unused");
    worker.send(Command::Record { recording: RecordingId(1), path, left, right }).unwrap();
    for _ in 0..100 {
        phones[0].talk();
        phones[1].listen();
    }
    let overrun = house.wait_for(|event| matches!(recording(event), Some(RecordingEvent::Overrun { .. })));
    assert!(matches!(recording(&overrun.1), Some(RecordingEvent::Overrun { lost_ms: 20.. })));
    gate.wait();
}

#[test]
fn the_mailbox_is_bounded() {
    let block = Arc::new(Barrier::new(2));
    let house = House::new(1, WorkerConfig::default(), 32_720..=32_739);
    let worker = house.workers.pick();
    let held = block.clone();
    worker.send(Command::Statistics { reply: Box::new(move |_| _ = held.wait()) }).unwrap();
    let refused = (0..10_000).find_map(|leg| worker.send(Command::RemoveLeg { leg: LegId(leg) }).err());
    assert_eq!(refused, Some(SendError::MailboxFull));
    block.wait();
}

#[test]
fn ports_are_even_and_their_number_is_bounded() {
    let pool = PortPool::new(LOCAL, Some(IpAddr::from([203, 0, 113, 1])), 32_741..=32_746).unwrap();
    let first = pool.bind().unwrap();
    let second = pool.bind().unwrap();
    assert_eq!((first.rtp_address().port() % 2, pool.capacity()), (0, 2));
    assert_eq!(first.rtcp_address().port(), first.rtp_address().port() + 1);
    assert_eq!(first.rtp_address().ip(), IpAddr::from([203, 0, 113, 1]));
    assert_eq!(pool.bind().unwrap_err().kind(), io::ErrorKind::AddrInUse);
    drop(second);
    assert!(pool.bind().is_ok());
    assert!(PortPool::new(LOCAL, None, 32_741..=32_742).is_err());
}

/// Takes so many writes and is full then.
struct FailsLater {
    left: usize,
}

impl Store for FailsLater {
    fn write_all_at(&mut self, _: &[u8], _: u64) -> io::Result<()> {
        self.left = self.left.checked_sub(1).ok_or(io::Error::from(io::ErrorKind::StorageFull))?;
        Ok(())
    }
}
