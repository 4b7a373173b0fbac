//! re-INVITE and UPDATE, both sides, with glare (RFC 3261 §14, RFC 3311).

use std::time::{Duration, Instant};

use rand::Rng;

use super::connect::set_body;
use super::route::{fallback, next_flow};
use super::state::{Answered, OfferKind, OfferProgress, OwnOffer, PeerOffer, Role, Stage};
use crate::endpoint::client::{Draft, Purpose};
use crate::endpoint::echo::{add_given, refusal};
use crate::endpoint::receive::Arrival;
use crate::endpoint::server::{Owner, ServerMachine};
use crate::endpoint::{Body, DialogId, Endpoint, Event, Failure, Reply, ServerTx};
use crate::message::{Header, HeaderName, Method, Response, StatusCode};
use crate::transaction::server::Server;
use crate::transaction::server_invite::ServerInvite;
use crate::transport::Flow;

/// Answers 491 to one re-INVITE before it is given up.
const MAX_COLLISIONS: u8 = 8;
/// The unit of the interval after a 491 (RFC 3261 §14.1).
const RETRY_UNIT_MS: u64 = 10;

impl Endpoint {
    pub(crate) fn start_reinvite(
        &mut self,
        now: Instant,
        id: DialogId,
        body: Option<Body>,
        headers: Vec<Header>,
    ) {
        let offer = OwnOffer { body, headers, collisions: 0, progress: OfferProgress::Queued };
        let refused = match self.usages.get_mut(&id.0) {
            Some(usage) if matches!(usage.stage, Stage::Confirmed) && usage.bye_after_ack.is_none() => {
                match usage.own_offer.as_ref().map(|offer| offer.progress) {
                    Some(OfferProgress::Sent) => true,
                    // One that has not been sent yet is replaced: only the newest matters.
                    Some(OfferProgress::Queued | OfferProgress::WaitingUntil(_)) | None => {
                        usage.own_offer = Some(Box::new(offer));
                        false
                    }
                }
            }
            Some(_) | None => true,
        };
        if refused {
            self.event(Event::ReofferRefused {
                dialog: id,
                response: None,
                failure: Some(Failure::NoDialog),
            });
        } else {
            self.send_queued_offer(now, id);
        }
    }

