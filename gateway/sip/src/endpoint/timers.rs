use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Whose timer it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum TimerKey {
    Client(u64),
    Server(u64),
    Usage(u64),
}

/// When the entry of an owner that counts is due; it is kept with the owner.
pub(crate) type Armed = Option<Instant>;

/// All timers. Entries are never searched for: one that its owner no longer points at is dropped when it
/// comes up.
#[derive(Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, TimerKey)>>,
}

impl Timers {
    /// Makes sure that the owner is woken at `deadline` or before. A later deadline costs nothing: the
    /// owner is woken early and arms again.
    pub fn arm(&mut self, armed: &mut Armed, deadline: Option<Instant>, key: TimerKey) {
        let Some(at) = deadline else { return };
        if armed.is_none_or(|earlier| at < earlier) {
            self.heap.push(Reverse((at, key)));
            *armed = Some(at);
        }
    }

    /// Takes the first entry if it is due.
    pub fn pop_due(&mut self, now: Instant) -> Option<(Instant, TimerKey)> {
        let Reverse((at, _)) = self.heap.peek()?;
        if *at > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// The first entry, due or not.
    pub fn peek(&self) -> Option<(Instant, TimerKey)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    pub fn drop_first(&mut self) {
        self.heap.pop();
    }

    pub fn len(&self) -> usize {
        self.heap.len()
    }

    pub fn retain(&mut self, mut is_live: impl FnMut(Instant, TimerKey) -> bool) {
        self.heap.retain(|Reverse((at, key))| is_live(*at, *key));
        self.heap.shrink_to(self.heap.len() * 2);
    }
}
