//! Rooms: Legs that hear a mix of others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::keep_up::KeepUp;
use super::output::Exit;
use super::party::{Format, Hear};
use super::receive::Accepted;
use super::room_voice::{Heard, Voice};
use super::timeout::{Own, ROOM_PER_STEP, send_own};
use super::timer::{Deadlines, REASONS, Reason};
use super::{Engine, LegIndex};
use crate::bridge::playout::Playout;
use crate::bridge::transcode::{Frame, Transcode};
use crate::command::{LegId, Part, RoomId, Speaks};
use crate::event::{Event, NotForwardable};
use crate::mixer::{MemberIndex, MemberPlan, Mixer};
use crate::player::{FRAME, Prompt};
use crate::rtp::Header;

/// After a pause of the machine longer than this, what was missed is not sent in a burst.
const MAX_CATCH_UP: Duration = Duration::from_millis(200);
/// Packets that a talker may have under way when a room gives way to a bridge: what its jitter buffer holds at most.
const MAX_LAST_WORDS: usize = 24;

/// Prompts that are played into one room at once.
const MAX_VOICES: usize = 4;
/// A room's place among those of its engine.
type RoomIndex = u32;

/// Where a Leg is a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    room: RoomIndex,
    member: MemberIndex,
}

/// All rooms of an engine.
#[derive(Default)]
pub(super) struct Rooms {
    rooms: Vec<Option<Box<Room>>>,
    free: Vec<RoomIndex>,
    by_id: HashMap<RoomId, RoomIndex>,
}

struct Room {
    id: RoomId,
    mixer: Mixer,
    /// The Leg of each member.
    legs: Vec<Option<LegIndex>>,
    deadlines: Deadlines,
    /// Whose turn it is in a tick that is being sent: packet buffers may run out before all are served.
    turn: Option<MemberIndex>,
    pace: Pace,
    /// When the next tick is due: a moment of the engine's raster.
    due: Instant,
    /// When the last one was.
    ticked: Instant,
    /// Prompts that are played into it: members without a Leg.
    voices: Vec<Voice>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Every 20 ms.
    Ticking,
    /// Nobody speaks: it has no deadline.
    Resting,
}

impl Rooms {
    pub fn is_due(&self, at: Instant, room: RoomIndex) -> bool {
        let room = self.rooms.get(room as usize).and_then(Option::as_ref);
        room.is_some_and(|room| room.deadlines[Reason::Room as usize] == Some(at))
    }

    pub fn clear_deadline(&mut self, room: RoomIndex) {
        if let Some(room) = self.get_mut(room) {
            room.deadlines[Reason::Room as usize] = None;
        }
    }

    fn get_mut(&mut self, room: RoomIndex) -> Option<&mut Room> {
        self.rooms.get_mut(room as usize)?.as_deref_mut()
    }

    /// The room of that name, which begins if there is none.
    fn open(&mut self, now: Instant, id: RoomId) -> RoomIndex {
        if let Some(&room) = self.by_id.get(&id) {
            return room;
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.rooms.push(None);
            (self.rooms.len() - 1) as RoomIndex
        });
        if let Some(place) = self.rooms.get_mut(index as usize) {
            *place = Some(Box::new(Room {
                id,
                mixer: Mixer::default(),
                legs: Vec::new(),
                deadlines: [None; REASONS],
                turn: None,
                pace: Pace::Resting,
                due: now,
                ticked: now,
                voices: Vec::new(),
            }));
        }
        self.by_id.insert(id, index);
        index
    }
}

impl Engine {
    /// Two Legs that hear each other go on in a room.
    pub fn mix_pair(&mut self, now: Instant, room: RoomId, members: [(LegId, Part); 2]) {
        let known = members.map(|(leg, part)| self.index_of(leg).map(|index| (index, part)));
        let [Some(left), Some(right)] = known else { return };
        // What either was to be told of the other is what the other now says to the room.
        let words = [(left.0, right.0), (right.0, left.0)].map(|(talker, ear)| self.under_way(talker, ear));
        for ((index, part), words) in [left, right].into_iter().zip(words) {
            self.stop_hearing(index);
            self.hear_room(now, index, (room, part), words);
            self.rebuild_picture(now, index);
        }
    }

