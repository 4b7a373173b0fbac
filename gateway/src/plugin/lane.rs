//! The calls of one inbox or rule: how many at once, how many wait, and its rests. Lanes of one plugin do not feel each
//! other, so that a message that one customer poisoned hurts no other Organization.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::plugin::fault::{CallError, Fault};
use crate::plugin::limits::{MAX_PARALLEL, MAX_WAITING};
use crate::plugin::supervision::{Outcome, Refused, Supervision};

/// One lane.
#[derive(Debug)]
pub struct Lane {
    supervision: Mutex<Supervision>,
    last_fault: Mutex<Option<Fault>>,
    pub permits: Semaphore,
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            supervision: Mutex::default(),
            last_fault: Mutex::default(),
            permits: Semaphore::new(MAX_PARALLEL),
        }
    }
}

impl Lane {
    /// Lets a call in.
    ///
    /// # Errors
    /// [`CallError::Busy`] or [`CallError::Resting`].
    pub fn enter(&self, now: Instant) -> Result<Admission<'_>, CallError> {
        match self.lock().admit(now, MAX_PARALLEL + MAX_WAITING) {
            Ok(()) => Ok(Admission { lane: self, ended: false }),
            Err(Refused::Busy) => Err(CallError::Busy),
            Err(Refused::Resting(rest)) => Err(CallError::Resting(rest)),
        }
    }

    /// The turn of a call that waited: what failed meanwhile makes it rest with the others.
    ///
    /// # Errors
    /// [`CallError::Resting`].
    pub fn begin(&self, now: Instant) -> Result<(), CallError> {
        self.lock().rest(now).map_or(Ok(()), |rest| Err(CallError::Resting(rest)))
    }

    /// Keeps what a call failed of.
    pub fn note(&self, fault: &Fault) {
        *self.last_fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault.clone());
    }

    /// What the last call failed of; none if it did not fail.
    pub fn fault(&self) -> Option<Fault> {
        if self.lock().is_well() {
            return None;
        }
        self.last_fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether nothing need be remembered.
    pub fn is_idle(&self) -> bool {
        self.lock().is_idle()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Supervision> {
        self.supervision.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that was let in. Dropped without an outcome, it never ran.
#[derive(Debug)]
pub struct Admission<'a> {
    lane: &'a Lane,
    ended: bool,
}

impl Admission<'_> {
    /// Says how it ended; gives the rest that follows.
    pub fn end(mut self, now: Instant, outcome: Outcome) -> Option<Duration> {
        self.ended = true;
        self.lane.lock().ended(now, outcome)
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.lane.lock().ended(Instant::now(), Outcome::NotRun);
        }
    }
}
