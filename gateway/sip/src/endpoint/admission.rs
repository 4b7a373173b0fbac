use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

/// Token buckets, two a source address: how many new INVITEs each may send, counted apart with credentials and
/// without, so that a challenged call does not count twice.
pub(crate) struct Admission {
    per_second: u64,
    burst_micro: u64,
    limit: usize,
    buckets: HashMap<(IpAddr, Proof), Bucket>,
    /// For sources that found no place in the table.
    shared: Option<Bucket>,
    swept_at: Option<Instant>,
}

/// Whether an INVITE brings credentials. They are not looked at here: bad ones cost as much as good ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Proof {
    Missing,
    Offered,
}

#[derive(Clone, Copy)]
struct Bucket {
    /// Millionths of a token.
    tokens_micro: u64,
    filled_at: Instant,
}

const MICRO: u64 = 1_000_000;
/// The table is searched for idle sources at most this often, so that a flood from many addresses costs
/// little each.
const SWEEP_INTERVAL_MS: u128 = 1_000;

impl Admission {
    pub fn new(per_second: u32, burst: u32, sources: usize) -> Self {
        Self {
            per_second: u64::from(per_second),
            burst_micro: u64::from(burst.max(1)) * MICRO,
            limit: sources,
            buckets: HashMap::new(),
            shared: None,
            swept_at: None,
        }
    }

    /// Whether one more INVITE of `source` is within its rate.
    pub fn admit(&mut self, now: Instant, source: IpAddr, proof: Proof) -> bool {
        let key = (prefix(source), proof);
        let (per_second, burst_micro) = (self.per_second, self.burst_micro);
        let full = Bucket { tokens_micro: burst_micro, filled_at: now };
        if self.buckets.len() >= self.limit && !self.buckets.contains_key(&key) {
            self.sweep(now);
        }
        let bucket = if self.buckets.len() < self.limit || self.buckets.contains_key(&key) {
            self.buckets.entry(key).or_insert(full)
        } else {
            self.shared.get_or_insert(full)
        };
        bucket.fill(now, per_second, burst_micro);
        let Some(rest) = bucket.tokens_micro.checked_sub(MICRO) else { return false };
        bucket.tokens_micro = rest;
        true
    }

    /// Forgets sources whose bucket is full again: nothing is lost with them.
    fn sweep(&mut self, now: Instant) {
        if self.swept_at.is_some_and(|at| now.saturating_duration_since(at).as_millis() < SWEEP_INTERVAL_MS) {
            return;
        }
        self.swept_at = Some(now);
        let (per_second, burst_micro) = (self.per_second, self.burst_micro);
        self.buckets.retain(|_, bucket| {
            bucket.fill(now, per_second, burst_micro);
            bucket.tokens_micro < burst_micro
        });
    }
}

impl Bucket {
    fn fill(&mut self, now: Instant, per_second: u64, burst_micro: u64) {
        let elapsed_us =
            u64::try_from(now.saturating_duration_since(self.filled_at).as_micros()).unwrap_or(u64::MAX);
        self.tokens_micro =
            self.tokens_micro.saturating_add(elapsed_us.saturating_mul(per_second)).min(burst_micro);
        self.filled_at = now;
    }
}

/// One subscriber has at least a whole /64 of IPv6.
fn prefix(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn v4(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn burst_then_rate() {
        let start = Instant::now();
        let mut admission = Admission::new(2, 3, 10);
        let admitted = (0..10).filter(|_| admission.admit(start, v4(1), Proof::Missing)).count();
        assert_eq!(admitted, 3);
        assert!(admission.admit(start, v4(2), Proof::Missing), "another source has its own allowance");
        assert!(admission.admit(start, v4(1), Proof::Offered), "the answer to a challenge was paid for");
        let later = start + Duration::from_secs(1);
        assert_eq!((0..10).filter(|_| admission.admit(later, v4(1), Proof::Missing)).count(), 2);
    }

    #[test]
    fn full_table_shares_one_allowance_until_a_source_is_idle() {
        let start = Instant::now();
        let mut admission = Admission::new(1, 2, 1);
        assert!(admission.admit(start, v4(1), Proof::Missing));
        assert_eq!((2..100).filter(|last| admission.admit(start, v4(*last), Proof::Missing)).count(), 2);
        let later = start + Duration::from_secs(5);
        assert_eq!((0..9).filter(|_| admission.admit(later, v4(7), Proof::Missing)).count(), 2);
    }

    #[test]
    fn addresses_of_one_ipv6_prefix_are_one_source() {
        let start = Instant::now();
        let mut admission = Admission::new(1, 1, 10);
        assert!(admission.admit(start, "2001:db8::1".parse().expect("address"), Proof::Missing));
        assert!(!admission.admit(start, "2001:db8::2".parse().expect("address"), Proof::Missing));
        assert!(admission.admit(start, "2001:db8:0:1::1".parse().expect("address"), Proof::Missing));
    }
}
