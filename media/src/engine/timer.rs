//! Deadlines of all Legs of one engine, with their reasons.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::LegIndex;

/// Why the engine wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The next packet of a prompt or tone.
    Play,
    /// The next packet of an RFC 4733 event that we send.
    DtmfSend,
    /// An incoming event whose end may be lost.
    DtmfReceive,
    /// RTCP report and quality event.
    Report,
    /// Nothing may have come for too long.
    Media,
    /// Counts that were held back to keep their events rare.
    Notice,
    /// What ICE, DTLS, SRTP and pacing of a browser want.
    Browser,
    /// The next packet of comfort, while a browser is away.
    Comfort,
    /// A browser may have vanished.
    Quiet,
    /// The next 20 ms of a room; the deadline is the room's, not a Leg's.
    Room,
}

/// Number of [`Reason`]s.
pub(super) const REASONS: usize = 10;

/// The deadlines of one Leg as they are now; an entry of the heap that differs has been overtaken.
pub(super) type Deadlines = [Option<Instant>; REASONS];

#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, LegIndex, Reason)>>,
}

impl Timers {
    /// Sets or clears one deadline. An unchanged one costs nothing.
    pub(super) fn set(
        &mut self,
        deadlines: &mut Deadlines,
        leg: LegIndex,
        reason: Reason,
        at: Option<Instant>,
    ) {
        let Some(slot) = deadlines.get_mut(reason as usize) else { return };
        if *slot == at {
            return;
        }
        *slot = at;
        if let Some(at) = at {
            self.heap.push(Reverse((at, leg, reason)));
        }
    }

    /// The first entry, overtaken or not.
    pub(super) fn next(&self) -> Option<(Instant, LegIndex, Reason)> {
        self.heap.peek().map(|&Reverse(entry)| entry)
    }

    pub(super) fn pop(&mut self) {
        self.heap.pop();
    }
}
