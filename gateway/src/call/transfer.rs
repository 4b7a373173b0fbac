//! Blind transfer, by REFER (RFC 3515, RFC 5589).

use std::time::Duration;

use bytes::Bytes;
use ramal_media::command::LegId;
use ramal_media::command::Source;
use ramal_sip::endpoint::{DialogId, ServerTx};
use ramal_sip::message::{HeaderName, Method, Replaces, Request, StatusCode, Uri};

use super::answer;
use super::calls::{Book, Calls};
use super::context::{Context, Place};
use super::end_reason::EndReason;
use super::incoming::ring_time;
use super::leg::{LegPhase, Party};
use super::page::{PageEvent, TransferState};
use super::state::{Call, EndedBy, Phase};
use crate::model::{CallId, QueueId};
use crate::routing::dial_plan::{self, Route};

impl Calls {
    /// True for a REFER that would lead out by a trunk which carries all that it may.
    pub(super) fn is_transfer_over_limit(
        &self,
        cx: &Context<'_>,
        call: CallId,
        dialog: DialogId,
        request: &Request,
    ) -> bool {
        if request.method != Method::Refer {
            return false;
        }
        let is_full = || {
            let number = number_of(&request.headers.refer_to().ok()?.uri)?;
            let leg = self.calls.get(&call)?.leg_of(dialog)?;
            Some(self.is_full_for(cx, call, leg, &number))
        };
        is_full() == Some(true)
    }

    /// True when a party of a Call may not be connected to a number because its trunk carries all that it may.
    pub(super) fn is_full_for(&self, cx: &Context<'_>, call: CallId, leg: LegId, number: &str) -> bool {
        let is_full = || {
            let call = self.calls.get(&call)?;
            let party = &call.leg(leg)?.party;
            Some(self.leads_to_full_trunk(cx, call.record.organization?, party, number))
        };
        is_full() == Some(true)
    }
}

impl Call {
    /// Keeps the order of the pair, and with it the side of the recording, when one of them changes.
    pub(super) fn replace_in_pair(&mut self, leaves: LegId, arrived: LegId) {
        let (Phase::Talking { a, b } | Phase::Transferring { pair: (a, b), .. }) = self.phase else { return };
        let successor = |leg: LegId| if leg == leaves { arrived } else { leg };
        self.phase = Phase::Talking { a: successor(a), b: successor(b) };
    }

    /// A new pair talks: media, codecs and the recording follow. A rule of the one who arrived may be the
    /// first that asks for a recording.
    pub(super) fn settle(&mut self, cx: &mut Context<'_>, book: &mut Book) {
        self.retap(cx);
        self.connect(cx);
        self.align(cx);
        self.mask_who_came(cx);
        self.start_recording(cx, book);
    }

    /// A REFER from one of the parties.
    pub(super) fn refer(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        tx: ServerTx,
        request: &Request,
    ) {
        let refuse = |cx: &mut Context<'_>, code| cx.endpoint.respond(cx.now, tx, answer::status(code));
        let Some(party) = self.leg(leg).map(|l| l.party.clone()) else { return };
        if matches!(party, Party::Trunk { .. }) {
            return refuse(cx, 403); // A carrier must not place calls at the organization's cost.
        }
        let (Phase::Talking { .. }, Some(stays)) = (&self.phase, self.peer_of(leg)) else {
            return refuse(cx, 491);
        };
        let Ok(target) = request.headers.refer_to() else { return refuse(cx, 400) };
        if replaces_of(&target.uri).is_some() {
            return refuse(cx, 481); // Replaces a dialog that is not one of ours, or not this party's.
        }
        let Some(number) = number_of(&target.uri) else { return refuse(cx, 404) };
        cx.endpoint.respond(cx.now, tx, answer::status(202));
        self.notify(cx, book, leg, 100, SubscriptionState::Active);
        self.blind(cx, book, leg, stays, &party, &number);
    }

