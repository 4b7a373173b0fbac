//! Browsers at a running Worker: loopback sockets, real time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod tabs;

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ramal_media::command::{Command, Source};
use ramal_media::event::Event;
use ramal_media::io::{BrowserAddress, IceTcp, WebRtcConfig, WorkerConfig, WorkerHandle, Workers};
use ramal_media::leg::webrtc::Road;
use ramal_media::webrtc::CandidateTransport;
use ramal_media::webrtc::certificate::DtlsCertificate;

use tabs::{Sight, Tab, id};

const DEADLINE: Duration = Duration::from_secs(60);
const FRAME: Duration = Duration::from_millis(20);

/// How a tab reaches the Worker.
enum Link {
    Udp(UdpSocket),
    /// With what came and is no whole frame yet.
    Tcp(TcpStream, Vec<u8>),
}

struct House {
    workers: Workers,
    events: Receiver<Event>,
}

impl House {
    fn new() -> Self {
        let (tell, events) = channel();
        let address = BrowserAddress { bind: IpAddr::V4(Ipv4Addr::LOCALHOST), advertise: None };
        let webrtc = WebRtcConfig {
            addresses: vec![address],
            first_port: 0,
            tcp: IceTcp::Listen,
            certificate: DtlsCertificate::generate().unwrap(),
        };
        let config = WorkerConfig { webrtc: Some(webrtc), ..WorkerConfig::default() };
        let workers = Workers::start(1, config, move |_, event| drop(tell.send(event))).unwrap();
        Self { workers, events }
    }

    fn worker(&self) -> &WorkerHandle {
        &self.workers.handles()[0]
    }

    fn address(&self, transport: CandidateTransport) -> SocketAddr {
        let candidates = &self.worker().webrtc().unwrap().candidates;
        candidates.iter().find(|candidate| candidate.transport == transport).unwrap().address
    }

    /// A tab that hears itself.
    fn open(&self, leg: usize, transport: CandidateTransport) -> (Tab, Link) {
        let gateway = self.address(transport);
        let (link, address, road) = match transport {
            CandidateTransport::Udp => {
                let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
                socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
                socket.connect(gateway).unwrap();
                let address = socket.local_addr().unwrap();
                (Link::Udp(socket), address, Road::Udp(0))
            }
            CandidateTransport::Tcp => {
                let stream = TcpStream::connect(gateway).unwrap();
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
                let address = stream.local_addr().unwrap();
                (Link::Tcp(stream, Vec::new()), address, Road::Tcp(0))
            }
        };
        let now = Instant::now();
        let mut tab = Tab::new(now, leg, 0, Sight::Audio, road);
        (tab.address, tab.gateway) = (address, gateway);
        let agreed = tab.agreed();
        let worker = self.worker();
        worker.send(Command::AddBrowserLeg { leg: id(leg), ice: agreed.local_ice.clone() }).unwrap();
        worker.send(Command::Configure { leg: id(leg), settings: Box::new(tab.settings()) }).unwrap();
        worker.send(Command::Hear { leg: id(leg), source: Source::Leg(id(leg)) }).unwrap();
        tab.dial(now, &agreed, worker.webrtc().unwrap().fingerprint);
        (tab, link)
    }
}

impl Link {
    fn send(&mut self, packet: &[u8]) {
        match self {
            Self::Udp(socket) => drop(socket.send(packet)),
            Self::Tcp(stream, _) => {
                let frame = [&(packet.len() as u16).to_be_bytes()[..], packet].concat();
                // Never whole: what is half there must wait for its rest.
                let (head, rest) = frame.split_at(frame.len() / 2);
                stream.write_all(head).unwrap();
                stream.write_all(rest).unwrap();
            }
        }
    }

    /// What comes within two milliseconds.
    fn receive(&mut self) -> Vec<Vec<u8>> {
        let mut buffer = [0; 2_048];
        match self {
            Self::Udp(socket) => match socket.recv(&mut buffer) {
                Ok(length) => vec![buffer[..length].to_vec()],
                Err(_) => Vec::new(),
            },
            Self::Tcp(stream, rest) => {
                if let Ok(length) = stream.read(&mut buffer) {
                    rest.extend_from_slice(&buffer[..length]);
                }
                let mut frames = Vec::new();
                while let Some((prefix, after)) = rest.split_first_chunk::<2>() {
                    let length = usize::from(u16::from_be_bytes(*prefix));
                    let Some(frame) = after.get(..length) else { break };
                    frames.push(frame.to_vec());
                    rest.drain(..2 + length);
                }
                frames
            }
        }
    }
}

