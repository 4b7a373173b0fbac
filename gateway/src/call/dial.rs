//! Reaching somebody: all targets ring in parallel, one answers, the others are cancelled.

use std::net::SocketAddr;
use std::time::Duration;

use ramal_media::command::LegId;
use ramal_media::command::Source;
use ramal_media::player::Tone;
use ramal_media::sdp::Codec;
use ramal_sip::endpoint::{Failure, OutgoingInvite};
use ramal_sip::message::{Header, HeaderName, NameAddr, Response, Uri};

use super::answer;
use super::calls::Book;
use super::codecs::{self, Taker};
use super::context::{Context, Place, Target};
use super::end_reason::EndReason;
use super::incoming::LegSeed;
use super::leg::{DtmfWay, Leg, LegPhase, Line, Outstanding, Party, Side};
use super::place::open_pictures;
use super::state::{Call, Dial, EndedBy, Phase};
use super::timer::Deadline;
use crate::model::{CallerIdPolicy, TrunkId};
use crate::store::Fact;

/// How long a machine of a trunk may say nothing at all to an INVITE, not even 100, before the next one is asked (RFC 3263 §4.3). Timer B
/// would take 32 s, which no caller waits; 100 comes within 200 ms (RFC 3261 §17.2.1).
const SILENCE: Duration = Duration::from_secs(5);
/// A machine that was silent for so long until the caller gave up is asked last for a while.
const SILENCE_NOTED: Duration = Duration::from_secs(2);

impl Call {
    /// Rings every target for the caller of a new Call.
    pub(super) fn dial(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        waiting: LegId,
        targets: Vec<Place>,
        ring: Duration,
    ) {
        if targets.is_empty() {
            return self.end(cx, book, EndReason::NotRegistered, EndedBy::System);
        }
        match self.ring_targets(cx, book, waiting, targets, ring) {
            Ok(dial) => {
                self.phase = Phase::Ringing(dial);
                self.tell_of_seats(cx, waiting);
            }
            Err(reason) => self.end(cx, book, reason, EndedBy::System),
        }
    }

    /// A page sends no 180: it rings as soon as it is told, so the waiting party hears of it now.
    pub(super) fn tell_of_seats(&mut self, cx: &mut Context<'_>, waiting: LegId) {
        let Phase::Ringing(dial) = &self.phase else { return };
        if dial.branches.iter().any(|branch| self.leg(*branch).is_some_and(|leg| leg.seat().is_some())) {
            self.tell_ringing(cx, waiting, None);
        }
    }

    /// Sends the INVITEs of one dial and rings the Seat.
    ///
    /// # Errors
    /// Nothing could be rung: what stood against the first of them that is not in this Call already.
    pub(super) fn ring_targets(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        waiting: LegId,
        targets: Vec<Place>,
        ring: Duration,
    ) -> Result<Dial, EndReason> {
        let token = self.next_token();
        let ring_one = |place| match place {
            Place::Phone(target) => self.branch(cx, book, waiting, *target),
            Place::Seat(seat) => self.ring_seat(cx, book, &seat),
        };
        let (branches, refusals): (Vec<_>, Vec<_>) =
            targets.into_iter().map(ring_one).partition(Result::is_ok);
        let branches: Vec<LegId> = branches.into_iter().flatten().collect();
        if branches.is_empty() {
            let mut reasons = refusals.into_iter().filter_map(Result::err);
            let first = reasons.find(|reason| *reason != EndReason::InCallAlready);
            return Err(first.unwrap_or(EndReason::InCallAlready));
        }
        self.set_deadline(cx, book, ring, Deadline::NoAnswer, token);
        Ok(Dial { token, waiting, branches, worst: None, until: cx.now + ring })
    }

    /// What the waiting party can send and take, and what we make of that by transcoding; for one that has not said so, what
    /// we know ourselves.
    pub(super) fn codecs_to_offer(&self, waiting: LegId, taker: Taker) -> Vec<Codec> {
        let Some(leg) = self.leg(waiting) else { return Vec::new() };
        if leg.agreed().is_some() {
            return codecs::to_offer(&leg.agreed_codecs(), taker);
        }
        match leg.offered.is_empty() {
            false => codecs::to_offer(&leg.offered, taker),
            true => codecs::own(),
        }
    }