    /// Two members of a room hear each other without it.
    pub fn unmix(&mut self, now: Instant, legs: [LegId; 2]) {
        let [Some(left), Some(right)] = legs.map(|leg| self.index_of(leg)) else { return };
        for (talker, ear) in [(left, right), (right, left)] {
            self.send_last_words(now, talker, ear);
        }
        for (ear, talker) in [(left, legs[1]), (right, legs[0])] {
            self.stop_hearing(ear);
            self.hear_leg(now, ear, talker);
            self.rebuild_picture(now, ear);
            self.comfort_if_away(now, ear);
        }
    }

    /// True where the Leg is a member of that room: its part is another now.
    pub(super) fn change_part(&mut self, now: Instant, index: LegIndex, id: RoomId, part: Part) -> bool {
        let Some(place) = self.place_of(index) else { return false };
        let Some(room) = self.rooms.get_mut(place.room).filter(|room| room.id == id) else { return false };
        room.mixer.change(place.member, part);
        self.stop_comfort(index);
        self.wake_room(now, place.room);
        true
    }

    /// `words` are packets of this Leg that are under way to one who comes into the room with it.
    pub(super) fn hear_room(
        &mut self,
        now: Instant,
        index: LegIndex,
        (id, part): (RoomId, Part),
        words: Option<Playout>,
    ) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let room = self.rooms.open(now, id);
        let joined = self.rooms.get_mut(room).and_then(|room| {
            let member = room.mixer.join(party.id, part)?;
            let place = member as usize;
            room.legs.resize(room.legs.len().max(place + 1), None);
            room.legs[place] = Some(index);
            Some(member)
        });
        let Some(member) = joined else { return self.not_forwardable(index, NotForwardable::RoomFull) };
        let place = Place { room, member };
        party.incoming.room = Some(place);
        party.incoming.audibility.begin(now);
        party.outgoing.hear = Hear::Room(place);
        self.plan_member(index, place, words);
        self.wake_room(now, room);
    }

    /// What a member agreed on.
    pub(super) fn plan_member(&mut self, index: LegIndex, place: Place, words: Option<Playout>) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let Some(settings) = &party.settings else { return };
        let plan = MemberPlan::new(settings);
        party.outgoing.keep_up = plan.as_ref().map(KeepUp::new);
        let able = plan.is_some();
        if let Some(room) = self.rooms.get_mut(place.room) {
            room.mixer.plan(place.member, plan, words);
        }
        if !able {
            self.not_forwardable(index, NotForwardable::NoEncoder);
        }
    }

    /// The member goes; the room with its last one.
    pub(super) fn leave_room(&mut self, place: Place) {
        let Some(room) = self.rooms.get_mut(place.room) else { return };
        room.mixer.leave(place.member);
        if let Some(leg) = room.legs.get_mut(place.member as usize) {
            *leg = None;
        }
        // A prompt alone has nobody to hear it.
        if room.mixer.members() == room.voices.len() {
            let id = room.id;
            self.rooms.by_id.remove(&id);
            if let Some(slot) = self.rooms.rooms.get_mut(place.room as usize) {
                *slot = None;
            }
            self.rooms.free.push(place.room);
        }
    }

    /// A packet of a Leg, for the room that it is in.
    pub(super) fn speak(&mut self, now: Instant, index: LegIndex, accepted: &Accepted, packet: &[u8]) {
        let Some(Some(party)) = self.parties.get(index as usize) else { return };
        let (Some(place), Format::Audio { .. }) = (party.incoming.room, accepted.format) else { return };
        let Some(room) = self.rooms.get_mut(place.room) else { return };
        let (header, pace) = (&accepted.header, room.pace);
        let payload = header.payload(packet);
        if room.mixer.receive(now, place.member, header, payload) && pace == Pace::Resting {
            self.wake_room(now, place.room);
        }
    }

    /// An event of a Leg comes: the room does not hear its tone.
    pub(super) fn mute_in_room(&mut self, now: Instant, index: LegIndex) {
        let Some(place) = self.place_of(index) else { return };
        if let Some(room) = self.rooms.get_mut(place.room) {
            room.mixer.note_event(now, place.member);
        }
    }

    /// Makes the 20 ms that are due and sends them; what finds no buffer is sent when it is called again.
    pub(super) fn tick_room(&mut self, now: Instant, index: RoomIndex) {
        // Taken out for the time of the tick: sending borrows the engine.
        let Some(mut room) = self.rooms.rooms.get_mut(index as usize).and_then(Option::take) else { return };
        let turn = room.turn.take().unwrap_or_else(|| self.begin_tick(now, &mut room));
        room.turn = self.serve(now, &mut room, turn);
        if room.turn.is_none() {
            room.due = match now.saturating_duration_since(room.due) > MAX_CATCH_UP {
                true => self.tick_after(now, index),
                false => room.due + FRAME,
            };
        }
        let over = room.turn.is_none() && room.pace == Pace::Resting;
        self.timers.set(&mut room.deadlines, index, Reason::Room, (!over).then_some(room.due));
        if let Some(slot) = self.rooms.rooms.get_mut(index as usize) {
            *slot = Some(room);
        }
    }

    fn begin_tick(&mut self, now: Instant, room: &mut Room) -> MemberIndex {
        let frames = room.due.saturating_duration_since(room.ticked).as_millis() / FRAME.as_millis();
        // No room rests longer than u32 counts frames: two years.
        let missed = u32::try_from(frames.saturating_sub(1)).unwrap_or(u32::MAX);
        if missed > 0 {
            room.mixer.rest();
        }
        room.ticked = room.due;
        self.play_voices(now, room, missed);
        room.mixer.mix(now);
        let rests = room.mixer.is_calm() && room.voices.is_empty();
        room.pace = if rests { Pace::Resting } else { Pace::Ticking };
        while let Some((leg, talk)) = room.mixer.poll_talk() {
            self.outputs.event(Event::Talk { leg, talk });
        }
        0
    }

    /// Sends members what is theirs, from the one whose turn it is. None when all were served.
    fn serve(&mut self, now: Instant, room: &mut Room, turn: MemberIndex) -> Option<MemberIndex> {
        for member in turn..room.mixer.places() {
            if self.outputs.room() < ROOM_PER_STEP {
                return Some(member);
            }
            let leg = room.legs.get(member as usize).copied().flatten();
            if let Some(leg) = leg {
                self.serve_member(now, room, member, leg);
            }
        }
        None
    }

    fn serve_member(&mut self, now: Instant, room: &mut Room, member: MemberIndex, leg: LegIndex) {
        let Some(Some(party)) = self.parties.get_mut(leg as usize) else { return };
        if let Some(percent) = party.outgoing.remote.loss_percent {
            room.mixer.expect_loss(member, percent);
        }
        let Some(frame) = room.mixer.frame_for(member) else { return };
        if !party.may_send() || !party.is_reachable() || party.outgoing.dtmf.is_sending() {
            return room.mixer.skip(member);
        }
        let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
        if let Some(header) = send_frame(party, &mut exit, now, leg, &frame) {
            self.recordings.tap_own(party, now, &header, frame.payload);
        }
    }

    /// There is something to be mixed: the next tick of the raster is the room's.
    fn wake_room(&mut self, now: Instant, index: RoomIndex) {
        let tick = self.tick_after(now, index);
        let Some(room) = self.rooms.get_mut(index) else { return };
        if room.pace == Pace::Resting && room.turn.is_none() {
            room.mixer.wake();
            (room.pace, room.due) = (Pace::Ticking, tick);
            self.timers.set(&mut room.deadlines, index, Reason::Room, Some(tick));
            // Who only hears is sent something again, too. Taken out meanwhile: reports borrow the engine.
            let legs = std::mem::take(&mut room.legs);
            legs.iter().flatten().for_each(|&leg| self.report_sooner(now, leg));
            if let Some(room) = self.rooms.get_mut(index) {
                room.legs = legs;
            }
        }
    }

    /// Plays a prompt into a room.
    pub fn play_in_room(
        &mut self,
        now: Instant,
        id: RoomId,
        (voice, to): (LegId, Speaks),
        prompt: Arc<Prompt>,
    ) {
        let index = self.rooms.by_id.get(&id).copied();
        let joined = index.and_then(|index| self.rooms.get_mut(index)).and_then(|room| {
            if room.voices.len() >= MAX_VOICES {
                return None;
            }
            let voice = Voice::join(&mut room.mixer, now, (voice, to), prompt)?;
            room.voices.push(voice);
            Some(())
        });
        match index.filter(|_| joined.is_some()) {
            Some(index) => self.wake_room(now, index),
            None => self.outputs.event(Event::PlayFinished { leg: voice }),
        }
    }

    /// Ends a prompt that is played into a room.
    pub fn hush_in_room(&mut self, id: RoomId, voice: LegId) {
        let Some(&index) = self.rooms.by_id.get(&id) else { return };
        let Some(room) = self.rooms.get_mut(index) else { return };
        if let Some(place) = room.voices.iter().position(|known| known.leg() == voice) {
            room.voices.swap_remove(place).leave(&mut room.mixer);
        }
    }

    /// The next 20 ms of each prompt, as its member says them, after so many that the room has missed.
    fn play_voices(&mut self, now: Instant, room: &mut Room, missed: u32) {
        let mut place = 0;
        while let Some(voice) = room.voices.get_mut(place) {
            match voice.speak(now, &mut room.mixer, missed) {
                Heard::GoesOn => place += 1,
                Heard::ToTheEnd => {
                    let voice = room.voices.swap_remove(place);
                    self.outputs.event(Event::PlayFinished { leg: voice.leg() });
                    voice.leave(&mut room.mixer);
                }
            }
        }
    }

    fn place_of(&self, index: LegIndex) -> Option<Place> {
        self.parties.get(index as usize)?.as_ref()?.incoming.room
    }

    /// What `talker` said and `ear` has not been sent yet, where it is decoded on the way.
    fn under_way(&mut self, talker: LegIndex, ear: LegIndex) -> Option<Playout> {
        let party = self.parties.get_mut(ear as usize)?.as_mut()?;
        match &mut party.outgoing.hear {
            Hear::Leg { from, transcode, .. } if *from == talker => {
                transcode.take().map(|transcode| Transcode::into_playout(*transcode))
            }
            Hear::Leg { .. } | Hear::Play(_) | Hear::Room(_) | Hear::Silence => None,
        }
    }

    fn send_last_words(&mut self, now: Instant, talker: LegIndex, ear: LegIndex) {
        let (Some(from), Some(to)) = (self.place_of(talker), self.place_of(ear)) else { return };
        let Some(Some(party)) = self.parties.get_mut(ear as usize) else { return };
        let Some(room) = self.rooms.get_mut(from.room).filter(|_| from.room == to.room) else { return };
        for _ in 0..MAX_LAST_WORDS {
            let Some(frame) = room.mixer.last_word(now, from.member, to.member) else { return };
            if !party.may_send() || self.outputs.room() < ROOM_PER_STEP {
                return;
            }
            let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
            if let Some(header) = send_frame(party, &mut exit, now, ear, &frame) {
                self.recordings.tap_own(party, now, &header, frame.payload);
            }
        }
    }
}

fn send_frame(
    party: &mut super::Party,
    exit: &mut Exit<'_>,
    now: Instant,
    leg: LegIndex,
    frame: &Frame<'_>,
) -> Option<Header> {
    party.outgoing.clock_hz = frame.clock_hz;
    let own = Own { payload_type: frame.payload_type, step: frame.step, payload: frame.payload };
    send_own(party, exit, now, leg, &own)
}
