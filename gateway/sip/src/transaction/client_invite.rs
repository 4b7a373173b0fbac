//! INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2).

use std::time::{Duration, Instant};

use super::timer::{Reliability, Repeat, TimerAction, Timing, earlier};
use crate::message::StatusCode;

/// Timer D at least (RFC 3261 §17.1.1.2).
const TIMER_D_MIN: Duration = Duration::from_secs(32);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Calling,
    Proceeding,
    Accepted,
    Completed,
}

/// What a response means to the user of the transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reaction {
    Provisional,
    /// The first 2xx.
    Success,
    /// A 2xx after the first: the same again, or that of another branch of a fork.
    FurtherSuccess,
    /// The first 300 to 699: send its ACK.
    Failure,
    /// A 300 to 699 again: send the ACK again.
    FailureAgain,
    Ignore,
}

/// The machine of RFC 6026 figure 1.
#[derive(Clone, Copy, Debug)]
pub struct ClientInvite {
    state: State,
    /// Timer A.
    repeat: Option<Repeat>,
    /// Timer B, then the end of patience while it rings, then D or M.
    ends_at: Option<Instant>,
    patience: Duration,
}

impl ClientInvite {
    /// The INVITE has just been sent. `patience` is the time from its first provisional response after
    /// which it counts as unanswered; RFC 3261 has no such timer, and a transaction whose final response is
    /// lost for good would stay for ever.
    pub fn new(now: Instant, timing: &Timing, reliability: Reliability, patience: Duration) -> Self {
        let repeat = match reliability {
            Reliability::Reliable => None,
            // Timer A doubles without a cap; timer B ends it.
            Reliability::Unreliable => Some(Repeat::new(now, timing, timing.long())),
        };
        Self { state: State::Calling, repeat, ends_at: Some(now + timing.long()), patience }
    }

    pub fn handle_response(
        &mut self,
        now: Instant,
        status: StatusCode,
        timing: &Timing,
        reliability: Reliability,
    ) -> Reaction {
        match self.state {
            State::Calling | State::Proceeding => self.first_response(now, status, timing, reliability),
            State::Accepted if status.is_success() => Reaction::FurtherSuccess,
            State::Completed if status.is_final() && !status.is_success() => Reaction::FailureAgain,
            State::Accepted | State::Completed => Reaction::Ignore,
        }
    }

    fn first_response(
        &mut self,
        now: Instant,
        status: StatusCode,
        timing: &Timing,
        reliability: Reliability,
    ) -> Reaction {
        self.repeat = None;
        if status.is_provisional() {
            if self.state == State::Calling {
                self.ends_at = Some(now + self.patience);
            }
            self.state = State::Proceeding;
            return Reaction::Provisional;
        }
        if status.is_success() {
            self.state = State::Accepted;
            self.ends_at = Some(now + timing.long());
            return Reaction::Success;
        }
        self.state = State::Completed;
        self.ends_at = match reliability {
            Reliability::Reliable => Some(now),
            Reliability::Unreliable => Some(now + timing.long().max(TIMER_D_MIN)),
        };
        Reaction::Failure
    }

    pub fn handle_timeout(&mut self, now: Instant) -> TimerAction {
        if self.ends_at.is_some_and(|at| now >= at) {
            return match self.state {
                State::Calling | State::Proceeding => TimerAction::TimedOut,
                State::Accepted | State::Completed => TimerAction::Terminated,
            };
        }
        let is_due = self.repeat.as_mut().is_some_and(|repeat| repeat.fire(now));
        if is_due { TimerAction::Retransmit } else { TimerAction::Nothing }
    }

    pub fn deadline(&self) -> Option<Instant> {
        earlier(self.repeat.map(|repeat| repeat.at()), self.ends_at)
    }

    /// Whether nothing at all has come back yet.
    pub fn is_unanswered(&self) -> bool {
        self.state == State::Calling
    }

    /// Whether a CANCEL may be sent (RFC 3261 §9.1: not before a provisional response).
    pub fn may_cancel(&self) -> bool {
        self.state == State::Proceeding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: Timing =
        Timing { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) };

    const PATIENCE: Duration = Duration::from_secs(600);

    fn calling() -> (ClientInvite, Instant) {
        let now = Instant::now();
        (ClientInvite::new(now, &TIMING, Reliability::Unreliable, PATIENCE), now)
    }

    #[test]
    fn silence_is_seven_messages_and_timer_b() {
        let (mut machine, start) = calling();
        let mut sent = Vec::new();
        loop {
            let now = machine.deadline().expect("has a deadline");
            sent.push((now - start).as_millis());
            if machine.handle_timeout(now) == TimerAction::TimedOut {
                break;
            }
        }
        assert_eq!(sent, [500, 1500, 3500, 7500, 15500, 31500, 32000]);
    }

    #[test]
    fn ringing_stops_all_timers_but_patience() {
        let (mut machine, now) = calling();
        assert!(!machine.may_cancel());
        machine.handle_response(now, StatusCode::RINGING, &TIMING, Reliability::Unreliable);
        machine.handle_response(now + TIMING.t1, StatusCode::RINGING, &TIMING, Reliability::Unreliable);
        assert_eq!(machine.deadline(), Some(now + PATIENCE));
        assert_eq!(machine.handle_timeout(now + PATIENCE), TimerAction::TimedOut);
        assert!(machine.may_cancel());
    }

    #[test]
    fn further_2xx_reach_the_user_until_timer_m() {
        let (mut machine, now) = calling();
        assert_eq!(
            machine.handle_response(now, StatusCode::OK, &TIMING, Reliability::Unreliable),
            Reaction::Success
        );
        assert_eq!(
            machine.handle_response(now, StatusCode::OK, &TIMING, Reliability::Unreliable),
            Reaction::FurtherSuccess
        );
        assert_eq!(
            machine.handle_response(now, StatusCode::BUSY_HERE, &TIMING, Reliability::Unreliable),
            Reaction::Ignore
        );
        assert_eq!(machine.deadline(), Some(now + Duration::from_secs(32)));
        assert_eq!(machine.handle_timeout(now + Duration::from_secs(32)), TimerAction::Terminated);
    }

    #[test]
    fn refusal_again_asks_for_the_ack_again() {
        let (mut machine, now) = calling();
        assert_eq!(
            machine.handle_response(now, StatusCode::BUSY_HERE, &TIMING, Reliability::Unreliable),
            Reaction::Failure
        );
        assert_eq!(
            machine.handle_response(now, StatusCode::BUSY_HERE, &TIMING, Reliability::Unreliable),
            Reaction::FailureAgain
        );
        assert_eq!(
            machine.handle_response(now, StatusCode::RINGING, &TIMING, Reliability::Unreliable),
            Reaction::Ignore
        );
    }

    #[test]
    fn refusal_over_tcp_is_over_at_once() {
        let now = Instant::now();
        let mut machine = ClientInvite::new(now, &TIMING, Reliability::Reliable, PATIENCE);
        machine.handle_response(now, StatusCode::BUSY_HERE, &TIMING, Reliability::Reliable);
        assert_eq!(machine.handle_timeout(now), TimerAction::Terminated);
    }
}
