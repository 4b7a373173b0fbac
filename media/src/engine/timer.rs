//! Deadlines of all Legs of one engine, with their reasons.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::LegIndex;

/// What cannot be heard falls on moments so far apart, from the engine's start on: one wake-up serves all that is due by then. A
/// whole number of frames, so that where Legs tick it costs no wake-up of its own.
pub(super) const CALM_RASTER: Duration = Duration::from_millis(100);

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

/// The first moment from `at` on that is a whole number of steps after `start`.
pub(super) fn raster_after(start: Instant, step: Duration, at: Instant) -> Instant {
    let since = at.saturating_duration_since(start).as_nanos();
    let rest = since.next_multiple_of(step.as_nanos().max(1)) - since;
    at.max(start) + Duration::from_nanos(u64::try_from(rest).unwrap_or(0))
}

/// The same for what cannot be heard.
pub(super) fn calm_after(start: Instant, at: Instant) -> Instant {
    raster_after(start, CALM_RASTER, at)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raster_gives_the_moment_itself_or_the_next_one() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        for (at, moment) in [(0, 0), (1, 20), (20, 20), (39, 40), (90_000_001, 90_000_020)] {
            assert_eq!(raster_after(start, ms(20), start + ms(at)), start + ms(moment));
        }
        assert_eq!(raster_after(start + ms(5), ms(20), start), start + ms(5), "not before it begins");
        assert_eq!(calm_after(start, start + ms(4_321)), start + ms(4_400));
    }
}
