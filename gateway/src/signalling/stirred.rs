//! Tells supervisors that something has happened to the Calls of their Organization, so that nobody asks again and again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::feed::{Audience, Feed};
use crate::model::{OrganizationId, Permission};

/// The least time between two tellings: what happens meanwhile is told as one.
const PACE: Duration = Duration::from_secs(1);

/// Organizations whose Calls have changed since it was told.
pub struct Stirred {
    feed: Feed,
    waiting: BTreeSet<OrganizationId>,
    told_at: Option<Instant>,
}

impl Stirred {
    pub fn new(feed: Feed) -> Self {
        Self { feed, waiting: BTreeSet::new(), told_at: None }
    }

    /// Takes what has changed, and tells of it if it is time.
    pub fn take(&mut self, now: Instant, changed: &mut BTreeSet<OrganizationId>) {
        self.waiting.append(changed);
        if self.waiting.is_empty() || self.due().is_some_and(|at| at > now) {
            return;
        }
        self.told_at = Some(now);
        for organization in std::mem::take(&mut self.waiting) {
            let supervisors = Audience::Permitted(Permission::Supervise);
            self.feed.publish(organization, supervisors, "changed", json!({ "what": "calls" }));
        }
    }

    /// When what waits is to be told; `None`: nothing waits, or nothing was told yet.
    pub fn due(&self) -> Option<Instant> {
        self.told_at.filter(|_| !self.waiting.is_empty()).map(|at| at + PACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: OrganizationId = OrganizationId(1);

    #[test]
    fn the_first_change_is_told_at_once_and_many_as_one() {
        let feed = Feed::new("one".to_owned());
        let mut stirred = Stirred::new(feed.clone());
        let begin = Instant::now();
        let mut tell = |after_ms: u64, changes: &[OrganizationId]| {
            let mut changed = changes.iter().copied().collect();
            stirred.take(begin + Duration::from_millis(after_ms), &mut changed);
            assert!(changed.is_empty());
            (feed.newest(HERE), feed.newest(OrganizationId(2)))
        };
        assert_eq!(tell(0, &[]), (0, 0));
        assert_eq!(tell(0, &[HERE]), (1, 0));
        assert_eq!(tell(1, &[HERE]), (1, 0));
        assert_eq!(tell(900, &[HERE, OrganizationId(2)]), (1, 0));
        assert_eq!(tell(1_000, &[]), (2, 1));
        assert_eq!(tell(5_000, &[]), (2, 1));
    }
}
