//! When a plugin that fails is called again: pure, told the time.

use std::time::{Duration, Instant};

/// Rest after the first fault.
const FIRST_REST: Duration = Duration::from_millis(100);
/// Longest rest, however many faults there were.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// Faults and rests of one inbox or rule. A fault is followed by a rest, each twice as long as the one before; after the
/// rest one call goes on trial, and only its success lets the others in.
#[derive(Debug, Default)]
pub struct Supervision {
    state: State,
    faults_in_a_row: u32,
    waiting: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Well,
    Resting(Instant),
    /// One call runs, and decides.
    OnTrial,
}

/// Why a call may not begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    Busy,
    Resting(Duration),
}

/// How a call ended, as far as this goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Success,
    Fault,
    /// It never reached the plugin.
    NotRun,
}

impl Supervision {
    /// Lets a call in, to run or to wait until one of at most `most` ends.
    ///
    /// # Errors
    /// If it rests, or as many calls as may be are in already.
    pub fn admit(&mut self, now: Instant, most: usize) -> Result<(), Refused> {
        match self.state {
            State::OnTrial => return Err(Refused::Resting(FIRST_REST)),
            State::Resting(until) if now < until => return Err(Refused::Resting(until - now)),
            State::Resting(_) => self.state = State::OnTrial,
            State::Well if self.waiting >= most => return Err(Refused::Busy),
            State::Well => {}
        }
        self.waiting += 1;
        Ok(())
    }

    /// A call that was let in has ended; says how long the plugin rests now, if it does.
    pub fn ended(&mut self, now: Instant, outcome: Outcome) -> Option<Duration> {
        self.waiting = self.waiting.saturating_sub(1);
        match outcome {
            Outcome::Success => {
                // A success of a call that began before a fault does not end the rest.
                if !matches!(self.state, State::Resting(_)) {
                    self.state = State::Well;
                    self.faults_in_a_row = 0;
                }
                None
            }
            Outcome::Fault => {
                let doubled = 1_u32.checked_shl(self.faults_in_a_row.min(16)).unwrap_or(u32::MAX);
                let rest = FIRST_REST.saturating_mul(doubled).min(LONGEST_REST);
                // Calls that ran beside the one that failed first add nothing to its rest.
                if !matches!(self.state, State::Resting(_)) {
                    self.faults_in_a_row = self.faults_in_a_row.saturating_add(1);
                    self.state = State::Resting(now + rest);
                }
                Some(rest)
            }
            Outcome::NotRun => {
                if self.state == State::OnTrial {
                    self.state = State::Resting(now);
                }
                None
            }
        }
    }

    /// How long it rests still.
    pub fn rest(&self, now: Instant) -> Option<Duration> {
        match self.state {
            State::Resting(until) if now < until => Some(until - now),
            State::OnTrial | State::Resting(_) | State::Well => None,
        }
    }

    /// Whether the last call that ended was none that failed.
    pub fn is_well(&self) -> bool {
        self.state == State::Well
    }

    /// Whether nothing need be remembered.
    pub fn is_idle(&self) -> bool {
        self.state == State::Well && self.waiting == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 3;

    fn failed(supervision: &mut Supervision, now: Instant) -> Duration {
        supervision.admit(now, MOST).unwrap();
        supervision.ended(now, Outcome::Fault).unwrap()
    }

    #[test]
    fn rests_grow_and_end_at_a_success() {
        let mut supervision = Supervision::default();
        let mut now = Instant::now();
        let mut rests = Vec::new();
        for _ in 0..12 {
            let rest = failed(&mut supervision, now);
            assert_eq!(supervision.admit(now, MOST), Err(Refused::Resting(rest)));
            now += rest;
            rests.push(rest.as_millis());
        }
        assert_eq!(rests[..3], [100, 200, 400]);
        assert_eq!(rests[11], 60_000);
        supervision.admit(now, MOST).unwrap();
        supervision.ended(now, Outcome::Success);
        assert!(supervision.is_idle());
        assert_eq!(failed(&mut supervision, now), FIRST_REST);
    }

    #[test]
    fn after_a_rest_one_call_goes_first() {
        let mut supervision = Supervision::default();
        let now = Instant::now();
        let later = now + failed(&mut supervision, now);
        supervision.admit(later, MOST).unwrap();
        assert!(matches!(supervision.admit(later, MOST), Err(Refused::Resting(_))));
        supervision.ended(later, Outcome::Success);
        supervision.admit(later, MOST).unwrap();
        supervision.admit(later, MOST).unwrap();
    }

    #[test]
    fn a_trial_that_never_ran_leaves_the_place_to_another() {
        let mut supervision = Supervision::default();
        let now = Instant::now();
        let later = now + failed(&mut supervision, now);
        supervision.admit(later, MOST).unwrap();
        supervision.ended(later, Outcome::NotRun);
        supervision.admit(later, MOST).unwrap();
    }

    #[test]
    fn calls_that_fail_together_count_once() {
        let mut supervision = Supervision::default();
        let now = Instant::now();
        for _ in 0..MOST {
            supervision.admit(now, MOST).unwrap();
        }
        assert_eq!(supervision.admit(now, MOST), Err(Refused::Busy));
        supervision.ended(now, Outcome::Fault);
        supervision.ended(now, Outcome::Fault);
        supervision.ended(now, Outcome::Success);
        let later = now + FIRST_REST;
        assert_eq!(failed(&mut supervision, later), FIRST_REST * 2);
    }
}
