//! Which Calls are recorded, and what becomes of the recording.

use ramal_media::command::{Command, LegId, Speaks, Tapped};
use ramal_media::event::RecordingEvent;
use ramal_media::recorder::take::Notes;

use super::calls::Book;
use super::context::Context;
use super::leg::{LegPhase, Party, Side};
use super::seat::SeatRefusal;
use super::state::{Call, CallRecording, Phase, RecordingCause, RecordingState};
use crate::model::{
    CallId, EventRow, OrganizationId, RecordingName, RecordingPeaks, RecordingRow, RecordingRule,
    RecordingState as RowState,
};
use crate::store::Fact;

/// Recordings of one Call: more than anybody switches on and off.
const RECORDINGS_LIMIT: u32 = 1_000;

/// What an agent asks of the recording of his Call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingCommand {
    Pause,
    Resume,
    Start,
    Stop,
}

impl Call {
    /// Starts the recording of a Call that has just been answered, if a rule says so.
    pub(super) fn start_recording(&mut self, cx: &mut Context<'_>, book: &mut Book) {
        // What comes into another Call is recorded there.
        if self.recording.is_none() && self.joins().is_none() && self.is_recorded(cx) {
            self.record(cx, book, RecordingCause::Rule);
        }
    }

    fn record(&mut self, cx: &mut Context<'_>, book: &mut Book, cause: RecordingCause) {
        let (Phase::Talking { .. } | Phase::Conferring(_), Some(sides)) = (&self.phase, self.sides()) else {
            return;
        };
        let Some(owner) = self.record.organization.and_then(|id| cx.directory.organization(id)) else {
            return;
        };
        let organization = owner.id;
        let part = self.recordings + 1;
        let name = RecordingName { call: self.id, part }.to_string();
        let path = match cx.media.recording_path(&owner.name, &name, self.record.started_at_ms) {
            Ok(path) => path,
            Err(reason) => return self.recording_trouble(cx, reason),
        };
        self.recordings = part;
        let id = book.next_recording();
        book.by_recording.insert(id, self.id);
        let (left, right) = sides;
        self.command(cx, Command::Record { recording: id, path: path.clone(), left, right });
        self.record.recording.get_or_insert_with(|| path.display().to_string());
        let (started_at_ms, state) = (cx.wall_ms, RecordingState::Writing);
        let recording = CallRecording { id, path, part, cause, started_at_ms, state, sides };
        cx.facts.push(Fact::RecordingBegan(row(self.id, organization, &recording)));
        self.recording = Some(recording);
    }

    /// What the agent asks.
    ///
    /// # Errors
    /// The recording is not in the state for it, or it cannot begin.
    pub(super) fn command_recording(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        command: RecordingCommand,
    ) -> Result<(), SeatRefusal> {
        if command == RecordingCommand::Start {
            if self.recording.is_some() || self.recordings >= RECORDINGS_LIMIT {
                return Err(SeatRefusal::WrongState);
            }
            self.record(cx, book, RecordingCause::Command);
            return if self.recording.is_some() { Ok(()) } else { Err(SeatRefusal::NotRecorded) };
        }
        let Some(recording) = &mut self.recording else { return Err(SeatRefusal::WrongState) };
        let id = recording.id;
        let (state, order) = match (command, &recording.state) {
            (RecordingCommand::Pause, RecordingState::Writing) => {
                (RecordingState::Paused, Command::PauseRecord { recording: id })
            }
            (RecordingCommand::Resume, RecordingState::Paused) => {
                (RecordingState::Writing, Command::ResumeRecord { recording: id })
            }
            (RecordingCommand::Stop, RecordingState::Paused | RecordingState::Writing)
                if recording.cause == RecordingCause::Command =>
            {
                (RecordingState::Stopping, Command::StopRecord { recording: id })
            }
            _ => return Err(SeatRefusal::WrongState),
        };
        recording.state = state;
        self.command(cx, order);
        Ok(())
    }

    /// Whether what is said now stands in a file.
    pub(super) fn is_being_recorded(&self) -> bool {
        self.recording.as_ref().is_some_and(|recording| recording.state == RecordingState::Writing)
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
        if let Phase::Conferring(conferring) = &self.phase
            && conferring.recording() != RecordingRule::Inherit
        {
            return conferring.recording() == RecordingRule::Always;
        }
        let organization = self.record.organization.and_then(|id| cx.directory.organization(id));
        organization.is_some_and(|o| RecordingRule::is_recorded(&extensions, trunk, o.recording))
    }

    /// The recording follows who talks with whom: after a transfer, or when a third one comes or a clip is played.
    pub(super) fn retap(&mut self, cx: &Context<'_>) {
        let Some(sides) = self.sides() else { return };
        let Some(recording) = self.recording.as_mut().filter(|recording| recording.sides != sides) else {
            return;
        };
        recording.sides = sides;
        let id = recording.id;
        self.command(cx, Command::Retap { recording: id, left: sides.0, right: sides.1 });
    }

