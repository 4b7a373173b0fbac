//! Guesses of the passwords of phones and trunks are counted over time, by name and address together: whoever guesses is refused for a
//! while, and nobody can lock out a phone that stands elsewhere.
//!
//! Against an address only an answer to a challenge that was given to that very address counts
//! ([`ramal_sip::auth::Challenger`]), so that nobody can forge the address of a phone and guess in its name. What was given to a
//! neighbour of it counts against their network, which is refused nothing but such answers.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::model::OrganizationId;

/// Wrong passwords for one name from one address within [`WINDOW`]; with this one that name is refused from there.
const WRONG_OF_NAME: u32 = 8;
/// The same from one address for whatever names of one organization: an office behind one address has many phones.
const WRONG_OF_SOURCE: u32 = 100;
/// Wrong ones that are longer ago do not count.
const WINDOW: Duration = Duration::from_secs(600);
/// How long whoever has guessed too often is refused the first time; twice as long each time after.
const FIRST_LOCK: Duration = Duration::from_secs(60);
/// Longest time of refusal: so long a phone stays away whose password was corrected.
const LONGEST_LOCK: Duration = Duration::from_secs(900);
/// Who has been quiet for so long begins anew.
const MEMORY: Duration = Duration::from_secs(3_600);
/// Names and addresses that are remembered, of each; beyond, those that have been quiet for the longest time are forgotten.
const REMEMBERED: usize = 10_000;
/// Of these, how many go at once: so that the search for them is rare.
const FORGOTTEN_AT_ONCE: usize = REMEMBERED / 10;
/// Longest name that is remembered, in characters.
const NAME_CHARS: usize = 64;

/// Who shows a password: the name that he gives, and where he stands.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Claimant {
    organization: OrganizationId,
    name: String,
    source: Source,
}

/// Where guesses come from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Source {
    Address(IpAddr),
    /// Some address of this network.
    Neighbours(IpAddr),
}

impl Claimant {
    pub fn new(organization: OrganizationId, name: &str, source: IpAddr) -> Self {
        Self { organization, name: short(name), source: Source::Address(network(source)) }
    }

    /// Somebody of the network of this address.
    pub fn nearby(organization: OrganizationId, name: &str, source: IpAddr) -> Self {
        let source = match network(source) {
            IpAddr::V4(v4) => IpAddr::from((v4.to_bits() & !0xff).to_be_bytes()),
            v6 @ IpAddr::V6(_) => v6,
        };
        Self { organization, name: short(name), source: Source::Neighbours(source) }
    }
}

/// What of the claimant is registered where it stands: the guesses of others there are not laid to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It speaks from the address and port, or over the connection, that it has registered from.
    Registered,
    /// It has a phone registered from that address, whatever its port.
    Neighbour,
    Stranger,
}

/// What became of a wrong password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    Counted,
    /// It was one too many: refused for so long.
    Locks(Duration),
}

/// See the module.
#[derive(Debug, Default)]
pub struct PasswordGuard {
    by_name: HashMap<Claimant, Wrong>,
    by_source: HashMap<(OrganizationId, Source), Wrong>,
}

#[derive(Debug)]
struct Wrong {
    count: u32,
    first: Instant,
    last: Instant,
    locks: u32,
    locked_until: Option<Instant>,
}

impl PasswordGuard {
    /// How long this one is still refused; none: it may show its password.
    pub fn locked_for(&self, now: Instant, who: &Claimant, standing: Standing) -> Option<Duration> {
        let left = |wrong: Option<&Wrong>| {
            let until = wrong?.locked_until?;
            until.checked_duration_since(now).filter(|left| !left.is_zero())
        };
        let (of_name, of_source) =
            (self.by_name.get(who), self.by_source.get(&(who.organization, who.source)));
        match standing {
            Standing::Registered => None,
            Standing::Neighbour => left(of_name),
            Standing::Stranger => left(of_name).max(left(of_source)),
        }
    }

    /// A wrong password came.
    pub fn wrong(&mut self, now: Instant, who: &Claimant) -> Guess {
        let of_name = count(&mut self.by_name, now, who, WRONG_OF_NAME);
        let of_source = count(&mut self.by_source, now, &(who.organization, who.source), WRONG_OF_SOURCE);
        of_name.max(of_source).map_or(Guess::Counted, Guess::Locks)
    }

    /// The right one came: whoever knows it has only mistyped. What came from its address for other names stays; and so does a lock,
    /// for the one that came in spite of it is not the one that guesses.
    pub fn right(&mut self, now: Instant, who: &Claimant) {
        let is_locked = |wrong: &Wrong| wrong.locked_until.is_some_and(|until| now < until);
        if self.by_name.get(who).is_none_or(is_locked) {
            return;
        }
        if let Some(mistyped) = self.by_name.remove(who)
            && let Some(of_source) = self.by_source.get_mut(&(who.organization, who.source))
        {
            of_source.count = of_source.count.saturating_sub(mistyped.count);
        }
    }

