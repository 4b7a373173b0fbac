//! The shell of [`Signalling`]: sockets, clock, mailboxes. It decides nothing.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use ramal_media::event::Event as MediaEvent;
use ramal_sip::endpoint::Transmit;
use ramal_sip::transport::{Flow, Transport};
use tokio::sync::{mpsc, oneshot};

use super::datagrams::{Datagrams, Received};
use super::listeners::Listener;
use super::media::Media;
use super::pages::{PageOrder, Pages};
use super::refused::{RefusedCall, RefusedPage};
use super::registrar::RegistrationSummary;
use super::resolve::{self, Resolved};
use super::rooms::RoomOrder;
use super::state::{Now, Output, Signalling};
use super::stirred::Stirred;
use super::stream::{Gate, Inbound, Sent, Streams, open};
use super::tls::Tls;
use super::trunk::TrunkSummary;
use super::voice::{self, Next, Voice};
use crate::call::CallSummary;
use crate::model::{CallId, Directory, ExtensionId, OrganizationId};
use crate::store::{Fact, NodeKey, Writer};
use crate::telemetry::metrics::Snapshot;
use crate::telemetry::trace::{Trace, Way};

/// Messages and orders that may wait for the signalling task.
pub const INBOUND_LIMIT: usize = 16_384;
const ORDER_LIMIT: usize = 256;
/// Inputs taken in one go before time is looked at again.
const BATCH: usize = 256;
/// How long a stopping node waits for the carriers that it has registered with: they challenge a farewell too.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long a stopping node sleeps at most before it looks again.
const BREATH: Duration = Duration::from_millis(100);

/// A request of an operator or of another part of the program.
pub enum Order {
    Calls(oneshot::Sender<Vec<CallSummary>>),
    Registrations(oneshot::Sender<Vec<RegistrationSummary>>),
    Trunks(oneshot::Sender<Vec<TrunkSummary>>),
    /// Where peers reach us.
    Listeners(oneshot::Sender<Vec<Listener>>),
    /// What was refused of late, as far as it concerns an organization.
    RefusedCalls(RefusedPage, oneshot::Sender<Vec<RefusedCall>>),
    /// A call by our id or by a SIP Call-ID; `None` when nothing of it is kept.
    Trace(String, oneshot::Sender<Option<String>>),
    HangUp(CallId, oneshot::Sender<bool>),
    Snapshot(oneshot::Sender<Snapshot>),
    /// Of supervisors, for an organization's conferences.
    Room(OrganizationId, RoomOrder),
    /// Of a page, for its extension.
    Page(ExtensionId, PageOrder),
    Directory(Arc<Directory>),
    /// End every call, then stop.
    ShutDown(oneshot::Sender<()>),
}

/// The way to the signalling task.
#[derive(Clone)]
pub struct Handle {
    orders: mpsc::Sender<Order>,
}

/// The signalling task is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signalling is not running")]
pub struct Gone;

impl Handle {
    /// Sends an order and waits for its answer.
    ///
    /// # Errors
    /// The task has ended.
    pub async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, Gone> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(order(reply)).await.map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }

    /// # Errors
    /// The task has ended.
    pub async fn tell(&self, order: Order) -> Result<(), Gone> {
        self.orders.send(order).await.map_err(|_| Gone)
    }
}

/// Everything that the shell needs to run.
pub struct Shell {
    pub signalling: Signalling<Media>,
    pub datagrams: Datagrams,
    pub gate: Arc<Gate>,
    pub tls: Tls,
    pub writer: Writer,
    pub key: Arc<NodeKey>,
    pub inbound: mpsc::Receiver<Inbound>,
    /// For connections that we open ourselves.
    pub inbound_sender: mpsc::Sender<Inbound>,
    pub media_events: mpsc::Receiver<MediaEvent>,
    pub voice: Voice,
    /// For supervisors.
    pub stirred: Stirred,
    /// Who is asked for SRV records; none: whom the system asks.
    pub dns_servers: Arc<[SocketAddr]>,
}

/// Starts the signalling task.
pub fn start(shell: Shell) -> (Handle, tokio::task::JoinHandle<()>) {
    let (orders, receiver) = mpsc::channel(ORDER_LIMIT);
    let (resolved_sender, resolved) = mpsc::channel(ORDER_LIMIT);
    let task = Task {
        shell,
        streams: Streams::default(),
        trace: Trace::default(),
        pages: Pages::default(),
        media_totals: HashMap::new(),
        resolved_sender,
        timeout: None,
    };
    (Handle { orders }, tokio::spawn(task.run(receiver, resolved)))
}

