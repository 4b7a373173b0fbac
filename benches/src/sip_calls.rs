//! Calls through the whole gateway: sipp as a carrier, sipp as a registered phone, `ramal serve` between them on one core.

mod gateway;
mod phone;
mod sipp;

use std::time::Duration;

use crate::error::{BenchError, Outcome};
use crate::frame::{Aim, Bench, Figure, Options};
use gateway::Gateway;
use sipp::{Carrier, Phone};

/// See the module.
pub const BENCH: Bench =
    Bench { name: "sip_calls", about: "calls a second through the gateway on one core", run };

/// Tried one after the other until one fails.
const RATES: [u32; 12] = [100, 200, 300, 400, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_500];
/// A rate counts when sipp itself kept it up so far.
const KEPT_UP: f64 = 0.95;
/// Of a call in the rate trials, so that some hundred are up at once.
const TALK: Duration = Duration::from_millis(200);
/// CPU a call is told at these rates: waking up costs more a call when calls are few.
const CPU_RATES: [u32; 2] = [300, 1_000];
const CPU_AIM_MS: f64 = 0.5;
/// Calls that are held for the memory figure.
const HELD: u32 = 1_000;
const HELD_RATE: u32 = 100;
/// They are all up while the first is still held.
const HOLD: Duration = Duration::from_secs(20);

fn run(options: &Options) -> Outcome<Vec<Figure>> {
    let held_kib = held_memory()?;
    let trials = rate_trials(options.window)?;
    let mut figures = vec![
        Figure::new("calls a second, all answered", f64::from(trials.best), "1/s").aim(Aim::AtLeast(1_500.0)),
    ];
    for (rate, cpu_ms) in trials.cpu_ms {
        let name = format!("CPU a call set up and torn down, at {rate}/s");
        figures.push(Figure::new(name, cpu_ms, "ms").aim(Aim::AtMost(CPU_AIM_MS)));
    }
    figures.push(Figure::new("resident memory a held call", held_kib, "KiB").aim(Aim::AtMost(60.0)));
    Ok(figures)
}

#[derive(Default)]
struct Trials {
    best: u32,
    /// By rate.
    cpu_ms: Vec<(u32, f64)>,
}

/// On a node of its own, since memory that others have used and given back would hide what a call needs.
fn held_memory() -> Outcome<f64> {
    let node = Gateway::start()?;
    let _phone = Phone::start(&node)?;
    // One call first, so that what is made once is not counted.
    Carrier::start(&node, 1, 1, TALK)?.finish()?;
    let before = node.usage()?.resident_kib;
    let carrier = Carrier::start(&node, HELD_RATE, HELD, HOLD)?;
    std::thread::park_timeout(Duration::from_secs(u64::from(HELD / HELD_RATE) + 5));
    let calls = node.calls()?;
    let after = node.usage()?.resident_kib;
    if calls < HELD as usize {
        return Err(BenchError::subject("gateway", format!("holds {calls} calls of {HELD}")));
    }
    let end = carrier.finish()?;
    if end.failed > 0 {
        return Err(BenchError::subject("gateway", format!("{} of {HELD} held calls failed", end.failed)));
    }
    Ok(after.saturating_sub(before) as f64 / f64::from(HELD))
}

fn rate_trials(window: Duration) -> Outcome<Trials> {
    let node = Gateway::start()?;
    let _phone = Phone::start(&node)?;
    let mut trials = Trials::default();
    for rate in RATES {
        let calls = (f64::from(rate) * window.as_secs_f64()) as u32;
        let before = node.usage()?.cpu;
        let end = Carrier::start(&node, rate, calls, TALK)?.finish()?;
        let cpu_ms = (node.usage()?.cpu - before).as_secs_f64() * 1e3 / f64::from(calls);
        eprintln!(
            "{rate}/s: {} answered, {} failed, {} sent again, {:.0}/s kept up, {cpu_ms:.2} ms of CPU a call",
            end.answered, end.failed, end.retransmissions, end.rate
        );
        if end.answered < u64::from(calls) || end.failed > 0 || end.rate < f64::from(rate) * KEPT_UP {
            break;
        }
        trials.best = rate;
        if CPU_RATES.contains(&rate) {
            trials.cpu_ms.push((rate, cpu_ms));
        }
    }
    Ok(trials)
}
