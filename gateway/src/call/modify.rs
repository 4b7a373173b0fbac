//! Changes of a running dialog: hold, resume, moved media, another codec (RFC 3261 §14, RFC 3264 §8).
//!
//! A change that keeps to a codec which the peer takes is answered here, at once, and the peer's dialog
//! is left alone: nothing there can fail. Only a change of codec is put to the peer first.

use ramal_media::command::LegId;
use ramal_media::sdp::{Codec, SdpError};
use ramal_sip::endpoint::Reply;
use ramal_sip::message::{Request, Response};

use super::EndReason;
use super::answer;
use super::calls::Book;
use super::codecs;
use super::context::Context;
use super::dial::codecs_for;
use super::leg::{Leg, LegPhase, Line, Outstanding, Party};
use super::state::{Call, EndedBy, Phase};

/// Request Pending: ask again a little later (RFC 3261 §14.2).
const GLARE: u16 = 491;

impl Call {
    /// A re-INVITE or UPDATE from a party.
    pub(super) fn reoffer(&mut self, cx: &mut Context<'_>, leg: LegId, request: &Request) {
        let Some(dialog) = self.leg(leg).and_then(Leg::dialog) else { return };
        if request.body.is_empty() {
            if self.leg(leg).is_some_and(|l| l.outstanding == Outstanding::Reinvite) {
                return cx.endpoint.answer_reinvite(cx.now, dialog, answer::status(GLARE));
            }
            let sdp = self.offer_again(cx, leg);
            return cx.endpoint.answer_reinvite(cx.now, dialog, answer::with_sdp(200, sdp));
        }
        let Some(party) = self.leg_mut(leg) else { return };
        let showed = party.offered.iter().any(Codec::is_video);
        let Some(negotiation) = party.negotiation() else { return };
        match negotiation.receive_offer(&request.body) {
            Ok(offer) => party.offered = [offer.codecs, offer.video].concat(),
            // Our own re-INVITE waits to be sent again after theirs met it (RFC 3261 §14.2).
            Err(SdpError::OutOfTurn(_)) => {
                return cx.endpoint.answer_reinvite(cx.now, dialog, answer::status(GLARE));
            }
            Err(error) => {
                let reply = answer::refusal(answer::end_reason_of(&error));
                return cx.endpoint.answer_reinvite(cx.now, dialog, reply);
            }
        }
        match !showed && self.adds_video(leg) {
            true => self.put_to_peer(cx, leg),
            false => match self.answer_reoffer(cx, leg) {
                Some(sdp) => self.accept_reoffer(cx, leg, sdp),
                None => self.put_to_peer(cx, leg),
            },
        }
    }

    /// True when the party offers video and its peer, a browser or a phone, shows none: it may not have been asked.
    fn adds_video(&self, leg: LegId) -> bool {
        let (Some(party), Some(peer)) = (self.leg(leg), self.peer_of(leg).and_then(|p| self.leg(p))) else {
            return false;
        };
        party.offered.iter().any(Codec::is_video)
            && !party.has_video()
            && matches!(peer.party, Party::Extension { .. })
            && peer.dialog().is_some()
            && !peer.has_video()
    }

    fn accept_reoffer(&mut self, cx: &mut Context<'_>, leg: LegId, sdp: Vec<u8>) {
        let Some(party) = self.leg_mut(leg) else { return };
        party.outstanding = Outstanding::None;
        let Some(dialog) = party.dialog() else { return };
        cx.endpoint.answer_reinvite(cx.now, dialog, answer::with_sdp(200, sdp));
        self.configure(cx, leg);
        self.connect(cx);
    }

    /// Answers within what the peer (or our own service) can take; `None` when there is no such codec.
    fn answer_reoffer(&mut self, cx: &Context<'_>, leg: LegId) -> Option<Vec<u8>> {
        let codecs = match self.peer_of(leg) {
            Some(peer) => self.leg(peer)?.codecs_for_peer(),
            None => codecs::own(),
        };
        self.make_room_for_pictures(cx, leg, &codecs);
        self.leg_mut(leg)?.answer_for(&codecs).ok()
    }

    /// Our description for a re-INVITE without an offer; its answer comes in the ACK.
    fn offer_again(&mut self, cx: &Context<'_>, leg: LegId) -> Vec<u8> {
        let codecs = match self.peer_of(leg).and_then(|p| self.leg(p)) {
            Some(peer) => peer.agreed_codecs(),
            None => codecs::own(),
        };
        self.open_pictures_of(cx, leg, &codecs);
        let Some(leg) = self.leg_mut(leg) else { return Vec::new() };
        let (codecs, _) = codecs_for(cx, &leg.party, &codecs::to_offer(&codecs, leg.taker()));
        leg.outstanding = Outstanding::AnswerInAck;
        leg.negotiation().map(|negotiation| codecs::offer(negotiation, &codecs)).unwrap_or_default()
    }

    /// Offers the peer the codecs that the party now wants; the party waits for the outcome.
    fn put_to_peer(&mut self, cx: &mut Context<'_>, leg: LegId) {
        let wanted = self.leg(leg).map(|l| l.offered.clone());
        let peer = self.peer_of(leg);
        if peer.and_then(|p| self.leg(p)).is_some_and(|p| p.outstanding != Outstanding::None) {
            return self.refuse_reoffer(cx, leg, answer::status(GLARE)); // Both change codecs at once.
        }
        if let (Some(wanted), Some(peer)) = (wanted, peer)
            && self.offer_peer(cx, peer, &wanted)
        {
            if let Some(leg) = self.leg_mut(leg) {
                leg.outstanding = Outstanding::PeerAgreement;
            }
            return;
        }
        self.conclude_reoffer(cx, leg);
    }