struct Task {
    shell: Shell,
    streams: Streams,
    trace: Trace,
    pages: Pages,
    media_totals: HashMap<&'static str, u64>,
    resolved_sender: mpsc::Sender<Resolved>,
    timeout: Option<Instant>,
}

impl Task {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>, mut resolved: mpsc::Receiver<Resolved>) {
        let mut inbound = Vec::with_capacity(BATCH);
        let mut media = Vec::with_capacity(BATCH);
        let mut look_up = tokio::time::interval(resolve::INTERVAL);
        self.perform();
        loop {
            let due = [self.timeout, self.shell.stirred.due()].into_iter().flatten().min();
            let due = due.unwrap_or_else(|| Instant::now() + resolve::INTERVAL);
            tokio::select! {
                socket = self.shell.datagrams.readable() => self.take_datagrams(socket),
                count = self.shell.inbound.recv_many(&mut inbound, BATCH) => {
                    if count == 0 { return; }
                    for each in inbound.drain(..) { self.take_inbound(each); }
                }
                _ = self.shell.media_events.recv_many(&mut media, BATCH) => {
                    for event in media.drain(..) { self.take_media(event); }
                }
                order = orders.recv() => match order {
                    Some(Order::ShutDown(done)) => {
                        self.shut_down(&mut media).await;
                        let _ = done.send(());
                        return;
                    }
                    Some(order) => self.obey(order),
                    None => return,
                },
                Some(found) = resolved.recv() => {
                    self.shell.signalling.handle_resolved(now(), found.trunk, found.found);
                    self.perform();
                }
                next = self.shell.voice.next() => {
                    match next {
                        Next::Order(order) => voice::obey(&mut self.shell.signalling, now(), order),
                        Next::Room => self.shell.voice.hand_over(),
                    }
                    self.perform();
                }
                _ = look_up.tick() => self.look_up_names(),
                () = tokio::time::sleep_until(due.into()) => {}
            }
            if self.timeout.is_some_and(|at| at <= Instant::now()) {
                self.shell.signalling.handle_timeout(now());
                self.perform();
            }
            self.shell.stirred.take(Instant::now(), &mut self.shell.signalling.calls.stirred);
        }
    }

    fn take_datagrams(&mut self, socket: usize) {
        for _ in 0..BATCH {
            match self.shell.datagrams.receive(socket) {
                Received::Message(flow, bytes) => {
                    self.take_message(flow, bytes);
                    self.perform();
                }
                Received::KeepAlive => {}
                Received::Nothing => return,
            }
        }
    }

    fn take_message(&mut self, flow: Flow, bytes: Bytes) {
        let now = now();
        self.trace.message(now.wall_ms, Way::In, flow, bytes.clone());
        self.shell.signalling.handle_message(now, flow, bytes);
    }

    fn take_inbound(&mut self, inbound: Inbound) {
        let now = now();
        match inbound {
            Inbound::Message { flow, bytes } => self.take_message(flow, bytes),
            Inbound::Opened { flow, writer } => self.streams.opened(flow, writer),
            Inbound::Failed { flow } => {
                self.streams.failed(&flow);
                self.shell.signalling.handle_flow_failed(now, &flow);
            }
        }
        self.perform();
    }

    fn take_media(&mut self, event: MediaEvent) {
        let now = now();
        self.count_media(&event);
        if let Some((call, text)) = self.shell.signalling.calls.media_fact(&event) {
            self.trace.fact(now.wall_ms, call, text);
        }
        self.shell.signalling.handle_media(now, event);
        self.perform();
    }

    fn count_media(&mut self, event: &MediaEvent) {
        let mut add = |name, count| *self.media_totals.entry(name).or_default() += count;
        match event {
            MediaEvent::WrongSource { packets, .. } => add("wrong_source_packets", *packets),
            MediaEvent::AuthenticationFailed { packets, .. } => {
                add("authentication_failed_packets", *packets)
            }
            MediaEvent::MediaTimeout { .. } => add("media_timeouts", 1),
            MediaEvent::Recording { .. } => add("recording_events", 1),
            MediaEvent::LegRemoved { statistics, .. } => {
                add("packets_received", statistics.packets_received);
                add("packets_sent", statistics.packets_sent);
                add("packets_lost", statistics.packets_lost);
            }
            _ => {}
        }
    }

    /// Performs what the state machine asks for, until it gives a timeout.
    fn perform(&mut self) {
        loop {
            match self.shell.signalling.poll_output() {
                Output::Transmit(transmit) => self.transmit(transmit),
                Output::Fact(fact) => self.record(fact),
                Output::Page(extension, event) => self.pages.tell(extension, &event),
                Output::Voice(event) => self.shell.voice.tell(event),
                Output::Timeout(at) => {
                    self.timeout = at;
                    self.shell.signalling.queues = self.shell.voice.door();
                    return;
                }
            }
        }
    }

    fn record(&mut self, fact: Fact) {
        if let Fact::CallEnded(record) = &fact {
            self.trace.ended(record.id, record.legs.iter().map(|l| l.sip_call_id.clone()).collect());
        }
        self.shell.writer.record(fact);
    }

    fn transmit(&mut self, transmit: Transmit) {
        let Transmit { flow, bytes } = transmit;
        self.trace.message(wall_ms(), Way::Out, flow, bytes.clone());
        match flow.transport {
            Transport::Udp => self.shell.datagrams.send(&flow, &bytes),
            Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => self.send_stream(flow, bytes),
        }
    }

    fn send_stream(&mut self, flow: Flow, bytes: Bytes) {
        let gate = Arc::clone(&self.shell.gate);
        match self.streams.send(&flow, bytes, || gate.connection_id()) {
            Sent::Queued => {}
            Sent::MustOpen(numbered) => {
                let name = self.shell.signalling.trunks.server_name(flow.remote).map(str::to_owned);
                let name = name.unwrap_or_else(|| flow.remote.ip().to_string());
                tokio::spawn(open(
                    numbered,
                    name,
                    gate,
                    self.shell.tls.clone(),
                    self.shell.inbound_sender.clone(),
                ));
            }
            Sent::Failed => {
                self.shell.signalling.handle_flow_failed(now(), &flow);
            }
        }
    }

    fn look_up_names(&mut self) {
        for wanted in self.shell.signalling.trunks.names() {
            let servers = Arc::clone(&self.shell.dns_servers);
            tokio::spawn(resolve::look_up(wanted, servers, self.resolved_sender.clone()));
        }
    }

    fn obey(&mut self, order: Order) {
        let signalling = &mut self.shell.signalling;
        match order {
            Order::Calls(reply) => drop(reply.send(signalling.calls.summaries())),
            Order::Registrations(reply) => drop(reply.send(signalling.registrations(wall_ms()))),
            Order::Trunks(reply) => {
                drop(reply.send(signalling.trunks.summaries(Instant::now(), &signalling.listeners)));
            }
            Order::Listeners(reply) => drop(reply.send(signalling.listeners.iter().copied().collect())),
            Order::RefusedCalls(wanted, reply) => {
                let refused = signalling.refused.of(signalling.directory(), &wanted, wall_ms());
                drop(reply.send(refused));
            }
            Order::Trace(wanted, reply) => {
                drop(reply.send(self.trace.ladder(&wanted, &signalling.calls.dialogs())));
            }
            Order::HangUp(call, reply) => drop(reply.send(signalling.hang_up(now(), call))),
            Order::Snapshot(reply) => drop(reply.send(self.snapshot())),
            Order::Room(organization, order) => signalling.obey_room(now(), organization, order),
            Order::Page(extension, order) => {
                // What happened before is told before, so that a snapshot is never older than an event.
                self.pages.obey(signalling, now(), extension, order);
            }
            Order::Directory(directory) => {
                let key = Arc::clone(&self.shell.key);
                signalling.handle_directory(now(), directory, &|user, sealed| key.open(user, sealed).ok());
                self.look_up_names();
            }
            Order::ShutDown(_) => {}
        }
        self.perform();
    }

    fn snapshot(&self) -> Snapshot {
        let signalling = &self.shell.signalling;
        let counted = signalling.endpoint.counters();
        let sip = [
            ("requests_received", counted.requests_received),
            ("responses_received", counted.responses_received),
            ("messages_sent", counted.messages_sent),
            ("parse_errors", counted.parse_errors),
            ("invalid_requests", counted.invalid_requests),
            ("refused_requests", counted.refused_requests),
            ("retransmissions_received", counted.retransmissions_received),
            ("retransmissions_sent", counted.retransmissions_sent),
            ("stray_responses", counted.stray_responses),
            ("timeouts", counted.timeouts),
            ("transaction_limit_hits", counted.transaction_limit_hits),
            ("dialog_limit_hits", counted.dialog_limit_hits),
            ("invite_rate_limit_hits", counted.invite_rate_limit_hits),
            ("challenged_senders", signalling.door.challenged),
            ("refused_senders", signalling.door.refused),
            ("registers", signalling.door.registers),
            ("wrong_passwords", signalling.door.wrong_passwords),
            ("passwords_not_looked_at", signalling.door.passwords_not_looked_at),
            ("connections_refused", self.shell.gate.refused()),
            ("connections_not_sip", self.shell.gate.strangers()),
            ("datagrams_dropped", self.shell.datagrams.dropped),
            ("datagrams_dropped_by_kernel", self.shell.datagrams.kernel_drops()),
            ("socket_errors", self.shell.datagrams.errors),
        ];
        let mut media = self.media_totals.clone();
        media.insert("lost_orders", signalling.media.lost_commands.load(Ordering::Relaxed));
        for worker in signalling.media.workers.handles() {
            let gauges = worker.gauges();
            *media.entry("packets_not_sent").or_default() += gauges.packets_dropped;
            *media.entry("packets_dropped_by_kernel").or_default() += gauges.kernel_drops;
            *media.entry("lost_events").or_default() += gauges.events_dropped;
        }
        Snapshot {
            gauges: vec![
                ("calls", signalling.calls.active() as u64),
                ("registrations", signalling.registrar.count(wall_ms()) as u64),
                ("dialogs", signalling.endpoint.dialog_count() as u64),
                ("transactions", signalling.endpoint.transaction_count() as u64),
                ("connections", self.shell.gate.open_count() as u64),
                ("seats", signalling.seats.len() as u64),
                ("pages", self.pages.count() as u64),
                ("facts_waiting_on_disk", self.shell.writer.counters().spooling),
                ("legs", signalling.media.workers.handles().iter().map(|w| w.load() as u64).sum()),
            ],
            sip: sip.into_iter().collect(),
            calls_ended: signalling.calls.ended.clone(),
            media,
            store: store_totals(&self.shell.writer),
        }
    }

    /// Whether something is left to wait for before the node stops.
    fn is_awaited(&self, leave_at: Instant) -> bool {
        let signalling = &self.shell.signalling;
        !signalling.calls.is_empty() || (signalling.trunks.awaits_registrars() && Instant::now() < leave_at)
    }

    /// Ends every call, waits until their statistics and recordings are in and the carriers know, and stops the workers.
    async fn shut_down(&mut self, media: &mut Vec<MediaEvent>) {
        self.shell.signalling.shut_down(now());
        self.perform();
        let mut inbound = Vec::with_capacity(BATCH);
        let leave_at = Instant::now() + FAREWELL;
        while self.is_awaited(leave_at) {
            let breath = Instant::now() + BREATH;
            let due = self.timeout.map_or(breath, |at| at.min(breath));
            tokio::select! {
                socket = self.shell.datagrams.readable() => self.take_datagrams(socket),
                _ = self.shell.inbound.recv_many(&mut inbound, BATCH) => {
                    for each in inbound.drain(..) { self.take_inbound(each); }
                }
                count = self.shell.media_events.recv_many(media, BATCH) => {
                    if count == 0 { break; }
                    for event in media.drain(..) { self.take_media(event); }
                }
                () = tokio::time::sleep_until(due.into()) => {
                    self.shell.signalling.handle_timeout(now());
                    self.perform();
                }
            }
        }
    }
}

fn store_totals(writer: &Writer) -> HashMap<&'static str, u64> {
    let counted = writer.counters();
    let totals = [
        ("recorded", counted.recorded),
        ("delivered", counted.delivered),
        ("spooled", counted.spooled),
        ("refused", counted.refused),
        ("lost", counted.lost),
        ("failures", counted.failures),
    ];
    totals.into_iter().collect()
}

/// This moment, on both clocks.
pub fn now() -> Now {
    Now { instant: Instant::now(), wall_ms: wall_ms() }
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
