//! How often something may be tried: leaky buckets in a table of fixed size.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::problem::{Code, Problem};
use crate::guesses::subscriber;

/// Buckets of one table. Two subjects in one bucket share it, which only makes it stricter.
const BUCKETS: usize = 16_384;

/// One kind of attempt.
pub struct Throttle {
    buckets: Mutex<Vec<Bucket>>,
    hasher: RandomState,
    started: Instant,
    /// Attempts in a row.
    burst: f64,
    /// Attempts a second that a bucket leaks.
    per_second: f64,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    level: f32,
    /// Seconds since the start of the table.
    at_s: f32,
}

impl Throttle {
    pub fn new(burst: u32, per_second: f64) -> Self {
        Self {
            buckets: Mutex::new(vec![Bucket::default(); BUCKETS]),
            hasher: RandomState::new(),
            started: Instant::now(),
            burst: f64::from(burst),
            per_second,
        }
    }

    /// Seconds until the subject may try again; 0: now.
    pub fn wait_s(&self, now: Instant, subject: &impl Hash) -> u64 {
        self.look(now, subject, 0.0)
    }

    /// Counts an attempt. Seconds until the subject may try again; 0: this one was within the limit.
    pub fn count(&self, now: Instant, subject: &impl Hash) -> u64 {
        self.look(now, subject, 1.0)
    }

    fn look(&self, now: Instant, subject: &impl Hash, add: f64) -> u64 {
        let now_s = now.saturating_duration_since(self.started).as_secs_f64();
        let place = self.hasher.hash_one(subject) as usize % BUCKETS;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bucket) = buckets.get_mut(place) else { return 0 };
        let leaked = (now_s - f64::from(bucket.at_s)).max(0.0) * self.per_second;
        let level = (f64::from(bucket.level) - leaked).max(0.0);
        let over = level + 1.0 - self.burst;
        if over > 0.0 {
            return (over / self.per_second).ceil().max(1.0) as u64;
        }
        *bucket = Bucket { level: (level + add) as f32, at_s: now_s as f32 };
        0
    }
}

/// Guessing of passwords: failures are counted by source and by extension, so that neither one source nor many get far.
pub struct Guesses {
    by_source: Throttle,
    by_subject: Throttle,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { by_source: Throttle::new(10, 0.2), by_subject: Throttle::new(10, 0.1) }
    }
}

impl Guesses {
    /// # Errors
    /// Too many failures from there, or for that extension; the password is not looked at.
    pub fn allow(&self, source: &IpAddr, subject: &str) -> Result<(), Problem> {
        let now = Instant::now();
        let wait_s =
            self.by_source.wait_s(now, &subscriber(*source)).max(self.by_subject.wait_s(now, &subject));
        match wait_s {
            0 => Ok(()),
            wait_s => Err(Problem::too_many("Too many wrong passwords. Wait, then try again.", wait_s)
                .coded(Code::TooManyAttempts)),
        }
    }

    pub fn failed(&self, source: &IpAddr, subject: &str) {
        let now = Instant::now();
        self.by_source.count(now, &subscriber(*source));
        self.by_subject.count(now, &subject);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_one_at_a_time() {
        let throttle = Throttle::new(3, 0.5);
        let now = Instant::now();
        let waits: Vec<u64> = (0..5).map(|_| throttle.count(now, &"a")).collect();
        assert_eq!(waits, [0, 0, 0, 2, 2]);
        assert_eq!(throttle.count(now + Duration::from_secs(3), &"a"), 0);
    }

    #[test]
    fn looking_counts_nothing() {
        let throttle = Throttle::new(1, 1.0);
        let now = Instant::now();
        assert_eq!((0..9).map(|_| throttle.wait_s(now, &"a")).sum::<u64>(), 0);
        assert_eq!(throttle.count(now, &"a"), 0);
        assert!(throttle.wait_s(now, &"a") > 0);
    }

    #[test]
    fn ten_wrong_passwords_stop_a_source_and_spare_its_neighbour() {
        let guesses = Guesses::default();
        let (bad, good) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for guess in 0..10 {
            assert!(guesses.allow(&bad, &format!("{guess}")).is_ok());
            guesses.failed(&bad, &format!("{guess}"));
        }
        assert!(guesses.allow(&bad, "another").is_err());
        assert!(guesses.allow(&good, "another").is_ok());
    }
}
