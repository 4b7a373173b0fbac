//! Client transaction of any method but INVITE (RFC 3261 §17.1.2).

use std::time::Instant;

use super::timer::{Reliability, Repeat, TimerAction, Timing, earlier};
use crate::message::StatusCode;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Trying,
    Proceeding,
    Completed,
}

/// What a response means to the user of the transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reaction {
    Provisional,
    /// The first final response.
    Final,
    /// One that came before.
    Ignore,
}

/// The machine of figure 6.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    state: State,
    /// Timer E.
    repeat: Option<Repeat>,
    /// Timer F, then K.
    ends_at: Instant,
}

impl Client {
    /// The request has just been sent.
    pub fn new(now: Instant, timing: &Timing, reliability: Reliability) -> Self {
        let repeat = match reliability {
            Reliability::Reliable => None,
            Reliability::Unreliable => Some(Repeat::new(now, timing, timing.t2)),
        };
        Self { state: State::Trying, repeat, ends_at: now + timing.long() }
    }

    pub fn handle_response(
        &mut self,
        now: Instant,
        status: StatusCode,
        timing: &Timing,
        reliability: Reliability,
    ) -> Reaction {
        match self.state {
            State::Completed => Reaction::Ignore,
            State::Trying | State::Proceeding if status.is_provisional() => {
                self.state = State::Proceeding;
                if let Some(repeat) = &mut self.repeat {
                    repeat.slow_down();
                }
                Reaction::Provisional
            }
            State::Trying | State::Proceeding => {
                self.state = State::Completed;
                self.repeat = None;
                self.ends_at = match reliability {
                    Reliability::Reliable => now,
                    Reliability::Unreliable => now + timing.t4,
                };
                Reaction::Final
            }
        }
    }

    pub fn handle_timeout(&mut self, now: Instant) -> TimerAction {
        if now >= self.ends_at {
            return match self.state {
                State::Trying | State::Proceeding => TimerAction::TimedOut,
                State::Completed => TimerAction::Terminated,
            };
        }
        let is_due = self.repeat.as_mut().is_some_and(|repeat| repeat.fire(now));
        if is_due { TimerAction::Retransmit } else { TimerAction::Nothing }
    }

    pub fn deadline(&self) -> Option<Instant> {
        earlier(self.repeat.map(|repeat| repeat.at()), Some(self.ends_at))
    }

    /// Whether nothing at all has come back yet.
    pub fn is_unanswered(&self) -> bool {
        self.state == State::Trying
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TIMING: Timing =
        Timing { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) };

    /// Offsets in milliseconds at which the machine acts, until it is over.
    fn run(mut machine: Client, start: Instant) -> (Vec<u128>, TimerAction) {
        let mut sent = Vec::new();
        loop {
            let now = machine.deadline().expect("has a deadline");
            match machine.handle_timeout(now) {
                TimerAction::Retransmit => sent.push((now - start).as_millis()),
                TimerAction::Nothing => {}
                end @ (TimerAction::TimedOut | TimerAction::Terminated) => {
                    sent.push((now - start).as_millis());
                    return (sent, end);
                }
            }
        }
    }

    #[test]
    fn silence_over_udp_is_eleven_messages_and_timer_f() {
        let start = Instant::now();
        let (sent, end) = run(Client::new(start, &TIMING, Reliability::Unreliable), start);
        assert_eq!(sent, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500, 32000]);
        assert_eq!(end, TimerAction::TimedOut);
    }

    #[test]
    fn silence_over_tcp_is_one_message_and_timer_f() {
        let start = Instant::now();
        let (sent, end) = run(Client::new(start, &TIMING, Reliability::Reliable), start);
        assert_eq!((sent, end), (vec![32000], TimerAction::TimedOut));
    }

    #[test]
    fn provisional_slows_the_repeats_to_t2() {
        let start = Instant::now();
        let mut machine = Client::new(start, &TIMING, Reliability::Unreliable);
        let reaction = machine.handle_response(start, StatusCode::TRYING, &TIMING, Reliability::Unreliable);
        assert_eq!(reaction, Reaction::Provisional);
        assert_eq!(&run(machine, start).0[..3], [500, 4500, 8500]);
    }

    #[test]
    fn final_is_told_once_and_timer_k_ends_it() {
        let start = Instant::now();
        let mut machine = Client::new(start, &TIMING, Reliability::Unreliable);
        let first = machine.handle_response(start, StatusCode::OK, &TIMING, Reliability::Unreliable);
        let second = machine.handle_response(start, StatusCode::OK, &TIMING, Reliability::Unreliable);
        assert_eq!((first, second), (Reaction::Final, Reaction::Ignore));
        assert_eq!(run(machine, start), (vec![5000], TimerAction::Terminated));
    }
}
