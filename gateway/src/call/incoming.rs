//! The birth of a Call: an INVITE from somebody whom signalling has identified.

use std::net::SocketAddr;
use std::time::Duration;

use ramal_media::command::LegId;
use ramal_media::sdp::{Dialect, Negotiation, SrtpPolicy};
use ramal_sip::endpoint::DialogId;
use ramal_sip::message::Request;
use ramal_sip::transport::Flow;

use super::answer;
use super::brought::Elsewhere;
use super::calls::{Book, Calls};
use super::context::{Context, MediaKind, Place};
use super::end_reason::EndReason;
use super::leg::{DtmfWay, Leg, Line, Outstanding, Party, Side, SipLine};
use super::overhear::Keys;
use super::state::{Call, Dial, EndedBy, Phase};
use crate::model::{CallRecord, Direction as CallDirection, Extension, OrganizationId};
use crate::routing::dial_plan::{self, Route};
use crate::routing::floor::voice::Purpose;
use crate::store::Fact;

/// An INVITE whose sender is known and allowed.
pub struct Incoming {
    pub dialog: DialogId,
    pub request: Request,
    pub flow: Flow,
    pub organization: OrganizationId,
    pub party: Party,
    /// Of its media, where that is RTP.
    pub srtp: SrtpPolicy,
    pub dtmf: DtmfWay,
    /// The number dialled: the user part of the Request-URI.
    pub dialled: String,
}

impl Incoming {
    /// What its offer speaks; without one, what its transport is for.
    pub(super) fn media(&self) -> MediaKind {
        let webrtc = match self.request.body.is_empty() {
            true => !self.flow.transport.can_connect(),
            false => Dialect::of_offer(&self.request.body) == Dialect::WebRtc,
        };
        if webrtc { MediaKind::WebRtc } else { MediaKind::Rtp(self.srtp) }
    }
}

/// Who begins a Call, and what for.
pub(super) struct Beginning<'a> {
    pub organization: OrganizationId,
    pub party: &'a Party,
    pub name: Option<String>,
    pub dialled: &'a str,
    pub max_forwards: u8,
    pub worker: usize,
}

/// What a new Leg needs to know of its party.
pub struct LegSeed {
    pub dialog: DialogId,
    pub sip_call_id: String,
    pub party: Party,
    pub side: Side,
    pub media: MediaKind,
    pub dtmf: DtmfWay,
    pub remote: SocketAddr,
}

/// What an INVITE without the header starts with (RFC 3261 §20.22).
pub(super) const MAX_FORWARDS: u8 = 70;

impl Calls {
    /// Takes a new INVITE. Whatever comes of it, one CDR is left.
    pub fn incoming(&mut self, cx: &mut Context<'_>, incoming: Incoming) {
        if let Some(replaces) = incoming.request.headers.replaces() {
            return self.replace(cx, incoming, &replaces);
        }
        let full = self.is_at_limit();
        let mut call = Box::new(self.new_call(cx, &incoming));
        let id = call.id;
        cx.facts.push(Fact::CallBegan(Box::new(call.record.clone())));
        if full {
            call.refuse_unheard(cx, &mut self.book, &incoming, EndReason::Overloaded);
        } else {
            let trunk_full = self.trunk_full(cx, incoming.organization, &incoming.party, &incoming.dialled);
            call.begin(cx, &mut self.book, incoming, trunk_full);
        }
        self.calls.insert(id, call);
        self.retire(cx, id);
    }

    /// Refuses an INVITE that becomes no Call of its own; it leaves its CDR all the same.
    pub fn refuse(&mut self, cx: &mut Context<'_>, incoming: &Incoming, reason: EndReason) {
        let mut call = Box::new(self.new_call(cx, incoming));
        let id = call.id;
        cx.facts.push(Fact::CallBegan(Box::new(call.record.clone())));
        call.refuse_unheard(cx, &mut self.book, incoming, reason);
        self.calls.insert(id, call);
        self.retire(cx, id);
    }