    /// What the two sides of a recording are now; `None`: what they were.
    ///
    /// Where two talk each is a side. Where a third one does too, or a clip is played, one side is what the customer says and
    /// the other all that he hears: everybody but what is whispered. In a conference they are the member and what it hears.
    fn sides(&self) -> Option<(Tapped, Tapped)> {
        match &self.phase {
            Phase::Talking { a, b } => {
                let mixed = self.company.is_some() || self.clip_goes_on();
                let customer =
                    self.outsider().filter(|leg| mixed && self.leg(*leg).is_some_and(|l| !l.holds()));
                Some(match customer {
                    Some(leg) if leg == *a => (self.says(*a), self.hears(*a)),
                    Some(leg) => (self.hears(leg), self.says(leg)),
                    None => (self.says(*a), self.says(*b)),
                })
            }
            Phase::Conferring(conferring) => {
                let leg = conferring.leg;
                let Some(member) = conferring.member() else { return Some((Tapped::Nobody, Tapped::Nobody)) };
                let heard = member.part.speaks != Speaks::Nobody && self.leg(leg).is_some_and(|l| !l.holds());
                let says = if heard { self.says(leg) } else { Tapped::Nobody };
                Some(match self.leg(leg).map(|leg| leg.side) {
                    Some(Side::Callee) => (self.hears(leg), says),
                    Some(Side::Caller) | None => (says, self.hears(leg)),
                })
            }
            Phase::Waiting { .. } => Some((Tapped::Nobody, Tapped::Nobody)), // Nobody is spoken to.
            Phase::Ringing(_) | Phase::Transferring { .. } | Phase::Serving { .. } | Phase::Ending => None,
        }
    }

    /// A Seat that listens to another Call is not recorded in this one.
    fn says(&self, leg: LegId) -> Tapped {
        let here = self.leg(leg).filter(|leg| leg.listens());
        here.map_or(Tapped::Nobody, |leg| Tapped::Says(leg.on_worker()))
    }

    fn hears(&self, leg: LegId) -> Tapped {
        let here = self.leg(leg).filter(|leg| leg.listens());
        here.map_or(Tapped::Nobody, |leg| Tapped::Hears(leg.on_worker()))
    }

    /// The Call goes on where nothing may be recorded: what was said until now is kept.
    pub(super) fn seal_recording(&mut self, cx: &Context<'_>) {
        let writes = |recording: &&mut CallRecording| {
            matches!(recording.state, RecordingState::Paused | RecordingState::Writing)
        };
        let Some(recording) = self.recording.as_mut().filter(writes) else { return };
        recording.state = RecordingState::Stopping;
        let id = recording.id;
        self.command(cx, Command::StopRecord { recording: id });
    }

    pub(super) fn stop_recording(&self, cx: &Context<'_>) {
        if let Some(recording) = &self.recording
            && recording.state.is_open()
        {
            self.command(cx, Command::StopRecord { recording: recording.id });
        }
    }

    pub(super) fn recording_event(&mut self, cx: &mut Context<'_>, book: &mut Book, event: RecordingEvent) {
        let Some(recording) = &mut self.recording else { return };
        let trouble = match event {
            RecordingEvent::Sealed { notes, .. } => {
                let goes_on =
                    recording.state == RecordingState::Stopping && !matches!(self.phase, Phase::Ending);
                recording.state = RecordingState::Sealed { notes };
                if goes_on {
                    self.forget_recording(cx, book);
                }
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

    /// It is complete, and the Call goes on without one.
    fn forget_recording(&mut self, cx: &mut Context<'_>, book: &mut Book) {
        cx.facts.extend(ended_fact(self));
        if let Some(recording) = self.recording.take() {
            book.by_recording.remove(&recording.id);
        }
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
    let none = Notes::default();
    let (state, notes) = match &recording.state {
        RecordingState::Failed { reason } => (RowState::Failed(reason.clone()), &none),
        RecordingState::Paused | RecordingState::Stopping | RecordingState::Writing => {
            (RowState::Writing, &none)
        }
        RecordingState::Sealed { notes } => (RowState::Sealed, &**notes),
    };
    let peaks = &notes.peaks;
    RecordingRow {
        call,
        organization,
        path: recording.path.display().to_string(),
        part: recording.part,
        started_at_ms: recording.started_at_ms,
        seconds: notes.seconds,
        state,
        pauses: notes.pauses.clone(),
        peaks: (peaks.interval_ms > 0).then(|| RecordingPeaks {
            interval_ms: peaks.interval_ms,
            left: peaks.left.clone(),
            right: peaks.right.clone(),
        }),
    }
}

/// The fact that closes a recording, once it is over.
pub(super) fn ended_fact(call: &Call) -> Option<Fact> {
    let organization = call.record.organization?;
    call.recording.as_ref().map(|recording| Fact::RecordingEnded(row(call.id, organization, recording)))
}
