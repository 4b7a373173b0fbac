//! The recordings of one engine: who is tapped, what was lost on the way to the recorder.

use std::path::PathBuf;
use std::time::Instant;

use super::Engine;
use super::output::Outputs;
use super::party::{Format, MAX_TAPS, Party, Tap};
use crate::codec::KnownCodec;
use crate::command::{LegId, RecordingId, Tapped};
use crate::event::{Event, RecordingEvent};
use crate::recorder::Side;
use crate::recorder::ring::{Control, Facts, Producer};
use crate::rtp::Header;

/// Recordings of this engine, and the way to their recorder.
pub(super) struct Recordings {
    producer: Producer,
    takes: Vec<Entry>,
    limit: usize,
}

struct Entry {
    id: u64,
    lost_ms: u32,
    /// The last codec that was said to be silence.
    undecodable: String,
    sides: [Tapped; 2],
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Paused,
    Running,
}

impl Recordings {
    pub(super) fn new(producer: Producer, limit: usize) -> Self {
        Self { producer, takes: Vec::new(), limit }
    }

    fn entry(&mut self, RecordingId(id): RecordingId) -> Option<&mut Entry> {
        self.takes.iter_mut().find(|entry| entry.id == id)
    }

    pub(super) fn push(&mut self, facts: &Facts, payload: &[u8]) -> bool {
        self.producer.push(facts, payload)
    }

    /// A packet that we made for a Leg, for whoever records what it is sent.
    pub(super) fn tap_own(&mut self, party: &Party, now: Instant, header: &Header, payload: &[u8]) {
        let Some(settings) = party.settings.as_ref().filter(|_| !party.outgoing.taps.is_empty()) else {
            return;
        };
        let agreed = settings.codecs.iter().find(|agreed| agreed.send_pt & 0x7F == header.payload_type);
        // Of comfort noise silence is all there is to record.
        let Some((agreed, codec)) = agreed.and_then(|agreed| Some((agreed, agreed.codec.known()?))) else {
            return;
        };
        for tap in &party.outgoing.taps {
            let facts = Facts {
                recording: tap.recording,
                side: tap.side,
                codec: Some(codec),
                clock_hz: agreed.codec.clock_hz,
                timestamp: header.timestamp,
                ssrc: header.ssrc,
                sequence: header.sequence,
                arrival: now,
            };
            if !self.producer.push(&facts, payload) {
                let lost_ms = codec.duration_ticks(payload) / (facts.clock_hz / 1_000).max(1);
                self.overrun(tap.recording, lost_ms);
            }
        }
    }

    pub(super) fn overrun(&mut self, recording: u64, lost_ms: u32) {
        if let Some(entry) = self.takes.iter_mut().find(|entry| entry.id == recording) {
            entry.lost_ms = entry.lost_ms.saturating_add(lost_ms);
        }
    }

    pub(super) fn undecodable(&mut self, recording: u64, codec: &str, outputs: &mut Outputs) {
        let Some(entry) = self.takes.iter_mut().find(|entry| entry.id == recording) else { return };
        if entry.undecodable != codec {
            entry.undecodable = codec.to_owned();
            let event = RecordingEvent::Undecodable { codec: codec.to_owned() };
            outputs.event(Event::Recording { recording: RecordingId(recording), event });
        }
    }

    /// Tells what was lost since the last time.
    pub(super) fn report_overruns(&mut self, outputs: &mut Outputs) {
        for entry in self.takes.iter_mut().filter(|entry| entry.lost_ms > 0) {
            let event = RecordingEvent::Overrun { lost_ms: std::mem::take(&mut entry.lost_ms) };
            outputs.event(Event::Recording { recording: RecordingId(entry.id), event });
        }
    }
}

