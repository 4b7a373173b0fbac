//! Every Call of this node, and the way from an event to the Call that it concerns.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Instant;

use ramal_media::command::{LegId, RecordingId, RoomId};
use ramal_media::event::Event as MediaEvent;
use ramal_media::webrtc::IceCredentials;
use ramal_sip::endpoint::{ClientTx, DialogId, Event, Failure};
use ramal_sip::message::{Response, Uri};
use ramal_sip::transport::Flow;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

use super::conference::Conferences;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{Leg, LegPhase, Party};
use super::pin_guard::PinGuard;
use super::state::{Call, EndedBy};
use super::timer::{Deadline, Timers};
use crate::model::{CallId, CallRecord, ExtensionId, OrganizationId, Trunk, TrunkId};

/// Look-up tables and clocks that all Calls share.
pub struct Book {
    pub by_dialog: HashMap<DialogId, CallId>,
    pub by_leg: HashMap<LegId, CallId>,
    /// The Calls that share a Seat, by its lasting Leg.
    by_seat: HashMap<LegId, Vec<CallId>>,
    pub by_recording: HashMap<RecordingId, CallId>,
    pub by_request: HashMap<ClientTx, CallId>,
    pub timers: Timers,
    /// Who is in which conference.
    pub conferences: Conferences,
    /// Who guesses their PINs.
    pub pins: PinGuard,
    /// Calls that have begun and not ended: what limits and gauges count.
    pub running: usize,
    /// Addresses of trunks that did not answer, for whoever chooses among them.
    pub unreachable: Vec<(TrunkId, SocketAddr)>,
    next_id: u64,
    random: StdRng,
}

impl Book {
    pub fn next_leg(&mut self) -> LegId {
        self.next_id += 1;
        LegId(self.next_id)
    }

    /// A Call has taken its part in a Seat.
    pub fn sit(&mut self, media: LegId, call: CallId) {
        let calls = self.by_seat.entry(media).or_default();
        if !calls.contains(&call) {
            calls.push(call);
        }
    }

    /// A Call has no part in a Seat any more.
    pub fn rise(&mut self, media: LegId, call: CallId) {
        if let Some(calls) = self.by_seat.get_mut(&media) {
            calls.retain(|id| *id != call);
            if calls.is_empty() {
                self.by_seat.remove(&media);
            }
        }
    }

    /// The Calls of a Seat, in the order they came.
    pub fn calls_of_seat(&self, media: LegId) -> Vec<CallId> {
        self.by_seat.get(&media).cloned().unwrap_or_default()
    }

    pub fn next_room(&mut self) -> RoomId {
        self.next_id += 1;
        RoomId(self.next_id)
    }

    pub fn next_recording(&mut self) -> RecordingId {
        self.next_id += 1;
        RecordingId(self.next_id)
    }

    /// Unguessable bytes: SRTP keys are made from them.
    pub fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.random.fill_bytes(&mut seed);
        seed
    }

    /// Those of a new ICE agent of ours: 64 bits that find its Leg, 128 that nobody guesses (RFC 8445 §5.3).
    pub fn ice_credentials(&mut self) -> IceCredentials {
        let mut hex = |bytes: usize| -> String {
            let mut random = vec![0; bytes];
            self.random.fill_bytes(&mut random);
            random.iter().map(|byte| format!("{byte:02x}")).collect()
        };
        IceCredentials { ufrag: hex(8), pwd: hex(16) }
    }

    pub fn call_id(&mut self, wall_ms: i64) -> CallId {
        let mut random = [0; 10];
        self.random.fill_bytes(&mut random);
        CallId::new(wall_ms, random)
    }
}

/// All Calls of this node.
pub struct Calls {
    pub(super) calls: HashMap<CallId, Box<Call>>,
    pub(super) book: Book,
    pub(super) limits: CallLimits,
    /// Records whose party goes on in another Call; each has a Leg that names it.
    pub(super) brought: HashMap<CallId, Box<CallRecord>>,
    pub ended: HashMap<&'static str, u64>,
    /// Whose Calls have changed; the shell takes it and tells.
    pub stirred: BTreeSet<OrganizationId>,
}

