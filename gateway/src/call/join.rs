//! Attended transfer: REFER with Replaces joins two Calls of ours (RFC 5589 §7), also one that still rings.

use ramal_media::command::LegId;
use ramal_sip::endpoint::DialogId;
use ramal_sip::message::{Method, Request};

use super::brought::Elsewhere;
use super::calls::{Book, Calls};
use super::codecs::Taker;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{Leg, MediaPhase, Party};
use super::overhear::Keys;
use super::state::{Call, Dial, EndedBy, Phase};
use super::timer::Deadline;
use super::transfer::{SubscriptionState, replaces_of};
use crate::model::CallId;

/// A REFER with Replaces between two Calls of ours: the transferor is `by` in one and `consults` in the other.
pub struct Join {
    call: CallId,
    by: LegId,
    other: CallId,
    consults: LegId,
    consultation: Consultation,
    /// The transferor stays: the party is brought in beside the two.
    brings: bool,
}

impl Join {
    /// The same with the one who asks for it staying where he is.
    pub(super) fn bringing(self) -> Self {
        Self { brings: true, ..self }
    }
}

/// How far the transferor's second call has come.
#[derive(Clone, Copy)]
enum Consultation {
    Talking,
    Ringing,
}

impl Calls {
    /// Recognizes an attended transfer whose both dialogs are ours.
    pub(super) fn attended_join(
        &self,
        cx: &Context<'_>,
        call: CallId,
        dialog: DialogId,
        request: &Request,
    ) -> Option<Join> {
        if request.method != Method::Refer {
            return None;
        }
        let target = request.headers.refer_to().ok()?;
        let replaces = replaces_of(&target.uri)?;
        let other_dialog = cx.endpoint.find_dialog(&replaces)?;
        let other = *self.book.by_dialog.get(&other_dialog)?;
        let first = self.calls.get(&call)?;
        let second = self.calls.get(&other)?;
        let same_house = first.record.organization == second.record.organization && call != other;
        let by = first.leg_of(dialog)?;
        let consults = second.leg_of(other_dialog)?;
        let by_extension = matches!(first.leg(by)?.party, Party::Extension { .. });
        let talks = matches!(first.phase, Phase::Talking { .. });
        let same_party = first.leg(by)?.party == second.leg(consults)?.party;
        let consultation = second.consultation_of(consults)?;
        (same_house && by_extension && talks && same_party).then_some(Join {
            call,
            by,
            other,
            consults,
            consultation,
            brings: false,
        })
    }

    /// An attended transfer by the page of a Seat, which has a part in both Calls.
    pub(super) fn seat_join(&self, media: LegId, call: CallId, other: CallId) -> Option<Join> {
        let second = self.calls.get(&other).filter(|_| call != other)?;
        let (by, consults) = (self.calls.get(&call)?.seat_leg(media)?, second.seat_leg(media)?);
        let consultation = second.consultation_of(consults)?;
        Some(Join { call, by, other, consults, consultation, brings: false })
    }

    /// Connects those who remain; the transferor's two dialogs end.
    pub(super) fn join(&mut self, cx: &mut Context<'_>, join: &Join) {
        match join.consultation {
            Consultation::Talking => self.join_talking(cx, join),
            Consultation::Ringing => self.join_ringing(cx, join),
        }
    }

    fn join_talking(&mut self, cx: &mut Context<'_>, join: &Join) {
        let Some(moved) = self.part_with_peer(cx, join) else { return };
        self.with(cx, join.call, |call, cx, book| call.take_over(cx, book, join.by, moved));
    }

    /// The party with whom the transferor talks in its second Call, which ends.
    pub(super) fn part_with_peer(&mut self, cx: &mut Context<'_>, join: &Join) -> Option<Leg> {
        let other = self.calls.get(&join.other)?;
        let peer = other.peer_of(join.consults)?;
        self.part(cx, join, vec![peer]).pop()
    }

    /// The target still rings: it rings on, for the party that the transferor leaves behind, as after a blind
    /// transfer.
    fn join_ringing(&mut self, cx: &mut Context<'_>, join: &Join) {
        let Some(Phase::Ringing(dial)) = self.calls.get(&join.other).map(|other| &other.phase) else {
            return;
        };
        let (branches, until, worst) = (dial.branches.clone(), dial.until, dial.worst);
        let moved = self.part(cx, join, branches);
        self.with(cx, join.call, |call, cx, book| {
            let Some(stays) = call.peer_of(join.by) else { return };
            let Phase::Talking { a, b } = call.phase else { return };
            let token = call.next_token();
            let branches = moved.iter().map(|leg| leg.id).collect();
            call.record.transferred_to = moved.first().map(|leg| leg.party.number().to_owned());
            call.legs.extend(moved);
            let dial = Dial { token, waiting: stays, branches, worst, until };
            call.phase = Phase::Transferring { by: join.by, stays, pair: (a, b), dial };
            call.notify(cx, book, join.by, 100, SubscriptionState::Active);
            call.connect(cx);
            let left = until.saturating_duration_since(cx.now);
            call.set_deadline(cx, book, left, Deadline::NoAnswer, token);
        });
    }

