//! Guesses of PINs are counted over time: hanging up and calling again gives nobody more of them.

use std::time::{Duration, Instant};

use crate::guesses::{Guesses, Lock};
use crate::model::{OrganizationId, TrunkId};

/// Wrong PINs from one number within [`WINDOW`](crate::guesses::WINDOW); with this one it is locked out.
const WRONG_OF_NUMBER: u32 = 6;
/// The same of a trunk: whoever comes by it may give any number as his own.
const WRONG_OF_TRUNK: u32 = 60;
/// How long who has guessed too often is refused: always the same, so that nobody waits for hours who forgets a number.
const LOCK: Lock = Lock { first: Duration::from_secs(900), longest: Duration::from_secs(900) };

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
pub struct PinGuard(Guesses<Guesser>);

impl Default for PinGuard {
    fn default() -> Self {
        Self(Guesses::new(LOCK))
    }
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
        guessers.iter().any(|guesser| self.0.locked_for(now, guesser).is_some())
    }

    /// A wrong PIN came.
    pub fn wrong(&mut self, now: Instant, guessers: &[Guesser]) -> Guess {
        for guesser in guessers {
            self.0.wrong(now, guesser, guesser.allowed());
        }
        if self.is_locked(now, guessers) { Guess::Locks } else { Guess::Counted }
    }

    /// The right one came: whoever knows it has only mistyped. A trunk's count stays, since others come by it.
    pub fn right(&mut self, guessers: &[Guesser]) {
        for guesser in guessers.iter().filter(|guesser| !matches!(guesser, Guesser::Trunk(..))) {
            self.0.forget(guesser);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guesses::WINDOW;

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
        assert!(!guard.is_locked(late + LOCK.first, &number("1")));
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
        assert!(!guard.is_locked(locks + LOCK.first, &number("1")));
    }

    #[test]
    fn another_number_for_each_call_does_not_help() {
        let (mut guard, now) = (PinGuard::default(), Instant::now());
        let locks =
            (0..WRONG_OF_TRUNK).position(|n| guard.wrong(now, &number(&n.to_string())) == Guess::Locks);
        assert_eq!(locks, Some(WRONG_OF_TRUNK as usize - 1));
        assert!(guard.is_locked(now, &number("anybody")));
    }
}
