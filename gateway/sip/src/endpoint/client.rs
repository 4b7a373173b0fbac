//! Client transactions with their messages: start, repeat, fail over, answer challenges.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::RngCore;

use super::event::{ClientTx, DialogId, Event, Failure};
use super::timers::{Armed, TimerKey};
use super::{Endpoint, reliability};
use crate::auth::{Answerer, Credentials};
use crate::message::{HeaderName, Method, Request};
use crate::transaction::client::Client;
use crate::transaction::client_invite::ClientInvite;
use crate::transaction::timer::{TimerAction, Timing};
use crate::transport::{Flow, Transport};

/// Marks the identifier of a CANCEL: it shares the branch of its INVITE (RFC 3261 §9.1).
pub(crate) const CANCEL_BIT: u64 = 1 << 63;
/// A re-INVITE that is provisionally answered and then nothing: as long as a proxy waits (RFC 3261 §16.6,
/// timer C).
const REINVITE_PATIENCE: Duration = Duration::from_secs(180);
/// Branches of one fork whose 2xx are acknowledged again when they are repeated.
pub(crate) const MAX_ACKS: usize = 16;

/// Who waits for the outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    Request(ClientTx),
    DialogRequest(ClientTx, DialogId),
    Invite(DialogId),
    Reinvite(DialogId),
    Bye(DialogId),
    /// Nobody: a CANCEL, or the BYE to a stray 2xx.
    Nobody,
}

pub(crate) enum ClientMachine {
    Invite(ClientInvite),
    Other(Client),
}

/// Whether a request went over a new connection already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Attempt {
    First,
    Second,
}

/// A request about to be sent.
pub(crate) struct Draft {
    pub request: Request,
    pub flow: Flow,
    /// Where to connect if the open stream of `flow` turns out to be gone.
    pub fallback: Option<SocketAddr>,
    pub purpose: Purpose,
    pub credentials: Option<Arc<Credentials>>,
}

/// What is kept of a request besides its bytes: for its ACK, its CANCEL, and its repetition with credentials.
pub(crate) struct Kept {
    pub request: Request,
    pub credentials: Option<Arc<Credentials>>,
    pub answerer: Answerer,
    pub challenges: u8,
}

/// An ACK that was sent, to be sent again if its response comes again (RFC 3261 §13.2.2.4).
pub(crate) struct SentAck {
    pub remote_tag: Bytes,
    pub flow: Flow,
    pub bytes: Bytes,
}

pub(crate) struct ClientTransaction {
    pub machine: ClientMachine,
    pub flow: Flow,
    pub fallback: Option<SocketAddr>,
    attempt: Attempt,
    /// As sent; empty once it will not be sent again.
    pub bytes: Bytes,
    pub purpose: Purpose,
    pub method: Method,
    pub kept: Option<Box<Kept>>,
    pub acks: Vec<SentAck>,
    pub armed: Armed,
}

impl ClientTransaction {
    pub fn deadline(&self) -> Option<Instant> {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.deadline(),
            ClientMachine::Other(machine) => machine.deadline(),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> TimerAction {
        match &mut self.machine {
            ClientMachine::Invite(machine) => machine.handle_timeout(now),
            ClientMachine::Other(machine) => machine.handle_timeout(now),
        }
    }

    fn is_unanswered(&self) -> bool {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.is_unanswered(),
            ClientMachine::Other(machine) => machine.is_unanswered(),
        }
    }
}

impl Endpoint {
    /// Sends a request in a new transaction and returns its identifier.
    pub(crate) fn start_client(&mut self, now: Instant, draft: Draft) -> u64 {
        let kept = Kept {
            request: draft.request,
            credentials: draft.credentials,
            answerer: Answerer::new(),
            challenges: 0,
        };
        self.send_kept(now, kept, draft.flow, draft.fallback, draft.purpose)
    }

    pub(crate) fn send_kept(
        &mut self,
        now: Instant,
        mut kept: Kept,
        flow: Flow,
        fallback: Option<SocketAddr>,
        purpose: Purpose,
    ) -> u64 {
        let id = self.fresh_client_id();
        kept.request.headers.push_front(HeaderName::Via, self.via(&flow, id));
        let timing = self.timing;
        let method = kept.request.method.clone();
        let machine = match method {
            Method::Invite => {
                let patience = self.patience(purpose);
                ClientMachine::Invite(ClientInvite::new(now, &timing, reliability(&flow), patience))
            }
            _ => ClientMachine::Other(Client::new(now, &timing, reliability(&flow))),
        };
        let bytes = print_request(&kept.request);
        let keeps = method == Method::Invite || kept.credentials.is_some();
        self.insert_client(
            id,
            ClientTransaction {
                machine,
                flow,
                fallback,
                attempt: Attempt::First,
                bytes,
                purpose,
                method,
                kept: keeps.then(|| Box::new(kept)),
                acks: Vec::new(),
                armed: None,
            },
        );
        id
    }

