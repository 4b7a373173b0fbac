//! The load: every stream one packet in 20 ms, spread over slots of 1 ms; what comes back is counted and timed.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::histogram::Histogram;
use super::plan::{self, Mode, Route, SIDES, Side};
use super::stream::{self, Stream};
use super::wire::Wire;
use crate::error::{BenchError, Outcome, io};
use crate::process::Usage;

/// Slots of one packet interval, 1 ms each.
const SLOTS: u64 = 20;
const SLOT_NS: u64 = 1_000_000;
/// Before the window: sources are learnt, caches are warm.
const WARM_UP_SLOTS: u64 = 1_500;
/// After it: the last packets are on their way.
const LINGER_SLOTS: u64 = 200;

/// See the module.
pub struct Load {
    wire: Wire,
    port: u16,
}

/// What one relay did in one window or several.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub sent: u64,
    pub received: u64,
    /// Came back damaged, undecryptable or at a wrong end.
    pub wrong: u64,
    pub cpu: Duration,
    pub latency: Histogram,
    /// How late the load itself was at worst: above a few milliseconds the machine is too busy to judge latency.
    pub late: Duration,
}

impl Measured {
    /// Adds another window of the same kind.
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.wrong += other.wrong;
        self.cpu += other.cpu;
        self.latency.add(&other.latency);
        self.late = self.late.max(other.late);
    }

    /// Sent and not come back.
    pub fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.received)
    }

    /// User and system time of the relay a packet that it forwarded.
    pub fn cpu_us_per_packet(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.received.max(1) as f64
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantile = |share| self.latency.quantile_ms(share);
        write!(
            f,
            "{:.2} µs a packet, p50 {:.3} ms, p99 {:.3} ms, p99.9 {:.3} ms, {} of {} lost, {} wrong, load late by {:.1} ms at most",
            self.cpu_us_per_packet(),
            quantile(0.5),
            quantile(0.99),
            quantile(0.999),
            self.lost(),
            self.sent,
            self.wrong,
            self.late.as_secs_f64() * 1e3,
        )
    }
}

impl Load {
    /// Opens the socket of all ends.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn open() -> Outcome<Self> {
        let wire = Wire::open().map_err(io("socket of the load"))?;
        let port = wire.port().map_err(io("socket of the load"))?;
        Ok(Self { wire, port })
    }

    /// The port of all ends.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends for the warm-up and the window; `usage` is asked at both ends of the window.
    ///
    /// # Errors
    /// The relay is gone, keys do not fit, or nothing came back at all.
    pub fn run(
        &mut self,
        mode: Mode,
        routes: &[Route],
        window: Duration,
        usage: &mut dyn FnMut() -> Outcome<Usage>,
    ) -> Outcome<Measured> {
        debug_assert!(
            stream::is_of(mode, routes),
            "keys where there should be none, or none where there should be"
        );
        let mut streams = stream::streams(routes)?;
        let mut measured = Measured::default();
        // Whole packet intervals, so that every stream sends equally often.
        let slots = (window.as_millis() as u64).next_multiple_of(SLOTS);
        let (from, to) = (WARM_UP_SLOTS, WARM_UP_SLOTS + slots);
        let mut before = Usage::default();
        let start = clock_ns(libc::CLOCK_MONOTONIC);
        for slot in 0..to + LINGER_SLOTS {
            let late_ns = sleep_until(start + slot * SLOT_NS);
            if slot == from {
                before = usage()?;
            }
            if slot == to {
                measured.cpu = usage()?.cpu.saturating_sub(before.cpu);
            }
            self.receive(&mut streams, &mut measured);
            if slot < to {
                let counts = slot >= from;
                let sent = self.send(&mut streams, slot % SLOTS, counts)?;
                if counts {
                    measured.sent += sent;
                    measured.late = measured.late.max(Duration::from_nanos(late_ns));
                }
            }
        }
        self.receive(&mut streams, &mut measured);
        if measured.received == 0 {
            return Err(BenchError::subject("relay", "no packet came through"));
        }
        Ok(measured)
    }

    fn send(&mut self, streams: &mut [Stream], slot: u64, counts: bool) -> Outcome<u64> {
        let mut sent = 0;
        let now = wall_ns();
        for (number, stream) in streams.iter_mut().enumerate().skip(slot as usize).step_by(SLOTS as usize) {
            let length = stream.write(now, counts, self.wire.next_buffer())?;
            self.wire.push(plan::address(number / SIDES, Side::ALL[number % SIDES]), stream.to, length);
            sent += 1;
        }
        self.wire.flush();
        Ok(sent)
    }

    fn receive(&mut self, streams: &mut [Stream], measured: &mut Measured) {
        self.wire.drain(|arrived| {
            let stream = plan::stream_of(arrived.at).and_then(|number| streams.get_mut(number));
            // RTCP of the relay comes to the same port when it has agreed to rtcp-mux; it is not what is counted.
            let stamp = stream.and_then(|stream| stream.read(arrived.packet, arrived.length));
            match stamp {
                Some(stamp) if stamp.counts => {
                    measured.received += 1;
                    measured.latency.record(arrived.time_ns.saturating_sub(stamp.sent_ns));
                }
                Some(_) => {}
                None => measured.wrong += 1,
            }
        });
    }
}

/// Sleeps until this time of the monotonic clock; returns how much later it is.
fn sleep_until(at_ns: u64) -> u64 {
    let at = libc::timespec {
        tv_sec: (at_ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (at_ns % 1_000_000_000) as libc::c_long,
    };
    // SAFETY: `at` lives during the call; nothing is asked to be written.
    unsafe {
        libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &raw const at, std::ptr::null_mut())
    };
    clock_ns(libc::CLOCK_MONOTONIC).saturating_sub(at_ns)
}

fn clock_ns(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is written only during the call.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The clock of the kernel's receive times.
fn wall_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64
}