    /// Sends our re-INVITE if one is queued and no other INVITE transaction runs in the dialog (RFC 3261
    /// §14.1).
    pub(crate) fn send_queued_offer(&mut self, now: Instant, id: DialogId) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        if !usage.is_quiet() {
            return;
        }
        let Some(offer) = usage.own_offer.as_mut() else { return };
        if offer.progress != OfferProgress::Queued {
            return;
        }
        offer.progress = OfferProgress::Sent;
        let (body, headers) = (offer.body.clone(), offer.headers.clone());
        let cseq = usage.dialog.next_cseq();
        let mut request = usage.dialog.request(Method::Invite, cseq);
        let (flow, fallback) = (next_flow(&usage.dialog), fallback(&usage.dialog));
        let (contact, credentials) = (usage.contact.clone(), usage.credentials.clone());
        self.add_invite_headers(&mut request.headers, &contact);
        add_given(&mut request.headers, headers);
        set_body(&mut request, body);
        self.start_client(
            now,
            Draft { request, flow, fallback, purpose: Purpose::Reinvite(id), credentials },
        );
    }

    pub(crate) fn reinvite_success(
        &mut self,
        now: Instant,
        tx: u64,
        id: DialogId,
        flow: Flow,
        response: Response,
    ) {
        let Some(usage) = self.usages.get_mut(&id.0).filter(|usage| usage.own_offer.is_some()) else {
            // The dialog ended meanwhile; the 2xx has to be acknowledged all the same.
            return self.invite_further_success(now, tx, flow, &response);
        };
        usage.own_offer = None;
        usage.dialog.refresh_target(&response.headers, flow);
        self.acknowledge_or_owe(id, tx, &response);
        self.event(Event::ReofferAnswered { dialog: id, response });
    }

    /// A refusal of our re-INVITE: 491 means again later, the rest is the layer above's (RFC 3261 §14.1).
    pub(crate) fn reinvite_refused(&mut self, now: Instant, id: DialogId, response: Response) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let Some(offer) = &mut usage.own_offer else { return };
        let status = response.status;
        if status == StatusCode::REQUEST_PENDING && offer.collisions < MAX_COLLISIONS {
            offer.collisions += 1;
            let units = match usage.role {
                Role::Caller => self.rng.random_range(210..=400),
                Role::Callee => self.rng.random_range(0..=200),
            };
            offer.progress = OfferProgress::WaitingUntil(now + Duration::from_millis(units * RETRY_UNIT_MS));
            return self.rearm_usage(id.0);
        }
        usage.own_offer = None;
        self.event(Event::ReofferRefused { dialog: id, response: Some(response), failure: None });
        if matches!(status, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST | StatusCode::REQUEST_TIMEOUT) {
            self.dialog_gone(now, id, Some(status));
        }
    }

    pub(crate) fn reinvite_failed(&mut self, now: Instant, id: DialogId, failure: Failure) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        if usage.own_offer.take().is_none() {
            return;
        }
        self.event(Event::ReofferRefused { dialog: id, response: None, failure: Some(failure) });
        if failure == Failure::Timeout {
            self.dialog_gone(now, id, None);
        }
    }

    pub(crate) fn offer_timeout(&mut self, now: Instant, id: DialogId) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let Some(offer) = usage.own_offer.as_mut() else { return };
        if let OfferProgress::WaitingUntil(at) = offer.progress
            && now >= at
        {
            offer.progress = OfferProgress::Queued;
            self.send_queued_offer(now, id);
        }
    }

    /// A re-INVITE of the peer, order of CSeq checked.
    pub(crate) fn receive_reinvite(&mut self, now: Instant, id: DialogId, arrival: Arrival) {
        let (tx, flow) = (arrival.tx, arrival.flow);
        let cseq = arrival.cseq;
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let own_is_out = usage.own_offer.as_ref().is_some_and(|offer| offer.progress == OfferProgress::Sent);
        let refused = match &usage.stage {
            Stage::Calling(_) | Stage::RingingHere(_) => Some(busy_with_another(&mut self.rng)),
            Stage::Terminating => Some(refusal(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)),
            // Ours runs, or the ACK to our last 2xx is still on its way (RFC 3261 §14.2, RFC 5407 §3.1.4).
            Stage::Confirmed if own_is_out || usage.owed_ack.is_some() || usage.awaiting.is_some() => {
                Some(refusal(StatusCode::REQUEST_PENDING))
            }
            Stage::Confirmed if usage.peer_offer.is_some() => Some(busy_with_another(&mut self.rng)),
            Stage::Confirmed => None,
        };
        if refused.is_none() {
            usage.dialog.refresh_target(&arrival.request.headers, flow);
            usage.peer_offer = Some(PeerOffer { tx, cseq, kind: OfferKind::Reinvite });
        }
        let owner = if refused.is_none() { Owner::Modification(id) } else { Owner::Nobody };
        let request = self.open_server(arrival, ServerMachine::Invite(ServerInvite::new()), owner, None);
        if let Some(reply) = refused {
            self.counters.refused_requests += 1;
            self.answer(now, tx, &reply, None);
            return;
        }
        self.answer(now, tx, &refusal(StatusCode::TRYING), None);
        self.event(Event::Reoffer { dialog: id, request });
    }

    /// An UPDATE of the peer (RFC 3311 §5.2). Without a body it only refreshes the target, and is answered
    /// here.
    pub(crate) fn receive_update(&mut self, now: Instant, id: DialogId, arrival: Arrival) {
        let (tx, flow) = (arrival.tx, arrival.flow);
        let cseq = arrival.cseq;
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let own_is_out = usage.own_offer.as_ref().is_some_and(|offer| offer.progress == OfferProgress::Sent);
        let contact = usage.contact.clone();
        let is_offer = !arrival.request.body.is_empty();
        let reply = match &usage.stage {
            Stage::Terminating => Some(refusal(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)),
            Stage::Calling(_) | Stage::RingingHere(_) if is_offer => Some(busy_with_another(&mut self.rng)),
            Stage::Confirmed if is_offer && (own_is_out || usage.awaiting.is_some()) => {
                Some(refusal(StatusCode::REQUEST_PENDING))
            }
            Stage::Confirmed if is_offer && usage.peer_offer.is_some() => {
                Some(busy_with_another(&mut self.rng))
            }
            Stage::Confirmed if is_offer => None,
            Stage::Calling(_) | Stage::RingingHere(_) | Stage::Confirmed => Some(refusal(StatusCode::OK)),
        };
        if reply.as_ref().is_none_or(|reply| reply.status.is_success()) {
            usage.dialog.refresh_target(&arrival.request.headers, flow);
        }
        if reply.is_none() {
            usage.peer_offer = Some(PeerOffer { tx, cseq, kind: OfferKind::Update });
        }
        let owner = if reply.is_none() { Owner::Modification(id) } else { Owner::Nobody };
        let machine = ServerMachine::Other(Server::new(now, &self.timing));
        let request = self.open_server(arrival, machine, owner, None);
        match reply {
            Some(reply) => {
                self.answer(now, tx, &reply, Some(&contact));
            }
            None => self.event(Event::Reoffer { dialog: id, request }),
        }
    }

    pub(crate) fn send_answer_reinvite(&mut self, now: Instant, id: DialogId, reply: &Reply) {
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        let Some(offer) = usage.peer_offer else { return };
        if reply.status.is_final() {
            usage.peer_offer = None;
        }
        let contact = usage.contact.clone();
        let Some(sent) = self.answer(now, offer.tx, reply, Some(&contact)) else { return };
        if reply.status.is_success() && offer.kind == OfferKind::Reinvite {
            self.await_ack(now, id, (Answered::Modification, offer.cseq), sent);
        } else if reply.status.is_final() {
            self.send_queued_offer(now, id);
        }
    }

    /// The peer took its re-INVITE back (RFC 3261 §9.2).
    pub(crate) fn reinvite_cancelled(&mut self, now: Instant, id: DialogId, tx: ServerTx) {
        self.answer(now, tx, &refusal(StatusCode::REQUEST_TERMINATED), None);
        let Some(usage) = self.usages.get_mut(&id.0) else { return };
        if usage.peer_offer.is_some_and(|offer| offer.tx == tx) {
            usage.peer_offer = None;
            self.event(Event::ReofferCancelled { dialog: id });
            self.send_queued_offer(now, id);
        }
    }
}

/// The peer's second offer before our answer to its first: 500 with a Retry-After of 0 to 10 s (RFC 3261
/// §14.2).
fn busy_with_another(rng: &mut impl Rng) -> Reply {
    let retry_after_s: u8 = rng.random_range(0..=10);
    Reply::new(StatusCode::SERVER_INTERNAL_ERROR)
        .with_header(HeaderName::RetryAfter, retry_after_s.to_string())
}