    pub(super) fn new_call(&mut self, cx: &Context<'_>, incoming: &Incoming) -> Call {
        let headers = &incoming.request.headers;
        let home = cx.reach.browsers_worker(incoming.organization);
        self.begun(
            cx,
            Beginning {
                organization: incoming.organization,
                party: &incoming.party,
                name: headers.from().ok().and_then(|from| from.display),
                dialled: &incoming.dialled,
                max_forwards: headers.max_forwards().ok().flatten().unwrap_or(MAX_FORWARDS),
                worker: home.unwrap_or_else(|| cx.media.pick()),
            },
        )
    }

    pub(super) fn begun(&mut self, cx: &Context<'_>, beginning: Beginning<'_>) -> Call {
        let id = self.book.call_id(cx.wall_ms);
        self.book.running += 1;
        let (direction, trunk) = match beginning.party {
            Party::Extension { .. } => (CallDirection::Internal, None),
            Party::Trunk { name, .. } => (CallDirection::Inbound, Some(name.clone())),
        };
        let mut record = CallRecord::begun(id, &cx.settings.node, direction, cx.wall_ms);
        record.organization = Some(beginning.organization);
        record.caller = beginning.party.number().to_owned();
        record.callee = beginning.dialled.to_owned();
        record.trunk = trunk;
        Call {
            id,
            record,
            worker: beginning.worker,
            legs: Vec::new(),
            phase: Phase::Ending,
            recording: None,
            keys: Keys::default(),
            clip: None,
            recordings: 0,
            max_forwards: u32::from(beginning.max_forwards.saturating_sub(1)),
            caller_name: beginning.name,
            last_token: 0,
            redirections: 0,
            end_reason: None,
            purpose: Purpose::default(),
            floor: None,
            engaged: Vec::new(),
            company: None,
            merge_into: None,
            elsewhere: Elsewhere::No,
        }
    }

    /// True when the trunk that a Call arrives by, or would leave by, carries all that it may.
    pub(super) fn trunk_full(
        &self,
        cx: &Context<'_>,
        organization: OrganizationId,
        party: &Party,
        dialled: &str,
    ) -> bool {
        let inbound = match party {
            Party::Trunk { id, .. } => cx.directory.trunk(*id).is_some_and(|trunk| self.is_full(trunk)),
            Party::Extension { .. } => false,
        };
        inbound || self.leads_to_full_trunk(cx, organization, party, dialled)
    }

    /// True when a number leads out by a trunk that carries all that it may.
    pub(super) fn leads_to_full_trunk(
        &self,
        cx: &Context<'_>,
        organization: OrganizationId,
        party: &Party,
        number: &str,
    ) -> bool {
        match dial_plan::route(cx.directory, organization, party.dialler(), number) {
            Route::Trunk { trunk, .. } => self.is_full(trunk),
            Route::Extension(_) | Route::Queue(_) | Route::Service(_) | Route::Refused(_) => false,
        }
    }
}

impl Call {
    /// Answers for a Call that gets no media: the dialog is refused at once.
    pub(super) fn refuse_unheard(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        incoming: &Incoming,
        reason: EndReason,
    ) {
        cx.endpoint.reject(cx.now, incoming.dialog, answer::refusal(reason));
        self.end(cx, book, reason, EndedBy::System);
    }

    fn begin(&mut self, cx: &mut Context<'_>, book: &mut Book, incoming: Incoming, trunk_full: bool) {
        let seed = LegSeed {
            dialog: incoming.dialog,
            sip_call_id: incoming.request.headers.call_id().unwrap_or_default().to_owned(),
            party: incoming.party.clone(),
            side: Side::Caller,
            media: incoming.media(),
            dtmf: incoming.dtmf,
            remote: incoming.flow.remote,
        };
        let caller = match self.add_leg(cx, book, seed) {
            Ok(caller) => caller,
            Err(reason) => return self.refuse_unheard(cx, book, &incoming, reason),
        };
        self.phase = Phase::Ringing(Dial::new(caller, cx.now));
        if trunk_full {
            return self.end(cx, book, EndReason::Overloaded, EndedBy::System);
        }
        if let Err(reason) = self.take_offer(caller, &incoming.request) {
            return self.end(cx, book, reason, EndedBy::System);
        }
        self.follow_route(cx, book, caller, incoming.organization, &incoming.party);
    }

