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
use ramal_sip::endpoint::{DialogId, Endpoint, Event, Output as SipOutput, ServerTx, Transmit};
use ramal_sip::message::{Contacts, HeaderName, Method, Request};
use ramal_sip::transport::Flow;

use super::inbound::{Doorkeeper, Sender};
use super::listeners::Listeners;
use super::reach::{Reachable, srtp_policy};
use super::refused::{RefusedCall, RefusedCalls, RefusedFor};
use super::registrar::{Registrar, RegistrationSummary};
use super::seats::Seats;
use super::trunk::{Trunks, Unseal};
use crate::call::{
    CallSettings, Calls, Context, DtmfWay, Incoming, MediaPlane, PageEvent, Party, QueueDoor, status,
};
use crate::model::{CallId, Directory, Extension, ExtensionId, Trunk};
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

/// What happened at the door, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoorCounters {
    /// Requests of senders that are neither trunk nor extension, or could not prove it.
    pub refused: u64,
    pub challenged: u64,
    pub registers: u64,
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
    challenger: Challenger,
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
        addresses: Vec<std::net::SocketAddr>,
    ) {
        self.trunks.resolved(trunk, addresses);
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
                let ours = self.trunks.handle_response(now.instant, tx, &outcome, &mut self.endpoint);
                if !ours {
                    with_calls!(self, now, |calls, cx| calls.handle_response(cx, tx, &outcome));
                }
            }
            in_dialog => {
                with_calls!(self, now, |calls, cx| calls.handle_sip(cx, in_dialog));
            }
        }
    }

    fn doorkeeper<'d, 's>(&'s mut self, directory: &'d Directory) -> Doorkeeper<'d, 's> {
        Doorkeeper { directory, listeners: &self.listeners, challenger: &mut self.challenger }
    }

    /// A new call: whoever is not known gets no further than here.
    fn invite(&mut self, now: Now, dialog: DialogId, request: Request, flow: Flow) {
        if self.admission == Admission::Closed {
            return self.endpoint.reject(now.instant, dialog, status(503));
        }
        let directory = Arc::clone(&self.directory);
        let incoming = match self.doorkeeper(&directory).identify(now.instant, &request, &flow) {
            Sender::Extension(extension) => from_extension(extension, dialog, request, flow),
            Sender::Trunk(trunk) => from_trunk(trunk, dialog, request, flow),
            Sender::Refused(reply) => {
                self.count_refusal(&flow, reply.status.as_u16());
                self.note_refusal(now, &request, &flow, reply.status.as_u16());
                return self.endpoint.turn_away(now.instant, dialog, &request, &reply);
            }
        };
        self.refused.proved(incoming.organization, flow.remote.ip(), &incoming.dialled);
        with_calls!(self, now, |calls, cx| calls.incoming(cx, incoming));
    }

    /// Keeps a call that nobody let in. A phone that is asked for its password is on its way in.
    fn note_refusal(&mut self, now: Now, request: &Request, flow: &Flow, status: u16) {
        let directory = Arc::clone(&self.directory);
        let door = self.doorkeeper(&directory);
        let organization = door.organization(request).map(|organization| organization.id);
        let reason = match status {
            401 | 407 if door.claims_extension(request) => return,
            401 | 407 => RefusedFor::UnknownSource,
            403 if organization.is_some() && door.has_credentials(request) => RefusedFor::WrongPassword,
            403 => RefusedFor::UnknownSource,
            _ => return,
        };
        let from = request.headers.from().ok().and_then(|from| from.uri.user().map(|user| user.into_owned()));
        let call = RefusedCall {
            source: Some(flow.remote.ip()),
            caller: from.unwrap_or_default(),
            dialled: dialled(request),
            ..RefusedCall::now(now.wall_ms, reason, status)
        };
        self.refused.note(organization, call);
    }

    fn count_refusal(&mut self, flow: &Flow, code: u16) {
        if matches!(code, 401 | 407) {
            self.door.challenged += 1;
        } else {
            self.door.refused += 1;
            tracing::debug!(sip.remote = %flow.remote, sip.status = code, "request of an unknown sender refused");
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

    fn register(&mut self, now: Now, request: &Request, flow: Flow) -> ramal_sip::endpoint::Reply {
        self.door.registers += 1;
        let directory = Arc::clone(&self.directory);
        let sender = self.doorkeeper(&directory).identify_registering(now.instant, request);
        match sender {
            Sender::Extension(extension) => {
                let reply = self.registrar.register(now.wall_ms, extension, request, flow, &mut self.facts);
                if reply.status.is_success() && !flow.transport.can_connect() {
                    self.follow_phone(now, extension.id, request, flow);
                }
                reply
            }
            Sender::Refused(reply) => {
                self.count_refusal(&flow, reply.status.as_u16());
                reply
            }
            Sender::Trunk(_) => status(403),
        }
    }

    /// A browser whose connection broke comes back over another one, to the calls that it has.
    fn follow_phone(&mut self, now: Now, extension: ExtensionId, request: &Request, flow: Flow) {
        let Ok(Contacts::List(contacts)) = request.headers.contacts() else { return };
        for contact in contacts {
            with_calls!(self, now, |calls, cx| calls.follow_phone(cx, extension, &contact.uri, flow));
        }
    }
}

fn dialled(request: &Request) -> String {
    request.uri.user().map(|user| user.split(';').next().unwrap_or_default().to_owned()).unwrap_or_default()
}

fn from_extension(extension: &Extension, dialog: DialogId, request: Request, flow: Flow) -> Incoming {
    Incoming {
        dialog,
        dialled: dialled(&request),
        request,
        flow,
        organization: extension.organization,
        party: Party::Extension { id: extension.id, number: extension.number.clone() },
        srtp: ramal_media::sdp::SrtpPolicy::Offered,
        dtmf: DtmfWay::Event,
    }
}

fn from_trunk(trunk: &Trunk, dialog: DialogId, request: Request, flow: Flow) -> Incoming {
    // A carrier that we registered with calls our contact and names the number dialled in To.
    let contact_user = trunk.register.as_ref().map(|r| r.contact_user.as_str());
    let number = match dialled(&request) {
        user if contact_user == Some(user.as_str()) || user.is_empty() => {
            request.headers.to().ok().and_then(|to| to.uri.user().map(|u| u.into_owned())).unwrap_or(user)
        }
        user => user,
    };
    let asserted =
        request.headers.asserted_identities().into_iter().find_map(|n| n.uri.user().map(|u| u.into_owned()));
    let from = request.headers.from().ok().and_then(|f| f.uri.user().map(|u| u.into_owned()));
    Incoming {
        dialog,
        dialled: number,
        request,
        flow,
        organization: trunk.organization,
        party: Party::Trunk {
            id: trunk.id,
            name: trunk.name.clone(),
            number: asserted.or(from).unwrap_or_default(),
        },
        srtp: srtp_policy(trunk.srtp),
        dtmf: DtmfWay::from(trunk.dtmf),
    }
}