    /// Takes these legs from the consultation to the Call they join; the consultation ends.
    fn part(&mut self, cx: &mut Context<'_>, join: &Join, legs: Vec<LegId>) -> Vec<Leg> {
        let from = self.calls.get(&join.other).map(|other| (other.worker, other.has_browser(&legs)));
        let Some((from_worker, has_browser)) = from else { return Vec::new() };
        let Some(call) = self.calls.get_mut(&join.call) else { return Vec::new() };
        if has_browser && call.go_home(cx, from_worker).is_err() {
            return Vec::new();
        }
        let to_worker = call.worker;
        let Some(mut other) = self.calls.remove(&join.other) else { return Vec::new() };
        let masked = other.keys == Keys::Masked;
        let mut moved: Vec<Leg> = legs.into_iter().filter_map(|leg| other.take_leg(leg)).collect();
        if let Some(brought) = moved.first_mut().filter(|_| join.brings) {
            brought.own_calls.push(join.other);
            other.elsewhere = Elsewhere::GoesOn;
        }
        other.record.transferred_to = Some(join.call.to_string());
        other.end(cx, &mut self.book, EndReason::Transferred, EndedBy::System);
        self.calls.insert(join.other, other);
        self.retire(cx, join.other);
        if let Some(call) = self.calls.get_mut(&join.call).filter(|_| masked) {
            // Who may not have the keys of one of them may not have those of both.
            call.keys = Keys::Masked;
        }
        for leg in &moved {
            if let Some(seat) = leg.seat() {
                self.book.rise(seat.media, join.other);
                self.book.sit(seat.media, join.call);
                continue; // All browsers of an organization live on one Worker.
            }
            self.book.by_dialog.extend(leg.dialog().map(|dialog| (dialog, join.call)));
            self.book.by_leg.insert(leg.id, join.call);
            if from_worker != to_worker && leg.media == MediaPhase::Placed {
                cx.media.move_leg(leg.id, from_worker, to_worker);
            }
        }
        moved
    }
}

impl Call {
    /// How far a call of the transferor has come in which `leg` is its own; `None`: it cannot be handed on.
    fn consultation_of(&self, leg: LegId) -> Option<Consultation> {
        match &self.phase {
            Phase::Talking { .. } => Some(Consultation::Talking),
            Phase::Ringing(dial) if dial.waiting == leg && !dial.branches.is_empty() => {
                Some(Consultation::Ringing)
            }
            Phase::Ringing(_)
            | Phase::Transferring { .. }
            | Phase::Waiting { .. }
            | Phase::Conferring(_)
            | Phase::Serving { .. }
            | Phase::Ending => None,
        }
    }

    fn has_browser(&self, legs: &[LegId]) -> bool {
        self.legs.iter().any(|leg| legs.contains(&leg.id) && leg.taker() == Taker::Browser)
    }

    fn take_leg(&mut self, leg: LegId) -> Option<Leg> {
        let index = self.legs.iter().position(|l| l.id == leg)?;
        let mut leg = self.legs.remove(index);
        // What it has not answered yet comes back to the Call that it leaves.
        leg.probe = None;
        leg.infos.clear();
        leg.refresh = None;
        Some(leg)
    }

    /// `arrived` takes the place of `leaves`, who asked for it by REFER.
    fn take_over(&mut self, cx: &mut Context<'_>, book: &mut Book, leaves: LegId, arrived: Leg) {
        let Some(stays) = self.peer_of(leaves) else { return };
        let arrived_id = arrived.id;
        self.record.transferred_to = Some(arrived.party.number().to_owned());
        self.legs.push(arrived);
        self.notify(cx, book, leaves, 200, SubscriptionState::Terminated);
        self.drop_leg(cx, leaves, EndReason::Transferred);
        self.give_up_agreement(cx, arrived_id);
        self.give_up_agreement(cx, stays);
        self.replace_in_pair(leaves, arrived_id);
        self.settle(cx, book);
        self.set_deadline(cx, book, cx.settings.probe_interval, Deadline::Probe, arrived_id.0);
    }
}
