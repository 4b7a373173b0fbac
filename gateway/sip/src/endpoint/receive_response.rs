//! Responses to our requests (RFC 3261 §8.1.3, §17.1.3).

use std::time::Instant;

use bytes::Bytes;

use super::Endpoint;
use super::client::{CANCEL_BIT, ClientMachine, Purpose, branch_id, hop_request, print_request};
use super::event::Event;
use super::reliability;
use crate::message::{HeaderName, Method, Response};
use crate::transaction::client::Reaction;
use crate::transaction::client_invite::Reaction as InviteReaction;
use crate::transport::Flow;

impl Endpoint {
    pub(crate) fn receive_response(&mut self, now: Instant, flow: Flow, response: Response) {
        self.counters.responses_received += 1;
        let Some(id) = self.transaction_of(&response) else {
            self.counters.stray_responses += 1;
            return;
        };
        let timing = self.timing;
        let Some(transaction) = self.clients.get_mut(&id) else { return };
        let reliability = reliability(&transaction.flow);
        match &mut transaction.machine {
            ClientMachine::Invite(machine) => {
                let reaction = machine.handle_response(now, response.status, &timing, reliability);
                self.rearm_client(id);
                self.react_to_invite(now, id, reaction, (flow, response));
            }
            ClientMachine::Other(machine) => {
                let reaction = machine.handle_response(now, response.status, &timing, reliability);
                self.rearm_client(id);
                match reaction {
                    Reaction::Final => self.finish_request(now, id, flow, response),
                    Reaction::Provisional | Reaction::Ignore => {}
                }
            }
        }
    }

    /// The transaction that the branch names, if the method is its own (RFC 3261 §17.1.3). A response has
    /// one Via when it arrives (§18.1.2).
    fn transaction_of(&self, response: &Response) -> Option<u64> {
        response.validate().ok()?;
        let mut vias = response.headers.values(&HeaderName::Via);
        let via = crate::message::Via::parse(vias.next()?)?;
        if vias.next().is_some() {
            return None;
        }
        let method = response.headers.cseq().ok()?.method;
        let id = branch_id(via.branch()?)? | if method == Method::Cancel { CANCEL_BIT } else { 0 };
        self.clients.get(&id).filter(|transaction| transaction.method == method).map(|_| id)
    }

    fn react_to_invite(
        &mut self,
        now: Instant,
        id: u64,
        reaction: InviteReaction,
        (flow, response): (Flow, Response),
    ) {
        let Some(transaction) = self.clients.get(&id) else { return };
        let purpose = transaction.purpose;
        match reaction {
            InviteReaction::Ignore => {}
            InviteReaction::FailureAgain => {
                let (flow, ack) = (transaction.flow, transaction.bytes.clone());
                self.counters.retransmissions_sent += 1;
                self.transmit(flow, ack);
            }
            InviteReaction::FurtherSuccess => self.invite_further_success(now, id, flow, &response),
            InviteReaction::Failure => {
                self.acknowledge_failure(id, &response);
                self.fail_invite(now, id, purpose, response);
                self.forget_request(id);
            }
            InviteReaction::Provisional => {
                if let Purpose::Invite(dialog) = purpose {
                    self.invite_progress(now, dialog, flow, response);
                }
            }
            InviteReaction::Success => match purpose {
                Purpose::Invite(dialog) => self.invite_success(now, id, dialog, flow, response),
                Purpose::Reinvite(dialog) => self.reinvite_success(now, id, dialog, flow, response),
                Purpose::Request(_) | Purpose::DialogRequest(..) | Purpose::Bye(_) | Purpose::Nobody => {}
            },
        }
    }

    fn fail_invite(&mut self, now: Instant, id: u64, purpose: Purpose, response: Response) {
        match purpose {
            Purpose::Invite(dialog) => {
                if !self.retry_invite(now, dialog, id, &response) {
                    self.invite_refused(now, dialog, id, response);
                }
            }
            Purpose::Reinvite(dialog) => {
                if self.answer_challenge(now, id, &response).is_none() {
                    self.reinvite_refused(now, dialog, response);
                }
            }
            Purpose::Request(_) | Purpose::DialogRequest(..) | Purpose::Bye(_) | Purpose::Nobody => {}
        }
    }

    /// The ACK to a 300 to 699 goes the way of the INVITE, in its transaction (RFC 3261 §17.1.1.3).
    fn acknowledge_failure(&mut self, id: u64, response: &Response) {
        let Some(transaction) = self.clients.get_mut(&id) else { return };
        let Some(kept) = &transaction.kept else { return };
        let to = response.headers.get(&HeaderName::To).map(Bytes::copy_from_slice).unwrap_or_default();
        let ack = print_request(&hop_request(&kept.request, Method::Ack, &to));
        transaction.bytes = ack.clone();
        let flow = transaction.flow;
        self.transmit(flow, ack);
    }

    fn finish_request(&mut self, now: Instant, id: u64, flow: Flow, response: Response) {
        let Some(transaction) = self.clients.get(&id) else { return };
        let (purpose, method) = (transaction.purpose, transaction.method.clone());
        if self.answer_challenge(now, id, &response).is_some() {
            return self.forget_request(id);
        }
        self.forget_request(id);
        match purpose {
            Purpose::Request(tx) => self.event(Event::Response { tx, outcome: Ok(response) }),
            Purpose::DialogRequest(tx, dialog) => {
                let status = response.status;
                self.refresh_from_update(dialog, &method, flow, &response);
                self.event(Event::Response { tx, outcome: Ok(response) });
                self.in_dialog_answered(now, dialog, &method, status);
            }
            Purpose::Bye(dialog) => self.bye_answered(now, dialog),
            Purpose::Invite(_) | Purpose::Reinvite(_) | Purpose::Nobody => {}
        }
    }

    /// A 2xx to UPDATE refreshes the remote target (RFC 3311 §5.1).
    fn refresh_from_update(
        &mut self,
        dialog: super::DialogId,
        method: &Method,
        flow: Flow,
        response: &Response,
    ) {
        if *method == Method::Update
            && response.status.is_success()
            && let Some(usage) = self.usages.get_mut(&dialog.0)
        {
            usage.dialog.refresh_target(&response.headers, flow);
        }
    }

    /// After the final response nothing of the request is sent again; the ACK to a refused INVITE stays.
    fn forget_request(&mut self, id: u64) {
        if let Some(transaction) = self.clients.get_mut(&id) {
            transaction.kept = None;
            if transaction.method != Method::Invite {
                transaction.bytes = Bytes::new();
            }
        }
    }
}
