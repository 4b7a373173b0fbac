//! The one entry: bytes and verbs in, bytes and events out.

mod admission;
mod challenge;
pub(crate) mod client;
mod config;
mod counters;
pub(crate) mod echo;
mod event;
pub(crate) mod receive;
mod receive_response;
pub(crate) mod server;
mod table;
pub(crate) mod timers;

pub use config::{EndpointConfig, EndpointLimits};
pub use counters::Counters;
pub use event::{
    Body, ClientTx, DialogId, DialogInfo, DialogState, EarlyId, Event, Failure, OutOfDialog, OutgoingInvite,
    Output, Reply, ServerTx, TerminationCause, Transmit,
};

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::hash::Hasher;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

use crate::dialog::connect::set_body;
use crate::dialog::state::{Stage, Usage, tag_id, tag_text};
use crate::message::{Header, HeaderName, Headers, Method, Replaces, Request, Uri};
use crate::transaction::timer::{Reliability, Timing};
use crate::transport::Flow;
use admission::Admission;
use client::{ClientTransaction, Draft, Purpose, RemoteKey};
use server::{Identity, Owner, ServerTransaction};
use table::{IdMap, shrink};
use timers::{TimerKey, Timers};

/// Dead entries of the timer queue are swept out when they are more than half of it and it is longer than
/// this.
const TIMER_SWEEP_MIN: usize = 4_096;

/// SIP over any number of flows: transactions (RFC 3261 §17, RFC 6026), dialogs and INVITE usages (RFC 3261
/// §12 to §15).
///
/// **One change, then drain**: after each verb call [`poll_output`](Self::poll_output) until it gives a
/// timeout.
pub struct Endpoint {
    pub(crate) config: EndpointConfig,
    pub(crate) identity: Identity,
    pub(crate) timing: Timing,
    pub(crate) rng: StdRng,
    hash_secret: [u8; 16],
    pub(crate) clients: IdMap<ClientTransaction>,
    /// Client transactions by where their request went.
    pub(crate) by_remote: BTreeSet<RemoteKey>,
    pub(crate) servers: IdMap<ServerTransaction>,
    /// Server transactions by what merged requests share.
    pub(crate) merged: IdMap<u64>,
    /// INVITE usages by their local tag, which is their identifier.
    pub(crate) usages: IdMap<Usage>,
    pub(crate) timers: Timers,
    pub(crate) admission: Admission,
    pub(crate) counters: Counters,
    outputs: VecDeque<Output>,
    /// INVITEs that get 100 unless the layer above answers them before it polls again (RFC 3261 §17.2.1).
    pub(crate) untried: VecDeque<(Instant, ServerTx)>,
}

impl Endpoint {
    /// `seed` makes tags, branches and intervals; it has to be unguessable.
    pub fn new(config: EndpointConfig, seed: [u8; 32]) -> Self {
        let mut rng = StdRng::from_seed(seed);
        let limits = &config.limits;
        Self {
            identity: identity(&config),
            timing: client::timing(&config),
            hash_secret: rng.random(),
            rng,
            clients: IdMap::default(),
            by_remote: BTreeSet::new(),
            servers: IdMap::default(),
            merged: IdMap::default(),
            usages: IdMap::default(),
            timers: Timers::default(),
            admission: Admission::new(limits.invites_per_second, limits.invite_burst, limits.sources),
            counters: Counters::default(),
            outputs: VecDeque::new(),
            untried: VecDeque::new(),
            config,
        }
    }

    /// Takes one datagram or one framed message.
    pub fn handle_message(&mut self, now: Instant, flow: Flow, bytes: Bytes) {
        self.receive(now, flow, bytes);
    }

    /// Takes the news that `flow` cannot send: connect or send failed, or the connection was closed.
    pub fn handle_flow_failed(&mut self, now: Instant, flow: &Flow) {
        self.fail_flow(now, flow);
    }