    /// A page gives its Call away.
    pub(super) fn transfer_from_seat(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        number: &str,
    ) {
        let (Some(stays), Some(party)) = (self.peer_of(leg), self.leg(leg).map(|l| l.party.clone())) else {
            return;
        };
        self.blind(cx, book, leg, stays, &party, number);
    }

    /// A page gives its Call to a queue, also to one that no number leads to.
    pub(super) fn queue_from_seat(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        queue: QueueId,
    ) {
        let (Some(stays), Some(organization)) = (self.peer_of(leg), self.record.organization) else { return };
        match cx.directory.queue(organization, queue) {
            Some(queue) => self.transfer_to_queue(cx, book, leg, stays, queue),
            None => self.refuse_transfer(cx, book, leg, EndReason::NumberUnknown),
        }
    }

    fn blind(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        by: LegId,
        stays: LegId,
        party: &Party,
        number: &str,
    ) {
        let Some(organization) = self.record.organization else { return };
        let route = dial_plan::route(cx.directory, organization, party.dialler(), number);
        if self.leg(stays).is_some_and(|leg| leads_to(&route, number, &leg.party)) {
            return self.refuse_transfer(cx, book, by, EndReason::InCallAlready);
        }
        self.record.transferred_to = Some(number.to_owned());
        let (targets, ring) = match route {
            Route::Extension(e) => (Ok(cx.reach.extension(e)), ring_time(cx, e)),
            Route::Trunk { trunk, number } => {
                let target = cx.reach.trunk(trunk, &number).map(|t| vec![Place::Phone(Box::new(t))]);
                (target, cx.settings.trunk_ring_timeout)
            }
            Route::Queue(queue) => return self.transfer_to_queue(cx, book, by, stays, queue),
            Route::Service(service) => return self.transfer_to_service(cx, book, by, stays, service),
            Route::Refused(refusal) => (Err(refusal.into()), Duration::ZERO),
        };
        match targets {
            Ok(targets) if !targets.is_empty() => {
                self.ring_for_transfer(cx, book, (by, stays), targets, ring);
            }
            Ok(_) => self.refuse_transfer(cx, book, by, EndReason::NotRegistered),
            Err(reason) => self.refuse_transfer(cx, book, by, reason),
        }
    }

    fn ring_for_transfer(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        (by, stays): (LegId, LegId),
        targets: Vec<Place>,
        ring: Duration,
    ) {
        let Phase::Talking { a, b } = self.phase else { return };
        match self.ring_targets(cx, book, stays, targets, ring) {
            Ok(dial) => {
                self.phase = Phase::Transferring { by, stays, pair: (a, b), dial };
                self.connect(cx);
                if self.leg(by).is_some_and(|l| l.seat().is_some()) {
                    self.notify(cx, book, by, 180, SubscriptionState::Active);
                }
            }
            Err(reason) => self.refuse_transfer(cx, book, by, reason),
        }
    }

    pub(super) fn transfer_to_service(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        by: LegId,
        stays: LegId,
        service: &crate::model::Service,
    ) {
        if let crate::model::Service::Conference(conference) = service {
            return self.transfer_to_conference(cx, book, (by, stays), conference);
        }
        let Some(source) = self.service_source(cx, stays, service) else {
            return self.refuse_transfer(cx, book, by, EndReason::NumberUnknown);
        };
        self.dismiss_company(cx);
        self.notify(cx, book, by, 200, SubscriptionState::Terminated);
        self.drop_leg(cx, by, EndReason::Transferred);
        self.give_up_agreement(cx, stays);
        self.phase = Phase::Serving { leg: stays };
        self.hear(cx, stays, source);
    }

    /// The target answered: it takes the transferor's place.
    pub(super) fn transferred(&mut self, cx: &mut Context<'_>, book: &mut Book, arrived: LegId) {
        let Phase::Transferring { by, stays, .. } = self.phase else { return };
        self.notify(cx, book, by, 200, SubscriptionState::Terminated);
        self.drop_leg(cx, by, EndReason::Transferred);
        self.give_up_agreement(cx, stays);
        self.replace_in_pair(by, arrived);
        self.configure(cx, arrived);
        self.settle(cx, book);
    }

