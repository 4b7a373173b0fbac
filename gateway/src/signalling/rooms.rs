//! What administrators and supervisors ask of conferences and running Calls.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::seats::SeatError;
use super::state::{Now, Signalling, with_calls};
use crate::call::{
    ConferenceRefusal, ConferenceSummary, Context, MediaPlane, MemberChange, MemberSummary, RunningCall,
    SuperviseRefusal, Supervision,
};
use crate::model::{CallId, ExtensionId, OrganizationId};
use crate::signalling::reach::Reachable;

/// Of an organization's conferences and running Calls.
pub enum RoomOrder {
    List(oneshot::Sender<Vec<ConferenceSummary>>),
    Running(oneshot::Sender<Vec<RunningCall>>),
    /// Whether a Call is among those that run.
    Runs {
        call: CallId,
        reply: oneshot::Sender<bool>,
    },
    Change {
        call: CallId,
        change: MemberChange,
        reply: oneshot::Sender<Result<MemberSummary, ConferenceRefusal>>,
    },
    Kick {
        call: CallId,
        reply: oneshot::Sender<Result<(), ConferenceRefusal>>,
    },
}

/// How a supervisor comes into a Call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Beside(Supervision),
    /// In the place of the agent.
    TakeOver,
}

/// Why a supervisor does not get into a Call.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    #[error(transparent)]
    Call(#[from] SuperviseRefusal),
    #[error(transparent)]
    Seat(#[from] SeatError),
}

impl<M: MediaPlane> Signalling<M> {
    /// Lists conferences, and does what is asked of their members.
    pub fn obey_room(&mut self, now: Now, organization: OrganizationId, order: RoomOrder) {
        match order {
            RoomOrder::List(reply) => {
                let list = with_calls!(self, now, |calls, cx| calls.conferences(cx, organization));
                drop(reply.send(list));
            }
            RoomOrder::Running(reply) => {
                let list = with_calls!(self, now, |calls, cx| calls.running_of(cx, organization));
                drop(reply.send(list));
            }
            RoomOrder::Runs { call, reply } => {
                let runs = with_calls!(self, now, |calls, _cx| calls.runs(organization, call));
                let _ = reply.send(runs);
            }
            RoomOrder::Change { call, change, reply } => {
                let changed = with_calls!(self, now, |calls, cx| {
                    calls.change_member(cx, organization, call, change)
                });
                drop(reply.send(changed));
            }
            RoomOrder::Kick { call, reply } => {
                let kicked = with_calls!(self, now, |calls, cx| calls.kick_member(cx, organization, call));
                let _ = reply.send(kicked);
            }
        }
        self.drain(now);
    }

    /// A supervisor comes into a Call at his Seat.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn supervise(
        &mut self,
        now: Now,
        extension: ExtensionId,
        call: CallId,
        entry: Entry,
    ) -> Result<(), EntryError> {
        let seat = self.seats.connected_place(extension).ok_or(SeatError::NoSeat)?;
        let done = with_calls!(self, now, |calls, cx| match entry {
            Entry::Beside(how) => calls.supervise(cx, call, &seat, how),
            Entry::TakeOver => calls.take_over(cx, call, &seat),
        });
        self.drain(now);
        Ok(done?)
    }
}