/// Limits of call control; at `calls` running ones a new INVITE is answered 503.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    pub calls: usize,
}

/// One running Call, for operators.
#[derive(Clone, Debug, serde::Serialize)]
pub struct CallSummary {
    pub id: String,
    pub organization: Option<i64>,
    pub state: &'static str,
    pub caller: String,
    pub callee: String,
    pub started_at_ms: i64,
    pub answered_at_ms: Option<i64>,
    pub recorded: bool,
    pub legs: Vec<LegSummary>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct LegSummary {
    pub id: u64,
    pub sip_call_id: String,
    pub party: String,
    pub state: &'static str,
    pub codec: Option<String>,
    pub srtp: bool,
    pub on_hold: bool,
    /// Nothing was ever heard of this party, while the other one was.
    pub one_way: bool,
}

impl Calls {
    /// Addresses of trunks that did not answer since this was asked last.
    pub fn take_unreachable(&mut self) -> Vec<(TrunkId, SocketAddr)> {
        std::mem::take(&mut self.book.unreachable)
    }

    pub fn new(seed: [u8; 32], limits: CallLimits) -> Self {
        let book = Book {
            by_dialog: HashMap::new(),
            by_leg: HashMap::new(),
            by_seat: HashMap::new(),
            by_recording: HashMap::new(),
            by_request: HashMap::new(),
            timers: Timers::default(),
            conferences: Conferences::default(),
            pins: PinGuard::default(),
            running: 0,
            unreachable: Vec::new(),
            next_id: 0,
            random: StdRng::from_seed(seed),
        };
        Self {
            calls: HashMap::new(),
            book,
            limits,
            brought: HashMap::new(),
            ended: HashMap::new(),
            stirred: BTreeSet::new(),
        }
    }

    /// True when nothing runs and no statistics are awaited.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        self.book.timers.next()
    }

    /// Takes a SIP event that concerns a dialog. True if a Call of ours owns it.
    pub fn handle_sip(&mut self, cx: &mut Context<'_>, event: Event) -> bool {
        let Some(dialog) = dialog_of(&event) else { return false };
        let Some(&id) = self.book.by_dialog.get(&dialog) else {
            forget(cx, dialog, &event);
            return false;
        };
        // REFER and BYE of an attended transfer concern two Calls at once.
        if let Event::DialogRequest { tx, request, .. } = &event
            && let Some(join) = self.attended_join(cx, id, dialog, request)
        {
            cx.endpoint.respond(cx.now, *tx, super::answer::status(202));
            self.join(cx, &join);
            return true;
        }
        if let Event::DialogRequest { tx, request, .. } = &event
            && self.is_transfer_over_limit(cx, id, dialog, request)
        {
            cx.endpoint.respond(cx.now, *tx, super::answer::refusal(EndReason::Overloaded));
            return true;
        }
        let event = match (event, self.calls.get(&id)) {
            (Event::Rejected { response: Some(response), .. }, Some(call))
                if self.is_redirection_over_limit(cx, call, dialog, &response) =>
            {
                Event::Rejected { dialog, response: None, failure: Some(Failure::Limit) }
            }
            (event, _) => event,
        };
        self.with(cx, id, |call, cx, book| call.handle_sip(cx, book, dialog, event));
        true
    }

    /// Takes the outcome of a request sent inside a dialog. True if a Call of ours sent it.
    pub fn handle_response(
        &mut self,
        cx: &mut Context<'_>,
        tx: ClientTx,
        outcome: &Result<Response, Failure>,
    ) -> bool {
        let Some(id) = self.book.by_request.remove(&tx) else { return false };
        self.with(cx, id, |call, cx, book| call.handle_response(cx, book, tx, outcome));
        true
    }

