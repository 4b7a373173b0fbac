//! INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).

use std::time::Instant;

use super::timer::{Reliability, Repeat, TimerAction, Timing, earlier};
use crate::message::StatusCode;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Proceeding,
    Accepted,
    Completed,
    Confirmed,
}

/// What an ACK means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AckReaction {
    /// It was for our 300 to 699.
    Absorbed,
    /// It is for a 2xx, and so the dialog's.
    PassOn,
}

/// The machine of RFC 6026 figure 2.
#[derive(Clone, Copy, Debug)]
pub struct ServerInvite {
    state: State,
    /// Timer G.
    repeat: Option<Repeat>,
    /// Timer H, I or L; none while it rings.
    ends_at: Option<Instant>,
}

impl Default for ServerInvite {
    fn default() -> Self {
        Self::new()
    }
}

impl ServerInvite {
    /// The INVITE has just come.
    pub fn new() -> Self {
        Self { state: State::Proceeding, repeat: None, ends_at: None }
    }

    /// The user answers; `false`: a final response was sent before, this one is void.
    pub fn respond(
        &mut self,
        now: Instant,
        status: StatusCode,
        timing: &Timing,
        reliability: Reliability,
    ) -> bool {
        if self.state != State::Proceeding {
            return false;
        }
        if status.is_provisional() {
            return true;
        }
        self.ends_at = Some(now + timing.long());
        if status.is_success() {
            self.state = State::Accepted;
            return true;
        }
        self.state = State::Completed;
        if reliability == Reliability::Unreliable {
            self.repeat = Some(Repeat::new(now, timing, timing.t2));
        }
        true
    }

    /// The INVITE came again; whether the last response is to be sent again (a 2xx is repeated by the
    /// dialog alone).
    pub fn repeats_response(&self) -> bool {
        matches!(self.state, State::Proceeding | State::Completed)
    }

    pub fn handle_ack(&mut self, now: Instant, timing: &Timing, reliability: Reliability) -> AckReaction {
        match self.state {
            State::Completed => {
                self.state = State::Confirmed;
                self.repeat = None;
                self.ends_at = match reliability {
                    Reliability::Reliable => Some(now),
                    Reliability::Unreliable => Some(now + timing.t4),
                };
                AckReaction::Absorbed
            }
            State::Confirmed => AckReaction::Absorbed,
            State::Proceeding | State::Accepted => AckReaction::PassOn,
        }
    }

    /// Without an ACK for a 300 to 699 the transaction just ends: the call was refused either way.
    pub fn handle_timeout(&mut self, now: Instant) -> TimerAction {
        if self.ends_at.is_some_and(|at| now >= at) {
            return TimerAction::Terminated;
        }
        let is_due = self.repeat.as_mut().is_some_and(|repeat| repeat.fire(now));
        if is_due { TimerAction::Retransmit } else { TimerAction::Nothing }
    }

    pub fn deadline(&self) -> Option<Instant> {
        earlier(self.repeat.map(|repeat| repeat.at()), self.ends_at)
    }

    /// Whether the user has still to answer.
    pub fn is_waiting(&self) -> bool {
        self.state == State::Proceeding
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TIMING: Timing =
        Timing { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) };

    #[test]
    fn refusal_is_repeated_until_its_ack() {
        let now = Instant::now();
        let mut machine = ServerInvite::new();
        assert!(machine.respond(now, StatusCode::BUSY_HERE, &TIMING, Reliability::Unreliable));
        let first = machine.deadline().expect("timer G");
        assert_eq!(first, now + TIMING.t1);
        assert_eq!(machine.handle_timeout(first), TimerAction::Retransmit);
        assert_eq!(machine.handle_ack(first, &TIMING, Reliability::Unreliable), AckReaction::Absorbed);
        assert_eq!(machine.deadline(), Some(first + TIMING.t4));
        assert_eq!(machine.handle_ack(first, &TIMING, Reliability::Unreliable), AckReaction::Absorbed);
        assert_eq!(machine.handle_timeout(first + TIMING.t4), TimerAction::Terminated);
    }

    #[test]
    fn success_absorbs_invites_and_passes_acks_on_until_timer_l() {
        let now = Instant::now();
        let mut machine = ServerInvite::new();
        assert!(machine.repeats_response());
        assert!(machine.respond(now, StatusCode::OK, &TIMING, Reliability::Unreliable));
        assert!(!machine.repeats_response());
        assert!(!machine.respond(now, StatusCode::BUSY_HERE, &TIMING, Reliability::Unreliable));
        assert_eq!(machine.handle_ack(now, &TIMING, Reliability::Unreliable), AckReaction::PassOn);
        assert_eq!(machine.deadline(), Some(now + Duration::from_secs(32)));
    }
}
