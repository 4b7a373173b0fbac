//! Legs that hear another one decoded and encoded anew.

use std::time::Instant;

use super::output::Exit;
use super::party::{Hear, Party, TRANSCODED};
use super::timeout::{Own, send_own};
use super::timer::{Reason, raster_after};
use super::{Engine, LegIndex};
use crate::bridge::transcode::{Plan, Transcode};
use crate::dtmf::Dtmf;
use crate::player::FRAME;
use crate::rtp::Header;

/// Ticks of all Legs fall on so few moments of every 20 ms, so that one wake-up serves many.
const PHASES: u32 = 4;

impl Party {
    /// The clock of the events it sends and takes; none without events.
    fn event_clock_hz(&self) -> Option<u32> {
        Some(self.settings.as_ref()?.dtmf.as_ref()?.codec.clock_hz)
    }
}

impl Engine {
    /// The first moment of this Leg's raster from now on: `started` plus its phase plus a whole number of frames.
    pub(super) fn tick_after(&self, now: Instant, index: LegIndex) -> Instant {
        let phase = self.started + FRAME / PHASES * (index % PHASES);
        raster_after(phase, FRAME, now)
    }

    /// Keeps the one there is where nothing has changed for it: what it has learnt of the talker is worth more.
    pub(super) fn plan_transcode(&mut self, index: LegIndex, plan: Option<Plan>) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let Hear::Leg { transcode, .. } = &mut party.outgoing.hear else { return };
        if transcode.as_ref().map(|transcode| transcode.plan()) != plan.as_ref() {
            *transcode = plan.map(|plan| Box::new(Transcode::new(plan)));
            party.outgoing.stream.change_source();
            self.timers.set(&mut party.deadlines, index, Reason::Play, None);
        }
    }

    /// A packet that a listener does not take as it is.
    pub(super) fn transcode(&mut self, now: Instant, listener: LegIndex, header: &Header, payload: &[u8]) {
        let tick = self.tick_after(now, listener);
        let Some(Some(party)) = self.parties.get_mut(listener as usize) else { return };
        let Hear::Leg { transcode: Some(transcode), .. } = &mut party.outgoing.hear else { return };
        transcode.receive(now, tick, header, payload);
        self.timers.set(&mut party.deadlines, listener, Reason::Play, transcode.deadline());
    }

    pub(super) fn tick_transcode(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let Hear::Leg { from, transcode: place, .. } = &mut party.outgoing.hear else { return };
        let (from, Some(mut transcode)) = (*from, place.take()) else { return };
        if let Some(percent) = party.outgoing.remote.loss_percent {
            transcode.expect_loss(percent);
        }
        let ticked = transcode.tick(now);
        let heard = ticked.heard;
        match ticked.packet {
            Some(_) | None if party.outgoing.dtmf.is_sending() => transcode.interrupt(),
            Some(frame) => {
                party.outgoing.clock_hz = frame.clock_hz;
                let own = Own { payload_type: frame.payload_type, step: frame.step, payload: frame.payload };
                let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
                send_own(party, &mut exit, now, index, &own);
            }
            None => {}
        }
        let deadline = transcode.deadline();
        if let Hear::Leg { transcode: place, .. } = &mut party.outgoing.hear {
            *place = Some(transcode);
        }
        self.timers.set(&mut party.deadlines, index, Reason::Play, deadline);
        if let Some(key) = heard {
            self.tone_heard(now, from, index, key.digit, key.duration_ms);
        }
    }

    /// A key that was found in the audio of a Leg: told once, however many listen.
    fn tone_heard(
        &mut self,
        now: Instant,
        from: LegIndex,
        listener: LegIndex,
        digit: Dtmf,
        duration_ms: u32,
    ) {
        let Some(Some(talker)) = self.parties.get(from as usize) else { return };
        if talker.incoming.listeners.get(0) == Some(listener) {
            self.tell_key(now, from, digit, duration_ms);
        }
    }

    /// Listeners whose audio is encoded here, or whose events have another clock, get the key as an event of our own.
    pub(super) fn hand_on_key(&mut self, now: Instant, talker: LegIndex, digit: Dtmf, duration_ms: u32) {
        let mut next = 0;
        while let Some(Some(party)) = self.parties.get(talker as usize)
            && let Some(listener) = party.incoming.listeners.get(next)
        {
            next += 1;
            let event_clock = party.event_clock_hz();
            let Some(Some(other)) = self.parties.get_mut(listener as usize) else { continue };
            let Some(own_clock) = other.event_clock_hz() else { continue };
            let transcoded = matches!(other.outgoing.hear, Hear::Leg { transcode: Some(_), .. });
            if transcoded || event_clock.is_some_and(|clock_hz| clock_hz != own_clock) {
                other.outgoing.dtmf.push(now, digit, duration_ms);
                let deadline = other.outgoing.dtmf.deadline();
                self.timers.set(&mut other.deadlines, listener, Reason::DtmfSend, deadline);
            }
        }
    }

    /// A key as an event of our own, for one who takes events.
    pub(super) fn push_key_event(&mut self, now: Instant, listener: LegIndex, digit: Dtmf, duration_ms: u32) {
        let Some(Some(party)) = self.parties.get_mut(listener as usize) else { return };
        if party.event_clock_hz().is_none() {
            return;
        }
        party.outgoing.dtmf.push(now, digit, duration_ms);
        let deadline = party.outgoing.dtmf.deadline();
        self.timers.set(&mut party.deadlines, listener, Reason::DtmfSend, deadline);
    }

    /// An event of the talker comes: its tone is left out of what is encoded.
    pub(super) fn mute_for_event(&mut self, now: Instant, talker: LegIndex) {
        self.mute_in_room(now, talker);
        let mut next = 0;
        while let Some(Some(party)) = self.parties.get(talker as usize)
            && let Some(listener) = party.incoming.listeners.get(next)
        {
            next += 1;
            if let Some(Some(other)) = self.parties.get_mut(listener as usize)
                && let Hear::Leg { transcode: Some(transcode), .. } = &mut other.outgoing.hear
            {
                transcode.note_event(now);
            }
        }
    }

    /// A key for a Leg that takes no events: a tone, where its audio is encoded here.
    pub(super) fn sound_key(&mut self, now: Instant, index: LegIndex, digit: Dtmf, duration_ms: u32) {
        let tick = self.tick_after(now, index);
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let Hear::Leg { transcode: Some(transcode), .. } = &mut party.outgoing.hear else { return };
        transcode.sound_key(tick, digit, duration_ms);
        self.timers.set(&mut party.deadlines, index, Reason::Play, transcode.deadline());
    }
}

/// Marks what has to be decoded; events are made anew then.
pub(super) fn mark_transcoded(map: &mut super::party::PayloadMap, plan: &Plan, event_type: Option<u8>) {
    for payload_type in plan.payload_types() {
        if let Some(place) = map.get_mut(usize::from(payload_type)) {
            *place = TRANSCODED;
        }
    }
    if let Some(place) = event_type.and_then(|event_type| map.get_mut(usize::from(event_type))) {
        *place = super::party::NOT_SENT;
    }
}
