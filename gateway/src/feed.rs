//! What happens, told to those who may know: one numbered log for each Organization, of which each reader sees his part.
//!
//! Nobody waits for a reader: an event goes into a ring, readers come for it at their own pace, and who is too slow finds it gone and
//! has to begin anew from a snapshot. Numbers are those of the Organization, so that a reader's have gaps; they are worth something within
//! one epoch, which is one run of the process.

mod audience;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;

use crate::model::OrganizationId;

pub use audience::{Audience, Sight, Viewer};

/// Events that an Organization's ring holds.
const RING_LIMIT: usize = 10_000;
/// Octets of frames that an Organization's ring holds.
const RING_BYTES: usize = 16 << 20;
/// Events that a reader gets at once.
const BATCH_LIMIT: usize = 256;

/// The logs of all Organizations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Feed(Arc<Logs>);

#[derive(Debug)]
struct Logs {
    epoch: String,
    organizations: Mutex<HashMap<OrganizationId, Arc<Log>>>,
}

#[derive(Debug)]
struct Log {
    ring: Mutex<Ring>,
    /// Number of the newest event; readers wait for it to grow.
    newest: watch::Sender<u64>,
}

#[derive(Default, Debug)]
struct Ring {
    newest: u64,
    events: VecDeque<Arc<FeedEvent>>,
    bytes: usize,
}

/// One thing that happened.
#[derive(Debug)]
pub struct FeedEvent {
    /// 1 is the first of an Organization in this epoch.
    pub seq: u64,
    pub kind: &'static str,
    pub audience: Audience,
    /// `{"type":…,"seq":…,"at_ms":…,"data":…}`
    pub frame: String,
}

/// A reader's place in the log of one Organization.
#[derive(Debug)]
pub struct Reading {
    log: Arc<Log>,
    newest: watch::Receiver<u64>,
    seen: u64,
}

/// The reader is so late that what he has not seen is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("too slow: what happened meanwhile is not kept any more")]
pub struct Lagged;

impl Feed {
    /// Empty logs; `epoch` must differ from that of every other run of the process.
    pub fn new(epoch: String) -> Self {
        Self(Arc::new(Logs { epoch, organizations: Mutex::default() }))
    }

    /// Names this run: numbers of another one mean nothing here.
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }

    /// Tells those of an Organization whom it concerns.
    pub fn publish(
        &self,
        organization: OrganizationId,
        audience: Audience,
        kind: &'static str,
        data: impl Serialize,
    ) {
        self.log(organization).push(audience, kind, data);
    }

    /// Number of the newest event of an Organization.
    pub fn newest(&self, organization: OrganizationId) -> u64 {
        *self.log(organization).newest.borrow()
    }

    /// Reads on after the event `after` of the epoch in which it was seen; `None`: what comes after it is not whole, begin with a snapshot.
    pub fn resume(&self, organization: OrganizationId, epoch: &str, after: u64) -> Option<Reading> {
        let log = self.log(organization);
        let whole = epoch == self.epoch() && log.ring().reaches_back_to(after);
        whole.then(|| Reading { newest: log.newest.subscribe(), log, seen: after })
    }

    /// Reads what happens from now on.
    pub fn read(&self, organization: OrganizationId) -> Reading {
        let log = self.log(organization);
        let newest = log.newest.subscribe();
        let seen = log.ring().newest;
        Reading { log, newest, seen }
    }

    fn log(&self, organization: OrganizationId) -> Arc<Log> {
        let mut logs = self.0.organizations.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            logs.entry(organization)
                .or_insert_with(|| Arc::new(Log { ring: Mutex::default(), newest: watch::Sender::new(0) })),
        )
    }
}

impl Log {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, audience: Audience, kind: &'static str, data: impl Serialize) {
        let data = match serde_json::to_value(data) {
            Ok(data) => data,
            Err(error) => {
                return tracing::error!(feed.kind = kind, %error, "an event cannot be written as JSON");
            }
        };
        let mut ring = self.ring();
        ring.newest += 1;
        let seq = ring.newest;
        let frame = json!({ "type": kind, "seq": seq, "at_ms": wall_ms(), "data": data }).to_string();
        ring.bytes += frame.len();
        ring.events.push_back(Arc::new(FeedEvent { seq, kind, audience, frame }));
        while ring.events.len() > RING_LIMIT || ring.bytes > RING_BYTES {
            let Some(oldest) = ring.events.pop_front() else { break };
            ring.bytes -= oldest.frame.len();
        }
        // Under the lock, so that no reader is told of a number before its event stands there.
        self.newest.send_replace(seq);
    }
}