impl Engine {
    /// Begins a recording: 16 kHz if a side agreed to G.722 or Opus first, 8 kHz otherwise.
    pub fn record(&mut self, now: Instant, recording: RecordingId, path: PathBuf, sides: [Tapped; 2]) {
        if self.recordings.takes.len() >= self.recordings.limit {
            return self.recording_failed(recording, "too many recordings on this media worker");
        }
        if self.recordings.takes.iter().any(|entry| entry.id == recording.0) {
            return;
        }
        let rate_hz = if sides.iter().filter_map(|side| side.leg()).any(|leg| self.is_wide(leg)) {
            16_000
        } else {
            8_000
        };
        let control = Control::Start { recording: recording.0, path, rate_hz, at: now };
        if !self.recordings.producer.control(control) {
            return self.recording_failed(recording, "the recorder is gone");
        }
        let (undecodable, state) = (String::new(), State::Running);
        let entry = Entry { id: recording.0, lost_ms: 0, undecodable, sides, state };
        self.recordings.takes.push(entry);
        self.tap_sides(recording, sides);
    }

    /// The recording goes on with other sides.
    pub fn retap(&mut self, recording: RecordingId, sides: [Tapped; 2]) {
        let Some(entry) = self.recordings.entry(recording) else { return };
        entry.sides = sides;
        if entry.state == State::Running {
            self.untap(recording);
            self.tap_sides(recording, sides);
        }
    }

    /// Nothing that the Legs send reaches the recorder any more.
    pub fn pause_record(&mut self, now: Instant, recording: RecordingId) {
        let Some(entry) = self.recordings.entry(recording).filter(|entry| entry.state == State::Running)
        else {
            return;
        };
        entry.state = State::Paused;
        self.untap(recording);
        self.recordings.producer.control(Control::Pause { recording: recording.0, at: now });
    }

    /// It does again.
    pub fn resume_record(&mut self, now: Instant, recording: RecordingId) {
        let Some(entry) = self.recordings.entry(recording).filter(|entry| entry.state == State::Paused)
        else {
            return;
        };
        entry.state = State::Running;
        let sides = entry.sides;
        self.recordings.producer.control(Control::Resume { recording: recording.0, at: now });
        self.tap_sides(recording, sides);
    }

    /// Ends a recording; the recorder says when the file is complete.
    pub fn stop_record(&mut self, now: Instant, recording: RecordingId) {
        let Some(place) = self.recordings.takes.iter().position(|entry| entry.id == recording.0) else {
            return;
        };
        self.recordings.report_overruns(&mut self.outputs);
        self.recordings.takes.swap_remove(place);
        self.untap(recording);
        self.recordings.producer.control(Control::Stop { recording: recording.0, at: now });
    }

    fn is_wide(&self, leg: LegId) -> bool {
        let Some(party) = self.party(leg) else { return false };
        let settings = party.settings.as_ref();
        let preferred = settings.and_then(|settings| settings.codecs.first());
        let format = preferred.and_then(|codec| party.incoming.formats.peek(codec.receive_pt));
        matches!(format, Some(Format::Audio { codec: Some(KnownCodec::G722 | KnownCodec::Opus), .. }))
    }

    fn tap_sides(&mut self, recording: RecordingId, sides: [Tapped; 2]) {
        for (tapped, side) in sides.into_iter().zip([Side::Left, Side::Right]) {
            let Some(party) = tapped.leg().and_then(|leg| self.party_mut(leg)) else { continue };
            let taps = match tapped {
                Tapped::Hears(_) => &mut party.outgoing.taps,
                Tapped::Nobody | Tapped::Says(_) => &mut party.incoming.taps,
            };
            if taps.len() < MAX_TAPS {
                taps.push(Tap { recording: recording.0, side });
            }
        }
    }

    fn untap(&mut self, recording: RecordingId) {
        for party in self.parties.iter_mut().flatten() {
            party.incoming.taps.retain(|tap| tap.recording != recording.0);
            party.outgoing.taps.retain(|tap| tap.recording != recording.0);
        }
    }

    fn recording_failed(&mut self, recording: RecordingId, reason: &str) {
        let event = RecordingEvent::Failed { reason: reason.to_owned() };
        self.outputs.event(Event::Recording { recording, event });
    }
}
