//! Requests inside a dialog that do not change it: INFO, OPTIONS, NOTIFY, REFER, MESSAGE, and our UPDATE
//! (RFC 3261 §12.2).

use std::time::Instant;

use super::connect::set_body;
use super::route::{fallback, next_flow};
use super::state::{Stage, tag_id};
use crate::endpoint::client::{Draft, Purpose};
use crate::endpoint::echo::{add_given, refusal, tag_of};
use crate::endpoint::receive::Arrival;
use crate::endpoint::server::{Owner, ServerMachine};
use crate::endpoint::{Body, ClientTx, DialogId, Endpoint, Event, Failure, ServerTx};
use crate::message::{Header, HeaderName, Method, Rejection, Request, StatusCode};
use crate::transaction::server::Server;

impl Endpoint {
    /// The usage whose dialog a request names by Call-ID and both tags (RFC 3261 §12).
    pub(crate) fn usage_of(&self, request: &Request) -> Option<DialogId> {
        let id = tag_id(tag_of(request.headers.get(&HeaderName::To)?)?)?;
        let usage = self.usages.get(&id)?;
        let call_id = request.headers.get(&HeaderName::CallId)?;
        let tag = request.headers.get(&HeaderName::From).and_then(tag_of).unwrap_or_default();
        (usage.dialog.call_id == call_id && usage.has_remote_tag(tag)).then_some(DialogId(id))
    }

    /// A request with a To tag, in no transaction yet (RFC 3261 §12.2.2).
    pub(crate) fn receive_in_dialog(&mut self, now: Instant, arrival: Arrival) {
        let Some(id) = self.usage_of(&arrival.request) else {
            let rejection = Rejection::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            return self.refuse_statelessly(&arrival.request, arrival.response_flow, &rejection);
        };
        let most = self.config.limits.pending_in_dialog;
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        if usage.dialog.remote_cseq.is_some_and(|last| arrival.cseq < last) {
            let rejection = Rejection::because(StatusCode::SERVER_INTERNAL_ERROR, "CSeq Out Of Order");
            return self.refuse_statelessly(&arrival.request, arrival.response_flow, &rejection);
        }
        usage.dialog.remote_cseq = Some(arrival.cseq);
        usage.dialog.flow = arrival.flow;
        let is_full = usage.pending.len() >= most;
        match arrival.request.method {
            Method::Invite => self.receive_reinvite(now, id, arrival),
            Method::Update => self.receive_update(now, id, arrival),
            Method::Bye => {
                let tx = arrival.tx;
                let machine = ServerMachine::Other(Server::new(now, &self.timing));
                let request = self.open_server(arrival, machine, Owner::Nobody, None);
                self.receive_bye(now, id, tx, request);
            }
            _ if is_full => self.refuse_overload(&arrival.request, arrival.response_flow),
            _ => self.receive_other(now, id, arrival),
        }
    }

    fn receive_other(&mut self, now: Instant, id: DialogId, arrival: Arrival) {
        let tx = arrival.tx;
        let is_over = self.usages.get(&id.0).is_none_or(|usage| matches!(usage.stage, Stage::Terminating));
        let machine = ServerMachine::Other(Server::new(now, &self.timing));
        let owner = if is_over { Owner::Nobody } else { Owner::InDialog(id) };
        let request = self.open_server(arrival, machine, owner, None);
        if is_over {
            self.answer(now, tx, &refusal(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST), None);
            return;
        }
        if let Some(usage) = self.usages.get_mut(&id.0) {
            usage.pending.push(tx);
        }
        self.event(Event::DialogRequest { dialog: id, tx, request });
    }

    pub(crate) fn forget_pending(&mut self, id: DialogId, tx: ServerTx) {
        if let Some(usage) = self.usages.get_mut(&id.0) {
            usage.pending.retain(|pending| *pending != tx);
        }
    }

    /// What of the peer still waits gets 487 (RFC 3261 §15.1.2).
    pub(crate) fn refuse_pending(&mut self, now: Instant, id: DialogId) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let mut pending = std::mem::take(&mut usage.pending);
        pending.extend(usage.peer_offer.take().map(|offer| offer.tx));
        for tx in pending {
            self.answer(now, tx, &refusal(StatusCode::REQUEST_TERMINATED), None);
        }
    }

    pub(crate) fn start_in_dialog(
        &mut self,
        now: Instant,
        id: DialogId,
        request: (Method, Vec<Header>),
        body: Option<Body>,
    ) -> ClientTx {
        let handle = ClientTx(self.fresh_handle());
        let (method, headers) = request;
        let usage = self.usages.get_mut(&id.0).filter(|usage| {
            let is_known = !usage.dialog.remote_tag.is_empty();
            // These have verbs of their own, which keep the state of the dialog.
            let has_verb = matches!(method, Method::Invite | Method::Ack | Method::Bye | Method::Cancel);
            is_known && !has_verb && !matches!(usage.stage, Stage::Terminating)
        });
        let Some(usage) = usage else {
            self.event(Event::Response { tx: handle, outcome: Err(Failure::NoDialog) });
            return handle;
        };
        let cseq = usage.dialog.next_cseq();
        let mut request = usage.dialog.request(method, cseq);
        // Contact is there in all requests that may refresh the target (RFC 3261 §12.2.1.1, RFC 3311, RFC
        // 3515, RFC 6665).
        if matches!(request.method, Method::Update | Method::Refer | Method::Notify) {
            request.headers.push(HeaderName::Contact, usage.contact.clone());
        }
        request.headers.push(HeaderName::UserAgent, self.identity.agent.clone());
        add_given(&mut request.headers, headers);
        set_body(&mut request, body);
        let draft = Draft {
            request,
            flow: next_flow(&usage.dialog),
            fallback: fallback(&usage.dialog),
            purpose: Purpose::DialogRequest(handle, id),
            credentials: usage.credentials.clone(),
        };
        self.start_client(now, draft);
        handle
    }

    /// After a final response to a request of ours in a dialog: 481 ends it, unless it speaks of a
    /// subscription only (RFC 5057 §5.1).
    pub(crate) fn in_dialog_answered(
        &mut self,
        now: Instant,
        id: DialogId,
        method: &Method,
        status: StatusCode,
    ) {
        let is_subscription = matches!(method, Method::Notify | Method::Refer | Method::Subscribe);
        if status == StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST && !is_subscription {
            self.dialog_gone(now, id, Some(status));
        }
    }
}
