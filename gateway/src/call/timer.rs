//! The deadlines of all Calls, earliest first. A deadline that no longer applies is dropped when it
//! fires: the Call compares its token.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use crate::model::CallId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// The call has lasted as long as any may.
    MaxDuration,
    /// The ringing of dial number `token` has lasted long enough.
    NoAnswer,
    /// The PIN of a conference was asked for with `token`, and has not come.
    Pin,
    /// Ask a silent party whether it is still there.
    Probe,
    /// The machine of a trunk that was asked with Leg `token` may have said nothing at all.
    Silent,
    /// Final statistics did not come: write the CDR without them.
    Statistics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    pub call: CallId,
    pub deadline: Deadline,
    pub token: u64,
}

/// Deadlines of ended Calls are swept out when there are more than this, and twice as many as after the
/// sweep before: the longest of them would stay for hours.
const SWEEP_MIN: usize = 4_096;

#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Due)>>,
    left_by_sweep: usize,
}

impl Timers {
    /// Called when a Call has ended.
    pub fn sweep(&mut self, is_live: impl Fn(CallId) -> bool) {
        if self.heap.len() > SWEEP_MIN.max(2 * self.left_by_sweep) {
            self.heap.retain(|Reverse((_, due))| is_live(due.call));
            self.left_by_sweep = self.heap.len();
        }
    }

    pub fn set(&mut self, at: Instant, due: Due) {
        self.heap.push(Reverse((at, due)));
    }

    pub fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    pub fn pop(&mut self, now: Instant) -> Option<Due> {
        match self.heap.peek() {
            Some(Reverse((at, _))) if *at <= now => self.heap.pop().map(|Reverse((_, due))| due),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn deadlines_of_ended_calls_do_not_pile_up() {
        let mut timers = Timers::default();
        let now = Instant::now();
        let lives = CallId::new(0, [0; 10]);
        timers.set(now, Due { call: lives, deadline: Deadline::MaxDuration, token: 0 });
        for count in 0..100_000_u64 {
            let call = CallId::new(1, [1; 10]);
            timers.set(
                now + Duration::from_secs(count),
                Due { call, deadline: Deadline::MaxDuration, token: 0 },
            );
            timers.sweep(|id| id == lives);
        }
        assert!(timers.heap.len() <= SWEEP_MIN + 1, "{} deadlines", timers.heap.len());
        assert_eq!(timers.pop(now).map(|due| due.call), Some(lives));
    }
}
