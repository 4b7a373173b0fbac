//! The whole of signalling as one sans-IO state machine: bytes, media events, orders and time go in;
//! bytes to send, facts to store and the next timeout come out.
//!
//! **One change, then drain**: after every `handle_*`, [`Signalling::poll_output`] until it gives a timeout.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ramal_media::event::Event as MediaEvent;
use ramal_sip::auth::Challenger;
use ramal_sip::endpoint::{Endpoint, Event, Output as SipOutput, ServerTx, Transmit};
use ramal_sip::message::{Contacts, HeaderName, Method, Request};
use ramal_sip::transport::Flow;

use super::door::DoorCounters;
use super::listeners::Listeners;
use super::password_guard::PasswordGuard;
use super::reach::Reachable;
use super::refused::RefusedCalls;
use super::registrar::{Registrar, RegistrationSummary};
use super::resolve::{Found, NotFound};
use super::seats::Seats;
use super::trunk::{Trunks, Unseal};
use crate::call::{CallSettings, Calls, Context, MediaPlane, PageEvent, QueueDoor, status};
use crate::model::{CallId, Directory, ExtensionId};
use crate::routing::floor::voice::VoiceEvent;
use crate::store::Fact;

/// How often expired Bindings are looked for.
const SWEEP: Duration = Duration::from_secs(5);

/// When it is: the monotonic clock for timers, the wall clock for what is stored.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub instant: Instant,
    /// Milliseconds since the Unix epoch.
    pub wall_ms: i64,
}

/// What to do next.
#[derive(Debug)]
pub enum Output {
    Transmit(Transmit),
    Fact(Fact),
    /// For every page of the extension.
    Page(ExtensionId, PageEvent),
    /// For the floor.
    Voice(VoiceEvent),
    /// Nothing more for now.
    Timeout(Option<Instant>),
}

pub struct Signalling<M> {
    pub endpoint: Endpoint,
    pub calls: Calls,
    pub registrar: Registrar,
    pub trunks: Trunks,
    pub listeners: Listeners,
    pub media: M,
    pub door: DoorCounters,
    /// What was refused of late.
    pub refused: RefusedCalls,
    pub seats: Seats,
    pub(super) challenger: Challenger,
    pub(super) guard: PasswordGuard,
    pub(super) directory: Arc<Directory>,
    pub(super) settings: CallSettings,
    pub(super) facts: Vec<Fact>,
    pub(super) pages: Vec<(ExtensionId, PageEvent)>,
    pub(super) voice: Vec<VoiceEvent>,
    /// Whether the floor takes callers of queues; its shell says so.
    pub queues: QueueDoor,
    outputs: VecDeque<Output>,
    sweep_at: Option<Instant>,
    sip_timeout: Option<Instant>,
    pub(super) admission: Admission,
}

/// Whether new calls are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Open,
    /// The node goes down.
    Closed,
}

/// The parts that a [`Signalling`] is put together from.
pub struct Parts<M> {
    pub endpoint: Endpoint,
    pub calls: Calls,
    pub registrar: Registrar,
    pub trunks: Trunks,
    pub listeners: Listeners,
    pub media: M,
    pub challenger: Challenger,
    pub settings: CallSettings,
    pub seats: Seats,
}

/// The borrowed surroundings of a Call, next to the calls themselves.
macro_rules! with_calls {
    ($self:ident, $now:ident, |$calls:ident, $cx:ident| $body:expr) => {{
        let reach = Reachable {
            registrar: &$self.registrar,
            trunks: &$self.trunks,
            listeners: &$self.listeners,
            seats: &$self.seats,
            media: &$self.media,
            wall_ms: $now.wall_ms,
        };
        let directory = Arc::clone(&$self.directory);
        let $cx = &mut Context {
            now: $now.instant,
            wall_ms: $now.wall_ms,
            endpoint: &mut $self.endpoint,
            directory: &directory,
            reach: &reach,
            media: &$self.media,
            settings: &$self.settings,
            facts: &mut $self.facts,
            pages: &mut $self.pages,
            voice: &mut $self.voice,
            queues: $self.queues,
        };
        let $calls = &mut $self.calls;
        $body
    }};
}

pub(super) use with_calls;

impl<M: MediaPlane> Signalling<M> {
    pub fn new(parts: Parts<M>) -> Self {
        Self {
            endpoint: parts.endpoint,
            calls: parts.calls,
            registrar: parts.registrar,
            trunks: parts.trunks,
            listeners: parts.listeners,
            media: parts.media,
            door: DoorCounters::default(),
            refused: RefusedCalls::default(),
            challenger: parts.challenger,
            guard: PasswordGuard::default(),
            directory: Arc::default(),
            settings: parts.settings,
            seats: parts.seats,
            facts: Vec::new(),
            pages: Vec::new(),
            voice: Vec::new(),
            queues: QueueDoor::Closed,
            outputs: VecDeque::new(),
            sweep_at: None,
            sip_timeout: None,
            admission: Admission::Open,
        }
    }

    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Takes a new revision of what the administrator owns. Running calls keep what they have agreed.
    pub fn handle_directory(&mut self, now: Now, directory: Arc<Directory>, unseal: Unseal<'_>) {
        self.registrar.follow(&self.directory, &directory, &mut self.facts);
        self.follow_passwords(&directory);
        self.directory = directory;
        self.refused.follow(&self.directory);
        self.trunks.follow(now.instant, &self.directory, unseal, &mut self.endpoint);
        self.trunks.handle_timeout(now.instant, &mut self.endpoint, &self.listeners);
        self.end_orphaned_seats(now);
        self.drain(now);
    }