    pub fn handle_media(&mut self, cx: &mut Context<'_>, event: MediaEvent) {
        let id = match &event {
            MediaEvent::Recording { recording, .. } => self.book.by_recording.get(recording),
            other => leg_of(other).and_then(|leg| self.book.by_leg.get(&leg)),
        };
        if let Some(leg) = leg_of(&event).filter(|_| id.is_none()) {
            self.seat_media(cx, leg, &event);
        } else if let Some(&id) = id {
            // Figures come every few seconds, and change nothing that supervisors see.
            let figures = matches!(event, MediaEvent::Quality { .. });
            let before = figures.then(|| std::mem::take(&mut self.stirred));
            self.with(cx, id, |call, cx, book| call.handle_media(cx, book, event));
            if let Some(before) = before {
                self.stirred = before;
            }
        }
    }

    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        while let Some(due) = self.book.timers.pop(cx.now) {
            self.with(cx, due.call, |call, cx, book| match due.deadline {
                Deadline::NoAnswer => call.ring_timeout(cx, book, due.token),
                Deadline::Pin => call.pin_timeout(cx, book, due.token),
                Deadline::Probe => call.probe_again(cx, book, LegId(due.token)),
                Deadline::Silent => call.machine_silent(cx, book, LegId(due.token)),
                Deadline::Statistics => call.finish(cx, book),
                Deadline::MaxDuration => call.end(cx, book, EndReason::TimeLimit, EndedBy::System),
            });
        }
    }

    /// An extension's phone registered over a new connection: its running dialogs go on over it.
    pub fn follow_phone(&self, cx: &mut Context<'_>, extension: ExtensionId, contact: &Uri, flow: Flow) {
        let is_its = |leg: &&Leg| {
            leg.phase != LegPhase::Gone && matches!(leg.party, Party::Extension { id, .. } if id == extension)
        };
        let legs = self.calls.values().flat_map(|call| &call.legs).filter(is_its);
        for dialog in legs.filter_map(Leg::dialog) {
            cx.endpoint.follow_peer(dialog, contact, flow);
        }
    }

    /// Ends a Call at an operator's word. False if there is no such Call.
    pub fn hang_up(&mut self, cx: &mut Context<'_>, id: CallId) -> bool {
        let known = self.calls.contains_key(&id);
        self.with(cx, id, |call, cx, book| call.end(cx, book, EndReason::Operator, EndedBy::System));
        known
    }

    /// Ends every Call: the node is going down in order.
    pub fn end_all(&mut self, cx: &mut Context<'_>) {
        let ids: Vec<CallId> = self.calls.keys().copied().collect();
        for id in ids {
            self.with(cx, id, |call, cx, book| call.end(cx, book, EndReason::NodeStopped, EndedBy::System));
        }
    }

    /// A number for a new lasting Leg.
    pub fn next_leg(&mut self) -> LegId {
        self.book.next_leg()
    }

    /// Credentials for a new lasting Leg.
    pub fn ice_credentials(&mut self) -> IceCredentials {
        self.book.ice_credentials()
    }

    /// Unguessable bytes.
    pub fn seed(&mut self) -> [u8; 32] {
        self.book.seed()
    }

    pub fn summaries(&self) -> Vec<CallSummary> {
        let mut all: Vec<CallSummary> = self.calls.values().map(|call| call.summary()).collect();
        all.sort_by_key(|c| c.started_at_ms);
        all
    }

    /// The dialogs of every running Call, for traces.
    pub fn dialogs(&self) -> Vec<(CallId, Vec<String>)> {
        let of = |call: &Call| {
            call.legs.iter().filter(|l| l.dialog().is_some()).map(|l| l.sip_call_id().to_owned()).collect()
        };
        self.calls.values().map(|call| (call.id, of(call))).collect()
    }

    /// Calls that are not over: what limits and gauges count.
    pub fn active(&self) -> usize {
        self.book.running
    }

    /// True when no Call more is taken. Those that only await their statistics are over for their parties, but
    /// they too take memory: of them as many are kept again.
    pub(super) fn is_at_limit(&self) -> bool {
        let most = self.limits.calls;
        self.book.running >= most || self.calls.len() >= most.saturating_mul(2)
    }

    /// Dialogs that run over a trunk; a call that came from it and was sent back to it has two.
    pub fn active_on_trunk(&self, trunk: TrunkId) -> usize {
        let uses = |leg: &Leg| {
            leg.phase != LegPhase::Gone && matches!(&leg.party, Party::Trunk { id, .. } if *id == trunk)
        };
        self.calls.values().flat_map(|call| &call.legs).filter(|leg| uses(leg)).count()
    }

    /// True when a trunk carries all that it may.
    pub(super) fn is_full(&self, trunk: &Trunk) -> bool {
        trunk.max_calls.is_some_and(|max| self.active_on_trunk(trunk.id) >= max as usize)
    }

    pub(super) fn with(
        &mut self,
        cx: &mut Context<'_>,
        id: CallId,
        act: impl FnOnce(&mut Call, &mut Context<'_>, &mut Book),
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        act(call, cx, &mut self.book);
        self.retire(cx, id);
    }

    /// Tells the floor and pages what has changed, and drops a Call whose CDR is complete.
    pub(super) fn retire(&mut self, cx: &mut Context<'_>, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        self.stirred.extend(call.record.organization);
        call.forget_clip(cx, &mut self.book);
        call.retap(cx);
        call.report(cx);
        call.report_engaged(cx);
        call.show(cx);
        let departures = call.take_departures(cx.wall_ms);
        self.end_brought(cx, departures);
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(first) = call.take_merge() {
            return self.merge_into(cx, first, id);
        }
        if !call.is_complete() {
            return;
        }
        if let Some(call) = self.calls.remove(&id) {
            let calls = &self.calls;
            self.book.timers.sweep(|id| calls.contains_key(&id));
            self.close_record(cx, call);
        }
    }
}