    fn branch(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        waiting: LegId,
        target: Target,
    ) -> Result<LegId, EndReason> {
        let retry = target.retry.map(|media| Box::new(Target { media, retry: None, ..target.clone() }));
        let elsewhere = next_place(cx, &target);
        let spoken = self.codecs_to_offer(waiting, target.media.taker());
        let (codecs, dtmf) = codecs_for(cx, &target.party, &spoken);
        let (id, mut negotiation) = self.add_media(cx, book, target.media)?;
        open_pictures(cx, self.worker, id, &mut negotiation, &codecs);
        let sdp = codecs::offer(&mut negotiation, &codecs);
        let invite = OutgoingInvite {
            uri: target.uri.clone(),
            flow: target.flow,
            routes: Vec::new(),
            from: self.caller_identity(cx, waiting, &target),
            to: NameAddr::new(target.uri.clone()),
            contact: target.contact.clone(),
            headers: self.outgoing_headers(cx, waiting, &target),
            body: Some((answer::SDP.to_owned(), sdp.into())),
            credentials: target.credentials.clone(),
        };
        let dialog = cx.endpoint.invite(cx.now, invite);
        let sip_call_id = cx.endpoint.dialog_info(dialog).map(|i| i.call_id.to_string()).unwrap_or_default();
        let seed = LegSeed {
            dialog,
            sip_call_id,
            party: target.party,
            side: Side::Callee,
            media: target.media,
            dtmf,
            remote: target.flow.remote,
        };
        self.adopt(book, id, negotiation, seed);
        if elsewhere.is_some() {
            self.set_deadline(cx, book, SILENCE, Deadline::Silent, id.0);
        }
        if let Some(leg) = self.leg_mut(id) {
            leg.retry = retry;
            leg.elsewhere = elsewhere;
            leg.asked_at = Some(cx.now);
        }
        Ok(id)
    }

    /// The number of the party that is to be connected: in a transfer that is not always the caller.
    fn waiting_number(&self, waiting: LegId) -> &str {
        self.leg(waiting).map_or(self.record.caller.as_str(), |leg| leg.party.number())
    }