    /// Takes one datagram or one framed message.
    pub fn handle_message(&mut self, now: Now, flow: Flow, bytes: Bytes) {
        self.endpoint.handle_message(now.instant, flow, bytes);
        self.drain(now);
    }

    pub fn handle_flow_failed(&mut self, now: Now, flow: &Flow) {
        self.endpoint.handle_flow_failed(now.instant, flow);
        self.registrar.connection_lost(flow, &mut self.facts);
        self.drain(now);
    }

    pub fn handle_media(&mut self, now: Now, event: MediaEvent) {
        if !self.seat_media(now, &event) {
            with_calls!(self, now, |calls, cx| calls.handle_media(cx, event));
        }
        self.drain(now);
    }

    pub fn handle_resolved(
        &mut self,
        now: Now,
        trunk: crate::model::TrunkId,
        found: Result<Found, NotFound>,
    ) {
        self.trunks.resolved(now.instant, trunk, found);
        self.trunks.handle_timeout(now.instant, &mut self.endpoint, &self.listeners);
        self.drain(now);
    }

    /// Every live Binding, with the number it belongs to.
    pub fn registrations(&self, wall_ms: i64) -> Vec<RegistrationSummary> {
        self.registrar.summaries(wall_ms, &self.directory)
    }

    /// Ends a Call at an operator's word. False if there is no such Call.
    pub fn hang_up(&mut self, now: Now, call: CallId) -> bool {
        let known = with_calls!(self, now, |calls, cx| calls.hang_up(cx, call));
        self.drain(now);
        known
    }

    /// Ends every Call, takes none any more and gives up our registrations.
    pub fn shut_down(&mut self, now: Now) {
        self.admission = Admission::Closed;
        with_calls!(self, now, |calls, cx| calls.end_all(cx));
        self.trunks.unregister_all(now.instant, &mut self.endpoint);
        self.drain(now);
    }

    pub fn handle_timeout(&mut self, now: Now) {
        if self.sip_timeout.is_some_and(|at| at <= now.instant) {
            self.endpoint.handle_timeout(now.instant);
        }
        if self.calls.next_timeout().is_some_and(|at| at <= now.instant) {
            with_calls!(self, now, |calls, cx| calls.handle_timeout(cx));
        }
        if self.trunks.next_timeout().is_some_and(|at| at <= now.instant) {
            self.trunks.handle_timeout(now.instant, &mut self.endpoint, &self.listeners);
        }
        if self.next_seat_timeout().is_some_and(|at| at <= now.instant) {
            self.end_overdue_seats(now);
        }
        if self.sweep_at.is_none_or(|at| at <= now.instant) {
            self.sweep_at = Some(now.instant + SWEEP);
            self.registrar.expire(now.wall_ms, &mut self.facts);
        }
        self.drain(now);
    }

    /// Gives the next thing to do; drain until [`Output::Timeout`].
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        let due = [
            self.sip_timeout,
            self.calls.next_timeout(),
            self.trunks.next_timeout(),
            self.next_seat_timeout(),
            self.sweep_at,
        ];
        Output::Timeout(due.into_iter().flatten().min())
    }

    /// Steps everything until nothing is left to do at this instant.
    pub(super) fn drain(&mut self, now: Now) {
        loop {
            match self.endpoint.poll_output() {
                SipOutput::Transmit(transmit) => self.outputs.push_back(Output::Transmit(transmit)),
                SipOutput::Event(event) => self.dispatch(now, event),
                SipOutput::Timeout(at) => {
                    self.sip_timeout = at;
                    break;
                }
            }
        }
        for (trunk, address) in self.calls.take_unreachable() {
            self.trunks.unreachable(now.instant, trunk, address);
        }
        for fact in self.facts.drain(..) {
            if let Fact::CallEnded(record) = &fact {
                self.refused.learn(&self.directory, record);
            }
            self.outputs.push_back(Output::Fact(fact));
        }
        self.outputs.extend(self.voice.drain(..).map(Output::Voice));
        self.outputs.extend(self.pages.drain(..).map(|(extension, event)| Output::Page(extension, event)));
    }

    fn dispatch(&mut self, now: Now, event: Event) {
        match event {
            Event::Invite { dialog, request, flow } => self.invite(now, dialog, request, flow),
            Event::Request { tx, request, flow } => self.request(now, tx, &request, flow),
            Event::Response { tx, outcome } => {
                let ours = self.trunks.handle_response(
                    now.instant,
                    tx,
                    &outcome,
                    &mut self.endpoint,
                    &self.listeners,
                );
                if !ours {
                    with_calls!(self, now, |calls, cx| calls.handle_response(cx, tx, &outcome));
                }
            }
            in_dialog => {
                with_calls!(self, now, |calls, cx| calls.handle_sip(cx, in_dialog));
            }
        }
    }

    fn request(&mut self, now: Now, tx: ServerTx, request: &Request, flow: Flow) {
        let reply = match request.method {
            Method::Register => self.register(now, request, flow),
            // Whoever asks may know that we are here (RFC 3261 §11.2); it is told nothing of users.
            Method::Options => status(200).with_header(HeaderName::Accept, "application/sdp"),
            _ => status(405),
        };
        self.endpoint.respond(now.instant, tx, reply);
    }

    /// A browser whose connection broke comes back over another one, to the calls that it has.
    pub(super) fn follow_phone(&mut self, now: Now, extension: ExtensionId, request: &Request, flow: Flow) {
        let Ok(Contacts::List(contacts)) = request.headers.contacts() else { return };
        for contact in contacts {
            with_calls!(self, now, |calls, cx| calls.follow_phone(cx, extension, &contact.uri, flow));
        }
    }
}