fn dialog_of(event: &Event) -> Option<DialogId> {
    match event {
        Event::Cancelled { dialog, .. }
        | Event::Progress { dialog, .. }
        | Event::Answered { dialog, .. }
        | Event::Rejected { dialog, .. }
        | Event::Confirmed { dialog, .. }
        | Event::AckTimeout { dialog }
        | Event::Reoffer { dialog, .. }
        | Event::ReofferConfirmed { dialog, .. }
        | Event::ReofferAnswered { dialog, .. }
        | Event::ReofferRefused { dialog, .. }
        | Event::ReofferCancelled { dialog }
        | Event::DialogRequest { dialog, .. }
        | Event::Terminated { dialog, .. } => Some(*dialog),
        Event::Invite { .. } | Event::Request { .. } | Event::Response { .. } => None,
    }
}

pub(super) fn leg_of(event: &MediaEvent) -> Option<LegId> {
    match event {
        MediaEvent::AuthenticationFailed { leg, .. }
        | MediaEvent::BrowserClosed { leg }
        | MediaEvent::BrowserConnected { leg }
        | MediaEvent::BrowserLost { leg }
        | MediaEvent::Dtmf { leg, .. }
        | MediaEvent::FirstMedia { leg }
        | MediaEvent::LegRemoved { leg, .. }
        | MediaEvent::MediaResumed { leg }
        | MediaEvent::MediaTimeout { leg }
        | MediaEvent::NotForwardable { leg, .. }
        | MediaEvent::Noticed { leg, .. }
        | MediaEvent::OneWayAudio { leg }
        | MediaEvent::PictureWanted { leg }
        | MediaEvent::PlayFinished { leg }
        | MediaEvent::Quality { leg, .. }
        | MediaEvent::SourceLocked { leg, .. }
        | MediaEvent::Talk { leg, .. }
        | MediaEvent::WrongSource { leg, .. } => Some(*leg),
        MediaEvent::Recording { .. } => None,
    }
}

/// A dialog that no Call owns any more must not linger: a late answer is hung up.
fn forget(cx: &mut Context<'_>, dialog: DialogId, event: &Event) {
    match event {
        Event::AckTimeout { .. } | Event::Answered { .. } => cx.endpoint.bye(cx.now, dialog, Vec::new()),
        Event::DialogRequest { tx, .. } => {
            let gone = super::answer::status(481);
            cx.endpoint.respond(cx.now, *tx, gone);
        }
        Event::Reoffer { .. } => cx.endpoint.answer_reinvite(cx.now, dialog, super::answer::status(481)),
        _ => {}
    }
}
