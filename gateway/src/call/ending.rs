//! The end of a Call: every dialog gets its final message, the media is freed, one CDR is written.

use std::time::Duration;

use ramal_media::command::{Command, LegId};
use ramal_media::leg::{AudioFlow, LegStatistics};
use ramal_sip::endpoint::TerminationCause;

use super::answer;
use super::calls::Book;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{Leg, LegPhase, MediaPhase, Party, Side};
use super::state::{Call, EndedBy, Phase, RecordingState};
use super::timer::Deadline;
use crate::model::{self, CallRecord, LegRecord};

/// How long a worker may take to hand over final statistics before the CDR goes without them.
const STATISTICS_WAIT: Duration = Duration::from_secs(5);

impl Call {
    /// Ends the whole Call. Safe to call twice; the first reason stands.
    pub(super) fn end(&mut self, cx: &mut Context<'_>, book: &mut Book, reason: EndReason, by: EndedBy) {
        if self.record.ended_at_ms.is_some() {
            return;
        }
        self.record.ended_at_ms = Some(cx.wall_ms);
        book.running = book.running.saturating_sub(1);
        self.record.end_reason = reason.cdr_text().to_owned();
        // Of a call that was answered the INVITE was answered 200, whatever ended it afterwards.
        let answered = self.record.answered_at_ms.is_some();
        self.record.sip_status = Some(if answered { 200 } else { reason.sip_status() });
        self.end_reason = Some(reason);
        self.record.q850_cause = Some(reason.q850_cause());
        self.record.ended_by = Some(by);
        self.phase = Phase::Ending;
        self.company = None;
        book.conferences.leave(self.id);
        self.stop_recording(cx);
        let legs: Vec<LegId> = self.legs.iter().map(|l| l.id).collect();
        for leg in legs {
            self.drop_leg(cx, leg, reason);
        }
        self.set_deadline(cx, book, STATISTICS_WAIT, Deadline::Statistics, 0);
    }

    /// Ends one dialog in the way its phase asks for, and frees its media.
    pub(super) fn drop_leg(&mut self, cx: &mut Context<'_>, leg: LegId, reason: EndReason) {
        let Some(party) = self.leg_mut(leg) else { return };
        let (dialog, phase, side) = (party.dialog(), party.phase, party.side);
        party.phase = LegPhase::Gone;
        party.outcome.get_or_insert(reason);
        let header = answer::reason_header(reason);
        match (dialog, phase, side) {
            (None, _, _) | (_, LegPhase::Gone, _) => {}
            (Some(dialog), LegPhase::Up, _) => cx.endpoint.bye(cx.now, dialog, vec![header]),
            (Some(dialog), _, Side::Caller) => {
                cx.endpoint.reject(cx.now, dialog, answer::refusal(reason));
            }
            (Some(dialog), _, Side::Callee) => {
                cx.endpoint.cancel(cx.now, dialog, Some(reason.reason_header().into()));
            }
        }
        self.remove_media(cx, leg);
    }

    pub(super) fn remove_media(&mut self, cx: &Context<'_>, leg: LegId) {
        let Some(party) = self.leg_mut(leg) else { return };
        if party.seat().is_some() {
            return self.leave_seat(cx, leg);
        }
        if party.media == MediaPhase::Placed {
            party.media = MediaPhase::Closing;
            self.command(cx, Command::RemoveLeg { leg });
        }
    }

    /// A dialog ended without our doing: BYE received, or the peer has forgotten it.
    pub(super) fn terminated(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        cause: &TerminationCause,
    ) {
        let reason = match cause {
            TerminationCause::ByeReceived { .. } | TerminationCause::ByeSent => EndReason::NormalClearing,
            TerminationCause::RungTooLong => EndReason::NoAnswer,
            TerminationCause::AnsweredAfterCancel { .. }
            | TerminationCause::ByeUnanswered { .. }
            | TerminationCause::Gone { .. } => EndReason::PeerLost,
        };
        self.left(cx, book, leg, reason);
    }

    /// A party is gone; what becomes of the others depends on the phase.
    pub(super) fn left(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId, reason: EndReason) {
        let Some(party) = self.leg_mut(leg) else { return };
        let known = party.phase == LegPhase::Gone;
        party.phase = LegPhase::Gone;
        let by = match party.side {
            Side::Caller => EndedBy::Caller,
            Side::Callee => EndedBy::Callee,
        };
        party.outcome.get_or_insert(reason);
        party.left_by_itself |= !known;
        self.remove_media(cx, leg);
        if known {
            return; // We ended it ourselves.
        }
        if self.company_goes_on(cx, book, leg) {
            return;
        }
        // The customer of a queue keeps his place when the agent's browser is gone for good.
        if self.is_agent_lost(leg, reason) && self.wait_again(cx, reason) {
            return;
        }
        match &self.phase {
            Phase::Ringing(dial) | Phase::Transferring { dial, .. } if dial.branches.contains(&leg) => {
                self.branch_failed(cx, book, leg, reason);
            }
            // The transferor may leave before the target answers (RFC 5589 §6).
            Phase::Transferring { by: transferor, .. } if *transferor == leg => {}
            Phase::Talking { a, b } if *a != leg && *b != leg => {}
            _ => {
                self.note_hangup(leg);
                self.end(cx, book, reason, by);
            }
        }
    }

