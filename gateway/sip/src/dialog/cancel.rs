//! Taking an INVITE of ours back (RFC 3261 §9.1).

use std::time::Instant;

use bytes::Bytes;

use super::state::{Cancel, Stage};
use crate::endpoint::client::ClientMachine;
use crate::endpoint::{DialogId, Endpoint, Event, Failure};

impl Endpoint {
    /// Whether an INVITE of ours has had a provisional response, and no final one.
    fn is_proceeding(&self, tx: u64) -> bool {
        self.clients.get(&tx).is_some_and(|transaction| match &transaction.machine {
            ClientMachine::Invite(machine) => machine.may_cancel(),
            ClientMachine::Other(_) => false,
        })
    }

    /// Whether the INVITE that this dialog begins with is out and nothing came back, not even 100.
    pub fn is_unheard(&self, dialog: DialogId) -> bool {
        match self.usages.get(&dialog.0).map(|usage| &usage.stage) {
            Some(Stage::Calling(calling)) => !self.is_proceeding(calling.tx),
            Some(_) | None => false,
        }
    }

    pub(crate) fn start_cancel(&mut self, now: Instant, id: DialogId, reason: Option<Bytes>) {
        let long = self.timing.long();
        let Some(Stage::Calling(calling)) = self.usages.get(&id.0).map(|usage| &usage.stage) else { return };
        let tx = calling.tx;
        let is_proceeding = self.is_proceeding(tx);
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let Stage::Calling(calling) = &mut usage.stage else { return };
        if !matches!(calling.cancel, Cancel::No) {
            return;
        }
        if !is_proceeding {
            calling.cancel = Cancel::Wanted(reason);
            return;
        }
        calling.cancel = Cancel::Sent;
        calling.give_up_at = now + long;
        self.send_cancel(now, tx, reason);
        self.rearm_usage(id.0);
    }

    /// It rang for too long: the INVITE is taken back, and after 64*T1 more it is forgotten, answered or
    /// not (RFC 3261 §9.1).
    pub(crate) fn give_up_calling(&mut self, now: Instant, id: DialogId) {
        let Some(usage) = self.usages.get(&id.0) else { return };
        let Stage::Calling(calling) = &usage.stage else { return };
        if matches!(calling.cancel, Cancel::Sent) {
            let tx = calling.tx;
            self.remove_client(tx);
            self.remove_usage(now, id.0);
            self.event(Event::Rejected { dialog: id, response: None, failure: Some(Failure::Timeout) });
            return;
        }
        self.start_cancel(now, id, None);
        // Where even the provisional response is missing, timer B ends it; this only keeps the timer from
        // firing again and again.
        if let Some(usage) = self.usages.get_mut(&id.0)
            && let Stage::Calling(calling) = &mut usage.stage
        {
            calling.give_up_at = now + self.timing.long();
        }
    }
}