    /// The From of an outgoing INVITE: the waiting party's number at the domain the callee knows us by.
    fn caller_identity(&self, cx: &Context<'_>, waiting: LegId, target: &Target) -> NameAddr {
        let domain = self
            .record
            .organization
            .and_then(|id| cx.directory.organization(id))
            .map_or("localhost", |o| o.sip_domain.as_str());
        let host = match &target.party {
            Party::Extension { .. } => domain,
            Party::Trunk { .. } => target.contact.host(),
        };
        match caller_id(cx, &target.party) {
            CallerIdPolicy::Anonymous => {
                let mut identity = NameAddr::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None));
                identity.display = Some("Anonymous".to_owned());
                identity
            }
            CallerIdPolicy::Fixed(number) => NameAddr::new(Uri::sip(Some(&number), host, None)),
            CallerIdPolicy::Pass => {
                let number = self.waiting_number(waiting);
                let user = if number.is_empty() { "anonymous" } else { number };
                let mut identity = NameAddr::new(Uri::sip(Some(user), host, None));
                identity.display = self.caller_name.clone().filter(|_| number == self.record.caller);
                identity
            }
        }
    }

    fn outgoing_headers(&self, cx: &Context<'_>, waiting: LegId, target: &Target) -> Vec<Header> {
        let mut headers = vec![answer::header(HeaderName::MaxForwards, &self.max_forwards.to_string())];
        if let Party::Trunk { .. } = target.party {
            let number = self.waiting_number(waiting).to_owned();
            let (number, private) = match caller_id(cx, &target.party) {
                CallerIdPolicy::Anonymous => (number, true),
                CallerIdPolicy::Fixed(number) => (number, false),
                CallerIdPolicy::Pass => (number, false),
            };
            // RFC 3325 §9.1: the network learns who calls; with Privacy: id it does not tell.
            let asserted = NameAddr::new(Uri::sip(Some(&number), target.contact.host(), None));
            headers.push(answer::header(HeaderName::PAssertedIdentity, &asserted.to_string()));
            if private {
                headers.push(answer::header(HeaderName::Privacy, "id"));
            }
        }
        headers
    }

    /// A branch rings: the waiting party hears of it, with the branch's own early media if it is alone.
    pub(super) fn progress(&mut self, cx: &mut Context<'_>, leg: LegId, response: &Response) {
        let Some(branch) = self.leg_mut(leg) else { return };
        if !matches!(branch.phase, LegPhase::Trying | LegPhase::Ringing) {
            return; // A late 180 of a branch that was given up.
        }
        branch.phase = LegPhase::Ringing;
        // Who rings for a transfer later changes nothing in when the call rang.
        if self.record.ringing_at_ms.or(self.record.answered_at_ms).is_none() {
            self.record.ringing_at_ms = Some(cx.wall_ms);
        }
        let Phase::Ringing(dial) = &self.phase else { return };
        let (waiting, alone) = (dial.waiting, dial.branches.len() == 1);
        let has_media = answer::is_sdp(response.headers.content_type(), &response.body);
        let described = if alone && has_media { self.early_media(cx, waiting, leg, response) } else { None };
        self.tell_ringing(cx, waiting, described);
    }

    /// The waiting party learns that it rings: by a 180 or 183, or, having no dialog, by ear.
    pub(super) fn tell_ringing(&mut self, cx: &mut Context<'_>, waiting: LegId, described: Option<Vec<u8>>) {
        let Some(caller) = self.leg_mut(waiting) else { return };
        let first = caller.phase != LegPhase::Ringing;
        caller.phase = LegPhase::Ringing;
        let has_early_media = caller.described;
        match (caller.dialog(), described) {
            (Some(dialog), Some(sdp)) => cx.endpoint.ring(cx.now, dialog, answer::with_sdp(183, sdp)),
            // A caller that got early media must not fall back to its own ringback.
            (Some(dialog), None) if first => cx.endpoint.ring(cx.now, dialog, answer::status(180)),
            (None, _) if first && !has_early_media => {
                self.hear(cx, waiting, Source::Tone(Tone::ringback(self.country(cx))));
            }
            (Some(_) | None, _) => {}
        }
    }

    /// Joins the branch's early media to the waiting party. The description for the 183, or `None` when there
    /// is nothing new to say (RFC 3261 §13.2.1: every answer to one offer is the same).
    fn early_media(
        &mut self,
        cx: &Context<'_>,
        waiting: LegId,
        leg: LegId,
        response: &Response,
    ) -> Option<Vec<u8>> {
        self.leg_mut(leg)?.negotiation()?.receive_answer(&response.body).ok()?;
        let codecs = self.leg(leg)?.codecs_for_peer();
        self.make_room_for_pictures(cx, waiting, &codecs);
        let caller = self.leg_mut(waiting)?;
        if caller.outstanding == Outstanding::AnswerInAck {
            return None;
        }
        let sdp = if caller.described {
            None
        } else {
            let sdp = caller.answer_for(&codecs).ok()?;
            caller.described = true;
            caller.dialog().map(|_| sdp)
        };
        self.configure(cx, leg);
        self.configure(cx, waiting);
        self.hear(cx, waiting, Source::Leg(leg));
        self.hear(cx, leg, Source::Leg(waiting));
        sdp
    }

    /// A branch answered: the others are cancelled, and the two parties are joined.
    pub(super) fn answered(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        response: &Response,
    ) {
        if !matches!(self.phase, Phase::Ringing(_) | Phase::Transferring { .. }) {
            return;
        }
        let Some(branch) = self.leg_mut(leg) else { return };
        branch.phase = LegPhase::Up;
        // RFC 3261 §13.2.1: a 200 may leave out the answer that a 183 brought.
        let told_early = response.body.is_empty() && branch.agreed().is_some();
        let answer = branch.negotiation().filter(|_| !told_early).map(|n| n.receive_answer(&response.body));
        if let Some(Err(error)) = answer {
            tracing::warn!(call.id = %self.id, %error, "the callee's answer is unusable");
            self.drop_leg(cx, leg, EndReason::MediaIncompatible);
            return self.branch_failed(cx, book, leg, EndReason::MediaIncompatible);
        }
        self.taken(cx, book, leg);
    }

    /// `leg` has answered, a branch or one in the place of a branch: the others are cancelled.
    pub(super) fn taken(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        let (Phase::Ringing(dial) | Phase::Transferring { dial, .. }) = &self.phase else { return };
        let (waiting, branches) = (dial.waiting, dial.branches.clone());
        for other in branches.into_iter().filter(|b| *b != leg) {
            self.drop_leg(cx, other, EndReason::NormalClearing);
        }
        match self.phase {
            Phase::Transferring { .. } => self.transferred(cx, book, leg),
            _ => self.join_caller(cx, book, waiting, leg),
        }
    }

    /// The moment of the answer, in the record and at once in the database.
    pub(super) fn note_answer(&mut self, cx: &mut Context<'_>) {
        self.record.answered_at_ms = Some(cx.wall_ms);
        cx.facts.push(Fact::CallAnswered(Box::new(self.record.clone())));
    }

    fn join_caller(&mut self, cx: &mut Context<'_>, book: &mut Book, caller: LegId, callee: LegId) {
        match self.answer_caller(cx, caller, callee) {
            Ok(sdp) => {
                let Some(leg) = self.leg_mut(caller) else { return };
                leg.phase = LegPhase::Up;
                let had_early_media = std::mem::replace(&mut leg.described, true);
                self.accept(cx, caller, sdp);
                self.note_answer(cx);
                self.phase = Phase::Talking { a: caller, b: callee };
                self.configure(cx, callee);
                self.configure(cx, caller);
                self.connect(cx);
                if had_early_media {
                    self.align(cx); // The 200 may name another codec than the 183 did.
                }
                self.start_recording(cx, book);
                self.set_deadline(cx, book, cx.settings.max_call, Deadline::MaxDuration, 0);
            }
            Err(reason) => self.end(cx, book, reason, EndedBy::System),
        }
    }

    /// The caller of a dialog gets its 200; a Seat hears with the next packet.
    pub(super) fn accept(&mut self, cx: &mut Context<'_>, caller: LegId, sdp: Vec<u8>) {
        if let Some(dialog) = self.leg(caller).and_then(Leg::dialog) {
            cx.endpoint.accept(cx.now, dialog, answer::with_sdp(200, sdp));
        }
        self.count_seat(cx, caller);
    }

    /// The description that the caller's 200 carries: the answer to its offer, the one it already has, or our
    /// offer when it made none. Nothing for a Seat.
    fn answer_caller(
        &mut self,
        cx: &Context<'_>,
        caller: LegId,
        callee: LegId,
    ) -> Result<Vec<u8>, EndReason> {
        // One who took a ringing phone's place without an offer has agreed to nothing yet.
        let undecided = self.leg(callee).is_some_and(|l| l.agreed().is_none());
        let codecs = match undecided {
            true => self.codecs_to_offer(caller, Taker::Phone),
            false => self.leg(callee).map(|l| l.codecs_for_peer()).unwrap_or_default(),
        };
        self.make_room_for_pictures(cx, caller, &codecs);
        let Some(leg) = self.leg_mut(caller) else { return Err(EndReason::PeerLost) };
        if leg.outstanding == Outstanding::AnswerInAck {
            return Ok(leg.offer_for(&codecs));
        }
        if let (true, Some(negotiation)) = (leg.described, leg.negotiation()) {
            return Ok(negotiation.repeat());
        }
        leg.answer_for(&codecs).map_err(|error| answer::end_reason_of(&error))
    }

    /// A branch was refused, or never answered.
    pub(super) fn rejected(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        response: Option<&Response>,
        failure: Option<Failure>,
    ) {
        if self.leg(leg).is_some_and(|l| l.phase == LegPhase::Gone) {
            return; // The last word of a branch that was given up.
        }
        let to_trunk = self.leg(leg).is_some_and(|l| matches!(l.party, Party::Trunk { .. }));
        let reason = match (response, failure) {
            (Some(response), _) => EndReason::from_status(response.status.as_u16()),
            (None, Some(Failure::Limit)) => EndReason::Overloaded,
            (None, _) if to_trunk => EndReason::TrunkUnreachable,
            (None, _) => EndReason::NotRegistered,
        };
        if let Some(leg) = self.leg_mut(leg) {
            leg.phase = LegPhase::Gone;
            leg.outcome = Some(reason);
        }
        self.remove_media(cx, leg);
        self.retry_media(cx, book, leg, reason);
        self.try_elsewhere(cx, book, leg, response, failure);
        if let Some(response) = response {
            self.follow_redirection(cx, book, leg, response);
        }
        self.branch_failed(cx, book, leg, reason);
    }

    /// A party that refused our media may want it encrypted, or plain, or be no browser: it is asked once more.
    fn retry_media(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId, reason: EndReason) {
        let target = self.leg_mut(leg).and_then(|l| l.retry.take());
        self.ask_instead(cx, book, target.filter(|_| reason == EndReason::MediaIncompatible));
    }

    /// Asks another target, if there is one, in the place of a branch that came to nothing.
    fn ask_instead(&mut self, cx: &mut Context<'_>, book: &mut Book, target: Option<Box<Target>>) {
        let (Phase::Ringing(dial) | Phase::Transferring { dial, .. }) = &self.phase else { return };
        let waiting = dial.waiting;
        let again = target.and_then(|target| self.branch(cx, book, waiting, *target).ok());
        if let Phase::Ringing(dial) | Phase::Transferring { dial, .. } = &mut self.phase {
            dial.branches.extend(again);
        }
    }

    /// An address of a trunk that does not answer, or says that it cannot serve, is not the trunk: the next one is tried, once each.
    fn try_elsewhere(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        response: Option<&Response>,
        failure: Option<Failure>,
    ) {
        let unreachable = match (response, failure) {
            (Some(response), _) => response.status.as_u16() == 503,
            (None, failure) => matches!(failure, Some(Failure::Transport | Failure::Timeout)),
        };
        let Some(failed) = self.leg_mut(leg).filter(|_| unreachable) else { return };
        if let (Party::Trunk { id, .. }, Line::Sip(sip)) = (&failed.party, &failed.line) {
            book.unreachable.push((*id, sip.remote));
        }
        let next = failed.elsewhere.take();
        self.ask_instead(cx, book, next);
    }

    /// A machine of a trunk had its time to say something: the next one is asked if it did not.
    pub(super) fn machine_silent(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        let (Phase::Ringing(dial) | Phase::Transferring { dial, .. }) = &self.phase else { return };
        if !dial.branches.contains(&leg) || self.silent_at(cx, leg).is_none() {
            return;
        }
        self.drop_leg(cx, leg, EndReason::TrunkUnreachable);
        self.try_elsewhere(cx, book, leg, None, Some(Failure::Timeout));
        self.branch_failed(cx, book, leg, EndReason::TrunkUnreachable);
    }

    /// Machines of trunks that said nothing until now, when their branches are given up, are asked last for a while.
    pub(super) fn note_silent_machines(&self, cx: &Context<'_>, book: &mut Book) {
        let (Phase::Ringing(dial) | Phase::Transferring { dial, .. }) = &self.phase else { return };
        let long = |leg: &LegId| {
            self.leg(*leg)?.asked_at.filter(|at| cx.now.saturating_duration_since(*at) >= SILENCE_NOTED)
        };
        let silent = dial.branches.iter().filter(|leg| long(leg).is_some());
        book.unreachable.extend(silent.filter_map(|leg| self.silent_at(cx, *leg)));
    }

    /// Trunk and address of a branch to which nothing was answered yet.
    fn silent_at(&self, cx: &Context<'_>, leg: LegId) -> Option<(TrunkId, SocketAddr)> {
        let leg = self.leg(leg).filter(|leg| leg.phase == LegPhase::Trying)?;
        match (&leg.party, &leg.line) {
            (Party::Trunk { id, .. }, Line::Sip(sip)) if cx.endpoint.is_unheard(sip.dialog) => {
                Some((*id, sip.remote))
            }
            _ => None,
        }
    }

    pub(super) fn branch_failed(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        reason: EndReason,
    ) {
        let (Phase::Ringing(dial) | Phase::Transferring { dial, .. }) = &mut self.phase else {
            return;
        };
        dial.branches.retain(|b| *b != leg);
        if dial.worst.is_none_or(|worst| reason.tells_more_than(worst)) {
            dial.worst = Some(reason);
        }
        let (left, worst) = (dial.branches.len(), dial.worst.unwrap_or(reason));
        if left > 0 {
            return;
        }
        match self.phase {
            Phase::Transferring { .. } => self.transfer_failed(cx, book, worst),
            _ => self.end(cx, book, worst, EndedBy::Callee),
        }
    }

    pub(super) fn ring_timeout(&mut self, cx: &mut Context<'_>, book: &mut Book, token: u64) {
        let (Phase::Ringing(dial) | Phase::Transferring { dial, .. }) = &self.phase else {
            return;
        };
        if dial.token != token {
            return;
        }
        let branches = dial.branches.clone();
        let silent = branches.iter().all(|b| self.leg(*b).is_some_and(|l| l.phase == LegPhase::Trying));
        let to_trunk =
            branches.iter().any(|b| self.leg(*b).is_some_and(|l| matches!(l.party, Party::Trunk { .. })));
        let reason = if silent && to_trunk { EndReason::TrunkUnreachable } else { EndReason::NoAnswer };
        self.note_silent_machines(cx, book);
        for branch in branches {
            self.drop_leg(cx, branch, reason);
        }
        match self.phase {
            Phase::Transferring { .. } => self.transfer_failed(cx, book, reason),
            _ => self.end(cx, book, reason, EndedBy::System),
        }
    }
}