    /// Nobody answered: the two talk on, or, when the transferor has left, the call ends.
    pub(super) fn transfer_failed(&mut self, cx: &mut Context<'_>, book: &mut Book, reason: EndReason) {
        let Phase::Transferring { by, stays, pair: (a, b), .. } = self.phase else { return };
        if self.leg(by).is_none_or(|l| l.phase == LegPhase::Gone) {
            self.hear(cx, stays, Source::Silence);
            return self.end(cx, book, reason, EndedBy::System);
        }
        self.phase = Phase::Talking { a, b };
        self.record.transferred_to = None;
        self.refuse_transfer(cx, book, by, reason);
        self.connect(cx);
    }

    pub(super) fn refuse_transfer(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        by: LegId,
        reason: EndReason,
    ) {
        self.record.transferred_to = None;
        self.notify(cx, book, by, reason.sip_status(), SubscriptionState::Failed(reason));
    }

    /// Tells the transferor how far its transfer has come (RFC 3515 §2.4.5).
    pub(super) fn notify(
        &self,
        cx: &mut Context<'_>,
        book: &mut Book,
        to: LegId,
        code: u16,
        state: SubscriptionState,
    ) {
        let Some(leg) = self.leg(to) else { return };
        if leg.phase == LegPhase::Gone {
            return;
        }
        let Some(dialog) = leg.dialog() else { return self.tell_transfer(cx, to, state) };
        let phrase = StatusCode::new(code).map_or("", StatusCode::default_reason);
        let fragment = format!("SIP/2.0 {code} {phrase}\r\n");
        let headers = vec![
            answer::header(HeaderName::Event, "refer"),
            answer::header(HeaderName::SubscriptionState, state.value()),
        ];
        let body = Some(("message/sipfrag;version=2.0".to_owned(), Bytes::from(fragment)));
        let tx = cx.endpoint.request_in_dialog(cx.now, dialog, Method::Notify, headers, body);
        book.by_request.insert(tx, self.id);
    }

    fn tell_transfer(&self, cx: &mut Context<'_>, to: LegId, state: SubscriptionState) {
        let (state, reason) = match state {
            SubscriptionState::Active => (TransferState::Ringing, None),
            SubscriptionState::Terminated => (TransferState::Done, None),
            SubscriptionState::Failed(reason) => (TransferState::Failed, Some(reason.cdr_text())),
        };
        self.tell_page(cx, to, PageEvent::Transfer { call: self.id.to_string(), state, reason });
    }
}

/// State of the subscription that a REFER makes (RFC 3515 §2.4.7, RFC 6665 §4.1.3).
#[derive(Clone, Copy)]
pub(super) enum SubscriptionState {
    Active,
    /// The target has taken over.
    Terminated,
    /// It has not. A phone is told the status alone.
    Failed(EndReason),
}

impl SubscriptionState {
    fn value(self) -> &'static str {
        match self {
            Self::Active => "active;expires=180",
            Self::Terminated | Self::Failed(_) => "terminated;reason=noresource",
        }
    }
}

/// Whether a number leads to this party itself.
fn leads_to(route: &Route<'_>, dialled: &str, party: &Party) -> bool {
    match (route, party) {
        (Route::Extension(extension), Party::Extension { id, .. }) => extension.id == *id,
        (Route::Trunk { number, .. }, Party::Trunk { number: theirs, .. }) => {
            theirs == number || theirs == dialled
        }
        _ => false,
    }
}

/// The number that a Refer-To names. Its host does not count: numbers are those of our dial plan.
pub(super) fn number_of(uri: &Uri) -> Option<String> {
    uri.user().map(|user| user.split(';').next().unwrap_or_default().to_owned())
}

/// The Replaces that a Refer-To URI carries as a header (RFC 3891 §6.1).
pub(super) fn replaces_of(uri: &Uri) -> Option<Replaces> {
    Replaces::parse(uri.header("Replaces")?.as_bytes())
}
