//! Our Workers as a process of their own: `host-ours MODE CALLS PORT`, routes on its output, ended by the end of its input.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::process::Command;

use ramal_media::command::{Command as Order, LegId, Source};
use ramal_media::io::{PortPool, WorkerConfig, WorkerHandle, Workers};
use ramal_media::leg::{LegSettings, SourcePolicy};
use ramal_media::sdp::{AgreedCodec, Codec, Direction, SrtpKeys};

use super::plan::{self, CalleeKeys, Mode, Route, SUITE, Side};
use super::{OURS_ROLE, Relay};
use crate::error::{BenchError, Outcome, io};
use crate::process::{self, Subject, Usage};

const WHO: &str = "our relay";
/// Ports of the relay, below those that the kernel gives to anybody.
const PORTS: std::ops::RangeInclusive<u16> = 10_000..=19_999;
/// Calls that are set up before the Worker is waited for: its mailbox is bounded.
const CALLS_A_BREATH: usize = 100;
/// Media threads.
const WORKERS: usize = 1;

/// Our side of the comparison.
#[derive(Default)]
pub struct Ours {
    process: Option<Subject>,
}

impl Relay for Ours {
    fn set_up(&mut self, mode: Mode, calls: usize, port: u16) -> Outcome<Vec<Route>> {
        let mut process =
            start_role(WHO, OURS_ROLE, &[mode.name().to_owned(), calls.to_string(), port.to_string()])?;
        let mut routes = read_routes(WHO, &process.line()?)?;
        if mode == Mode::Sdes {
            for (call, route) in routes.iter_mut().enumerate() {
                route.keys =
                    Some(CalleeKeys { send: plan::callee_key(call)?, receive: plan::relay_key(call)? });
            }
        }
        self.process = Some(process);
        Ok(routes)
    }

    fn usage(&self) -> Outcome<Usage> {
        self.process.as_ref().map_or_else(|| Ok(Usage::default()), Subject::usage)
    }

    fn tear_down(&mut self) -> Outcome<()> {
        let ended = self.process.take().map(Subject::finish).transpose()?;
        match ended {
            Some((false, _)) => Err(BenchError::subject(WHO, "ended badly")),
            Some((true, _)) | None => Ok(()),
        }
    }
}

/// The role itself.
///
/// # Errors
/// Wrong arguments; no ports; a media thread that is gone.
pub fn host(arguments: &[String]) -> Outcome<()> {
    let [mode, calls, port] = arguments else { return Err(BenchError::usage("host-ours MODE CALLS PORT")) };
    let (mode, calls, port) = (Mode::from_name(mode)?, number(calls)?, number(port)? as u16);
    process::raise_file_limit();
    let ports = PortPool::new(IpAddr::V4(Ipv4Addr::LOCALHOST), None, PORTS).map_err(io("ports"))?;
    let workers = Workers::start(WORKERS, WorkerConfig::default(), |_, _| {}).map_err(io("media threads"))?;
    let worker = workers.pick();
    let mut routes = Vec::new();
    for call in 0..calls {
        let mut to = [SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0); 2];
        for side in Side::ALL {
            let sockets = ports.bind().map_err(io("ports"))?;
            let SocketAddr::V4(address) = sockets.rtp_address() else { continue };
            to[side as usize] = address;
            send(&worker, Order::AddLeg { leg: leg(call, side), sockets })?;
        }
        for side in Side::ALL {
            let settings = Box::new(settings(mode, call, side, port)?);
            send(&worker, Order::Configure { leg: leg(call, side), settings })?;
        }
        let hear = |from, to| Order::Hear { leg: leg(call, to), source: Source::Leg(leg(call, from)) };
        send(&worker, hear(Side::Caller, Side::Callee))?;
        send(&worker, hear(Side::Callee, Side::Caller))?;
        routes.push(to);
        if routes.len().is_multiple_of(CALLS_A_BREATH) {
            settle(&worker)?;
        }
    }
    settle(&worker)?;
    println!("{}", write_routes(&routes));
    wait_for_end_of_input()
}

/// Starts this program in another role.
pub(super) fn start_role(who: &'static str, role: &str, arguments: &[String]) -> Outcome<Subject> {
    let program = std::env::current_exe().map_err(io(who))?;
    Subject::start(who, Command::new(program).arg(role).args(arguments))
}

/// One line: the two addresses of each call, all separated by spaces.
pub(super) fn write_routes(routes: &[[SocketAddrV4; 2]]) -> String {
    let words: Vec<_> = routes.iter().flatten().map(SocketAddrV4::to_string).collect();
    words.join(" ")
}

/// Reads that line.
pub(super) fn read_routes(who: &'static str, line: &str) -> Outcome<Vec<Route>> {
    let addresses: Result<Vec<SocketAddrV4>, _> = line.split_whitespace().map(str::parse).collect();
    let addresses = addresses.map_err(|error| BenchError::subject(who, error.to_string()))?;
    let route = |pair: &[SocketAddrV4]| Route { caller_to: pair[0], callee_to: pair[1], keys: None };
    Ok(addresses.chunks_exact(2).map(route).collect())
}

/// The parent holds the other end of our input until it needs us no more.
pub(super) fn wait_for_end_of_input() -> Outcome<()> {
    std::io::stdin().read_to_end(&mut Vec::new()).map(drop).map_err(io("input"))
}

/// A number of the command line.
pub(super) fn number(text: &str) -> Outcome<usize> {
    text.parse().map_err(|_| BenchError::usage(format!("`{text}` is no number")))
}

fn leg(call: usize, side: Side) -> LegId {
    LegId((call * plan::SIDES + side as usize) as u64)
}

/// As an offer/answer of G.711 with symmetric RTP would have decided.
fn settings(mode: Mode, call: usize, side: Side, port: u16) -> Outcome<LegSettings> {
    let remote = SocketAddr::from((plan::address(call, side), port));
    let srtp = match (mode, side) {
        (Mode::Sdes, Side::Callee) => {
            Some(SrtpKeys { send: plan::relay_key(call)?, receive: plan::callee_key(call)?, suite: SUITE })
        }
        (Mode::Plain, _) | (Mode::Sdes, Side::Caller) => None,
    };
    Ok(LegSettings {
        remote_rtp: remote,
        remote_rtcp: SocketAddr::new(remote.ip(), port.wrapping_add(1)),
        rtcp_mux: false,
        codecs: vec![AgreedCodec { codec: Codec::pcmu(), send_pt: 0, receive_pt: 0 }],
        dtmf: Some(Codec::telephone_event(101, 8_000).into()),
        direction: Direction::SendRecv,
        ptime_ms: 20,
        srtp,
        webrtc: None,
        video: None,
        source_policy: SourcePolicy::LearnAndLock,
        media_timeout_ms: 30_000,
    })
}

fn send(worker: &WorkerHandle, order: Order) -> Outcome<()> {
    worker.send(order).map_err(|error| BenchError::subject(WHO, error.to_string()))
}

/// Waits until the Worker has done all that it was sent.
fn settle(worker: &WorkerHandle) -> Outcome<()> {
    let (done, wait) = std::sync::mpsc::channel();
    let reply = Box::new(move |_| {
        // The other end waits below.
        let _ = done.send(());
    });
    send(worker, Order::Statistics { reply })?;
    wait.recv().map_err(|_| BenchError::subject(WHO, "its media thread is gone"))
}
