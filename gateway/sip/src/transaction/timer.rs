//! The timers of RFC 3261 table 4.

use std::time::{Duration, Instant};

/// T1, T2 and T4.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub t1: Duration,
    pub t2: Duration,
    pub t4: Duration,
}

impl Timing {
    /// 64*T1: timers B, D (32 s at least, which is this at the default T1), F, H, J, L and M.
    pub fn long(&self) -> Duration {
        self.t1 * 64
    }
}

/// Whether the transport repeats lost messages by itself (RFC 3261 §17: some timers are zero then).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reliability {
    Reliable,
    Unreliable,
}

/// What a machine wants when its time has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimerAction {
    Nothing,
    /// Send the last message again.
    Retransmit,
    /// The peer stays silent: tell the user of the transaction, which is over.
    TimedOut,
    /// The transaction is over and nobody needs to know.
    Terminated,
}

/// A message that is repeated at growing intervals.
#[derive(Clone, Copy, Debug)]
pub struct Repeat {
    at: Instant,
    interval: Duration,
    longest: Duration,
}

impl Repeat {
    /// First after T1, then doubling up to `longest`.
    pub fn new(now: Instant, timing: &Timing, longest: Duration) -> Self {
        Self { at: now + timing.t1, interval: timing.t1, longest }
    }

    /// When the next one is due.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Whether one is due; if so, the next one is set.
    pub fn fire(&mut self, now: Instant) -> bool {
        if now < self.at {
            return false;
        }
        self.interval = (self.interval * 2).min(self.longest);
        self.at = now + self.interval;
        true
    }

    /// From now on at the longest interval (RFC 3261 §17.1.2.2: timer E in Proceeding is T2).
    pub fn slow_down(&mut self) {
        self.interval = self.longest;
    }
}

/// The earlier of two times that may not be set.
pub fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
