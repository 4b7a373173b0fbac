//! From bytes to the part that acts on them (RFC 3261 §8.2, §17.2.3, §18.2.1).

use std::hash::Hasher;
use std::time::Instant;

use bytes::Bytes;

use super::admission::Proof;
use super::echo::{echo_head, print_response, tag_of};
use super::event::{DialogId, Event, Reply, ServerTx};
use super::server::{Owner, ServerMachine, ServerTransaction};
use super::{Endpoint, reliability};
use crate::dialog::state::tag_text;
use crate::message::{Header, HeaderName, Message, Method, Rejection, Request, StatusCode, Via};
use crate::transaction::server::Server;
use crate::transaction::server_invite::AckReaction;
use crate::transport::{Flow, response_flow, stamp_via};

/// A request that is no retransmission, with what has been found out about it.
pub(crate) struct Arrival {
    pub tx: ServerTx,
    pub flow: Flow,
    pub response_flow: Flow,
    /// Its Via is stamped.
    pub request: Request,
    pub cseq: u32,
    merged: Option<u64>,
}

impl Endpoint {
    pub(crate) fn receive(&mut self, now: Instant, flow: Flow, bytes: Bytes) {
        // Line ends alone keep a NAT binding alive (RFC 5626 §4.4.1).
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return;
        }
        match Message::parse(bytes, &self.config.limits.message) {
            Ok(Message::Request(request)) => self.receive_request(now, flow, request),
            Ok(Message::Response(response)) => self.receive_response(now, flow, response),
            Err(error) => {
                self.counters.parse_errors += 1;
                let status = error.status();
                if let Some(request) = error.request {
                    self.refuse_unreadable(flow, *request, Rejection::new(status));
                }
            }
        }
    }

    /// Answers what could be read of a request, if that is enough to answer.
    fn refuse_unreadable(&mut self, flow: Flow, mut request: Request, rejection: Rejection) {
        let is_ack = request.method == Method::Ack;
        if let (false, Some(via)) = (is_ack, stamp_via(&mut request.headers, flow.remote)) {
            self.refuse_statelessly(&request, response_flow(&via, &flow), &rejection);
        }
    }

    fn receive_request(&mut self, now: Instant, flow: Flow, mut request: Request) {
        self.counters.requests_received += 1;
        let Some(via) = stamp_via(&mut request.headers, flow.remote) else {
            self.counters.invalid_requests += 1;
            return;
        };
        let answer_flow = response_flow(&via, &flow);
        if let Err(rejection) = request.validate() {
            self.counters.invalid_requests += 1;
            if request.method != Method::Ack {
                self.refuse_statelessly(&request, answer_flow, &rejection);
            }
            return;
        }
        let tx = ServerTx(self.server_key(&via, &request));
        match request.method {
            Method::Ack => self.receive_any_ack(now, flow, tx, request),
            Method::Cancel => self.receive_cancel(now, answer_flow, tx, request),
            _ => self.receive_transaction(now, tx, (flow, answer_flow), request),
        }
    }

    fn receive_transaction(
        &mut self,
        now: Instant,
        tx: ServerTx,
        (flow, answer_flow): (Flow, Flow),
        request: Request,
    ) {
        if let Some(transaction) = self.servers.get(&tx.0) {
            self.counters.retransmissions_received += 1;
            let last = transaction.last.clone().filter(|_| transaction.repeats_response());
            if let Some(last) = last {
                let flow = transaction.flow;
                self.transmit(flow, last);
            }
            return;
        }
        if let Some(rejection) = self.refusal_of(&request) {
            return self.refuse_statelessly(&request, answer_flow, &rejection);
        }
        let Ok(cseq) = request.headers.cseq() else { return };
        let in_dialog = request.headers.get(&HeaderName::To).and_then(tag_of).is_some();
        let merged = (!in_dialog).then(|| self.merged_key(&request));
        let arrival = Arrival { tx, flow, response_flow: answer_flow, request, cseq: cseq.number, merged };
        if in_dialog {
            // Running calls may go on above the limit of new ones.
            let limit = self.config.limits.transactions;
            if self.transaction_count() >= limit.saturating_add(limit / 8) {
                self.counters.transaction_limit_hits += 1;
                return self.refuse_overload(&arrival.request, answer_flow);
            }
            return self.receive_in_dialog(now, arrival);
        }
        if arrival.request.method.needs_dialog() {
            let rejection = Rejection::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            return self.refuse_statelessly(&arrival.request, answer_flow, &rejection);
        }
        self.receive_new(now, arrival);
    }

    /// A request outside dialogs that starts something.
    fn receive_new(&mut self, now: Instant, arrival: Arrival) {
        let is_merged = arrival.merged.is_some_and(|key| self.merged.contains_key(&key));
        if is_merged {
            let rejection = Rejection::new(StatusCode::LOOP_DETECTED);
            return self.refuse_statelessly(&arrival.request, arrival.response_flow, &rejection);
        }
        let is_invite = arrival.request.method == Method::Invite;
        if self.is_at_transaction_limit() {
            self.counters.transaction_limit_hits += 1;
        } else if is_invite && self.usages.len() >= self.config.limits.dialogs {
            self.counters.dialog_limit_hits += 1;
        } else if is_invite
            && !self.admission.admit(now, arrival.flow.remote.ip(), proof_in(&arrival.request))
        {
            self.counters.invite_rate_limit_hits += 1;
        } else if is_invite {
            return self.receive_invite(now, arrival);
        } else {
            let (tx, flow) = (arrival.tx, arrival.flow);
            let tag = tag_text(self.fresh_handle());
            let machine = ServerMachine::Other(Server::new(now, &self.timing));
            let request = self.open_server(arrival, machine, Owner::Nobody, Some(&tag));
            return self.event(Event::Request { tx, request, flow });
        }
        self.refuse_overload(&arrival.request, arrival.response_flow);
    }

    /// Keeps a server transaction and gives the request back.
    pub(crate) fn open_server(
        &mut self,
        arrival: Arrival,
        machine: ServerMachine,
        owner: Owner,
        to_tag: Option<&str>,
    ) -> Request {
        let transaction = ServerTransaction {
            machine,
            flow: arrival.response_flow,
            head: echo_head(&arrival.request, to_tag),
            last: None,
            owner,
            method: arrival.request.method.clone(),
            merged: arrival.merged,
            armed: None,
        };
        self.insert_server(arrival.tx.0, transaction);
        arrival.request
    }

    /// 405 and 420 (RFC 3261 §8.2.1, §8.2.2.3).
    fn refusal_of(&self, request: &Request) -> Option<Rejection> {
        if !self.config.allow.contains(&request.method) {
            let allow = Header { name: HeaderName::Allow, value: self.identity.allow.clone() };
            return Some(Rejection::new(StatusCode::METHOD_NOT_ALLOWED).with(allow));
        }
        let is_known =
            |tag: &[u8]| self.config.supported.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(tag));
        let unknown: Vec<&[u8]> =
            request.headers.values(&HeaderName::Require).filter(|tag| !is_known(tag)).collect();
        if unknown.is_empty() {
            return None;
        }
        let unsupported = Header::new(HeaderName::Unsupported, unknown.join(&b", "[..]));
        Some(Rejection::new(StatusCode::BAD_EXTENSION).with(unsupported))
    }

    fn receive_any_ack(&mut self, now: Instant, flow: Flow, tx: ServerTx, request: Request) {
        let timing = self.timing;
        if let Some(transaction) = self.servers.get_mut(&tx.0)
            && let ServerMachine::Invite(machine) = &mut transaction.machine
            && machine.handle_ack(now, &timing, reliability(&transaction.flow)) == AckReaction::Absorbed
        {
            transaction.last = None;
            return self.rearm_server(tx.0);
        }
        self.receive_ack(now, flow, request);
    }

    /// A CANCEL finds its INVITE by the same branch (RFC 3261 §9.2). It is answered without a transaction:
    /// the same answer comes out each time.
    fn receive_cancel(&mut self, now: Instant, answer_flow: Flow, tx: ServerTx, request: Request) {
        let found = self.servers.get(&tx.0).map(|transaction| (transaction.owner, transaction.is_waiting()));
        let Some((owner, is_waiting)) = found else {
            let rejection = Rejection::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            return self.refuse_statelessly(&request, answer_flow, &rejection);
        };
        let tag = match owner {
            Owner::Invite(DialogId(id)) => tag_text(id),
            Owner::Nobody | Owner::Modification(_) | Owner::InDialog(_) => tag_text(tx.0),
        };
        let own = [Header { name: HeaderName::Server, value: self.identity.agent.clone() }];
        let bytes = print_response(&echo_head(&request, Some(&tag)), &Reply::new(StatusCode::OK), &own);
        self.transmit(answer_flow, bytes);
        match owner {
            Owner::Invite(dialog) if is_waiting => self.invite_cancelled(now, dialog, tx, &request),
            Owner::Modification(dialog) if is_waiting => self.reinvite_cancelled(now, dialog, tx),
            Owner::Invite(_) | Owner::Modification(_) | Owner::Nobody | Owner::InDialog(_) => {}
        }
    }

    /// 503 without keeping anything (RFC 3261 §21.5.4).
    pub(crate) fn refuse_overload(&mut self, request: &Request, flow: Flow) {
        let retry_after_s = self.config.limits.retry_after_s;
        let header = Header::new(HeaderName::RetryAfter, retry_after_s.to_string());
        self.refuse_statelessly(request, flow, &Rejection::new(StatusCode::SERVICE_UNAVAILABLE).with(header));
    }

    /// Refuses without keeping anything (RFC 3261 §8.2.7): the tag comes out the same when the request
    /// comes again.
    pub(crate) fn refuse_statelessly(&mut self, request: &Request, flow: Flow, rejection: &Rejection) {
        self.counters.refused_requests += 1;
        let reply = Reply {
            status: rejection.status,
            reason: Some(rejection.reason.clone().into_owned()),
            headers: rejection.headers.clone(),
            body: None,
        };
        self.answer_statelessly(request, flow, &reply);
    }

    /// Answers without a transaction (RFC 3261 §8.2.7).
    pub(crate) fn answer_statelessly(&mut self, request: &Request, flow: Flow, reply: &Reply) {
        let tag = tag_text(self.merged_key(request));
        let own = [Header { name: HeaderName::Server, value: self.identity.agent.clone() }];
        let bytes = print_response(&echo_head(request, Some(&tag)), reply, &own);
        self.transmit(flow, bytes);
    }

    /// The identity of a server transaction (RFC 3261 §17.2.3), hashed with a secret so that nobody can
    /// make two collide. ACK and CANCEL have that of their INVITE. The peer of RFC 2543 makes no unique
    /// branch: the fields of §17.2.3 stand in.
    fn server_key(&self, via: &Via, request: &Request) -> u64 {
        let mut hasher = self.keyed_hasher();
        let mut part = |bytes: &[u8]| {
            hasher.write(bytes);
            hasher.write_u8(0xff);
        };
        let method = match request.method {
            Method::Ack | Method::Cancel => &Method::Invite,
            _ => &request.method,
        };
        part(method.as_bytes());
        part(via.host.to_ascii_lowercase().as_bytes());
        part(&via.port.unwrap_or_default().to_be_bytes());
        part(via.branch().unwrap_or_default().as_bytes());
        if !via.has_magic_cookie() {
            let cseq = request.headers.cseq().map_or(0, |cseq| cseq.number);
            part(request.uri.as_bytes());
            part(request.headers.get(&HeaderName::CallId).unwrap_or_default());
            part(request.headers.get(&HeaderName::From).unwrap_or_default());
            part(&cseq.to_be_bytes());
        }
        hasher.finish()
    }

    /// What is the same in a request that came over two ways (RFC 3261 §8.2.2.2).
    fn merged_key(&self, request: &Request) -> u64 {
        let mut hasher = self.keyed_hasher();
        for name in [HeaderName::CallId, HeaderName::CSeq] {
            hasher.write(request.headers.get(&name).unwrap_or_default());
            hasher.write_u8(0xff);
        }
        hasher.write(request.headers.get(&HeaderName::From).and_then(tag_of).unwrap_or_default());
        hasher.finish()
    }
}

/// Whether a request claims to prove who sent it (RFC 3261 §22.4).
fn proof_in(request: &Request) -> Proof {
    let names = [HeaderName::ProxyAuthorization, HeaderName::Authorization];
    match names.iter().any(|name| request.headers.get(name).is_some()) {
        true => Proof::Offered,
        false => Proof::Missing,
    }
}
