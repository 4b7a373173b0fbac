//! An INVITE with Replaces: a new dialog takes the place of one of a running Call (RFC 3891).

use ramal_media::command::LegId;
use ramal_media::sdp::Codec;
use ramal_sip::message::Replaces;

use super::answer;
use super::calls::{Book, Calls};
use super::codecs::Taker;
use super::context::Context;
use super::end_reason::EndReason;
use super::incoming::{Incoming, LegSeed};
use super::leg::{LegPhase, Outstanding, Party, Side};
use super::state::{Call, Phase};
use crate::model::CallId;

/// Whom an INVITE with Replaces relieves.
#[derive(Clone, Copy)]
enum Relieved {
    /// One of two who talk.
    Talking(LegId),
    /// A phone that we ring: the newcomer answers in its place (RFC 3891 §3: an early dialog that we initiated).
    Rung(LegId),
    /// A caller who waits while others ring: they ring on for the newcomer.
    Waiting(LegId),
}

impl Calls {
    pub(super) fn replace(&mut self, cx: &mut Context<'_>, incoming: Incoming, replaces: &Replaces) {
        let Some((id, relieved)) = self.replaceable(cx, &incoming, replaces) else {
            return self.refuse(cx, &incoming, EndReason::NoSuchDialog);
        };
        if replaces.early_only && matches!(relieved, Relieved::Talking(_)) {
            return self.refuse(cx, &incoming, EndReason::Busy); // RFC 3891 §3: 486 where it was answered already.
        }
        self.with(cx, id, |call, cx, book| {
            let Some(arrived) = call.newcomer(cx, book, &incoming) else { return };
            match relieved {
                Relieved::Talking(replaced) => call.replace_talking(cx, book, (replaced, arrived)),
                Relieved::Rung(replaced) => call.replace_rung(cx, book, (replaced, arrived)),
                Relieved::Waiting(replaced) => call.replace_waiting(cx, (replaced, arrived)),
            }
        });
    }

    /// The running Call and leg that the header names, if the sender belongs to the same organization and is
    /// an extension of it (RFC 3891 §4: only authorized parties may replace).
    fn replaceable(
        &self,
        cx: &Context<'_>,
        incoming: &Incoming,
        replaces: &Replaces,
    ) -> Option<(CallId, Relieved)> {
        let named = Replaces { early_only: false, ..replaces.clone() };
        let dialog = cx.endpoint.find_dialog(&named)?;
        let id = *self.book.by_dialog.get(&dialog)?;
        let call = self.calls.get(&id)?;
        let leg = call.leg_of(dialog)?;
        let insider = matches!(incoming.party, Party::Extension { .. })
            && call.record.organization == Some(incoming.organization);
        let relieved = match &call.phase {
            Phase::Talking { .. } => Relieved::Talking(leg),
            Phase::Ringing(dial) | Phase::Transferring { dial, .. } if dial.branches.contains(&leg) => {
                Relieved::Rung(leg)
            }
            Phase::Ringing(dial) if dial.waiting == leg => Relieved::Waiting(leg),
            Phase::Ringing(_)
            | Phase::Transferring { .. }
            | Phase::Waiting { .. }
            | Phase::Conferring(_)
            | Phase::Serving { .. }
            | Phase::Ending => {
                return None;
            }
        };
        insider.then_some((id, relieved))
    }
}

impl Call {
    /// The leg of the INVITE, its offer read; `None`: it has been refused.
    fn newcomer(&mut self, cx: &mut Context<'_>, book: &mut Book, incoming: &Incoming) -> Option<LegId> {
        let seed = LegSeed {
            dialog: incoming.dialog,
            sip_call_id: incoming.request.headers.call_id().unwrap_or_default().to_owned(),
            party: incoming.party.clone(),
            side: Side::Caller,
            media: incoming.media(),
            dtmf: incoming.dtmf,
            remote: incoming.flow.remote,
        };
        let arrived = match self.add_leg(cx, book, seed) {
            Ok(arrived) => arrived,
            Err(reason) => {
                cx.endpoint.reject(cx.now, incoming.dialog, answer::refusal(reason));
                return None;
            }
        };
        match self.take_offer(arrived, &incoming.request) {
            Ok(()) => Some(arrived),
            Err(reason) => {
                self.drop_leg(cx, arrived, reason);
                None
            }
        }
    }

