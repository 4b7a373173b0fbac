//! What time alone brings about.

use std::net::SocketAddr;
use std::time::Instant;

use super::output::{Channel, Exit, MAX_TRANSMITS, Transmit};
use super::party::{Hear, MediaState, Outgoing, Party};
use super::timer::Reason;
use super::{Engine, LegIndex};
use crate::bridge::Step;
use crate::dtmf::Dtmf;
use crate::dtmf::receiver::Press;
use crate::dtmf::sender::Position;
use crate::event::Event;
use crate::player::{Continuity, FRAMES_PER_SECOND, Played};
use crate::rtp::{FIXED_HEADER_BYTES, Header};
use crate::srtp::RTP_OVERHEAD_BYTES;

/// Buffers that one due deadline may need.
pub(super) const ROOM_PER_STEP: usize = 4;

/// One packet of our own.
pub(super) struct Own<'a> {
    pub payload_type: u8,
    pub step: Step,
    pub payload: &'a [u8],
}

impl Engine {
    /// When to call [`Self::handle_timeout`], and why.
    pub fn poll_timeout(&mut self) -> Option<(Instant, Reason)> {
        while let Some((at, leg, reason)) = self.timers.next() {
            if self.is_current(at, leg, reason) {
                return Some((at, reason));
            }
            self.timers.pop();
        }
        None
    }

    /// Does what is due. Comes back early when the packet buffers are nearly used up: send, and call again.
    pub fn handle_timeout(&mut self, now: Instant) {
        const { assert!(MAX_TRANSMITS > ROOM_PER_STEP) };
        while let Some((at, leg, reason)) = self.timers.next()
            && at <= now
            && self.outputs.room() >= ROOM_PER_STEP
        {
            self.timers.pop();
            if self.is_current(at, leg, reason) {
                self.clear_deadline(leg, reason);
                self.fire(now, leg, reason);
            }
        }
    }

    fn is_current(&self, at: Instant, leg: LegIndex, reason: Reason) -> bool {
        if reason == Reason::Room {
            return self.rooms.is_due(at, leg);
        }
        let party = self.parties.get(leg as usize).and_then(Option::as_ref);
        party.is_some_and(|party| party.deadlines[reason as usize] == Some(at))
    }

    fn clear_deadline(&mut self, leg: LegIndex, reason: Reason) {
        if reason == Reason::Room {
            return self.rooms.clear_deadline(leg);
        }
        if let Some(Some(party)) = self.parties.get_mut(leg as usize) {
            party.deadlines[reason as usize] = None;
        }
    }

    fn fire(&mut self, now: Instant, leg: LegIndex, reason: Reason) {
        match reason {
            Reason::Play => {
                self.play(now, leg);
                self.tick_transcode(now, leg);
            }
            Reason::DtmfSend => self.play_dtmf(now, leg),
            Reason::DtmfReceive => self.end_lost_dtmf(now, leg),
            Reason::Report => self.send_report(now, leg),
            Reason::Media => self.check_media(now, leg),
            Reason::Notice => self.tell_notices(leg),
            Reason::Browser => self.browser_timeout(now, leg),
            Reason::Comfort => self.play_comfort(now, leg),
            Reason::Quiet => self.check_quiet(now, leg),
            Reason::Room => self.tick_room(now, leg),
        }
    }

    fn play(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let id = party.id;
        let hear = std::mem::replace(&mut party.outgoing.hear, Hear::Silence);
        let Hear::Play(mut player) = hear else { return party.outgoing.hear = hear };
        let suppressed = party.outgoing.dtmf.is_sending();
        match player.step(now) {
            Played::Finished => return self.outputs.event(Event::PlayFinished { leg: id }),
            Played::Mute => {}
            Played::Frame { .. } if suppressed => player.interrupt(),
            Played::Frame { payload, payload_type, clock_hz, continuity } => {
                let step = step_of(continuity, clock_hz);
                party.outgoing.clock_hz = clock_hz;
                let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
                let sent = send_own(party, &mut exit, now, index, &Own { payload_type, step, payload });
                if let Some(header) = sent {
                    self.recordings.tap_own(party, now, &header, payload);
                }
            }
        }
        let deadline = Some(player.deadline());
        party.outgoing.hear = Hear::Play(player);
        self.timers.set(&mut party.deadlines, index, Reason::Play, deadline);
    }

