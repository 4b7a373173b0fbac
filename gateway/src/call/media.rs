//! What the dialogs and the worker report of a running Call, and what follows from it.

use ramal_media::command::LegId;
use ramal_media::event::Event as MediaEvent;
use ramal_media::leg::AudioFlow;
use ramal_sip::endpoint::{ClientTx, DialogId, Event, Failure, ServerTx};
use ramal_sip::message::{Method, Request, Response};

use super::answer;
use super::calls::Book;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{LegPhase, MediaPhase};
use super::state::{Call, EndedBy, Phase};
use super::timer::Deadline;

impl Call {
    pub(super) fn handle_sip(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        dialog: DialogId,
        event: Event,
    ) {
        let Some(leg) = self.leg_of(dialog) else { return };
        match event {
            Event::Progress { response, .. } => self.progress(cx, leg, &response),
            Event::Answered { response, .. } => self.answered(cx, book, leg, &response),
            Event::Rejected { response, failure, .. } => {
                self.rejected(cx, book, leg, response.as_ref(), failure);
            }
            Event::Cancelled { .. } => self.cancelled(cx, book, leg),
            Event::Confirmed { body, .. } | Event::ReofferConfirmed { body, .. } => {
                self.confirmed(cx, book, leg, body.as_deref());
            }
            Event::AckTimeout { .. } => self.not_acknowledged(cx, book, leg),
            Event::Reoffer { request, .. } => self.reoffer(cx, leg, &request),
            Event::ReofferAnswered { response, .. } => self.reoffer_answered(cx, leg, &response),
            Event::ReofferRefused { .. } => self.reoffer_refused(cx, leg),
            Event::ReofferCancelled { .. } => self.reoffer_cancelled(leg),
            Event::DialogRequest { tx, request, .. } => self.dialog_request(cx, book, leg, tx, &request),
            Event::Terminated { cause, .. } => self.terminated(cx, book, leg, &cause),
            Event::Invite { .. } | Event::Request { .. } | Event::Response { .. } => {}
        }
    }

    fn dialog_request(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        tx: ServerTx,
        request: &Request,
    ) {
        match request.method {
            Method::Info => self.info(cx, book, leg, tx, request),
            Method::Refer => self.refer(cx, book, leg, tx, request),
            Method::Options | Method::Notify => cx.endpoint.respond(cx.now, tx, answer::status(200)),
            _ => cx.endpoint.respond(cx.now, tx, answer::status(405)),
        }
    }

    /// No ACK for our 200. A party whose media flows has plainly got it: the call goes on.
    fn not_acknowledged(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        if self.leg(leg).is_some_and(|l| l.media_seen && l.agreed().is_some()) {
            tracing::warn!(call.id = %self.id, "no ACK for our 200, but media flows: the call goes on");
            return self.forget_own_offer(leg);
        }
        self.end(cx, book, EndReason::NotAcknowledged, EndedBy::System);
    }

    pub(super) fn handle_media(&mut self, cx: &mut Context<'_>, book: &mut Book, event: MediaEvent) {
        match event {
            MediaEvent::FirstMedia { leg } | MediaEvent::MediaResumed { leg } => {
                if let Some(leg) = self.leg_mut(leg) {
                    leg.media_seen = true;
                }
            }
            // A browser that has left its media may still have its dialog, or be back at once by a re-INVITE.
            MediaEvent::MediaTimeout { leg }
            | MediaEvent::BrowserLost { leg }
            | MediaEvent::BrowserClosed { leg } => self.probe(cx, book, leg),
            MediaEvent::Dtmf { leg, digit, duration_ms } => {
                self.dtmf_event(cx, book, leg, digit, duration_ms)
            }
            MediaEvent::OneWayAudio { leg } => {
                let party = self.leg(leg).map_or("unknown", |leg| leg.side_name());
                tracing::warn!(call.id = %self.id, party, "one-way audio: nothing is heard of this side");
                if let Some(leg) = self.leg_mut(leg) {
                    leg.statistics.get_or_insert_default().audio = AudioFlow::OneWay;
                }
            }
            MediaEvent::Noticed { leg, noticed } => self.noticed(cx, leg, noticed),
            MediaEvent::PictureWanted { leg } => self.ask_for_picture(cx, book, leg),
            MediaEvent::Talk { leg, talk } => self.note_talk(leg, talk),
            MediaEvent::PlayFinished { leg } => self.play_finished(cx, book, leg),
            MediaEvent::Quality { leg, statistics } => {
                if let Some(leg) = self.leg_mut(leg) {
                    leg.statistics = Some(statistics);
                }
            }
            MediaEvent::LegRemoved { leg, statistics } => {
                if let Some(leg) = self.leg_mut(leg) {
                    leg.statistics = Some(statistics);
                    leg.media = MediaPhase::Freed;
                }
            }
            MediaEvent::Recording { event, .. } => self.recording_event(cx, book, event),
            MediaEvent::NotForwardable { reason, .. } => {
                tracing::warn!(call.id = %self.id, ?reason, "media cannot be forwarded");
            }
            MediaEvent::WrongSource { packets, .. } => {
                tracing::warn!(call.id = %self.id, packets, "media from a source that is not the party's: dropped");
            }
            MediaEvent::AuthenticationFailed { packets, .. } => {
                tracing::warn!(call.id = %self.id, packets, "media that failed authentication: dropped");
            }
            MediaEvent::BrowserConnected { .. } | MediaEvent::SourceLocked { .. } => {}
        }
    }

