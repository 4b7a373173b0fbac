//! Forwarding of G.711 in packets of 20 ms: ours, rtpengine's and a bare receive-and-send loop's, in turns.
//!
//! A call is two streams of 50 packets a second through the relay. `sdes`: the caller is plain, the callee has SRTP
//! (AES_CM_128_HMAC_SHA1_80), so that each packet is either encrypted or decrypted.

mod bencode;
pub mod floor;
mod histogram;
mod load;
pub mod ours;
mod plan;
mod rtpengine;
mod stream;
pub mod wire;

use crate::error::Outcome;
use crate::frame::{Aim, Bench, Figure, Options};
use load::{Load, Measured};
use plan::{Mode, Route};
use rtpengine::Rtpengine;

/// See the module.
pub const BENCH: Bench =
    Bench { name: "relay", about: "forwarding, beside rtpengine in user space and a bare loop", run };

/// The role in which this program is the relay under measurement.
pub const OURS_ROLE: &str = "host-ours";
/// The role in which it is the bare loop.
pub const FLOOR_ROLE: &str = "host-floor";

/// Calls at once, unless the caller says otherwise.
const CALLS: [usize; 4] = [50, 200, 500, 800];
/// Turns that share the window, so that a busy neighbour hits all three alike.
const TURNS: u32 = 2;
/// Share of the peer's CPU that we want to stay below.
const CPU_AIM: f64 = 0.5;
/// Latency that 99 of 100 packets stay below, in milliseconds.
const LATENCY_AIM_MS: f64 = 1.0;

/// Who forwards.
trait Relay {
    /// Sets calls up between the two ports of the load.
    fn set_up(&mut self, mode: Mode, calls: usize, port: u16) -> Outcome<Vec<Route>>;
    /// What its process has used until now.
    fn usage(&self) -> Outcome<crate::process::Usage>;
    /// Ends the calls.
    fn tear_down(&mut self) -> Outcome<()>;
}

fn run(options: &Options) -> Outcome<Vec<Figure>> {
    let mut peer = Rtpengine::start()?;
    let mut figures = Vec::new();
    for mode in [Mode::Plain, Mode::Sdes] {
        for &calls in options.calls.as_deref().unwrap_or(&CALLS) {
            figures.extend(compare(options, &mut peer, mode, calls)?);
        }
    }
    Ok(figures)
}

fn compare(options: &Options, peer: &mut Rtpengine, mode: Mode, calls: usize) -> Outcome<Vec<Figure>> {
    let window = options.window / TURNS;
    let mut sums = [Measured::default(), Measured::default(), Measured::default()];
    for _ in 0..TURNS {
        // The floor has no ciphers: it forwards whatever comes.
        let mut bare = floor::Floor::default();
        let mut ours = ours::Ours::default();
        let relays: [(&mut dyn Relay, Mode); 3] = [(&mut bare, Mode::Plain), (&mut ours, mode), (peer, mode)];
        for ((relay, mode), sum) in relays.into_iter().zip(&mut sums) {
            sum.add(measure(relay, mode, calls, window)?);
        }
    }
    let [floor, ours, theirs] = sums;
    eprintln!("{} {calls}: floor {floor}", mode.name());
    eprintln!("{} {calls}: ours {ours}", mode.name());
    eprintln!("{} {calls}: {} {theirs}", mode.name(), peer.name());
    Ok(figures(mode, calls, peer.name(), [&floor, &ours, &theirs]))
}

fn measure(
    relay: &mut dyn Relay,
    mode: Mode,
    calls: usize,
    window: std::time::Duration,
) -> Outcome<Measured> {
    let mut load = Load::open()?;
    let routes = relay.set_up(mode, calls, load.port())?;
    let measured = load.run(mode, &routes, window, &mut || relay.usage());
    relay.tear_down()?;
    measured
}

fn figures(mode: Mode, calls: usize, peer: &str, sums: [&Measured; 3]) -> Vec<Figure> {
    let title = |what: &str| format!("{}, {calls} calls: {what}", mode.name());
    let three = |what: &str, unit, of: &dyn Fn(&Measured) -> f64| {
        let [floor, ours, theirs] = sums.map(of);
        Figure::new(title(what), ours, unit).floor(floor).peer(peer, theirs)
    };
    vec![
        three("CPU a packet", "µs", &Measured::cpu_us_per_packet).aim(Aim::OfPeer(CPU_AIM)),
        three("latency p50", "ms", &|sum| sum.latency.quantile_ms(0.50)),
        three("latency p99", "ms", &|sum| sum.latency.quantile_ms(0.99)).aim(Aim::AtMost(LATENCY_AIM_MS)),
        three("packets lost", "", &|sum| sum.lost() as f64).aim(Aim::AtMost(0.0)),
    ]
}