    /// Answers a re-INVITE within what the peer takes by now; refuses it where that is nothing.
    fn conclude_reoffer(&mut self, cx: &mut Context<'_>, leg: LegId) {
        match self.answer_reoffer(cx, leg) {
            Some(sdp) => self.accept_reoffer(cx, leg, sdp),
            None => self.refuse_reoffer(cx, leg, answer::refusal(EndReason::MediaIncompatible)),
        }
    }

    fn offer_peer(&mut self, cx: &mut Context<'_>, peer: LegId, codecs: &[Codec]) -> bool {
        let free = |leg: &Leg| leg.phase == LegPhase::Up && leg.outstanding == Outstanding::None;
        if !self.leg(peer).is_some_and(free) {
            return false;
        }
        self.open_pictures_of(cx, peer, codecs);
        let Some(leg) = self.leg_mut(peer) else { return false };
        let Line::Sip(line) = &mut leg.line else { return false };
        leg.outstanding = Outstanding::Reinvite;
        let sdp = codecs::offer(&mut line.negotiation, codecs);
        let dialog = line.dialog;
        cx.endpoint.reinvite(cx.now, dialog, Some((answer::SDP.to_owned(), sdp.into())), Vec::new());
        true
    }

    /// After a transfer the two that remain may have agreed on codecs that not even transcoding brings together: one is asked
    /// to follow.
    pub(super) fn align(&mut self, cx: &mut Context<'_>) {
        let Phase::Talking { a, b } = self.phase else { return };
        let (Some(left), Some(right)) = (self.leg(a), self.leg(b)) else { return };
        // Who answers our offer in its ACK has agreed to nothing yet.
        let undecided = left.agreed().is_none() || right.agreed().is_none();
        if undecided || codecs::understand(&left.agreed_codecs(), &right.agreed_codecs()) {
            return;
        }
        let wanted = right.codecs_for_peer();
        self.offer_peer(cx, a, &wanted);
    }

    fn refuse_reoffer(&mut self, cx: &mut Context<'_>, leg: LegId, refusal: Reply) {
        let Some(party) = self.leg_mut(leg) else { return };
        party.outstanding = Outstanding::None;
        let Line::Sip(line) = &mut party.line else { return };
        line.negotiation.discard_offer();
        cx.endpoint.answer_reinvite(cx.now, line.dialog, refusal);
    }

    /// The peer whose agreement this party waits for leaves: the party is to ask again.
    pub(super) fn give_up_agreement(&mut self, cx: &mut Context<'_>, leg: LegId) {
        if self.leg(leg).is_some_and(|l| l.outstanding == Outstanding::PeerAgreement) {
            self.refuse_reoffer(cx, leg, answer::status(GLARE));
        }
    }

    /// The answer that an ACK should have brought will not come; what was agreed before stands.
    pub(super) fn forget_own_offer(&mut self, leg: LegId) {
        if let Some(party) = self.leg_mut(leg)
            && party.outstanding == Outstanding::AnswerInAck
        {
            party.discard_offer();
        }
    }

    /// The party answered our re-INVITE.
    pub(super) fn reoffer_answered(&mut self, cx: &mut Context<'_>, leg: LegId, response: &Response) {
        let Some(party) = self.leg_mut(leg) else { return };
        party.outstanding = Outstanding::None;
        if let Some(Err(error)) = party.negotiation().map(|n| n.receive_answer(&response.body)) {
            tracing::warn!(call.id = %self.id, %error, "the answer to our re-INVITE is unusable");
            if let Some(party) = self.leg_mut(leg) {
                party.discard_offer();
            }
            return self.release_waiting(cx, leg);
        }
        self.configure(cx, leg);
        self.release_waiting(cx, leg);
        self.connect(cx);
    }

    pub(super) fn reoffer_refused(&mut self, cx: &mut Context<'_>, leg: LegId) {
        if let Some(party) = self.leg_mut(leg) {
            party.discard_offer();
        }
        self.release_waiting(cx, leg);
    }

    /// The party took its re-INVITE back; what was agreed before stands.
    pub(super) fn reoffer_cancelled(&mut self, leg: LegId) {
        if let Some(party) = self.leg_mut(leg) {
            party.discard_offer();
        }
    }

    /// Answers the party whose re-INVITE waited for its peer.
    fn release_waiting(&mut self, cx: &mut Context<'_>, peer: LegId) {
        let Some(waiting) = self.peer_of(peer) else { return };
        if self.leg(waiting).is_some_and(|l| l.outstanding == Outstanding::PeerAgreement) {
            self.conclude_reoffer(cx, waiting);
        }
    }

    /// The ACK that completes an offer of ours in a 200 (RFC 3261 §13.2.2.4).
    pub(super) fn confirmed(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        body: Option<&[u8]>,
    ) {
        let Some(party) = self.leg_mut(leg) else { return };
        if party.outstanding != Outstanding::AnswerInAck {
            return;
        }
        party.outstanding = Outstanding::None;
        let outcome = match (party.negotiation(), body) {
            (Some(negotiation), Some(sdp)) => {
                negotiation.receive_answer(sdp).map_err(|e| answer::end_reason_of(&e))
            }
            (_, None) | (None, _) => Err(EndReason::Malformed),
        };
        let renegotiation = party.agreed().is_some();
        match outcome {
            Ok(_) => {
                self.configure(cx, leg);
                self.connect(cx);
                self.align(cx); // Of the codecs offered the party may have chosen another than its peer.
            }
            Err(_) if renegotiation => {
                if let Some(party) = self.leg_mut(leg) {
                    party.discard_offer();
                }
            }
            Err(reason) => self.end(cx, book, reason, EndedBy::System),
        }
    }
}
