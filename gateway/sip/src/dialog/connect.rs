//! The caller's side of an INVITE (RFC 3261 §13.2).

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rand::RngCore;

use super::route::{fallback, next_flow};
use super::state::{Calling, Cancel, Dialog, OwedAck, Role, Stage, Usage, tag_text};
use crate::endpoint::client::{Draft, MAX_ACKS, Purpose, SentAck, print_request};
use crate::endpoint::echo::{add_given, tag_of};
use crate::endpoint::{Body, DialogId, EarlyId, Endpoint, Event, Failure, OutgoingInvite, TerminationCause};
use crate::message::{HeaderName, Headers, Method, Request, Response};
use crate::transport::Flow;

impl Endpoint {
    pub(crate) fn start_invite(&mut self, now: Instant, invite: OutgoingInvite) -> DialogId {
        let id = self.fresh_usage_id();
        let dialog_id = DialogId(id);
        if self.usages.len() >= self.config.limits.dialogs || self.is_at_transaction_limit() {
            self.counters.dialog_limit_hits += 1;
            self.event(Event::Rejected { dialog: dialog_id, response: None, failure: Some(Failure::Limit) });
            return dialog_id;
        }
        let flow = invite.flow;
        let dialog = self.outgoing_dialog(&invite, id);
        let contact = Bytes::from(format!("<{}>", invite.contact));
        let mut request = dialog.request(Method::Invite, dialog.local_cseq);
        self.add_invite_headers(&mut request.headers, &contact);
        add_given(&mut request.headers, invite.headers);
        set_body(&mut request, invite.body);
        let credentials = invite.credentials.map(Arc::new);
        let draft = Draft {
            request,
            flow,
            fallback: None,
            purpose: Purpose::Invite(dialog_id),
            credentials: credentials.clone(),
        };
        let tx = self.start_client(now, draft);
        let give_up_at = now + self.config.limits.ringing;
        let calling = Calling { tx, cancel: Cancel::No, earlies: Vec::new(), give_up_at };
        self.insert_usage(
            id,
            Usage::new(Role::Caller, Stage::Calling(Box::new(calling)), dialog, contact, credentials),
        );
        dialog_id
    }

    fn outgoing_dialog(&mut self, invite: &OutgoingInvite, id: u64) -> Dialog {
        let mut from = invite.from.clone();
        from.set_tag(tag_text(id));
        let mut to = invite.to.clone();
        to.params.remove("tag");
        Dialog {
            call_id: self.fresh_call_id().into(),
            local: from.to_string().into(),
            remote: to.to_string().into(),
            remote_tag: Bytes::new(),
            target: invite.uri.clone(),
            routes: invite.routes.iter().map(|route| format!("<{route}>").into()).collect(),
            flow: invite.flow,
            local_cseq: self.fresh_cseq(),
            remote_cseq: None,
        }
    }

    /// Contact, Allow, Supported and User-Agent of an INVITE (RFC 3261 §13.2.1).
    pub(crate) fn add_invite_headers(&self, headers: &mut Headers, contact: &Bytes) {
        headers.push(HeaderName::Contact, contact.clone());
        headers.push(HeaderName::Allow, self.identity.allow.clone());
        if !self.identity.supported.is_empty() {
            headers.push(HeaderName::Supported, self.identity.supported.clone());
        }
        headers.push(HeaderName::UserAgent, self.identity.agent.clone());
    }

    pub(crate) fn invite_progress(&mut self, now: Instant, id: DialogId, flow: Flow, response: Response) {
        let most = self.config.limits.early_dialogs.min(usize::from(u8::MAX));
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let Stage::Calling(calling) = &mut usage.stage else { return };
        if let Cancel::Wanted(reason) = &mut calling.cancel {
            let (tx, reason) = (calling.tx, reason.take());
            calling.cancel = Cancel::Sent;
            calling.give_up_at = now + self.timing.long();
            self.send_cancel(now, tx, reason);
            self.rearm_usage(id.0);
            return;
        }
        if response.status.as_u16() == 100 || matches!(calling.cancel, Cancel::Sent) {
            return;
        }
        let tag = response.headers.get(&HeaderName::To).and_then(tag_of).unwrap_or_default();
        let known = calling.earlies.iter().position(|early| early == tag);
        let index = match known {
            Some(index) => index,
            None if calling.earlies.len() < most => {
                calling.earlies.push(Bytes::copy_from_slice(tag));
                calling.earlies.len() - 1
            }
            None => {
                self.counters.early_dialog_limit_hits += 1;
                return;
            }
        };
        usage.dialog.learn(&response, flow);
        // The limit `most` keeps the index within a byte.
        let early = EarlyId(u8::try_from(index).unwrap_or(u8::MAX));
        self.event(Event::Progress { dialog: id, early, response });
    }

