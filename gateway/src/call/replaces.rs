//! An INVITE with Replaces: a new dialog takes the place of one of a running Call (RFC 3891).

use ramal_media::command::LegId;
use ramal_media::sdp::Direction;
use ramal_sip::message::Replaces;

use super::answer;
use super::calls::{Book, Calls};
use super::context::Context;
use super::end_reason::EndReason;
use super::incoming::{Incoming, LegSeed};
use super::leg::{LegPhase, Outstanding, Party, Side};
use super::state::{Call, Phase};
use crate::model::CallId;

impl Calls {
    pub(super) fn replace(&mut self, cx: &mut Context<'_>, incoming: Incoming, replaces: &Replaces) {
        if replaces.early_only {
            return self.refuse(cx, &incoming, EndReason::Busy); // RFC 3891 §3: only confirmed dialogs are replaced here.
        }
        let Some((id, replaced)) = self.replaceable(cx, &incoming, replaces) else {
            return self.refuse(cx, &incoming, EndReason::NoSuchDialog);
        };
        self.with(cx, id, |call, cx, book| {
            let seed = LegSeed {
                dialog: incoming.dialog,
                sip_call_id: incoming.request.headers.call_id().unwrap_or_default().to_owned(),
                party: incoming.party.clone(),
                side: Side::Caller,
                srtp: incoming.srtp,
                dtmf: incoming.dtmf,
                remote: incoming.flow.remote,
            };
            let Some(arrived) = call.add_leg(cx, book, seed) else {
                return cx.endpoint.reject(cx.now, incoming.dialog, answer::refusal(EndReason::Overloaded));
            };
            let outcome = call
                .take_offer(arrived, &incoming.request)
                .and_then(|()| call.answer_replacing(arrived, replaced));
            match outcome {
                Ok(sdp) => call.take_place(cx, book, (replaced, arrived), sdp),
                Err(reason) => call.drop_leg(cx, arrived, reason),
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
    ) -> Option<(CallId, LegId)> {
        let dialog = cx.endpoint.find_dialog(replaces)?;
        let id = *self.book.by_dialog.get(&dialog)?;
        let call = self.calls.get(&id)?;
        let talks = matches!(call.phase, Phase::Talking { .. });
        let insider = matches!(incoming.party, Party::Extension { .. })
            && call.record.organization == Some(incoming.organization);
        (talks && insider).then(|| call.leg_of(dialog).map(|leg| (id, leg))).flatten()
    }
}

impl Call {
    fn answer_replacing(&mut self, arrived: LegId, replaced: LegId) -> Result<Vec<u8>, EndReason> {
        let stays = self.peer_of(replaced).ok_or(EndReason::PeerLost)?;
        let codecs = self.leg(stays).map(|l| l.codecs_for_peer()).unwrap_or_default();
        let leg = self.leg_mut(arrived).ok_or(EndReason::PeerLost)?;
        if leg.outstanding == Outstanding::AnswerInAck {
            return Ok(leg.negotiation.offer(&codecs, Direction::SendRecv));
        }
        let answered = leg.negotiation.answer(&codecs, Direction::SendRecv);
        answered.map(|(sdp, _)| sdp).map_err(|e| answer::end_reason_of(&e))
    }

    fn take_place(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        (replaced, arrived): (LegId, LegId),
        sdp: Vec<u8>,
    ) {
        let Some(stays) = self.peer_of(replaced) else { return };
        if let Some(leg) = self.leg_mut(arrived) {
            leg.phase = LegPhase::Up;
            let dialog = leg.dialog;
            cx.endpoint.accept(cx.now, dialog, answer::with_sdp(200, sdp));
        }
        self.record.transferred_to = self.leg(arrived).map(|l| l.party.number().to_owned());
        self.drop_leg(cx, replaced, EndReason::Transferred);
        self.give_up_agreement(cx, stays);
        self.replace_in_pair(replaced, arrived);
        self.configure(cx, arrived);
        self.settle(cx, book);
    }
}
