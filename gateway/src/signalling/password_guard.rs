//! Guesses of the passwords of phones and trunks are counted over time, by name and address together: whoever guesses is refused for a
//! while, and nobody can lock out a phone that stands elsewhere.
//!
//! Against an address only an answer to a challenge that was given to that very address counts
//! ([`ramal_sip::auth::Challenger`]), so that nobody can forge the address of a phone and guess in its name. What was given to a
//! neighbour of it counts against their network, which is refused nothing but such answers.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::guesses::{Guesses, Lock, subscriber};
use crate::model::OrganizationId;

/// Wrong passwords for one name from one address within [`WINDOW`](crate::guesses::WINDOW); with this one that name is refused from there.
const WRONG_OF_NAME: u32 = 8;
/// The same from one address for whatever names of one organization: an office behind one address has many phones.
const WRONG_OF_SOURCE: u32 = 100;
/// How long whoever has guessed too often is refused; so long at the most a phone stays away whose password was corrected.
const LOCK: Lock = Lock { first: Duration::from_secs(60), longest: Duration::from_secs(900) };
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
        Self { organization, name: short(name), source: Source::Address(subscriber(source)) }
    }

    fn place(&self) -> (OrganizationId, Source) {
        (self.organization, self.source)
    }

    /// Somebody of the network of this address.
    pub fn nearby(organization: OrganizationId, name: &str, source: IpAddr) -> Self {
        let source = match subscriber(source) {
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
#[derive(Debug)]
pub struct PasswordGuard {
    by_name: Guesses<Claimant>,
    by_source: Guesses<(OrganizationId, Source)>,
}

impl Default for PasswordGuard {
    fn default() -> Self {
        Self { by_name: Guesses::new(LOCK), by_source: Guesses::new(LOCK) }
    }
}

impl PasswordGuard {
    /// How long this one is still refused; none: it may show its password.
    pub fn locked_for(&self, now: Instant, who: &Claimant, standing: Standing) -> Option<Duration> {
        let of_name = || self.by_name.locked_for(now, who);
        match standing {
            Standing::Registered => None,
            Standing::Neighbour => of_name(),
            Standing::Stranger => of_name().max(self.by_source.locked_for(now, &who.place())),
        }
    }

    /// A wrong password came.
    pub fn wrong(&mut self, now: Instant, who: &Claimant) -> Guess {
        let of_name = self.by_name.wrong(now, who, WRONG_OF_NAME);
        let of_source = self.by_source.wrong(now, &who.place(), WRONG_OF_SOURCE);
        of_name.max(of_source).map_or(Guess::Counted, Guess::Locks)
    }

    /// The right one came: whoever knows it has only mistyped. What came from its address for other names stays; and so does a lock,
    /// for the one that came in spite of it is not the one that guesses.
    pub fn right(&mut self, now: Instant, who: &Claimant) {
        if self.by_name.locked_for(now, who).is_none() {
            let mistyped = self.by_name.forget(who);
            self.by_source.forgive(&who.place(), mistyped);
        }
    }

    /// Other passwords hold now for these names: whoever was refused for the old ones may try, from wherever they were tried.
    pub fn forget(&mut self, organization: OrganizationId, names: &HashSet<&str>) {
        let names: HashSet<String> = names.iter().map(|name| short(name)).collect();
        let by_source = &mut self.by_source;
        self.by_name.retain(|who| {
            let changed = who.organization == organization && names.contains(&who.name);
            if changed {
                by_source.forget(&who.place());
            }
            !changed
        });
    }
}

fn short(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
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
        assert_eq!(guard.wrong(now, &who("100", THERE)), Guess::Locks(LOCK.first));
        assert_eq!(guard.locked_for(now, &who("100", THERE), Standing::Stranger), Some(LOCK.first));
        assert!(!is_locked(&guard, now, &who("100", HERE)) && !is_locked(&guard, now, &who("101", THERE)));
        assert!(!is_locked(&guard, now + LOCK.first, &who("100", THERE)));
    }

    #[test]
    fn who_knows_it_is_never_refused() {
        let (mut guard, mut now) = (PasswordGuard::default(), Instant::now());
        for _ in 0..100 {
            now += Duration::from_secs(150);
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
}