    /// How long an INVITE may ring. The limit of a call is its usage's, which sends CANCEL and waits 64*T1;
    /// this one lies behind it.
    fn patience(&self, purpose: Purpose) -> Duration {
        match purpose {
            Purpose::Invite(_) => self.config.limits.ringing + self.timing.long() * 2,
            Purpose::Request(_)
            | Purpose::DialogRequest(..)
            | Purpose::Reinvite(_)
            | Purpose::Bye(_)
            | Purpose::Nobody => REINVITE_PATIENCE,
        }
    }

    /// Sends the CANCEL of an INVITE (RFC 3261 §9.1): same branch, same hop, same route.
    pub(crate) fn send_cancel(&mut self, now: Instant, invite: u64, reason: Option<Bytes>) {
        let Some(transaction) = self.clients.get(&invite) else { return };
        let Some(kept) = &transaction.kept else { return };
        let flow = transaction.flow;
        let mut request = hop_request(
            &kept.request,
            Method::Cancel,
            &kept.request.headers.get(&HeaderName::To).map(Bytes::copy_from_slice).unwrap_or_default(),
        );
        if let Some(reason) = reason {
            request.headers.push(HeaderName::Reason, reason);
        }
        let transaction = ClientTransaction {
            machine: ClientMachine::Other(Client::new(now, &self.timing, reliability(&flow))),
            flow,
            fallback: None,
            attempt: Attempt::First,
            bytes: print_request(&request),
            purpose: Purpose::Nobody,
            method: Method::Cancel,
            kept: None,
            acks: Vec::new(),
            armed: None,
        };
        self.insert_client(invite | CANCEL_BIT, transaction);
    }

    /// Our Via (RFC 3261 §18.1.1, RFC 3581 §3); the branch names the transaction.
    pub(crate) fn via(&self, flow: &Flow, id: u64) -> String {
        let (token, sent_by) = (flow.transport.via_token(), self.config.advertised(flow.local));
        format!("SIP/2.0/{token} {sent_by};branch=z9hG4bK{:016x};rport", id & !CANCEL_BIT)
    }

    fn insert_client(&mut self, id: u64, mut transaction: ClientTransaction) {
        self.transmit(transaction.flow, transaction.bytes.clone());
        let deadline = transaction.deadline();
        self.timers.arm(&mut transaction.armed, deadline, TimerKey::Client(id));
        self.by_remote.insert((transaction.flow.transport, transaction.flow.remote, id));
        self.clients.insert(id, transaction);
    }

    pub(crate) fn remove_client(&mut self, id: u64) -> Option<ClientTransaction> {
        let transaction = self.clients.remove(&id)?;
        self.by_remote.remove(&(transaction.flow.transport, transaction.flow.remote, id));
        Some(transaction)
    }

    fn fresh_client_id(&mut self) -> u64 {
        loop {
            let id = self.rng.next_u64() & !CANCEL_BIT;
            if !self.clients.contains_key(&id) {
                return id;
            }
        }
    }

    /// Arms the timer of a transaction whose machine has changed.
    pub(crate) fn rearm_client(&mut self, id: u64) {
        if let Some(transaction) = self.clients.get_mut(&id) {
            let deadline = transaction.deadline();
            self.timers.arm(&mut transaction.armed, deadline, TimerKey::Client(id));
        }
    }

    pub(crate) fn client_timeout(&mut self, now: Instant, id: u64) {
        let Some(transaction) = self.clients.get_mut(&id) else { return };
        match transaction.handle_timeout(now) {
            TimerAction::Nothing => self.rearm_client(id),
            TimerAction::Retransmit => {
                let (flow, bytes) = (transaction.flow, transaction.bytes.clone());
                self.counters.retransmissions_sent += 1;
                self.transmit(flow, bytes);
                self.rearm_client(id);
            }
            TimerAction::TimedOut => {
                self.counters.timeouts += 1;
                self.fail_client(now, id, Failure::Timeout);
            }
            TimerAction::Terminated => {
                self.remove_client(id);
            }
        }
    }

