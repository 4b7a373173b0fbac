//! Spaces requests out, as the accounts of inboxes bear them: pure, told the time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::model::InboxId;

/// Inboxes that are remembered; above it those are forgotten whose turn is past.
const MAX_REMEMBERED: usize = 1_024;

/// When the next request of each inbox may go.
#[derive(Debug, Default)]
pub struct Pace {
    next: HashMap<InboxId, Instant>,
}

impl Pace {
    /// Gives a request its turn: how long it waits. `per_second`: what the account bears.
    pub fn turn(&mut self, now: Instant, inbox: InboxId, per_second: u32) -> Duration {
        if self.next.len() >= MAX_REMEMBERED {
            self.next.retain(|_, next| *next > now);
        }
        let apart = Duration::from_secs(1) / per_second.max(1);
        let next = self.next.entry(inbox).or_insert(now);
        let turn = (*next).max(now);
        *next = turn + apart;
        turn - now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_an_inbox_go_one_after_another_and_others_at_once() {
        let mut pace = Pace::default();
        let now = Instant::now();
        let waits: Vec<u128> = (0..3).map(|_| pace.turn(now, InboxId(1), 10).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200]);
        assert_eq!(pace.turn(now, InboxId(2), 10), Duration::ZERO);
        assert_eq!(pace.turn(now + Duration::from_secs(1), InboxId(1), 10), Duration::ZERO);
        assert_eq!(pace.turn(now, InboxId(3), 0), Duration::ZERO);
    }
}