    /// Asks a party from whom no media comes whether it still knows of the call.
    fn probe(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        let Some(party) = self.leg(leg) else { return };
        if party.phase != LegPhase::Up || party.probe.is_some() || matches!(self.phase, Phase::Ending) {
            return;
        }
        let Some(dialog) = party.dialog() else { return };
        let tx = cx.endpoint.request_in_dialog(cx.now, dialog, Method::Options, Vec::new(), None);
        book.by_request.insert(tx, self.id);
        if let Some(party) = self.leg_mut(leg) {
            party.probe = Some(tx);
            party.media_seen = false;
        }
    }

    /// The probe's interval is over: a party that is still silent is asked again.
    pub(super) fn probe_again(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        if self.leg(leg).is_some_and(|l| !l.media_seen) {
            self.probe(cx, book, leg);
        }
    }

    /// The answer to a request of ours inside a dialog: a probe, an INFO or a NOTIFY.
    pub(super) fn handle_response(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        tx: ClientTx,
        outcome: &Result<Response, Failure>,
    ) {
        for leg in &mut self.legs {
            leg.infos.retain(|info| *info != tx);
            leg.refresh.take_if(|refresh| *refresh == tx);
        }
        let Some(leg) = self.legs.iter_mut().find(|l| l.probe == Some(tx)) else { return };
        leg.probe = None;
        let id = leg.id;
        // RFC 3261 §12.2.1.2: 481 or no answer means that the peer has no such dialog.
        let gone = match outcome {
            Ok(response) => matches!(response.status.as_u16(), 408 | 481),
            Err(_) => true,
        };
        if gone && matches!(self.phase, Phase::Transferring { by, .. } if by == id) {
            return self.drop_leg(cx, id, EndReason::PeerLost); // The one who stays is still being connected.
        }
        if gone && self.is_guest(id) {
            self.drop_leg(cx, id, EndReason::PeerLost);
            self.guest_left(cx, id);
            return;
        }
        if gone {
            return self.end(cx, book, EndReason::PeerLost, EndedBy::System);
        }
        self.set_deadline(cx, book, cx.settings.probe_interval, Deadline::Probe, id.0);
    }

    pub(super) fn summary(&self) -> super::calls::CallSummary {
        let state = match self.phase {
            Phase::Ringing(_) => "ringing",
            Phase::Talking { .. } => "talking",
            Phase::Transferring { .. } => "transferring",
            Phase::Waiting { .. } => "waiting",
            Phase::Conferring(_) => "conference",
            Phase::Serving { .. } => "service",
            Phase::Ending => "ending",
        };
        super::calls::CallSummary {
            id: self.id.to_string(),
            organization: self.record.organization.map(|o| o.0),
            state,
            caller: self.record.caller.clone(),
            callee: self.record.callee.clone(),
            started_at_ms: self.record.started_at_ms,
            answered_at_ms: self.record.answered_at_ms,
            recorded: self.recording.is_some(),
            legs: self.legs.iter().map(leg_summary).collect(),
        }
    }
}

fn leg_summary(leg: &super::leg::Leg) -> super::calls::LegSummary {
    let state = match leg.phase {
        LegPhase::Trying => "trying",
        LegPhase::Ringing => "ringing",
        LegPhase::Up => "up",
        LegPhase::Gone => "gone",
    };
    super::calls::LegSummary {
        id: leg.id.0,
        sip_call_id: leg.sip_call_id().to_owned(),
        party: leg.party.label(),
        state,
        codec: leg.agreed().and_then(|a| a.codecs.first()).map(|c| c.codec.name.clone()),
        srtp: leg.encryption().is_some(),
        on_hold: leg.holds(),
        one_way: leg.statistics.as_ref().is_some_and(|counted| counted.audio == AudioFlow::OneWay),
    }
}
