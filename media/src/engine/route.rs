//! Who hears whom: decided here, only followed by packets.

use std::time::Instant;

use super::party::{Hear, MAX_LISTENERS, NOT_SENT, Party, PayloadMap, PerPayloadType};
use super::timer::Reason;
use super::transcode::mark_transcoded;
use super::{Engine, LegIndex};
use crate::bridge::transcode::Plan;
use crate::command::{LegId, Source};
use crate::dtmf::Dtmf;
use crate::event::{Event, NotForwardable};
use crate::leg::LegSettings;
use crate::player::Player;

impl Engine {
    /// What a Leg is sent from now on.
    pub fn hear(&mut self, now: Instant, leg: LegId, source: Source) {
        let Some(index) = self.index_of(leg) else { return };
        if let Source::Room { room, part } = source
            && self.change_part(now, index, room, part)
        {
            return;
        }
        self.stop_hearing(index);
        match source {
            Source::Silence => {}
            Source::Room { room, part } => self.hear_room(now, index, (room, part), None),
            Source::Leg(from) => self.hear_leg(now, index, from),
            Source::Play { prompt, repeat } => self.hear_player(index, Player::new(now, prompt, repeat)),
            Source::Tone(tone) => {
                let player = Player::new(now, tone.prompt(), crate::command::Repeat::Forever);
                self.hear_player(index, player);
            }
        }
        self.rebuild_picture(now, index);
        self.comfort_if_away(now, index);
    }

    /// A key for a Leg, sent as RFC 4733 events; as a tone where none were agreed and its audio is encoded here.
    pub fn send_dtmf(&mut self, now: Instant, leg: LegId, digit: Dtmf, duration_ms: u32) {
        let Some(index) = self.index_of(leg) else { return };
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        if party.settings.as_ref().is_none_or(|settings| settings.dtmf.is_none()) {
            return self.sound_key(now, index, digit, duration_ms);
        }
        party.outgoing.dtmf.push(now, digit, duration_ms);
        let deadline = party.outgoing.dtmf.deadline();
        self.timers.set(&mut party.deadlines, index, Reason::DtmfSend, deadline);
    }

    /// Silence, and off the list of the Leg that was heard.
    pub(super) fn stop_hearing(&mut self, index: LegIndex) {
        self.stop_comfort(index);
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        party.outgoing.stream.change_source();
        self.timers.set(&mut party.deadlines, index, Reason::Play, None);
        match std::mem::replace(&mut party.outgoing.hear, Hear::Silence) {
            Hear::Leg { from, .. } => {
                if let Some(Some(source)) = self.parties.get_mut(from as usize) {
                    source.incoming.listeners.remove(index);
                }
            }
            Hear::Room(place) => {
                party.incoming.room = None;
                self.leave_room(place);
            }
            Hear::Play(_) | Hear::Silence => {}
        }
    }

    /// After a change of a Leg: its own route, and the routes of all who hear it.
    pub(super) fn rebuild_routes(&mut self, index: LegIndex) {
        self.rebuild_route(index);
        let mut next = 0;
        while let Some(Some(party)) = self.parties.get(index as usize)
            && let Some(listener) = party.incoming.listeners.get(next)
        {
            next += 1;
            if listener != index {
                self.rebuild_route(listener);
            }
        }
    }

    pub(super) fn hear_leg(&mut self, now: Instant, index: LegIndex, from_id: LegId) {
        let source = self.index_of(from_id).filter(|&from| {
            self.parties.get(from as usize).and_then(Option::as_ref).is_some_and(Party::has_room_for_listener)
        });
        let Some(from) = source else { return self.not_forwardable(index, NotForwardable::SourceMissing) };
        if let Some(Some(party)) = self.parties.get_mut(from as usize) {
            party.incoming.listeners.push(index);
            party.incoming.audibility.begin(now);
        }
        if let Some(Some(party)) = self.parties.get_mut(index as usize) {
            party.outgoing.hear =
                Hear::Leg { from, map: PerPayloadType::new(Box::new([NOT_SENT; 128])), transcode: None };
        }
        self.rebuild_route(index);
    }

