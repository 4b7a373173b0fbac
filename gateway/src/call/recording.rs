//! Which Calls are recorded, and what becomes of the recording.

use ramal_media::command::{Command, LegId};
use ramal_media::event::RecordingEvent;

use super::calls::Book;
use super::context::Context;
use super::leg::{Leg, LegPhase, Party};
use super::state::{Call, CallRecording, Phase, RecordingState};
use crate::model::{
    CallId, EventRow, OrganizationId, RecordingRow, RecordingRule, RecordingState as RowState,
};
use crate::store::Fact;

impl Call {
    /// Starts the recording of a Call that has just been answered, if a rule says so.
    pub(super) fn start_recording(&mut self, cx: &mut Context<'_>, book: &mut Book) {
        let Phase::Talking { a, b } = self.phase else { return };
        if self.recording.is_some() || !self.is_recorded(cx) {
            return;
        }
        let Some(owner) = self.record.organization.and_then(|id| cx.directory.organization(id)) else {
            return;
        };
        let organization = owner.id;
        let path = match cx.media.recording_path(&owner.name, &self.id.to_string(), self.record.started_at_ms)
        {
            Ok(path) => path,
            Err(reason) => return self.recording_trouble(cx, reason),
        };
        let id = book.next_recording();
        book.by_recording.insert(id, self.id);
        self.command(
            cx,
            Command::Record {
                recording: id,
                path: path.clone(),
                left: self.tapped(a),
                right: self.tapped(b),
            },
        );
        self.record.recording = Some(path.display().to_string());
        let recording = CallRecording { id, path, started_at_ms: cx.wall_ms, state: RecordingState::Writing };
        cx.facts.push(Fact::RecordingBegan(row(self.id, organization, &recording)));
        self.recording = Some(recording);
    }

    fn is_recorded(&self, cx: &Context<'_>) -> bool {
        let mut extensions = Vec::new();
        let mut trunk = None;
        for leg in self.legs.iter().filter(|l| l.phase == LegPhase::Up) {
            match &leg.party {
                Party::Extension { id, .. } => {
                    extensions.extend(cx.directory.extension_by_id(*id).map(|e| e.recording));
                }
                Party::Trunk { id, .. } => trunk = cx.directory.trunk(*id).map(|t| t.recording),
            }
        }
        let organization = self.record.organization.and_then(|id| cx.directory.organization(id));
        organization.is_some_and(|o| RecordingRule::is_recorded(&extensions, trunk, o.recording))
    }

    /// After a transfer the right side is whoever talks with the left one now.
    pub(super) fn retap(&self, cx: &Context<'_>) {
        let pair = match &self.phase {
            Phase::Talking { a, b } => Some((self.tapped(*a), self.tapped(*b))),
            Phase::Waiting { .. } => Some((LegId::NOBODY, LegId::NOBODY)), // Nobody is spoken to.
            _ => None,
        };
        if let (Some(recording), Some((left, right))) = (&self.recording, pair) {
            self.command(cx, Command::Retap { recording: recording.id, left, right });
        }
    }

    /// A Seat that listens to another Call is not recorded in this one.
    fn tapped(&self, leg: LegId) -> LegId {
        self.leg(leg).filter(|l| l.listens()).map_or(LegId::NOBODY, Leg::on_worker)
    }

    pub(super) fn stop_recording(&self, cx: &Context<'_>) {
        if let Some(recording) = &self.recording
            && recording.state == RecordingState::Writing
        {
            self.command(cx, Command::StopRecord { recording: recording.id });
        }
    }

    pub(super) fn recording_event(&mut self, cx: &mut Context<'_>, event: RecordingEvent) {
        let Some(recording) = &mut self.recording else { return };
        let trouble = match event {
            RecordingEvent::Sealed { seconds, .. } => {
                recording.state = RecordingState::Sealed { seconds };
                return;
            }
            RecordingEvent::Undecodable { codec } => {
                format!("{codec} cannot be decoded: that side is silent in the recording")
            }
            RecordingEvent::Overrun { lost_ms } => format!("{lost_ms} ms lost: the disk is too slow"),
            RecordingEvent::Failed { reason } => {
                recording.state = RecordingState::Failed { reason: reason.clone() };
                let stop = Command::StopRecord { recording: recording.id };
                cx.media.send(self.worker, stop);
                reason
            }
        };
        self.recording_trouble(cx, trouble);
    }

    fn recording_trouble(&self, cx: &mut Context<'_>, trouble: String) {
        tracing::warn!(call.id = %self.id, reason = %trouble, "recording impaired; the call goes on");
        cx.facts.push(Fact::Event(EventRow {
            at_ms: cx.wall_ms,
            organization: self.record.organization,
            kind: "recording.impaired".to_owned(),
            call: Some(self.id),
            detail: trouble,
        }));
    }
}

fn row(call: CallId, organization: OrganizationId, recording: &CallRecording) -> RecordingRow {
    let (state, seconds) = match &recording.state {
        RecordingState::Writing => (RowState::Writing, 0.0),
        RecordingState::Sealed { seconds } => (RowState::Sealed, *seconds),
        RecordingState::Failed { reason } => (RowState::Failed(reason.clone()), 0.0),
    };
    RecordingRow {
        call,
        organization,
        path: recording.path.display().to_string(),
        started_at_ms: recording.started_at_ms,
        seconds,
        state,
    }
}

/// The fact that closes a recording, once its Call is over.
pub(super) fn ended_fact(call: &Call) -> Option<Fact> {
    let organization = call.record.organization?;
    call.recording.as_ref().map(|recording| Fact::RecordingEnded(row(call.id, organization, recording)))
}