    fn is_agent_lost(&self, leg: LegId, reason: EndReason) -> bool {
        let of_queue = self.record.queue.is_some() && reason == EndReason::BrowserLost;
        let talks = matches!(self.phase, Phase::Talking { .. });
        of_queue && talks && self.floor.as_ref().is_some_and(|part| self.is_agent(part, leg))
    }

    /// The caller gave up while it rang.
    pub(super) fn cancelled(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        if let Some(party) = self.leg_mut(leg) {
            party.phase = LegPhase::Gone;
        }
        self.note_hangup(leg);
        self.note_silent_machines(cx, book);
        self.end(cx, book, EndReason::CallerCancelled, EndedBy::Caller);
    }

    /// Nothing is awaited any more: the CDR can be written.
    pub(super) fn is_complete(&self) -> bool {
        let writing = self.recording.as_ref().is_some_and(|r| r.state.is_open());
        matches!(self.phase, Phase::Ending)
            && self.record.ended_at_ms.is_some()
            && !writing
            && self.legs.iter().all(|l| l.media != MediaPhase::Closing)
    }

    /// Gives up waiting for statistics.
    pub(super) fn finish(&mut self, _cx: &mut Context<'_>, _book: &mut Book) {
        for leg in &mut self.legs {
            leg.media = MediaPhase::Freed;
        }
        if let Some(recording) = &mut self.recording
            && recording.state.is_open()
        {
            recording.state = RecordingState::Failed { reason: "not sealed in time".to_owned() };
        }
    }

    pub(super) fn end_word(&self) -> &'static str {
        self.end_reason.map_or("unknown", EndReason::cdr_text)
    }

    /// Forgets every index to this Call, and gives the finished CDR.
    pub(super) fn into_cdr(mut self: Box<Self>, cx: &mut Context<'_>, book: &mut Book) -> Box<CallRecord> {
        for leg in &self.legs {
            if let Some(dialog) = leg.dialog() {
                book.by_dialog.remove(&dialog);
            }
            book.by_leg.remove(&leg.id);
            if let Some(seat) = leg.seat() {
                book.rise(seat.media, self.id);
            }
        }
        if let Some(recording) = &self.recording {
            book.by_recording.remove(&recording.id);
        }
        cx.facts.extend(super::recording::ended_fact(&self));
        self.record.legs = self.legs.iter().map(leg_record).collect();
        Box::new(self.record)
    }
}

pub(super) fn leg_record(leg: &Leg) -> LegRecord {
    LegRecord {
        sip_call_id: leg.sip_call_id().to_owned(),
        party: match &leg.party {
            Party::Extension { number, .. } => model::Party::Extension(number.clone()),
            Party::Trunk { name, .. } => model::Party::Trunk(name.clone()),
        },
        remote: Some(leg.remote()),
        codec: leg.agreed().and_then(|a| a.codecs.first()).map(|c| c.codec.name.clone()),
        srtp: leg.encryption().map(str::to_owned),
        statistics: leg.statistics.as_ref().map(statistics_record),
    }
}

fn statistics_record(counted: &LegStatistics) -> model::LegStatistics {
    model::LegStatistics {
        received: model::StreamStatistics {
            packets: counted.packets_received,
            lost: counted.packets_lost,
            jitter_ms: f64::from(counted.jitter_ms),
            mos: counted.mos.map(f64::from),
        },
        sent: model::StreamStatistics {
            packets: counted.packets_sent,
            lost: remote_lost(counted),
            jitter_ms: counted.remote_jitter_ms.map_or(0.0, f64::from),
            mos: None,
        },
        round_trip_ms: counted.round_trip_ms.map(f64::from),
        wrong_source_packets: counted.wrong_source,
        unauthentic_packets: counted.authentication_failed,
        one_way: counted.audio == AudioFlow::OneWay,
    }
}

/// Packets of ours that the peer says it missed, from the share in its reports.
fn remote_lost(counted: &LegStatistics) -> u64 {
    let share = f64::from(counted.remote_loss_percent.unwrap_or(0.0)) / 100.0;
    (counted.packets_sent as f64 * share).round() as u64
}
