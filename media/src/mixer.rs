//! A room: everybody hears everybody but himself, a packet every 20 ms.
//!
//! Each voice is decoded once and added to a sum; who speaks gets the sum without himself, encoded for him alone, and all others
//! that take the same codec share one frame. So a tick costs a constant for each member, however many there are. Who is silent is
//! not decoded, and in a room where nobody speaks there is no tick. Knows no packets of others' making but payloads.

mod bus;
mod member;
mod plan;
mod talker;

use std::time::Instant;

use crate::bridge::playout::Playout;
use crate::bridge::transcode::Frame;
use crate::codec::comfort_noise::ComfortNoise;
use crate::codec::opus::Dtx;
use crate::codec::{Encoder, KnownCodec};
use crate::command::{LegId, Part, Speaks};
use crate::rtp::Header;

pub use member::{TAIL_FRAMES, Talk};
pub use plan::{Band, MemberPlan};

use bus::Bus;
use member::{Due, Member, Voice};
use talker::Said;

/// Members of one room. One tick of so many, all talking, takes a fourth of a tick's time.
pub const MAX_MEMBERS: usize = 500;

/// A member's place in its room; used again after it has left.
pub type MemberIndex = u32;

/// See the module.
pub struct Mixer {
    members: Vec<Option<Member>>,
    free: Vec<MemberIndex>,
    count: usize,
    buses: [Bus; 2],
    shared: Vec<Shared>,
    /// Voices in the sum of this tick, and those for one pair of ears.
    speaking: usize,
    whispers: Vec<(MemberIndex, LegId)>,
    /// Ticks since a member was decoded.
    calm: u32,
    /// What is new of talkers since it was last taken.
    talks: Vec<(LegId, Talk)>,
    samples: Vec<i16>,
    payload: Vec<u8>,
}

/// One frame for all who hear the whole sum in one codec.
struct Shared {
    codec: KnownCodec,
    encoder: Encoder,
    payload: Vec<u8>,
    made: Made,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    NotYet,
    Yes,
}

/// Payloads are no longer than this.
const PAYLOAD_BYTES: usize = 512;

impl Default for Mixer {
    fn default() -> Self {
        Self {
            members: Vec::new(),
            free: Vec::new(),
            count: 0,
            buses: Band::ALL.map(Bus::new),
            shared: Vec::new(),
            speaking: 0,
            whispers: Vec::new(),
            calm: TAIL_FRAMES + 1,
            talks: Vec::new(),
            samples: Vec::with_capacity(2 * Band::Wide.frame()),
            payload: Vec::with_capacity(PAYLOAD_BYTES),
        }
    }
}