    /// Takes the passing of time.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.sweep();
        while let Some((at, key)) = self.timers.pop_due(now) {
            if !self.is_live(at, key) {
                continue;
            }
            match key {
                TimerKey::Client(id) => {
                    self.clients.entry(id).and_modify(|transaction| transaction.armed = None);
                    self.client_timeout(now, id);
                }
                TimerKey::Server(id) => {
                    self.servers.entry(id).and_modify(|transaction| transaction.armed = None);
                    self.server_timeout(now, id);
                }
                TimerKey::Usage(id) => {
                    self.usages.entry(id).and_modify(|usage| usage.armed = None);
                    self.usage_timeout(now, DialogId(id));
                }
            }
        }
    }

    /// Gives the next thing to do; drain until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        while let Some((now, tx)) = self.untried.pop_front() {
            self.send_trying(now, tx);
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
        }
        while let Some((at, key)) = self.timers.peek() {
            if self.is_live(at, key) {
                return Output::Timeout(Some(at));
            }
            self.timers.drop_first();
        }
        Output::Timeout(None)
    }

    /// Answers [`Event::Request`] and [`Event::DialogRequest`]. Nothing happens if the peer has given up in
    /// between.
    pub fn respond(&mut self, now: Instant, tx: ServerTx, response: Reply) {
        let owner = self.servers.get(&tx.0).map(|transaction| transaction.owner);
        let contact = match owner {
            Some(Owner::InDialog(id)) => {
                if response.status.is_final() {
                    self.forget_pending(id, tx);
                }
                self.usages.get(&id.0).map(|usage| usage.contact.clone())
            }
            Some(Owner::Nobody) => None,
            // These are answered by the verbs of the dialog.
            Some(Owner::Invite(_) | Owner::Modification(_)) | None => return,
        };
        self.answer(now, tx, &response, contact.as_ref());
        // A stranger's request is refused without keeping state, or whoever sends enough of them would fill the table
        // (RFC 3261 §26.3.2.4): one that comes again is refused again.
        let refused_at_the_door = matches!(response.status.as_u16(), 401 | 403 | 407);
        if owner == Some(Owner::Nobody) && refused_at_the_door {
            self.remove_server(tx.0);
        }
    }

    /// Sends a request outside dialogs; [`Event::Response`] brings its outcome.
    pub fn request(&mut self, now: Instant, request: OutOfDialog) -> ClientTx {
        let handle = ClientTx(self.fresh_handle());
        // These have verbs of their own, which make and keep a dialog.
        let has_verb = matches!(request.method, Method::Invite | Method::Ack | Method::Bye | Method::Cancel);
        let failure = match self.is_at_transaction_limit() {
            true => Some(Failure::Limit),
            false => has_verb.then_some(Failure::NoDialog),
        };
        if let Some(failure) = failure {
            self.counters.transaction_limit_hits += u64::from(failure == Failure::Limit);
            self.event(Event::Response { tx: handle, outcome: Err(failure) });
            return handle;
        }
        let (flow, credentials) = (request.flow, request.credentials.clone().map(Arc::new));
        let request = self.out_of_dialog(request);
        self.start_client(
            now,
            Draft { request, flow, fallback: None, purpose: Purpose::Request(handle), credentials },
        );
        handle
    }

    /// Makes a call; [`Event::Progress`], [`Event::Answered`] or [`Event::Rejected`] follow.
    pub fn invite(&mut self, now: Instant, invite: OutgoingInvite) -> DialogId {
        self.start_invite(now, invite)
    }

    /// Answers a call provisionally, 101 to 199.
    pub fn ring(&mut self, now: Instant, dialog: DialogId, reply: Reply) {
        self.send_ringing(now, dialog, &reply);
    }

    /// Answers a call with 2xx, repeated until the ACK comes or [`Event::AckTimeout`] (RFC 3261 §13.3.1.4).
    pub fn accept(&mut self, now: Instant, dialog: DialogId, reply: Reply) {
        self.send_accept(now, dialog, &reply);
    }

    /// Answers a call with 300 to 699; the dialog is over, no event follows.
    pub fn reject(&mut self, now: Instant, dialog: DialogId, reply: Reply) {
        self.send_reject(now, dialog, &reply);
    }

    /// Refuses the INVITE of a stranger, or challenges it, and keeps nothing of it (RFC 3261 §8.2.7): whoever sends
    /// enough of them would fill the table (§26.3.2.4). One that comes again is a new one; its ACK, which finds no
    /// transaction, is dropped.
    pub fn turn_away(&mut self, now: Instant, dialog: DialogId, request: &Request, reply: &Reply) {
        self.forget_invite(now, dialog, request, reply);
    }

    /// Takes our INVITE back before its final response. The CANCEL waits for a provisional response (RFC
    /// 3261 §9.1).
    pub fn cancel(&mut self, now: Instant, dialog: DialogId, reason: Option<Bytes>) {
        self.start_cancel(now, dialog, reason);
    }

    /// Sends the ACK with the answer, where our INVITE or re-INVITE had no body and the 2xx brought the
    /// offer.
    pub fn acknowledge(&mut self, now: Instant, dialog: DialogId, body: Option<Body>) {
        self.send_owed_ack(now, dialog, body);
    }

    /// Sends a re-INVITE (RFC 3261 §14.1). It waits while another one runs, and is repeated by itself after
    /// a 491.
    pub fn reinvite(&mut self, now: Instant, dialog: DialogId, body: Option<Body>, headers: Vec<Header>) {
        self.start_reinvite(now, dialog, body, headers);
    }

    /// Answers [`Event::Reoffer`], 200 to 699.
    pub fn answer_reinvite(&mut self, now: Instant, dialog: DialogId, reply: Reply) {
        self.send_answer_reinvite(now, dialog, &reply);
    }

    /// Ends a dialog in whatever state it is. Confirmed: BYE, once the ACK of our 2xx has come (RFC 3261
    /// §15). Our INVITE rings: as [`cancel`](Self::cancel). The peer's rings: 480. `headers` may tell the
    /// `Reason` (RFC 3326). [`Event::Terminated`] follows, or [`Event::Rejected`] where our INVITE was
    /// early.
    pub fn bye(&mut self, now: Instant, dialog: DialogId, headers: Vec<Header>) {
        self.start_bye(now, dialog, headers);
    }

    /// Sends INFO, OPTIONS, NOTIFY, REFER, MESSAGE or UPDATE inside a dialog; [`Event::Response`] brings
    /// its outcome.
    pub fn request_in_dialog(
        &mut self,
        now: Instant,
        dialog: DialogId,
        method: Method,
        headers: Vec<Header>,
        body: Option<Body>,
    ) -> ClientTx {
        self.start_in_dialog(now, dialog, (method, headers), body)
    }

    /// The peer has come back over another flow, as a browser does whose connection broke: the dialog goes on over it, if
    /// `contact` is its remote target (RFC 5626 §5.3 finds a phone by its newest flow).
    pub fn follow_peer(&mut self, dialog: DialogId, contact: &Uri, flow: Flow) {
        if let Some(usage) = self.usages.get_mut(&dialog.0)
            && usage.dialog.target.is_equivalent(contact)
        {
            usage.dialog.flow = flow;
        }
    }

    pub fn dialog_info(&self, dialog: DialogId) -> Option<DialogInfo> {
        let usage = self.usages.get(&dialog.0)?;
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let tag = &usage.dialog.remote_tag;
        Some(DialogInfo {
            call_id: text(&usage.dialog.call_id),
            local_tag: tag_text(dialog.0),
            remote_tag: (!tag.is_empty()).then(|| text(tag)),
            remote_uri: usage.dialog.target.clone(),
            flow: usage.dialog.flow,
            state: usage.state(),
        })
    }

    /// The dialog that a `Replaces` header names (RFC 3891 §3); `None` also where `early-only` forbids it.
    pub fn find_dialog(&self, replaces: &Replaces) -> Option<DialogId> {
        let id = tag_id(replaces.to_tag.as_bytes())?;
        let usage = self.usages.get(&id)?;
        let is_early = matches!(usage.stage, Stage::Calling(_) | Stage::RingingHere(_));
        let is_over = matches!(usage.stage, Stage::Terminating) || usage.bye_after_ack.is_some();
        let is_named = usage.dialog.call_id == replaces.call_id.as_bytes()
            && usage.has_remote_tag(replaces.from_tag.as_bytes());
        (is_named && !is_over && (is_early || !replaces.early_only)).then_some(DialogId(id))
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Transactions, of both sides, that are alive.
    pub fn transaction_count(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    /// INVITE usages that are alive.
    pub fn dialog_count(&self) -> usize {
        self.usages.len()
    }

    pub fn config(&self) -> &EndpointConfig {
        &self.config
    }
}

impl Endpoint {
    pub(crate) fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        self.counters.messages_sent += 1;
        self.outputs.push_back(Output::Transmit(Transmit { flow, bytes }));
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub(crate) fn is_at_transaction_limit(&self) -> bool {
        self.transaction_count() >= self.config.limits.transactions
    }

    pub(crate) fn insert_usage(&mut self, id: u64, mut usage: Usage) {
        let deadline = usage.deadline();
        self.timers.arm(&mut usage.armed, deadline, TimerKey::Usage(id));
        self.usages.insert(id, usage);
    }

    /// Forgets a usage; `false`: it was gone already. What of the peer waits in it gets 487.
    pub(crate) fn remove_usage(&mut self, now: Instant, id: u64) -> bool {
        self.refuse_pending(now, DialogId(id));
        self.usages.remove(&id).is_some()
    }

    pub(crate) fn rearm_usage(&mut self, id: u64) {
        if let Some(usage) = self.usages.get_mut(&id) {
            let deadline = usage.deadline();
            self.timers.arm(&mut usage.armed, deadline, TimerKey::Usage(id));
        }
    }

    pub(crate) fn fresh_usage_id(&mut self) -> u64 {
        loop {
            let id = self.rng.next_u64();
            if !self.usages.contains_key(&id) {
                return id;
            }
        }
    }

    pub(crate) fn fresh_handle(&mut self) -> u64 {
        self.rng.next_u64()
    }

    pub(crate) fn fresh_call_id(&mut self) -> String {
        let bits: u128 = self.rng.random();
        format!("{bits:032x}")
    }

    /// A first CSeq: any below 2^31 would do (RFC 3261 §8.1.1.5); a small one leaves room and reads well in
    /// a capture.
    pub(crate) fn fresh_cseq(&mut self) -> u32 {
        self.rng.random_range(1..=10_000)
    }

    pub(crate) fn keyed_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.hash_secret);
        hasher
    }

    fn out_of_dialog(&mut self, given: OutOfDialog) -> Request {
        let mut from = given.from;
        if from.tag().is_none() {
            from.set_tag(tag_text(self.fresh_handle()));
        }
        let call_id = given.call_id.unwrap_or_else(|| self.fresh_call_id());
        let cseq = given.cseq.unwrap_or_else(|| self.fresh_cseq());
        let mut headers = Headers::new();
        headers.push(HeaderName::MaxForwards, "70");
        headers.push(HeaderName::From, from.to_string());
        headers.push(HeaderName::To, given.to.to_string());
        headers.push(HeaderName::CallId, call_id);
        headers.push(HeaderName::CSeq, format!("{cseq} {}", given.method));
        headers.push(HeaderName::UserAgent, self.identity.agent.clone());
        echo::add_given(&mut headers, given.headers);
        let mut request = Request { method: given.method, uri: given.uri, headers, body: Bytes::new() };
        set_body(&mut request, given.body);
        request
    }

    /// Whether the owner of a timer entry still points at it.
    fn is_live(&self, at: Instant, key: TimerKey) -> bool {
        is_live(&self.clients, &self.servers, &self.usages, (at, key))
    }

    /// Keeps what floods leave behind from staying: room in tables, and dead timers such as those of calls
    /// that ended long before their limit of ringing.
    fn sweep(&mut self) {
        shrink(&mut self.clients);
        shrink(&mut self.servers);
        shrink(&mut self.merged);
        shrink(&mut self.usages);
        let owners = self.clients.len() + self.servers.len() + self.usages.len();
        if self.timers.len() > TIMER_SWEEP_MIN && self.timers.len() / 2 > owners {
            let (clients, servers, usages) = (&self.clients, &self.servers, &self.usages);
            self.timers.retain(|at, key| is_live(clients, servers, usages, (at, key)));
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("transactions", &self.transaction_count())
            .field("dialogs", &self.dialog_count())
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

fn is_live(
    clients: &IdMap<ClientTransaction>,
    servers: &IdMap<ServerTransaction>,
    usages: &IdMap<Usage>,
    (at, key): (Instant, TimerKey),
) -> bool {
    let armed = match key {
        TimerKey::Client(id) => clients.get(&id).and_then(|transaction| transaction.armed),
        TimerKey::Server(id) => servers.get(&id).and_then(|transaction| transaction.armed),
        TimerKey::Usage(id) => usages.get(&id).and_then(|usage| usage.armed),
    };
    armed == Some(at)
}

fn identity(config: &EndpointConfig) -> Identity {
    let allow: Vec<&str> = config.allow.iter().map(Method::as_str).collect();
    Identity {
        agent: Header::new(HeaderName::UserAgent, config.user_agent.clone()).value,
        allow: allow.join(", ").into(),
        supported: config.supported.join(", ").into(),
    }
}

pub(crate) fn reliability(flow: &Flow) -> Reliability {
    if flow.transport.is_reliable() { Reliability::Reliable } else { Reliability::Unreliable }
}