    fn play_dtmf(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let may_send = party.may_send();
        let clock_hz = party.settings.as_ref().map_or(8_000, |settings| settings.event_clock_hz());
        let event = party.settings.as_ref().and_then(|settings| settings.dtmf.as_ref());
        let payload_type = event.map(|event| event.send_pt);
        if let Some(packet) = party.outgoing.dtmf.handle_timeout(now, clock_hz)
            && let Some(payload_type) = payload_type.filter(|_| may_send)
        {
            let step = match packet.position {
                Position::First => Step::Begin { clock_hz: party.outgoing.clock_hz },
                Position::Later => Step::Same,
            };
            let own = Own { payload_type, step, payload: &packet.payload };
            let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
            send_own(party, &mut exit, now, index, &own);
        }
        if let Hear::Play(player) = &mut party.outgoing.hear {
            player.interrupt();
        }
        let deadline = party.outgoing.dtmf.deadline();
        self.timers.set(&mut party.deadlines, index, Reason::DtmfSend, deadline);
    }

    fn end_lost_dtmf(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let press = party.incoming.dtmf.handle_timeout(now);
        let deadline = party.incoming.dtmf.deadline();
        self.timers.set(&mut party.deadlines, index, Reason::DtmfReceive, deadline);
        if let Some(press) = press {
            self.report_press(now, index, press);
        }
    }

    pub(super) fn report_press(&mut self, now: Instant, index: LegIndex, press: Press) {
        let Some(Some(party)) = self.parties.get(index as usize) else { return };
        let clock_hz = party.settings.as_ref().map_or(8_000, |settings| settings.event_clock_hz());
        let duration_ms = u32::from(press.duration_ticks) * 1_000 / clock_hz.max(1);
        self.tell_key(now, index, press.digit, duration_ms);
    }

    pub(super) fn tell_key(&mut self, now: Instant, index: LegIndex, digit: Dtmf, duration_ms: u32) {
        let Some(Some(party)) = self.parties.get(index as usize) else { return };
        let leg = party.id;
        self.outputs.event(Event::Dtmf { leg, digit, duration_ms });
        self.hand_on_key(now, index, digit, duration_ms);
    }

    fn check_media(&mut self, now: Instant, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let Some(timeout) = party.media_timeout() else { return };
        let deadline = party.incoming.last_received.map(|last| last + timeout);
        if let Some(later) = deadline.filter(|&deadline| deadline > now) {
            return self.timers.set(&mut party.deadlines, index, Reason::Media, Some(later));
        }
        let leg = party.id;
        if std::mem::replace(&mut party.incoming.media, MediaState::TimedOut) != MediaState::TimedOut {
            self.outputs.event(Event::MediaTimeout { leg });
        }
        // Looks again, so that a second interruption is told too.
        self.timers.set(&mut party.deadlines, index, Reason::Media, Some(now + timeout));
    }

    fn tell_notices(&mut self, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let (leg, notices) = (party.id, std::mem::take(&mut party.incoming.notices));
        if let (Some(from), packets @ 1..) = (notices.wrong_from, notices.wrong_source) {
            self.outputs.event(Event::WrongSource { leg, from, packets });
        }
        if notices.authentication_failed > 0 {
            let packets = notices.authentication_failed;
            self.outputs.event(Event::AuthenticationFailed { leg, packets });
        }
        self.recordings.report_overruns(&mut self.outputs);
    }
}

/// How the timestamp of a played frame follows from the one before.
pub(super) fn step_of(continuity: Continuity, clock_hz: u32) -> Step {
    match continuity {
        Continuity::Begins => Step::Begin { clock_hz },
        Continuity::Follows => Step::Follow { ticks: clock_hz / FRAMES_PER_SECOND },
    }
}

/// Sends it; its header, for who records it. None where there is no way to the peer.
pub(super) fn send_own(
    party: &mut Party,
    exit: &mut Exit<'_>,
    now: Instant,
    leg: LegIndex,
    own: &Own<'_>,
) -> Option<Header> {
    if !party.is_reachable() {
        return None;
    }
    let header = party.outgoing.stream.own(now, own.payload_type, own.step);
    match party.outgoing.to {
        Some(to) => send_packet(&mut party.outgoing, exit, (leg, to), &header, own.payload),
        None => party.send_to_browser(now, leg, exit, &header, own.payload),
    }
    Some(header)
}

/// A packet with this header to the address of a peer.
pub(super) fn send_packet(
    outgoing: &mut Outgoing,
    exit: &mut Exit<'_>,
    (leg, to): (LegIndex, SocketAddr),
    header: &Header,
    payload: &[u8],
) {
    let length = FIXED_HEADER_BYTES + payload.len();
    let Some(buffer) = exit.outputs.buffer() else { return };
    let Some(room) = buffer.get_mut(..length + RTP_OVERHEAD_BYTES) else { return };
    let (head, rest) = room.split_at_mut(FIXED_HEADER_BYTES);
    head.copy_from_slice(&header.to_bytes());
    rest.iter_mut().zip(payload).for_each(|(to, from)| *to = *from);
    outgoing.octets += payload.len() as u64;
    if let Some(length) = outgoing.seal(room, length) {
        exit.outputs.commit(Transmit { leg, channel: Channel::Rtp, to, length });
    }
}
