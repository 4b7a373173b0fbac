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
    /// Ask a silent party whether it is still there.
    Probe,
    /// Final statistics did not come: write the CDR without them.
    Statistics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    pub call: CallId,
    pub deadline: Deadline,
    pub token: u64,
}

#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Due)>>,
}

impl Timers {
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