    pub(crate) fn invite_success(
        &mut self,
        now: Instant,
        tx: u64,
        id: DialogId,
        flow: Flow,
        response: Response,
    ) {
        let Some(usage) = self.usages.get_mut(&id.0) else {
            return self.hang_up_stray(now, tx, flow, &response);
        };
        let Stage::Calling(calling) = &mut usage.stage else {
            return self.hang_up_stray(now, tx, flow, &response);
        };
        if !matches!(calling.cancel, Cancel::No) {
            self.remove_usage(now, id.0);
            self.hang_up_stray(now, tx, flow, &response);
            let cause = TerminationCause::AnsweredAfterCancel { response: Box::new(response) };
            self.event(Event::Terminated { dialog: id, cause });
            return;
        }
        let tag = response.headers.get(&HeaderName::To).and_then(tag_of).unwrap_or_default();
        let index = calling.earlies.iter().position(|early| early == tag).unwrap_or(calling.earlies.len());
        let early = EarlyId(u8::try_from(index).unwrap_or(u8::MAX));
        usage.stage = Stage::Confirmed;
        usage.dialog.learn(&response, flow);
        self.acknowledge_or_owe(id, tx, &response);
        self.event(Event::Answered { dialog: id, early, response });
    }

    /// Sends the ACK, unless the 2xx brings the offer: its answer goes with the ACK (RFC 3261 §13.2.1).
    pub(crate) fn acknowledge_or_owe(&mut self, id: DialogId, tx: u64, response: &Response) {
        let kept = self.clients.get(&tx).and_then(|transaction| transaction.kept.as_ref());
        let Some(cseq) = kept.and_then(|kept| kept.request.headers.cseq().ok()) else { return };
        let asked_for_offer = kept.is_some_and(|kept| kept.request.body.is_empty());
        let owed = OwedAck { tx, cseq: cseq.number };
        if asked_for_offer && !response.body.is_empty() {
            if let Some(usage) = self.usages.get_mut(&id.0) {
                usage.owed_ack = Some(owed);
            }
        } else {
            self.send_ack(id, owed, None);
        }
        self.drop_kept_body(tx);
    }

    pub(crate) fn send_owed_ack(&mut self, now: Instant, id: DialogId, body: Option<Body>) {
        let Some(owed) = self.usages.get_mut(&id.0).and_then(|usage| usage.owed_ack.take()) else { return };
        self.send_ack(id, owed, body);
        self.send_queued_offer(now, id);
    }

    fn send_ack(&mut self, id: DialogId, owed: OwedAck, body: Option<Body>) {
        let Some(usage) = self.usages.get(&id.0) else { return };
        let mut request = usage.dialog.request(Method::Ack, owed.cseq);
        set_body(&mut request, body);
        let flow = next_flow(&usage.dialog);
        let tag = usage.dialog.remote_tag.clone();
        self.transmit_ack(owed.tx, request, flow, tag);
    }

