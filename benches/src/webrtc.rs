//! Browsers beneath Legs: what a forwarded packet costs the engine, and what a Leg weighs; then the whole program. The engine has no sockets here: the two system
//! calls of a packet are the floor of the relay bench. The floor here is opening and sealing the same packet with our own SRTP.

mod node;
mod tab;

use std::time::Duration;

use ramal_media::srtp::{Context, MasterKey, RTP_OVERHEAD_BYTES, Suite};

use crate::error::{BenchError, Outcome};
use crate::frame::{Bench, Figure, Options};

use node::Floor;
use tab::{House, Listener};

/// See the module.
pub const BENCH: Bench = Bench {
    name: "webrtc",
    about: "browsers: a forwarded packet, a Leg at rest, calls of the whole program",
    run,
};

/// Calls at once, unless `BENCH_CALLS` says otherwise.
const CALLS: usize = 50;
/// Packets of each call in one sample.
const PACKETS: usize = 20;
/// Least number of samples, however short the window.
const MIN_SAMPLES: usize = 20;
/// Header and 20 ms of G.711.
const PACKET_BYTES: usize = 172;
/// Packets of a call in a second, both ways.
const PACKETS_PER_SECOND: f64 = 100.0;

fn run(options: &Options) -> Outcome<Vec<Figure>> {
    let calls = options.calls.as_ref().and_then(|calls| calls.first().copied()).unwrap_or(CALLS);
    let floor_us = floor(options.window / 4)?;
    let mut figures = Vec::new();
    let mut leg_kib = 0.0;
    for (name, listener) in
        [("browser to browser", Listener::Browser), ("browser to plain RTP", Listener::Phone)]
    {
        let mut house = House::new(calls, listener)?;
        let cost_us = house.cost_us(options.window / 2, PACKETS, MIN_SAMPLES)?;
        let title = format!("{name}, {calls} calls: engine, a forwarded packet");
        figures.push(Figure::new(title, cost_us, "µs").floor(floor_us));
        let calls_a_core = 1e6 / (cost_us * PACKETS_PER_SECOND);
        figures.push(Figure::new(format!("{name}: calls a core, without sockets"), calls_a_core, "calls"));
        if listener == Listener::Browser {
            leg_kib = house.weight_kib();
            figures.push(Figure::new("a connected browser Leg", leg_kib, "KiB"));
        }
    }
    figures.extend(node::run(options, &Floor { srtp_us: floor_us, leg_kib })?);
    Ok(figures)
}

/// Median of opening and sealing one packet, in µs of this thread's CPU.
fn floor(window: Duration) -> Outcome<f64> {
    let suite = Suite::AesCm128HmacSha1_80;
    let key =
        |byte| MasterKey::new(suite, &[byte; 30]).map_err(|_| BenchError::subject("SRTP", "refuses its key"));
    let context =
        |key: &MasterKey| Context::new(suite, key).map_err(|_| BenchError::subject("SRTP", "refuses"));
    let (theirs, ours) = (key(1)?, key(2)?);
    let (mut sender, mut receiver, mut out) = (context(&theirs)?, context(&theirs)?, context(&ours)?);
    let mut sequence = 0_u16;
    tab::median_us(window, MIN_SAMPLES, &mut || {
        let mut sealed = Vec::new();
        for _ in 0..1_000 {
            sequence = sequence.wrapping_add(1);
            let header = ramal_media::rtp::Header::new(0, sequence, u32::from(sequence) * 160, 7);
            let mut packet = [&header.to_bytes()[..], &[0x55; PACKET_BYTES - 12]].concat();
            packet.resize(PACKET_BYTES + RTP_OVERHEAD_BYTES, 0);
            let length = sender.protect_rtp(&mut packet, PACKET_BYTES).unwrap_or(0);
            sealed.push((packet, length));
        }
        let started = tab::thread_cpu();
        for (packet, length) in &mut sealed {
            let plain = receiver.unprotect_rtp(packet, *length).unwrap_or(0);
            let _ = out.protect_rtp(packet, plain);
        }
        (tab::thread_cpu() - started, sealed.len())
    })
}