    fn replace_talking(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        (replaced, arrived): (LegId, LegId),
    ) {
        let stays = self.peer_of(replaced).map(|leg| (leg, self.leg(leg).map(|l| l.codecs_for_peer())));
        let Some((stays, codecs)) = stays else {
            return self.drop_leg(cx, arrived, EndReason::PeerLost);
        };
        match self.answer_newcomer(cx, arrived, &codecs.unwrap_or_default()) {
            Ok(()) => self.take_place(cx, book, (replaced, arrived), stays),
            Err(reason) => self.drop_leg(cx, arrived, reason),
        }
    }

    /// The newcomer answers for a phone that rings.
    fn replace_rung(&mut self, cx: &mut Context<'_>, book: &mut Book, (replaced, arrived): (LegId, LegId)) {
        let (Phase::Ringing(dial) | Phase::Transferring { dial, .. }) = &mut self.phase else { return };
        let waiting = dial.waiting;
        let codecs = self.codecs_to_offer(waiting, Taker::Phone);
        if let Err(reason) = self.answer_newcomer(cx, arrived, &codecs) {
            return self.drop_leg(cx, arrived, reason);
        }
        self.record.transferred_to = self.leg(arrived).map(|l| l.party.number().to_owned());
        if let Some(rung) = self.leg_mut(replaced) {
            rung.outcome = Some(EndReason::Transferred);
        }
        self.taken(cx, book, arrived);
    }

    /// The newcomer waits in the place of a caller; those who ring do so for the newcomer.
    fn replace_waiting(&mut self, cx: &mut Context<'_>, (replaced, arrived): (LegId, LegId)) {
        let Phase::Ringing(dial) = &mut self.phase else { return };
        dial.waiting = arrived;
        let rings = dial
            .branches
            .clone()
            .into_iter()
            .any(|b| self.leg(b).is_some_and(|l| l.phase == LegPhase::Ringing));
        self.drop_leg(cx, replaced, EndReason::Transferred);
        if let Some(leg) = self.leg_mut(arrived).filter(|_| rings) {
            leg.phase = LegPhase::Ringing;
            if let Some(dialog) = leg.dialog() {
                cx.endpoint.ring(cx.now, dialog, answer::status(180));
            }
        }
    }

    /// Sends the newcomer its 200, within these codecs.
    fn answer_newcomer(
        &mut self,
        cx: &mut Context<'_>,
        arrived: LegId,
        codecs: &[Codec],
    ) -> Result<(), EndReason> {
        self.make_room_for_pictures(cx, arrived, codecs);
        let leg = self.leg_mut(arrived).ok_or(EndReason::PeerLost)?;
        let sdp = if leg.outstanding == Outstanding::AnswerInAck {
            leg.offer_for(codecs)
        } else {
            leg.answer_for(codecs).map_err(|e| answer::end_reason_of(&e))?
        };
        leg.phase = LegPhase::Up;
        self.accept(cx, arrived, sdp);
        Ok(())
    }

    fn take_place(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        (replaced, arrived): (LegId, LegId),
        stays: LegId,
    ) {
        self.record.transferred_to = self.leg(arrived).map(|l| l.party.number().to_owned());
        self.drop_leg(cx, replaced, EndReason::Transferred);
        self.give_up_agreement(cx, stays);
        self.replace_in_pair(replaced, arrived);
        self.configure(cx, arrived);
        self.settle(cx, book);
    }
}
