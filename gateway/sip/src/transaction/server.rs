//! Server transaction of any method but INVITE (RFC 3261 §17.2.2).

use std::time::Instant;

use super::timer::{Reliability, TimerAction, Timing};
use crate::message::StatusCode;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Trying,
    Proceeding,
    Completed,
}

/// The machine of figure 8.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    state: State,
    /// Timer J; before it, the time after which the client has given up anyhow (its timer F).
    ends_at: Instant,
}

impl Server {
    /// The request has just come.
    pub fn new(now: Instant, timing: &Timing) -> Self {
        Self { state: State::Trying, ends_at: now + timing.long() }
    }

    /// The user answers; `false`: a final response was sent before, this one is void.
    pub fn respond(
        &mut self,
        now: Instant,
        status: StatusCode,
        timing: &Timing,
        reliability: Reliability,
    ) -> bool {
        if self.state == State::Completed {
            return false;
        }
        if status.is_provisional() {
            self.state = State::Proceeding;
            return true;
        }
        self.state = State::Completed;
        self.ends_at = match reliability {
            Reliability::Reliable => now,
            Reliability::Unreliable => now + timing.long(),
        };
        true
    }

    /// The request came again; whether the last response is to be sent again.
    pub fn repeats_response(&self) -> bool {
        self.state != State::Trying
    }

    pub fn handle_timeout(&mut self, now: Instant) -> TimerAction {
        if now < self.ends_at {
            return TimerAction::Nothing;
        }
        TimerAction::Terminated
    }

    pub fn deadline(&self) -> Option<Instant> {
        Some(self.ends_at)
    }

    /// Whether the user has still to answer.
    pub fn is_waiting(&self) -> bool {
        self.state != State::Completed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TIMING: Timing =
        Timing { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) };

    #[test]
    fn second_final_response_is_void() {
        let now = Instant::now();
        let mut machine = Server::new(now, &TIMING);
        assert!(!machine.repeats_response());
        assert!(machine.respond(now, StatusCode::OK, &TIMING, Reliability::Unreliable));
        assert!(!machine.respond(now, StatusCode::NOT_FOUND, &TIMING, Reliability::Unreliable));
        assert!(machine.repeats_response());
        assert_eq!(machine.deadline(), Some(now + Duration::from_secs(32)));
    }

    #[test]
    fn unanswered_request_is_forgotten_when_its_client_has_given_up() {
        let now = Instant::now();
        let mut machine = Server::new(now, &TIMING);
        assert_eq!(machine.handle_timeout(now + Duration::from_secs(31)), TimerAction::Nothing);
        assert_eq!(machine.handle_timeout(now + Duration::from_secs(32)), TimerAction::Terminated);
    }
}