impl Ring {
    /// Whether everything after this number is there, and the number is not of the future.
    fn reaches_back_to(&self, after: u64) -> bool {
        let oldest = self.events.front().map_or(self.newest + 1, |event| event.seq);
        after <= self.newest && after + 1 >= oldest
    }
}

impl Reading {
    /// Number of the newest event that was given out; where the reader can resume.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Waits for what the reader has not seen, and gives at most [`BATCH_LIMIT`] of it, in order, whoever it is for. Loses nothing when dropped.
    ///
    /// # Errors
    /// Something of it is gone.
    pub async fn next(&mut self) -> Result<Vec<Arc<FeedEvent>>, Lagged> {
        let seen = self.seen;
        if self.newest.wait_for(|newest| *newest > seen).await.is_err() {
            // The log ends with the process.
            return std::future::pending().await;
        }
        let ring = self.log.ring();
        if !ring.reaches_back_to(seen) {
            return Err(Lagged);
        }
        let oldest = ring.events.front().map_or(0, |event| event.seq);
        let skip = usize::try_from(seen + 1 - oldest).unwrap_or(usize::MAX);
        let events: Vec<_> = ring.events.iter().skip(skip).take(BATCH_LIMIT).cloned().collect();
        drop(ring);
        self.seen = events.last().map_or(seen, |event| event.seq);
        Ok(events)
    }
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: OrganizationId = OrganizationId(1);

    fn feed_with(events: u64) -> Feed {
        let feed = Feed::new("one".to_owned());
        for number in 0..events {
            feed.publish(HERE, Audience::Everybody, "changed", number);
        }
        feed
    }

    async fn seqs(reading: &mut Reading) -> Vec<u64> {
        reading.next().await.unwrap().iter().map(|event| event.seq).collect()
    }

    #[tokio::test]
    async fn who_resumes_gets_what_he_missed_once_and_in_order() {
        let feed = feed_with(5);
        let mut reading = feed.resume(HERE, "one", 2).unwrap();
        assert_eq!(seqs(&mut reading).await, [3, 4, 5]);
        feed.publish(HERE, Audience::Everybody, "changed", 5);
        assert_eq!(seqs(&mut reading).await, [6]);
        assert_eq!(reading.seen(), 6);
    }

    #[tokio::test]
    async fn a_new_reader_gets_only_what_comes() {
        let feed = feed_with(3);
        let mut reading = feed.read(HERE);
        feed.publish(HERE, Audience::Everybody, "changed", 0);
        assert_eq!(seqs(&mut reading).await, [4]);
    }

    #[test]
    fn another_epoch_the_future_and_what_is_gone_cannot_be_resumed() {
        let feed = feed_with(RING_LIMIT as u64 + 10);
        assert!(feed.resume(HERE, "two", 20).is_none());
        assert!(feed.resume(HERE, "one", RING_LIMIT as u64 + 11).is_none());
        assert!(feed.resume(HERE, "one", 9).is_none());
        assert!(feed.resume(HERE, "one", 10).is_some());
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_that_he_is_late() {
        let feed = feed_with(1);
        let mut reading = feed.resume(HERE, "one", 0).unwrap();
        for number in 0..RING_LIMIT {
            feed.publish(HERE, Audience::Everybody, "changed", number);
        }
        assert_eq!(reading.next().await.unwrap_err(), Lagged);
    }

    #[test]
    fn a_ring_of_large_events_stays_within_its_octets() {
        let feed = Feed::new("one".to_owned());
        let large = "x".repeat(1 << 20);
        for _ in 0..40 {
            feed.publish(HERE, Audience::Everybody, "message", &large);
        }
        let log = feed.log(HERE);
        assert!(log.ring().bytes <= RING_BYTES);
        assert!(feed.resume(HERE, "one", 40).is_some());
    }

    #[tokio::test]
    async fn organizations_have_logs_of_their_own() {
        let feed = feed_with(3);
        assert_eq!(feed.newest(OrganizationId(2)), 0);
        feed.publish(OrganizationId(2), Audience::Everybody, "changed", 0);
        assert_eq!(feed.newest(HERE), 3);
    }
}