    fn transmit_ack(&mut self, tx: u64, mut request: Request, flow: Flow, remote_tag: Bytes) {
        // An ACK to a 2xx is a transaction of its own without a response (RFC 3261 §13.2.2.4), so nothing
        // is kept under its branch.
        let branch = self.rng.next_u64();
        request.headers.push_front(HeaderName::Via, self.via(&flow, branch));
        let transaction = self.clients.get_mut(&tx);
        if let Some(kept) = transaction.as_ref().and_then(|transaction| transaction.kept.as_ref()) {
            for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
                let values: Vec<Bytes> =
                    kept.request.headers.all(&name).map(Bytes::copy_from_slice).collect();
                values.into_iter().for_each(|value| request.headers.push(name.clone(), value));
            }
        }
        let bytes = print_request(&request);
        if let Some(transaction) = transaction
            && transaction.acks.len() < MAX_ACKS
        {
            transaction.acks.push(SentAck { remote_tag, flow, bytes: bytes.clone() });
        }
        self.transmit(flow, bytes);
    }

    /// A 2xx after the first: the ACK again, or, of another branch of the fork, ACK and BYE (RFC 3261
    /// §13.2.2.4).
    pub(crate) fn invite_further_success(&mut self, now: Instant, tx: u64, flow: Flow, response: &Response) {
        let tag = response.headers.get(&HeaderName::To).and_then(tag_of).unwrap_or_default();
        let Some(transaction) = self.clients.get(&tx) else { return };
        if let Some(ack) = transaction.acks.iter().find(|ack| ack.remote_tag == tag) {
            let (flow, bytes) = (ack.flow, ack.bytes.clone());
            self.counters.retransmissions_sent += 1;
            return self.transmit(flow, bytes);
        }
        let (Purpose::Invite(id) | Purpose::Reinvite(id)) = transaction.purpose else { return };
        let is_owed = self
            .usages
            .get(&id.0)
            .is_some_and(|usage| usage.owed_ack.is_some() && usage.dialog.remote_tag == tag);
        if !is_owed && transaction.acks.len() < MAX_ACKS {
            self.hang_up_stray(now, tx, flow, response);
        }
    }

    /// Acknowledges a 2xx that nobody wants any more, and ends the dialog it has made.
    fn hang_up_stray(&mut self, now: Instant, tx: u64, flow: Flow, response: &Response) {
        let Some(transaction) = self.clients.get(&tx) else { return };
        let Some(kept) = &transaction.kept else { return };
        let credentials = kept.credentials.clone();
        let Some(mut dialog) = Dialog::outgoing(&kept.request, response, flow) else { return };
        self.drop_kept_body(tx);
        let hop = next_flow(&dialog);
        let ack = dialog.request(Method::Ack, dialog.local_cseq);
        self.transmit_ack(tx, ack, hop, dialog.remote_tag.clone());
        let cseq = dialog.next_cseq();
        let mut request = dialog.request(Method::Bye, cseq);
        request.headers.push(HeaderName::UserAgent, self.identity.agent.clone());
        let draft =
            Draft { request, flow: hop, fallback: fallback(&dialog), purpose: Purpose::Nobody, credentials };
        self.start_client(now, draft);
    }

    /// A final refusal, its ACK sent, no challenge that could be answered.
    pub(crate) fn invite_refused(&mut self, now: Instant, id: DialogId, tx: u64, response: Response) {
        if self.is_calling(id, tx) {
            self.remove_usage(now, id.0);
            self.event(Event::Rejected { dialog: id, response: Some(response), failure: None });
        }
    }

    pub(crate) fn invite_failed(&mut self, now: Instant, id: DialogId, tx: u64, failure: Failure) {
        if self.is_calling(id, tx) {
            self.remove_usage(now, id.0);
            self.event(Event::Rejected { dialog: id, response: None, failure: Some(failure) });
        }
    }

    /// Whether the usage still waits for the outcome of that very transaction.
    fn is_calling(&self, id: DialogId, tx: u64) -> bool {
        match self.usages.get(&id.0).map(|usage| &usage.stage) {
            Some(Stage::Calling(calling)) => calling.tx == tx,
            Some(Stage::RingingHere(_) | Stage::Confirmed | Stage::Terminating) | None => false,
        }
    }

    /// Whether a challenge to the INVITE is worth an answer, and if so its new transaction is noted.
    pub(crate) fn retry_invite(&mut self, now: Instant, id: DialogId, tx: u64, response: &Response) -> bool {
        let Some(usage) = self.usages.get(&id.0) else { return false };
        let Stage::Calling(calling) = &usage.stage else { return false };
        if calling.tx != tx || !matches!(calling.cancel, Cancel::No) {
            return false;
        }
        let Some(again) = self.answer_challenge(now, tx, response) else { return false };
        if let Some(usage) = self.usages.get_mut(&id.0)
            && let Stage::Calling(calling) = &mut usage.stage
        {
            calling.tx = again;
            calling.earlies.clear();
        }
        true
    }

    /// After a final response the request is kept for its headers alone.
    fn drop_kept_body(&mut self, tx: u64) {
        if let Some(transaction) = self.clients.get_mut(&tx) {
            transaction.bytes = Bytes::new();
            if let Some(kept) = &mut transaction.kept {
                kept.request.body = Bytes::new();
            }
        }
    }
}

/// Sets body and Content-Type.
pub(crate) fn set_body(request: &mut Request, body: Option<Body>) {
    if let Some((content_type, body)) = body {
        request.headers.set(HeaderName::ContentType, content_type);
        request.body = body;
    }
}