    fn hear_player(&mut self, index: LegIndex, player: Player) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let deadline = Some(player.deadline());
        party.outgoing.hear = Hear::Play(player);
        self.timers.set(&mut party.deadlines, index, Reason::Play, deadline);
        self.rebuild_route(index);
    }

    pub(super) fn rebuild_route(&mut self, index: LegIndex) {
        let Some(Some(party)) = self.parties.get(index as usize) else { return };
        let Some(settings) = &party.settings else { return };
        match &party.outgoing.hear {
            Hear::Silence => {}
            Hear::Room(place) => self.plan_member(index, *place, None),
            Hear::Play(_) => self.rebuild_player(index),
            Hear::Leg { from, .. } => {
                let from = *from;
                let Some(Some(source)) = self.parties.get(from as usize) else { return };
                let Some(heard) = &source.settings else { return };
                let mut map = payload_map(heard, settings);
                let plan = if from == index { None } else { Plan::new(heard, settings) };
                if let Some(plan) = &plan {
                    mark_transcoded(&mut map, plan, heard.dtmf.as_ref().map(|event| event.receive_pt));
                }
                let nothing_common = !heard.codecs.iter().any(|codec| is_sent(&map, codec.receive_pt));
                let map = if party.may_send() { map } else { [NOT_SENT; 128] };
                if nothing_common {
                    self.not_forwardable(index, NotForwardable::NoCommonFormat);
                }
                self.plan_transcode(index, plan);
                if let Some(Some(party)) = self.parties.get_mut(index as usize)
                    && let Hear::Leg { map: place, .. } = &mut party.outgoing.hear
                {
                    *place = PerPayloadType::new(Box::new(map));
                }
            }
        }
    }

    fn rebuild_player(&mut self, index: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let (may_send, Some(settings)) = (party.may_send(), &party.settings) else { return };
        let known = |agreed: &crate::sdp::AgreedCodec| Some((agreed.codec.known()?, agreed.send_pt));
        let encoding = settings.codecs.iter().find_map(known);
        if let Hear::Play(player) = &mut party.outgoing.hear {
            player.encoding = encoding.filter(|_| may_send);
            player.interrupt();
        }
        if encoding.is_none() {
            self.not_forwardable(index, NotForwardable::NoEncoder);
        }
    }

    pub(super) fn not_forwardable(&mut self, index: LegIndex, reason: NotForwardable) {
        let Some(Some(party)) = self.parties.get(index as usize) else { return };
        let leg = party.id;
        self.outputs.event(Event::NotForwardable { leg, reason });
    }
}

impl Party {
    fn has_room_for_listener(&self) -> bool {
        self.incoming.listeners.len() < MAX_LISTENERS
    }
}

fn is_sent(map: &PayloadMap, payload_type: u8) -> bool {
    map.get(usize::from(payload_type)).is_some_and(|&to| to != NOT_SENT)
}

/// Payload types of the one who is heard, to those that the hearing one expects for the same format.
fn payload_map(heard: &LegSettings, hearing: &LegSettings) -> PayloadMap {
    let mut map = [NOT_SENT; 128];
    for codec in &heard.codecs {
        let same = hearing.codecs.iter().find(|other| other.codec.same_format(&codec.codec));
        if let (Some(other), Some(place)) = (same, map.get_mut(usize::from(codec.receive_pt))) {
            *place = other.send_pt & 0x7F;
        }
    }
    // On another clock the durations would be wrong: such events are made anew.
    if let (Some(from), Some(to)) = (&heard.dtmf, &hearing.dtmf)
        && from.codec.clock_hz == to.codec.clock_hz
        && let Some(place) = map.get_mut(usize::from(from.receive_pt))
    {
        *place = to.send_pt & 0x7F;
    }
    map
}