impl Mixer {
    /// A new member, which has agreed on nothing yet; none where there are [`MAX_MEMBERS`].
    pub fn join(&mut self, leg: LegId, part: Part) -> Option<MemberIndex> {
        if self.count >= MAX_MEMBERS {
            return None;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.members.push(None);
            (self.members.len() - 1) as MemberIndex
        });
        *self.members.get_mut(place as usize)? = Some(Member::new(leg, part));
        self.count += 1;
        // What comes with a tick has its room now.
        self.talks.reserve(self.count);
        self.whispers.reserve(self.count);
        Some(place)
    }

    pub fn leave(&mut self, member: MemberIndex) {
        let Some(place) = self.members.get_mut(member as usize) else { return };
        if place.take().is_some() {
            self.free.push(member);
            self.count -= 1;
        }
    }

    /// What a member agreed on; none: nothing of it can be decoded, and nothing encoded for it.
    pub fn plan(&mut self, member: MemberIndex, plan: Option<MemberPlan>, inherited: Option<Playout>) {
        if inherited.is_some() {
            self.calm = 0;
        }
        if let Some(plan) = &plan {
            self.share(plan);
        }
        if let Some(member) = self.member_mut(member) {
            member.plan(plan, inherited);
        }
    }

    /// Another part in the same room. Who may not speak any more is cut off.
    pub fn change(&mut self, member: MemberIndex, part: Part) {
        let Some(member) = self.member_mut(member) else { return };
        (member.part, member.gain) = (part, bus::factor(part.gain_db));
        if let (Speaks::Nobody, Some(able)) = (part.speaks, &mut member.able) {
            able.talker.sleep();
        }
    }

    /// Whether anybody takes more than 8 kHz.
    pub fn is_wide(&self) -> bool {
        self.shared.iter().any(|shared| band_of(shared.codec) == Band::Wide)
    }

    /// Members held now.
    pub fn members(&self) -> usize {
        self.count
    }

    /// Places that were ever taken: members are below.
    pub fn places(&self) -> MemberIndex {
        self.members.len() as MemberIndex
    }

    /// Takes a packet of a member. True: there is something to be mixed.
    pub fn receive(&mut self, now: Instant, member: MemberIndex, header: &Header, payload: &[u8]) -> bool {
        let Some(member) = self.member_mut(member).filter(|member| member.part.speaks != Speaks::Nobody)
        else {
            return false;
        };
        let Some(able) = &mut member.able else { return false };
        let Some(sound) = able.plan.sound(header.payload_type) else { return false };
        able.talker.receive(now, header, payload, sound);
        able.talker.is_awake()
    }

    /// A packet of an event of a member came: its tone is not to be heard as well.
    pub fn note_event(&mut self, now: Instant, member: MemberIndex) {
        if let Some(able) = self.member_mut(member).and_then(|member| member.able.as_mut()) {
            able.talker.note_event(now);
        }
    }

    /// The part of our packets that a member reports as lost.
    pub fn expect_loss(&mut self, member: MemberIndex, percent: f32) {
        if let Some(able) = self.member_mut(member).and_then(|member| member.able.as_mut())
            && let Encoder::Opus(encoder) = &mut able.encoder
        {
            encoder.expect_loss(percent as u8);
        }
    }

    /// Makes the sums of the 20 ms that are due at `now`; after that [`Self::frame_for`] each member.
    pub fn mix(&mut self, now: Instant) {
        self.buses.iter_mut().for_each(Bus::clear);
        self.shared.iter_mut().for_each(|shared| shared.made = Made::NotYet);
        self.whispers.clear();
        (self.speaking, self.calm) = (0, self.calm.saturating_add(1));
        let wanted = Band::ALL.map(|band| self.shared.iter().any(|shared| band_of(shared.codec) == band));
        for (place, member) in (0..).zip(&mut self.members) {
            let Some(member) = member else { continue };
            member.voice = Voice::None;
            let Some(able) = &mut member.able else { continue };
            let said = able.talker.listen(now, member.gain, wanted);
            if able.talker.is_awake() {
                self.calm = 0;
            }
            if said == Said::Something {
                match member.part.speaks {
                    Speaks::Everyone => {
                        member.voice = Voice::Room;
                        self.speaking += 1;
                        for (bus, band) in self.buses.iter_mut().zip(Band::ALL) {
                            if wanted[band as usize] {
                                bus.add(able.talker.own(band));
                            }
                        }
                    }
                    Speaks::Only(ears) => {
                        member.voice = Voice::Whisper(ears);
                        self.whispers.push((place, ears));
                    }
                    Speaks::Nobody => {}
                }
            }
            let leg = member.leg;
            self.talks.extend(member.talk(said).map(|talk| (leg, talk)));
        }
    }

    /// Nobody has said anything for so long that no more ticks are needed.
    pub fn is_calm(&self) -> bool {
        self.calm > TAIL_FRAMES + 1
    }

    /// Somebody begins to speak, or has come in.
    pub fn wake(&mut self) {
        self.calm = 0;
    }

    /// Ticks were left out.
    pub fn rest(&mut self) {
        self.members.iter_mut().flatten().for_each(Member::rest);
    }

    /// What is new of talkers.
    pub fn poll_talk(&mut self) -> Option<(LegId, Talk)> {
        self.talks.pop()
    }

    /// The packet of this tick for a member; none where it hears nobody. To be asked once a tick.
    pub fn frame_for(&mut self, place: MemberIndex) -> Option<Frame<'_>> {
        let member = self.members.get_mut(place as usize)?.as_mut()?;
        let hears = member.hears();
        let leg = member.leg;
        let whispers = self.whispers.iter().any(|(_, ears)| *ears == leg);
        let others = self.speaking - usize::from(member.voice == Voice::Room);
        let due = member.due(hears && (others > 0 || whispers));
        let able = member.able.as_mut()?;
        if due == Due::Nothing {
            able.follows = false;
            return None;
        }
        if due == Due::Comfort {
            return self.comfort(place);
        }
        if !hears {
            self.samples.clear();
            self.samples.resize(able.plan.hear.frame(), 0);
            return self.encode_for(place);
        }
        if member.voice == Voice::Room || whispers {
            return self.own_frame(place);
        }
        let (step, plan) = (able.step(), &able.plan);
        let (codec, payload_type) = (plan.codec, plan.payload_type);
        let shared = self.shared.iter_mut().find(|shared| shared.codec == codec)?;
        if shared.made == Made::NotYet {
            shared.made = Made::Yes;
            self.buses[plan.hear as usize].whole(&mut self.samples);
            shared.payload.clear();
            shared.encoder.encode(&self.samples, &mut shared.payload);
        }
        if shared.payload.is_empty() {
            return None;
        }
        Some(Frame { payload: &shared.payload, payload_type, clock_hz: codec.clock_hz(), step })
    }

    /// The packet of this tick cannot be sent to a member now: its next one begins anew.
    pub fn skip(&mut self, place: MemberIndex) {
        if let Some(able) = self.member_mut(place).and_then(|member| member.able.as_mut()) {
            able.follows = false;
        }
    }

    /// What `from` said and nobody has heard yet, as a packet for `to`: asked until there is none, before the two hear each
    /// other without the room.
    pub fn last_word(&mut self, now: Instant, from: MemberIndex, to: MemberIndex) -> Option<Frame<'_>> {
        let band = self.member_mut(to)?.able.as_ref()?.plan.hear;
        let talker = self.member_mut(from).filter(|member| member.part.speaks != Speaks::Nobody)?;
        let gain = talker.gain;
        let talker = self.members.get_mut(from as usize)?.as_mut()?.able.as_mut()?;
        let words = talker.talker.last_words(now, gain, band)?;
        self.samples.clear();
        self.samples.extend_from_slice(words);
        self.encode_for(to)
    }

    fn member_mut(&mut self, member: MemberIndex) -> Option<&mut Member> {
        self.members.get_mut(member as usize)?.as_mut()
    }

    /// An encoder for all who take this codec and do not speak.
    fn share(&mut self, plan: &MemberPlan) {
        if self.shared.iter().all(|shared| shared.codec != plan.codec) {
            self.shared.push(Shared {
                codec: plan.codec,
                encoder: Encoder::beside(plan.codec, plan.hear.rate_hz(), Dtx::Off),
                payload: Vec::with_capacity(PAYLOAD_BYTES),
                made: Made::NotYet,
            });
        }
    }

    /// For one who speaks, or to whom somebody whispers.
    fn own_frame(&mut self, place: MemberIndex) -> Option<Frame<'_>> {
        let member = self.members.get(place as usize)?.as_ref()?;
        let able = member.able.as_ref()?;
        let (band, leg) = (able.plan.hear, member.leg);
        let bus = &self.buses[band as usize];
        match member.voice {
            Voice::Room => bus.without(able.talker.own(band), &mut self.samples),
            Voice::None | Voice::Whisper(_) => bus.whole(&mut self.samples),
        }
        for &(whisperer, _) in self.whispers.iter().filter(|(_, ears)| *ears == leg) {
            let whisperer = self.members.get(whisperer as usize).and_then(Option::as_ref);
            if let Some(able) = whisperer.and_then(|member| member.able.as_ref()) {
                bus::add(&mut self.samples, able.talker.own(band));
            }
        }
        self.encode_for(place)
    }

    /// The samples that were made, in the member's own encoder.
    fn encode_for(&mut self, place: MemberIndex) -> Option<Frame<'_>> {
        let able = self.members.get_mut(place as usize)?.as_mut()?.able.as_mut()?;
        self.payload.clear();
        able.encoder.encode(&self.samples, &mut self.payload);
        let (codec, payload_type) = (able.plan.codec, able.plan.payload_type);
        if self.payload.is_empty() {
            able.follows = false;
            return None;
        }
        Some(Frame { payload: &self.payload, payload_type, clock_hz: codec.clock_hz(), step: able.step() })
    }

    /// How loud a room is in which nobody speaks (RFC 3389).
    fn comfort(&mut self, place: MemberIndex) -> Option<Frame<'_>> {
        let able = self.members.get_mut(place as usize)?.as_mut()?.able.as_mut()?;
        let (payload_type, clock_hz) = (able.plan.comfort?, able.plan.codec.clock_hz());
        self.payload.clear();
        self.payload.extend_from_slice(&ComfortNoise::default().payload());
        let step = able.step();
        able.follows = false;
        Some(Frame { payload: &self.payload, payload_type, clock_hz, step })
    }
}

const fn band_of(codec: KnownCodec) -> Band {
    Band::of(codec.sample_rate_hz())
}