    /// Ends a transaction without a response and tells who waits.
    pub(crate) fn fail_client(&mut self, now: Instant, id: u64, failure: Failure) {
        let Some(transaction) = self.remove_client(id) else { return };
        match transaction.purpose {
            Purpose::Request(tx) => self.event(Event::Response { tx, outcome: Err(failure) }),
            Purpose::DialogRequest(tx, _) => self.event(Event::Response { tx, outcome: Err(failure) }),
            Purpose::Invite(dialog) => self.invite_failed(now, dialog, id, failure),
            Purpose::Reinvite(dialog) => self.reinvite_failed(now, dialog, failure),
            Purpose::Bye(dialog) => self.bye_failed(now, dialog, failure),
            Purpose::Nobody => {}
        }
    }

    /// A flow is gone. A request that went over an open stream and has no response is sent once more over a
    /// new connection, where we can open one; any other that has no response fails. Where a response has come, the rest may come
    /// over another connection (RFC 3261 §18.2.2), and the timers see to it.
    pub(crate) fn fail_flow(&mut self, now: Instant, failed: &Flow) {
        let range = (failed.transport, failed.remote, 0)..=(failed.transport, failed.remote, u64::MAX);
        let affected: Vec<u64> = self.by_remote.range(range).map(|(_, _, id)| *id).collect();
        for id in affected {
            let Some(transaction) = self.clients.get(&id).filter(|transaction| transaction.is_unanswered())
            else {
                continue;
            };
            let used = transaction.flow.connection;
            if !failed.transport.can_connect() {
                if used == failed.connection {
                    self.fail_client(now, id, Failure::Transport);
                }
                continue;
            }
            match (failed.connection, transaction.attempt) {
                // Sent without a number, it went over whatever connection the shell had to this address.
                (Some(_), Attempt::First) if used.is_none() || used == failed.connection => {
                    self.reconnect(id)
                }
                (None, _) if used.is_none() => self.fail_client(now, id, Failure::Transport),
                (Some(_), Attempt::Second) if used.is_none() => self.fail_client(now, id, Failure::Transport),
                (Some(_) | None, _) => {}
            }
        }
    }

    fn reconnect(&mut self, id: u64) {
        let Some(mut transaction) = self.remove_client(id) else { return };
        transaction.flow.connection = None;
        transaction.flow.remote = transaction.fallback.unwrap_or(transaction.flow.remote);
        transaction.attempt = Attempt::Second;
        transaction.armed = None;
        self.insert_client(id, transaction);
    }
}

/// A request to the same hop as `original`, with its Via and CSeq number: an ACK to a refusal (RFC 3261
/// §17.1.1.3) or a CANCEL (§9.1).
pub(crate) fn hop_request(original: &Request, method: Method, to: &Bytes) -> Request {
    let mut request = Request {
        method,
        uri: original.uri.clone(),
        headers: crate::message::Headers::new(),
        body: Bytes::new(),
    };
    let copied =
        [HeaderName::Via, HeaderName::Route, HeaderName::MaxForwards, HeaderName::From, HeaderName::CallId];
    for name in copied {
        let values: Vec<Bytes> = original.headers.all(&name).map(Bytes::copy_from_slice).collect();
        for value in values {
            request.headers.push(name.clone(), value);
        }
    }
    request.headers.push(HeaderName::To, to.clone());
    let number = original.headers.cseq().map_or(0, |cseq| cseq.number);
    request.headers.push(HeaderName::CSeq, format!("{number} {}", request.method));
    request
}

/// The transaction that a branch of ours names.
pub(crate) fn branch_id(branch: &str) -> Option<u64> {
    let hex = branch.strip_prefix("z9hG4bK")?;
    if hex.len() != 16 {
        return None;
    }
    u64::from_str_radix(hex, 16).ok().filter(|id| id & CANCEL_BIT == 0)
}

pub(crate) fn print_request(request: &Request) -> Bytes {
    let mut out = Vec::new();
    request.print(&mut out);
    Bytes::from(out)
}

/// The key under which the requests to one peer are found when its flow fails.
pub(crate) type RemoteKey = (Transport, SocketAddr, u64);

/// Timers from the configuration; never zero, so that a repeat always moves time.
pub(crate) fn timing(config: &super::EndpointConfig) -> Timing {
    let least = std::time::Duration::from_millis(1);
    Timing { t1: config.t1.max(least), t2: config.t2.max(least), t4: config.t4.max(least) }
}
