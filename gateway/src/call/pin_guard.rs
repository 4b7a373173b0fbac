//! Guesses of PINs are counted over time: hanging up and calling again gives nobody more of them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::model::{OrganizationId, TrunkId};

/// Wrong PINs from one number within [`WINDOW`]; with this one it is locked out.
const WRONG_OF_NUMBER: u32 = 6;
/// The same of a trunk: whoever comes by it may give any number as his own.
const WRONG_OF_TRUNK: u32 = 60;
/// Guesses that are longer ago do not count.
const WINDOW: Duration = Duration::from_secs(600);
/// How long who has guessed too often is refused.
const LOCK: Duration = Duration::from_secs(900);
/// Sources that are remembered; beyond, the one that has been quiet for the longest time is forgotten.
const SOURCES: usize = 10_000;

/// A conference.
pub type Place = (OrganizationId, String);

/// Whose guesses are counted together, at one conference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Guesser {
    Extension(Place, String),
    Number(Place, TrunkId, String),
    Trunk(Place, TrunkId),
}

/// What became of a wrong PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    Counted,
    /// It was one too many, or came after that.
    Locks,
}

/// See the module.
#[derive(Default)]
pub struct PinGuard {
    wrong: HashMap<Guesser, Wrong>,
}

struct Wrong {
    count: u32,
    first: Instant,
    last: Instant,
    locked_until: Option<Instant>,
}

impl Guesser {
    fn allowed(&self) -> u32 {
        match self {
            Self::Extension(..) | Self::Number(..) => WRONG_OF_NUMBER,
            Self::Trunk(..) => WRONG_OF_TRUNK,
        }
    }
}

impl PinGuard {
    /// True while any of these is refused.
    pub fn is_locked(&self, now: Instant, guessers: &[Guesser]) -> bool {
        let locked = |guesser: &Guesser| self.wrong.get(guesser)?.locked_until;
        guessers.iter().filter_map(locked).any(|until| now < until)
    }

    /// A wrong PIN came.
    pub fn wrong(&mut self, now: Instant, guessers: &[Guesser]) -> Guess {
        let mut guess = Guess::Counted;
        for guesser in guessers {
            self.make_room(now, guesser);
            let fresh = || Wrong { count: 0, first: now, last: now, locked_until: None };
            let wrong = self.wrong.entry(guesser.clone()).or_insert_with(fresh);
            if now.saturating_duration_since(wrong.first) > WINDOW {
                // Who is locked out stays so: that takes longer than guesses count.
                *wrong = Wrong { locked_until: wrong.locked_until, ..fresh() };
            }
            (wrong.count, wrong.last) = (wrong.count + 1, now);
            if wrong.count >= guesser.allowed() {
                wrong.locked_until = Some(now + LOCK);
                guess = Guess::Locks;
            }
        }
        guess
    }

    /// The right one came: whoever knows it has only mistyped. A trunk's count stays, since others come by it.
    pub fn right(&mut self, guessers: &[Guesser]) {
        for guesser in guessers.iter().filter(|guesser| !matches!(guesser, Guesser::Trunk(..))) {
            self.wrong.remove(guesser);
        }
    }

    fn make_room(&mut self, now: Instant, guesser: &Guesser) {
        if self.wrong.len() < SOURCES || self.wrong.contains_key(guesser) {
            return;
        }
        self.wrong.retain(|_, wrong| {
            let locked = wrong.locked_until.is_some_and(|until| now < until);
            locked || now.saturating_duration_since(wrong.first) <= WINDOW
        });
        if self.wrong.len() >= SOURCES
            && let Some(oldest) =
                self.wrong.iter().min_by_key(|(_, wrong)| wrong.last).map(|(key, _)| key.clone())
        {
            self.wrong.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: &str) -> [Guesser; 2] {
        let place = (OrganizationId(1), "board".to_owned());
        [Guesser::Number(place.clone(), TrunkId(7), number.to_owned()), Guesser::Trunk(place, TrunkId(7))]
    }

    #[test]
    fn a_number_is_locked_out_over_its_calls_and_let_in_again_later() {
        let (mut guard, start) = (PinGuard::default(), Instant::now());
        let late = start + Duration::from_secs(60);
        assert!((1..WRONG_OF_NUMBER).all(|_| guard.wrong(start, &number("1")) == Guess::Counted));
        assert_eq!(guard.wrong(late, &number("1")), Guess::Locks);
        assert!(guard.is_locked(late, &number("1")) && !guard.is_locked(late, &number("2")));
        assert!(!guard.is_locked(late + LOCK, &number("1")));
    }

    #[test]
    fn who_mistypes_now_and_then_is_never_locked_out() {
        let (mut guard, mut now) = (PinGuard::default(), Instant::now());
        for _ in 0..100 {
            now += WINDOW / 3;
            assert_eq!(guard.wrong(now, &number("1")), Guess::Counted);
        }
        for _ in 0..100 {
            assert!((0..3).all(|_| guard.wrong(now, &number("2")[..1]) == Guess::Counted));
            guard.right(&number("2"));
        }
    }

    #[test]
    fn who_guesses_on_stays_locked_out_when_the_old_guesses_count_no_more() {
        let (mut guard, start) = (PinGuard::default(), Instant::now());
        let locks = start + WINDOW;
        assert!((1..WRONG_OF_NUMBER).all(|_| guard.wrong(start, &number("1")) == Guess::Counted));
        assert_eq!(guard.wrong(locks, &number("1")), Guess::Locks);
        let later = locks + Duration::from_secs(1);
        guard.wrong(later, &number("1"));
        assert!(guard.is_locked(later, &number("1")));
        assert!(!guard.is_locked(locks + LOCK, &number("1")));
    }

    #[test]
    fn another_number_for_each_call_does_not_help() {
        let (mut guard, now) = (PinGuard::default(), Instant::now());
        let locks =
            (0..WRONG_OF_TRUNK).position(|n| guard.wrong(now, &number(&n.to_string())) == Guess::Locks);
        assert_eq!(locks, Some(WRONG_OF_TRUNK as usize - 1));
        assert!(guard.is_locked(now, &number("anybody")));
    }

    #[test]
    fn no_more_sources_are_remembered_than_there_is_room_for() {
        let (mut guard, now) = (PinGuard::default(), Instant::now());
        for n in 0..(SOURCES as u64 + 50) {
            guard.wrong(now + Duration::from_millis(n), &number(&n.to_string())[..1]);
        }
        assert_eq!(guard.wrong.len(), SOURCES);
    }
}