    /// Reads the offer of a new INVITE, if it has one (RFC 3261 §13.2.1).
    pub(super) fn take_offer(&mut self, leg: LegId, request: &Request) -> Result<(), EndReason> {
        let Some(leg) = self.leg_mut(leg) else { return Ok(()) };
        if request.body.is_empty() {
            leg.outstanding = Outstanding::AnswerInAck;
            return Ok(());
        }
        if !answer::is_sdp(request.headers.content_type(), &request.body) {
            return Err(EndReason::MediaIncompatible);
        }
        let Some(negotiation) = leg.negotiation() else { return Ok(()) };
        let offer = negotiation.receive_offer(&request.body).map_err(|e| answer::end_reason_of(&e))?;
        leg.offered = [offer.codecs, offer.video].concat();
        Ok(())
    }

    pub(super) fn follow_route(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        caller: LegId,
        organization: OrganizationId,
        party: &Party,
    ) {
        let dialled = self.record.callee.clone();
        match dial_plan::route(cx.directory, organization, party.dialler(), &dialled) {
            Route::Extension(extension) => {
                self.record.destination = Some(format!("extension:{}", extension.number));
                let targets = cx.reach.extension(extension);
                let ring = ring_time(cx, extension);
                self.dial(cx, book, caller, targets, ring);
            }
            Route::Trunk { trunk, number } => {
                self.record.destination = Some(format!("trunk:{}", trunk.name));
                self.record.trunk = Some(trunk.name.clone());
                self.record.direction = CallDirection::Outbound;
                let ring = cx.settings.trunk_ring_timeout;
                match cx.reach.trunk(trunk, &number) {
                    Ok(target) => {
                        let place = Place::Phone(Box::new(target));
                        self.dial(cx, book, caller, vec![place], ring);
                    }
                    Err(reason) => self.end(cx, book, reason, EndedBy::System),
                }
            }
            Route::Queue(queue) => self.wait(cx, book, caller, queue),
            Route::Service(service) => self.serve(cx, book, caller, service),
            Route::Refused(refusal) => self.end(cx, book, refusal.into(), EndedBy::System),
        }
    }

    /// Makes a Leg with its place on the Call's worker.
    ///
    /// # Errors
    /// Those of [`Self::add_media`].
    pub(super) fn add_leg(
        &mut self,
        cx: &Context<'_>,
        book: &mut Book,
        seed: LegSeed,
    ) -> Result<LegId, EndReason> {
        let (id, negotiation) = self.add_media(cx, book, seed.media)?;
        self.adopt(book, id, negotiation, seed);
        Ok(id)
    }

    /// Joins the media half of a Leg with its dialog.
    pub(super) fn adopt(&mut self, book: &mut Book, id: LegId, negotiation: Negotiation, seed: LegSeed) {
        book.by_dialog.insert(seed.dialog, self.id);
        let line =
            SipLine { dialog: seed.dialog, call_id: seed.sip_call_id, negotiation, remote: seed.remote };
        self.legs.push(Leg::new(id, Line::Sip(Box::new(line)), seed.party, seed.side, seed.dtmf));
    }
}

/// How long an extension rings.
pub(super) fn ring_time(cx: &Context<'_>, extension: &Extension) -> Duration {
    let organization = cx.directory.organization(extension.organization);
    let seconds = extension.ring_timeout_s.or(organization.map(|o| o.ring_timeout_s)).unwrap_or(30);
    Duration::from_secs(u64::from(seconds))
}