/// The same target by its next way.
fn next_place(cx: &Context<'_>, target: &Target) -> Option<Box<Target>> {
    let (next, others) = target.others.split_first()?;
    let user = target.contact.user();
    let contact = cx.reach.contact(next, user.as_deref().unwrap_or_default());
    Some(Box::new(Target { flow: *next, others: others.to_vec(), contact, ..target.clone() }))
}

/// The codecs of an offer that this party may be shown, and how it takes DTMF.
pub(super) fn codecs_for(cx: &Context<'_>, party: &Party, offered: &[Codec]) -> (Vec<Codec>, DtmfWay) {
    let Party::Trunk { id, .. } = party else { return (offered.to_vec(), DtmfWay::Event) };
    let Some(trunk) = cx.directory.trunk(*id) else { return (offered.to_vec(), DtmfWay::Event) };
    let dtmf = DtmfWay::from(trunk.dtmf);
    let allowed = |codec: &Codec| {
        if codec.name.eq_ignore_ascii_case("telephone-event") {
            return dtmf == DtmfWay::Event;
        }
        // Few carriers take pictures: they are offered where the trunk names them.
        let unsaid = !codec.is_video();
        trunk
            .codecs
            .as_ref()
            .map_or(unsaid, |names| names.iter().any(|n| n.eq_ignore_ascii_case(&codec.name)))
    };
    (offered.iter().filter(|c| allowed(c)).cloned().collect(), dtmf)
}

/// What a trunk may be told of the caller; a phone of the house is told all.
fn caller_id(cx: &Context<'_>, party: &Party) -> CallerIdPolicy {
    match party {
        Party::Extension { .. } => CallerIdPolicy::Pass,
        Party::Trunk { id, .. } => {
            cx.directory.trunk(*id).map_or(CallerIdPolicy::Anonymous, |trunk| trunk.caller_id.clone())
        }
    }
}
