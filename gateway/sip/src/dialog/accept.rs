//! The callee's side of an INVITE (RFC 3261 §13.3), and the ACK.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::state::{Answered, AwaitingAck, Dialog, RingingHere, Role, Stage, Usage, tag_text};
use crate::endpoint::echo::refusal;
use crate::endpoint::receive::Arrival;
use crate::endpoint::server::{Owner, ServerMachine};
use crate::endpoint::{DialogId, Endpoint, Event, Reply, ServerTx, TerminationCause};
use crate::message::{HeaderName, Rejection, Request, StatusCode};
use crate::transaction::server_invite::ServerInvite;
use crate::transaction::timer::Repeat;
use crate::transport::{Flow, Transport};

/// A provisional response is repeated at this interval while it rings (RFC 3261 §13.3.1.1).
const RING_REFRESH: Duration = Duration::from_secs(60);

impl Endpoint {
    /// Makes the usage of a new INVITE, answers 100 and tells the layer above.
    pub(crate) fn receive_invite(&mut self, now: Instant, arrival: Arrival) {
        let id = self.fresh_usage_id();
        let tag = tag_text(id);
        let cseq = self.fresh_cseq();
        let Arrival { tx, flow, request, .. } = &arrival;
        let Some(dialog) = Dialog::incoming(request, *flow, &tag, cseq) else {
            let rejection = Rejection::because(StatusCode::BAD_REQUEST, "Missing Contact");
            return self.refuse_statelessly(&arrival.request, arrival.response_flow, &rejection);
        };
        let (tx, flow) = (*tx, *flow);
        let contact = own_contact(request, flow.transport, self.config.advertised(flow.local));
        let give_up_at = now + self.config.limits.ringing;
        let stage = Stage::RingingHere(Box::new(RingingHere { tx, give_up_at, refresh_at: None }));
        self.insert_usage(id, Usage::new(Role::Callee, stage, dialog, contact, None));
        let machine = ServerMachine::Invite(ServerInvite::new());
        let request = self.open_server(arrival, machine, Owner::Invite(DialogId(id)), Some(&tag));
        self.untried.push_back((now, tx));
        self.event(Event::Invite { dialog: DialogId(id), request, flow });
    }

    /// 100, unless the layer above has answered at once (RFC 3261 §17.2.1) or the call is over.
    pub(crate) fn send_trying(&mut self, now: Instant, tx: ServerTx) {
        let is_untold =
            self.servers.get(&tx.0).is_some_and(|server| server.is_waiting() && server.last.is_none());
        if is_untold {
            self.answer(now, tx, &refusal(StatusCode::TRYING), None);
        }
    }

    pub(crate) fn forget_invite(&mut self, now: Instant, id: DialogId, request: &Request, reply: &Reply) {
        let Some(Stage::RingingHere(ringing)) = self.usages.get(&id.0).map(|usage| &usage.stage) else {
            return;
        };
        let tx = ringing.tx;
        let Some(flow) = self.servers.get(&tx.0).map(|server| server.flow) else { return };
        self.remove_server(tx.0);
        self.remove_usage(now, id.0);
        self.answer_statelessly(request, flow, reply);
    }

    pub(crate) fn send_ringing(&mut self, now: Instant, id: DialogId, reply: &Reply) {
        if !reply.status.is_provisional() {
            return;
        }
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let Stage::RingingHere(ringing) = &mut usage.stage else { return };
        ringing.refresh_at = Some(now + RING_REFRESH);
        let (tx, contact) = (ringing.tx, usage.contact.clone());
        self.answer(now, tx, reply, Some(&contact));
        self.rearm_usage(id.0);
    }

    pub(crate) fn send_accept(&mut self, now: Instant, id: DialogId, reply: &Reply) {
        if !reply.status.is_success() {
            return;
        }
        let Some(usage) = self.usages.get(&id.0) else { return };
        let Stage::RingingHere(ringing) = &usage.stage else { return };
        let (tx, contact) = (ringing.tx, usage.contact.clone());
        let cseq = usage.dialog.remote_cseq.unwrap_or_default();
        let Some((flow, bytes)) = self.answer(now, tx, reply, Some(&contact)) else { return };
        if let Some(usage) = self.usages.get_mut(&id.0) {
            usage.stage = Stage::Confirmed;
        }
        self.await_ack(now, id, (Answered::Initial, cseq), (flow, bytes));
    }

    /// Repeats a 2xx until its ACK comes, over any transport: a proxy on the way may have lost it (RFC 3261
    /// §13.3.1.4).
    pub(crate) fn await_ack(
        &mut self,
        now: Instant,
        id: DialogId,
        (answered, cseq): (Answered, u32),
        (flow, bytes): (Flow, Bytes),
    ) {
        let timing = self.timing;
        if let Some(usage) = self.usages.get_mut(&id.0) {
            let repeat = Repeat::new(now, &timing, timing.t2);
            let ends_at = now + timing.long();
            usage.awaiting = Some(Box::new(AwaitingAck { answered, cseq, flow, bytes, repeat, ends_at }));
        }
        self.rearm_usage(id.0);
    }

