//! Wrong guesses of a secret, counted over time by whom they come from: whoever guesses is refused for a while. No table grows without limit.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Wrong ones that are longer ago do not count.
pub const WINDOW: Duration = Duration::from_secs(600);
/// Who has been quiet for so long begins anew.
const MEMORY: Duration = Duration::from_secs(3_600);
/// Guessers that are remembered; beyond, those that have been quiet for the longest time are forgotten.
const REMEMBERED: usize = 10_000;
/// Of these, how many go at once: so that the search for them is rare.
const FORGOTTEN_AT_ONCE: usize = REMEMBERED / 10;

/// How long whoever has guessed too often is refused.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    /// The first time; twice as long each time after.
    pub first: Duration,
    pub longest: Duration,
}

/// The wrong guesses of each guesser.
#[derive(Debug)]
pub struct Guesses<K> {
    table: HashMap<K, Wrong>,
    lock: Lock,
}

#[derive(Debug)]
struct Wrong {
    count: u32,
    first: Instant,
    last: Instant,
    locks: u32,
    locked_until: Option<Instant>,
}

impl<K: Clone + Eq + Hash> Guesses<K> {
    pub fn new(lock: Lock) -> Self {
        Self { table: HashMap::new(), lock }
    }

    /// How long this one is still refused; none: it may guess.
    pub fn locked_for(&self, now: Instant, who: &K) -> Option<Duration> {
        let until = self.table.get(who)?.locked_until?;
        until.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    /// A wrong one came, and with `allowed` of them within [`WINDOW`] it is one too many: refused for so long.
    pub fn wrong(&mut self, now: Instant, who: &K, allowed: u32) -> Option<Duration> {
        self.make_room(now, who);
        let fresh = || Wrong { count: 0, first: now, last: now, locks: 0, locked_until: None };
        let wrong = self.table.entry(who.clone()).or_insert_with(fresh);
        if now.saturating_duration_since(wrong.last) > MEMORY {
            *wrong = fresh();
        }
        if now.saturating_duration_since(wrong.first) > WINDOW {
            (wrong.count, wrong.first) = (0, now);
        }
        (wrong.count, wrong.last) = (wrong.count + 1, now);
        if wrong.count < allowed {
            return None;
        }
        let time = self.lock.first.saturating_mul(1 << wrong.locks.min(10)).min(self.lock.longest);
        wrong.locks = wrong.locks.saturating_add(1);
        wrong.locked_until = Some(now + time);
        (wrong.count, wrong.first) = (0, now);
        Some(time)
    }

    /// Whoever knows the secret has only mistyped; how often.
    pub fn forget(&mut self, who: &K) -> u32 {
        self.table.remove(who).map_or(0, |wrong| wrong.count)
    }

    /// So many of the wrong ones of this one were none.
    pub fn forgive(&mut self, who: &K, count: u32) {
        if let Some(wrong) = self.table.get_mut(who) {
            wrong.count = wrong.count.saturating_sub(count);
        }
    }

    /// Forgets all that do not fit.
    pub fn retain(&mut self, mut stays: impl FnMut(&K) -> bool) {
        self.table.retain(|who, _| stays(who));
    }

    fn make_room(&mut self, now: Instant, who: &K) {
        if self.table.len() < REMEMBERED || self.table.contains_key(who) {
            return;
        }
        self.table.retain(|_, wrong| now.saturating_duration_since(wrong.last) <= MEMORY);
        if self.table.len() < REMEMBERED {
            return;
        }
        let mut last: Vec<Instant> = self.table.values().map(|wrong| wrong.last).collect();
        let (_, newest_to_go, _) = last.select_nth_unstable(FORGOTTEN_AT_ONCE);
        let newest_to_go = *newest_to_go;
        self.table.retain(|_, wrong| wrong.last > newest_to_go);
    }
}

/// Whom an address belongs to: a whole IPv6 network of 64 bits has one subscriber (RFC 6177).
pub fn subscriber(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: u32 = 4;
    const LOCK: Lock = Lock { first: Duration::from_secs(60), longest: Duration::from_secs(200) };

    #[test]
    fn each_time_it_takes_longer_up_to_a_limit_and_a_quiet_hour_ends_it() {
        let (mut guesses, mut now) = (Guesses::new(LOCK), Instant::now());
        let mut locks = || {
            let time = (0..ALLOWED).find_map(|_| guesses.wrong(now, &1, ALLOWED)).unwrap();
            assert_eq!(guesses.locked_for(now, &1), Some(time));
            now += time;
            assert_eq!(guesses.locked_for(now, &1), None);
            time.as_secs()
        };
        assert_eq!([0; 4].map(|_| locks()), [60, 120, 200, 200]);
        now += MEMORY + Duration::from_secs(1);
        assert_eq!((0..ALLOWED).find_map(|_| guesses.wrong(now, &1, ALLOWED)), Some(LOCK.first));
    }

    #[test]
    fn who_mistypes_now_and_then_is_never_refused() {
        let (mut guesses, mut now) = (Guesses::new(LOCK), Instant::now());
        for _ in 0..100 {
            now += WINDOW / (ALLOWED - 1) + Duration::from_millis(1);
            assert_eq!(guesses.wrong(now, &1, ALLOWED), None);
        }
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let (mut guesses, now) = (Guesses::new(LOCK), Instant::now());
        for n in 0..2 * REMEMBERED {
            guesses.wrong(now + Duration::from_millis(n as u64), &n, ALLOWED);
        }
        assert!(guesses.table.len() <= REMEMBERED);
        assert!(guesses.table.contains_key(&(2 * REMEMBERED - 1)) && !guesses.table.contains_key(&0));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_subscriber() {
        let of = |text: &str| subscriber(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