/// Until it is done, with a frame of the tab's voice every 20 ms.
fn run(tab: &mut Tab, link: &mut Link, what: &str, done: impl Fn(&Tab) -> bool) {
    let end = Instant::now() + DEADLINE;
    let mut next_frame = Instant::now();
    while !done(tab) {
        let now = Instant::now();
        assert!(now < end, "not in time: {what}");
        tab.tick(now);
        if now >= next_frame {
            next_frame += FRAME;
            tab.talk(now);
        }
        while let Some(packet) = tab.wire.pop_front() {
            link.send(&packet);
        }
        for packet in link.receive() {
            tab.handle(Instant::now(), &packet);
        }
    }
}

fn hears_itself(transport: CandidateTransport) {
    let house = House::new();
    let (mut tab, mut link) = house.open(0, transport);
    run(&mut tab, &mut link, "connected", |tab| tab.connected);
    tab.speak(440.0);
    run(&mut tab, &mut link, "half a second of the tone", |tab| {
        tab.heard().len() >= 4_000 && tab.hears(440.0) > 7_000.0
    });
    let told: Vec<Event> = house.events.try_iter().collect();
    assert!(told.contains(&Event::BrowserConnected { leg: id(0) }), "{told:?}");
    house.worker().send(Command::RemoveLeg { leg: id(0) }).unwrap();
    let removed = |event: &Event| matches!(event, Event::LegRemoved { .. });
    while !removed(&house.events.recv_timeout(DEADLINE).unwrap()) {}
    assert_eq!(house.worker().load(), 0);
}

#[test]
fn a_browser_at_a_udp_socket_hears_itself() {
    hears_itself(CandidateTransport::Udp);
}

#[test]
fn a_browser_behind_a_firewall_comes_by_tcp_in_pieces() {
    hears_itself(CandidateTransport::Tcp);
}

#[test]
fn connections_that_speak_no_ice_tcp_disturb_nobody() {
    let house = House::new();
    let gateway = house.address(CandidateTransport::Tcp);
    let (mut tab, mut link) = house.open(0, CandidateTransport::Tcp);
    run(&mut tab, &mut link, "connected", |tab| tab.connected);
    // A frame longer than any datagram: closed at once.
    let mut liar = TcpStream::connect(gateway).unwrap();
    liar.write_all(&[0xFF; 64]).unwrap();
    liar.set_read_timeout(Some(DEADLINE)).unwrap();
    assert!(matches!(liar.read(&mut [0; 8]), Ok(0) | Err(_)), "the Worker hangs up");
    // Half a frame and nothing more; frames of nobody.
    let mut half = TcpStream::connect(gateway).unwrap();
    half.write_all(&[2, 0, 1]).unwrap();
    let mut stranger = TcpStream::connect(gateway).unwrap();
    for _ in 0..200 {
        stranger.write_all(&[0, 4, 0x80, 0, 0, 1]).unwrap();
    }
    tab.speak(440.0);
    run(&mut tab, &mut link, "the tone", |tab| tab.heard().len() >= 4_000 && tab.hears(440.0) > 7_000.0);
}

#[test]
fn a_leg_for_browsers_is_refused_where_none_can_come_in() {
    let (tell, events) = channel();
    let workers = Workers::start(1, WorkerConfig::default(), move |_, event| drop(tell.send(event))).unwrap();
    let worker = &workers.handles()[0];
    assert!(worker.webrtc().is_none());
    let ice = tabs::local_ice(0, 0);
    worker.send(Command::AddBrowserLeg { leg: id(0), ice }).unwrap();
    let event = events.recv_timeout(DEADLINE).unwrap();
    assert!(matches!(event, Event::LegRemoved { leg, .. } if leg == id(0)));
    assert_eq!(worker.load(), 0);
}