    pub(crate) fn send_reject(&mut self, now: Instant, id: DialogId, reply: &Reply) {
        if !reply.status.is_final() || reply.status.is_success() {
            return;
        }
        let Some(Stage::RingingHere(ringing)) = self.usages.get(&id.0).map(|usage| &usage.stage) else {
            return;
        };
        let tx = ringing.tx;
        self.answer(now, tx, reply, None);
        self.remove_usage(now, id.0);
    }

    /// The caller took its INVITE back (RFC 3261 §9.2): 487 to the INVITE; the CANCEL itself is answered
    /// already.
    pub(crate) fn invite_cancelled(&mut self, now: Instant, id: DialogId, tx: ServerTx, cancel: &Request) {
        self.answer(now, tx, &refusal(StatusCode::REQUEST_TERMINATED), None);
        if self.remove_usage(now, id.0) {
            let reason = cancel.headers.get(&HeaderName::Reason).map(Bytes::copy_from_slice);
            self.event(Event::Cancelled { dialog: id, reason });
        }
    }

    /// An ACK that no transaction has absorbed: it is for a 2xx.
    pub(crate) fn receive_ack(&mut self, now: Instant, flow: Flow, request: Request) {
        let Some(id) = self.usage_of(&request) else {
            self.counters.stray_acks += 1;
            return;
        };
        let number = request.headers.cseq().map(|cseq| cseq.number).ok();
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let is_awaited = usage.awaiting.as_ref().is_some_and(|awaiting| Some(awaiting.cseq) == number);
        if !is_awaited {
            self.counters.retransmissions_received += 1;
            return;
        }
        usage.dialog.flow = flow;
        let Some(awaiting) = usage.awaiting.take() else { return };
        let bye = usage.bye_after_ack.take();
        let body = (!request.body.is_empty()).then_some(request.body);
        match awaiting.answered {
            Answered::Initial => self.event(Event::Confirmed { dialog: id, body }),
            Answered::Modification => self.event(Event::ReofferConfirmed { dialog: id, body }),
        }
        match bye {
            Some(headers) => self.send_bye(now, id, headers),
            None => self.send_queued_offer(now, id),
        }
    }

    /// The time of a ringing or awaiting usage has come.
    pub(crate) fn usage_timeout(&mut self, now: Instant, id: DialogId) {
        let Some(usage) = self.usages.get(&id.0) else { return };
        match &usage.stage {
            Stage::Calling(calling) if now >= calling.give_up_at => self.give_up_calling(now, id),
            Stage::RingingHere(ringing) => {
                let (tx, give_up_at, refresh_at) = (ringing.tx, ringing.give_up_at, ringing.refresh_at);
                if now >= give_up_at {
                    self.answer(now, tx, &refusal(StatusCode::TEMPORARILY_UNAVAILABLE), None);
                    self.remove_usage(now, id.0);
                    self.event(Event::Terminated { dialog: id, cause: TerminationCause::RungTooLong });
                } else if refresh_at.is_some_and(|at| now >= at) {
                    self.refresh_ringing(now, id, tx);
                }
            }
            Stage::Calling(_) | Stage::Confirmed | Stage::Terminating => {}
        }
        self.awaiting_timeout(now, id);
        self.offer_timeout(now, id);
        self.rearm_usage(id.0);
    }

    fn refresh_ringing(&mut self, now: Instant, id: DialogId, tx: ServerTx) {
        if let Some((flow, last)) =
            self.servers.get(&tx.0).and_then(|found| Some((found.flow, found.last.clone()?)))
        {
            self.transmit(flow, last);
        }
        if let Some(usage) = self.usages.get_mut(&id.0)
            && let Stage::RingingHere(ringing) = &mut usage.stage
        {
            ringing.refresh_at = Some(now + RING_REFRESH);
        }
    }

    fn awaiting_timeout(&mut self, now: Instant, id: DialogId) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let Some(awaiting) = &mut usage.awaiting else { return };
        if now >= awaiting.ends_at {
            usage.awaiting = None;
            return match usage.bye_after_ack.take() {
                Some(headers) => self.send_bye(now, id, headers),
                None => {
                    self.event(Event::AckTimeout { dialog: id });
                    self.send_queued_offer(now, id);
                }
            };
        }
        if awaiting.repeat.fire(now) {
            let (flow, bytes) = (awaiting.flow, awaiting.bytes.clone());
            self.counters.retransmissions_sent += 1;
            self.transmit(flow, bytes);
        }
    }
}

/// Where the peer reaches us: the user it asked for, at the address it came to.
fn own_contact(request: &Request, transport: Transport, address: SocketAddr) -> Bytes {
    let user = request.uri.raw_user().map(|user| format!("{user}@")).unwrap_or_default();
    let param = match transport {
        Transport::Udp => String::new(),
        Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => {
            format!(";transport={}", transport.uri_param())
        }
    };
    format!("<sip:{user}{address}{param}>").into()
}
