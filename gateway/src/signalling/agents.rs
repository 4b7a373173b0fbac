//! What the floor asks of signalling: to bring agents and callers together, and apart.

use std::sync::Arc;

use super::state::{Now, Signalling, with_calls};
use crate::call::{Context, MediaPlane};
use crate::model::{Announcement, CallId, ExtensionId, QueueId, UserId};
use crate::routing::floor::voice::VoiceRefusal;
use crate::signalling::reach::Reachable;

impl<M: MediaPlane> Signalling<M> {
    /// Connects who waits with the Seat of an agent.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn connect_agent(
        &mut self,
        now: Now,
        call: CallId,
        user: UserId,
        extension: ExtensionId,
    ) -> Result<(), VoiceRefusal> {
        let seat = self.seats.connected_place(extension).ok_or(VoiceRefusal::NoSeat)?;
        let connected = with_calls!(self, now, |calls, cx| calls.connect_agent(cx, call, user, &seat));
        self.drain(now);
        connected
    }

    /// The agent leaves a call, the caller waits again.
    pub fn back_to_waiting(&mut self, now: Now, call: CallId, queue: Option<QueueId>) {
        with_calls!(self, now, |calls, cx| calls.back_to_waiting(cx, call, queue));
        self.drain(now);
    }

    /// Ends a call at the floor's word.
    pub fn end_for_floor(&mut self, now: Now, call: CallId) {
        with_calls!(self, now, |calls, cx| calls.end_for_floor(cx, call));
        self.drain(now);
    }

    /// Who waits hears something once.
    pub fn announce(&mut self, now: Now, call: CallId, prompt: &Announcement) {
        with_calls!(self, now, |calls, cx| calls.announce(cx, call, prompt));
        self.drain(now);
    }
}