    /// Other passwords hold now for these names: whoever was refused for the old ones may try, from wherever they were tried.
    pub fn forget(&mut self, organization: OrganizationId, names: &HashSet<&str>) {
        let names: HashSet<String> = names.iter().map(|name| short(name)).collect();
        let by_source = &mut self.by_source;
        self.by_name.retain(|who, _| {
            let changed = who.organization == organization && names.contains(&who.name);
            if changed {
                by_source.remove(&(organization, who.source));
            }
            !changed
        });
    }
}

fn short(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
}

/// Counts one; how long it locks, if it does.
fn count<K: Clone + Eq + Hash>(
    table: &mut HashMap<K, Wrong>,
    now: Instant,
    key: &K,
    allowed: u32,
) -> Option<Duration> {
    make_room(table, now, key);
    let fresh = || Wrong { count: 0, first: now, last: now, locks: 0, locked_until: None };
    let wrong = table.entry(key.clone()).or_insert_with(fresh);
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
    let lock = FIRST_LOCK.saturating_mul(1 << wrong.locks.min(10)).min(LONGEST_LOCK);
    wrong.locks = wrong.locks.saturating_add(1);
    wrong.locked_until = Some(now + lock);
    (wrong.count, wrong.first) = (0, now);
    Some(lock)
}

fn make_room<K: Eq + Hash>(table: &mut HashMap<K, Wrong>, now: Instant, key: &K) {
    if table.len() < REMEMBERED || table.contains_key(key) {
        return;
    }
    table.retain(|_, wrong| now.saturating_duration_since(wrong.last) <= MEMORY);
    if table.len() < REMEMBERED {
        return;
    }
    let mut last: Vec<Instant> = table.values().map(|wrong| wrong.last).collect();
    let (_, newest_to_go, _) = last.select_nth_unstable(FORGOTTEN_AT_ONCE);
    let newest_to_go = *newest_to_go;
    table.retain(|_, wrong| wrong.last > newest_to_go);
}

/// A whole IPv6 network of 64 bits belongs to one subscriber (RFC 6177).
pub fn network(source: IpAddr) -> IpAddr {
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

    fn who(name: &str, source: [u8; 4]) -> Claimant {
        Claimant::new(OrganizationId(1), name, IpAddr::from(source))
    }

    fn is_locked(guard: &PasswordGuard, now: Instant, who: &Claimant) -> bool {
        guard.locked_for(now, who, Standing::Stranger).is_some()
    }

    const HERE: [u8; 4] = [192, 0, 2, 1];
    const THERE: [u8; 4] = [198, 51, 100, 9];

    #[test]
    fn whoever_guesses_is_refused_and_the_phone_that_stands_elsewhere_is_not() {
        let (mut guard, now) = (PasswordGuard::default(), Instant::now());
        assert!((1..WRONG_OF_NAME).all(|_| guard.wrong(now, &who("100", THERE)) == Guess::Counted));
        assert!(!is_locked(&guard, now, &who("100", THERE)));
        assert_eq!(guard.wrong(now, &who("100", THERE)), Guess::Locks(FIRST_LOCK));
        assert_eq!(guard.locked_for(now, &who("100", THERE), Standing::Stranger), Some(FIRST_LOCK));
        assert!(!is_locked(&guard, now, &who("100", HERE)) && !is_locked(&guard, now, &who("101", THERE)));
        assert!(!is_locked(&guard, now + FIRST_LOCK, &who("100", THERE)));
    }

    #[test]
    fn each_time_it_takes_longer_up_to_a_limit_and_a_quiet_hour_ends_it() {
        let (mut guard, mut now) = (PasswordGuard::default(), Instant::now());
        let mut locks = || {
            let lock = (0..WRONG_OF_NAME).find_map(|_| match guard.wrong(now, &who("100", THERE)) {
                Guess::Locks(lock) => Some(lock),
                Guess::Counted => None,
            });
            now += lock.unwrap();
            lock.unwrap().as_secs()
        };
        assert_eq!([0; 6].map(|_| locks()), [60, 120, 240, 480, 900, 900]);
        now += MEMORY + Duration::from_secs(1);
        assert!((1..WRONG_OF_NAME).all(|_| guard.wrong(now, &who("100", THERE)) == Guess::Counted));
        assert_eq!(guard.wrong(now, &who("100", THERE)), Guess::Locks(FIRST_LOCK));
    }

    #[test]
    fn who_mistypes_now_and_then_or_knows_it_is_never_refused() {
        let (mut guard, mut now) = (PasswordGuard::default(), Instant::now());
        for _ in 0..100 {
            now += WINDOW / 4;
            assert_eq!(guard.wrong(now, &who("100", HERE)), Guess::Counted);
        }
        for _ in 0..100 {
            now += WINDOW / 4;
            assert!((0..5).all(|_| guard.wrong(now, &who("101", HERE)) == Guess::Counted));
            guard.right(now, &who("101", HERE));
        }
    }

    #[test]
    fn one_password_for_all_names_does_not_help_and_spares_the_phone_that_is_registered_there() {
        let (mut guard, now) = (PasswordGuard::default(), Instant::now());
        let guesses = (0..).take_while(|n| guard.wrong(now, &who(&n.to_string(), HERE)) == Guess::Counted);
        assert_eq!(guesses.count(), WRONG_OF_SOURCE as usize - 1);
        assert!(is_locked(&guard, now, &who("anybody", HERE)));
        assert_eq!(guard.locked_for(now, &who("100", HERE), Standing::Neighbour), None);
        assert!(!is_locked(&guard, now, &who("anybody", THERE)));
        assert!(!is_locked(&guard, now, &Claimant::new(OrganizationId(2), "anybody", IpAddr::from(HERE))));
        guard.forget(OrganizationId(1), &HashSet::from(["7"]));
        assert!(!is_locked(&guard, now, &who("anybody", HERE)), "a new password ends it");
    }

    #[test]
    fn a_registered_phone_is_let_in_and_does_not_help_whoever_guesses_beside_it() {
        let (mut guard, now) = (PasswordGuard::default(), Instant::now());
        for _ in 0..WRONG_OF_NAME {
            guard.wrong(now, &who("100", HERE));
        }
        assert_eq!(guard.locked_for(now, &who("100", HERE), Standing::Registered), None);
        assert!(guard.locked_for(now, &who("100", HERE), Standing::Neighbour).is_some());
        guard.right(now, &who("100", HERE));
        assert!(is_locked(&guard, now, &who("100", HERE)));
    }

    #[test]
    fn what_somebody_nearby_guessed_is_not_laid_to_the_address_itself() {
        let (mut guard, now) = (PasswordGuard::default(), Instant::now());
        let nearby = |source: [u8; 4]| Claimant::nearby(OrganizationId(1), "100", IpAddr::from(source));
        for last in 0..u8::try_from(WRONG_OF_NAME).unwrap() {
            guard.wrong(now, &nearby([192, 0, 2, last]));
        }
        assert!(is_locked(&guard, now, &nearby(HERE)) && !is_locked(&guard, now, &nearby(THERE)));
        assert!(
            !is_locked(&guard, now, &who("100", HERE))
                && !is_locked(&guard, now, &who("100", [192, 0, 2, 0]))
        );
    }

    #[test]
    fn who_mistypes_and_gets_it_right_does_not_use_up_what_his_office_may() {
        let (mut guard, now) = (PasswordGuard::default(), Instant::now());
        for _ in 0..WRONG_OF_SOURCE {
            assert_eq!(guard.wrong(now, &who("100", HERE)), Guess::Counted);
            guard.right(now, &who("100", HERE));
        }
        assert!(!is_locked(&guard, now, &who("101", HERE)));
    }

    #[test]
    fn another_password_lets_the_phone_in_at_once() {
        let (mut guard, now) = (PasswordGuard::default(), Instant::now());
        for _ in 0..WRONG_OF_NAME {
            guard.wrong(now, &who("100", HERE));
        }
        guard.forget(OrganizationId(2), &HashSet::from(["100"]));
        assert!(is_locked(&guard, now, &who("100", HERE)));
        guard.forget(OrganizationId(1), &HashSet::from(["100"]));
        assert!(!is_locked(&guard, now, &who("100", HERE)));
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let (mut guard, now) = (PasswordGuard::default(), Instant::now());
        for n in 0..(2 * REMEMBERED as u64) {
            let source = IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
            guard.wrong(now + Duration::from_millis(n), &Claimant::new(OrganizationId(1), "100", source));
        }
        assert!(guard.by_name.len() <= REMEMBERED && guard.by_source.len() <= REMEMBERED);
        let newest = IpAddr::from((2 * REMEMBERED as u32 - 1).to_be_bytes());
        assert!(guard.by_source.contains_key(&(OrganizationId(1), Source::Address(newest))));
        assert_eq!(Claimant::new(OrganizationId(1), &"9".repeat(5_000), newest).name.len(), NAME_CHARS);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        let of = |text: &str| Claimant::new(OrganizationId(1), "100", text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    }
}
