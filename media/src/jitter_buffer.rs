//! Packets in the order of their timestamps, and when each is to be played. Bounded; knows no codec and makes no sound.
//!
//! A packet is played [`Delay::target_us`] after it would have come by the fastest way. That moment, not the number of packets
//! that wait, is what is kept: so a pause of the talker, clocks that drift and packets of any length are no special cases.

pub mod delay;

use std::collections::VecDeque;
use std::time::Instant;

use crate::codec::KnownCodec;

use delay::Delay;

/// Packets that may wait; above, the oldest goes.
pub const MAX_PACKETS: usize = 64;
/// Largest payload that is kept (RFC 7587 §4.2: Opus of 120 ms at its usual rates). A larger one counts as lost.
pub const MAX_PAYLOAD_BYTES: usize = 1_500;
/// A gap up to this is loss; a longer one is a pause, after which the delay is chosen anew.
const MAX_LOSS_MS: i64 = 120;
/// A transit that differs by more than this is a source that set its timestamps anew.
const MAX_TRANSIT_CHANGE_US: i64 = 2_000_000;
/// Waiting longer than the target by so much is worth a cut.
const MAX_EXCESS_US: i64 = 300_000;
/// The moment of playing may differ from the wished one by so much before the speed is changed.
const EARLY_US: i64 = 4_000;
const LATE_US: i64 = 16_000;
/// So much more delay than wished that speech is shortened whether it suits or not.
const MUCH_TOO_LATE_US: i64 = 60_000;

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    Speech(KnownCodec),
    /// RFC 3389: the talker is silent, and this is how his room sounds.
    ComfortNoise,
}

/// A packet as it comes in.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    pub ssrc: u32,
    pub timestamp: u32,
    pub clock_hz: u32,
    pub sound: Sound,
    pub payload: &'a [u8],
}

/// What is to be played next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    Packet {
        sound: Sound,
        payload: &'a [u8],
        pace: Pace,
    },
    /// So much is missing before the next packet, which may carry it a second time.
    Lost {
        ticks: u32,
        following: Option<&'a [u8]>,
    },
    /// Nothing is there, or not yet due.
    Nothing(Absence),
}

/// Why nothing is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// The talker is silent, and has said so.
    Pause,
    Missing,
}

/// Whether the delay is to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Keep,
    Shorten,
    /// Whether it suits or not.
    ShortenAtOnce,
    Stretch,
}

/// Figures since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub played: u64,
    /// Gaps that were filled.
    pub lost: u64,
    /// Came after their moment.
    pub late: u64,
    /// Too many or too large.
    pub overflowed: u64,
}

/// See the module.
#[derive(Default)]
pub struct JitterBuffer {
    epoch: Option<Instant>,
    source: Option<Source>,
    packets: VecDeque<Packet>,
    /// Payload buffers to be used again: in the steady state nothing is allocated.
    spare: Vec<Vec<u8>>,
    delay: Delay,
    /// Where playing is: the position after what was played last.
    next: Option<i64>,
    /// Played since then without having it.
    invented_ticks: i64,
    paused: bool,
    counts: Counts,
    playing: Vec<u8>,
}

struct Source {
    ssrc: u32,
    clock_hz: u32,
    /// Of the packet that came last.
    timestamp: u32,
    position: i64,
}

/// Positions are timestamps that do not wrap.
struct Packet {
    position: i64,
    ticks: i64,
    sound: Sound,
    payload: Vec<u8>,
}

impl JitterBuffer {
    /// Takes a packet. One whose moment is over, a second one and one that is too large are left out.
    pub fn receive(&mut self, now: Instant, incoming: &Incoming<'_>) {
        if incoming.payload.len() > MAX_PAYLOAD_BYTES || incoming.clock_hz == 0 {
            self.counts.overflowed += 1;
            return;
        }
        let arrival_us = self.microseconds(now);
        let position = self.place(arrival_us, incoming);
        let transit_us = arrival_us - position * 1_000_000 / i64::from(incoming.clock_hz);
        self.delay.observe(arrival_us, transit_us);
        if self.next.is_some_and(|next| position < next) {
            self.counts.late += 1;
            return;
        }
        self.insert(position, incoming);
    }

    /// What is to be played next; call again until there is enough or nothing.
    pub fn poll(&mut self, now: Instant) -> Next<'_> {
        let now_us = self.microseconds(now);
        self.cut(now_us);
        let Some((head, ticks)) = self.packets.front().map(|packet| (packet.position, packet.ticks)) else {
            return Next::Nothing(self.absence());
        };
        let next = self.next.unwrap_or(head);
        let missing = head - next - self.invented_ticks;
        let paused = self.paused || self.next.is_none() || head - next > self.ticks_of_ms(MAX_LOSS_MS);
        if head > next && !paused && missing > 0 {
            // Frames before the last one of the gap are in nobody's redundancy.
            let one = ticks.max(1).min(missing);
            let last = missing == one;
            self.next = Some(next + one);
            self.counts.lost += 1;
            let head = self.packets.front().map(|packet| packet.payload.as_slice());
            return Next::Lost { ticks: one as u32, following: head.filter(|_| last) };
        }
        let waited_us = self.waited_us(now_us, head);
        if paused && head != next && waited_us < self.delay.target_us() - MARGIN_OF_START_US {
            return Next::Nothing(self.absence());
        }
        self.play(waited_us)
    }

    /// So much was played while there was [`Next::Nothing`].
    pub fn invented(&mut self, ticks: u32) {
        self.invented_ticks = self.invented_ticks.saturating_add(i64::from(ticks));
    }

    /// Nothing but noise is heard until further notice, and the talker meant it: the next packet begins a talk spurt.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// The same, and what waits is dropped.
    pub fn rest(&mut self) {
        while !self.packets.is_empty() {
            self.drop_first();
        }
        self.pause();
    }

    /// Whether no packet waits.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Timestamp units a second of the present source; 0 before the first packet.
    pub fn clock_hz(&self) -> u32 {
        self.source.as_ref().map_or(0, |source| source.clock_hz)
    }

    /// How long packets are kept from their earliest possible arrival on, in microseconds: what is aimed at.
    pub fn target_us(&self) -> i64 {
        self.delay.target_us()
    }

    /// The same as it is now, for what would be played next.
    pub fn delay_us(&self, now: Instant) -> Option<i64> {
        let epoch = self.epoch?;
        Some(self.waited_us(now.saturating_duration_since(epoch).as_micros() as i64, self.next?))
    }

    /// Timestamp units from the first packet of the source to what would be played next, as the talker counts.
    pub fn position(&self) -> Option<i64> {
        Some(self.next? + self.invented_ticks)
    }

    /// Figures since the beginning.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn play(&mut self, waited_us: i64) -> Next<'_> {
        let Some(packet) = self.packets.pop_front() else { return Next::Nothing(Absence::Missing) };
        self.next = Some(packet.position + packet.ticks);
        self.invented_ticks = 0;
        self.paused = false;
        self.counts.played += 1;
        let excess_us = waited_us - self.delay.target_us();
        let pace = match excess_us {
            _ if excess_us > MUCH_TOO_LATE_US => Pace::ShortenAtOnce,
            _ if excess_us > LATE_US => Pace::Shorten,
            _ if excess_us < -EARLY_US => Pace::Stretch,
            _ => Pace::Keep,
        };
        let played = std::mem::replace(&mut self.playing, packet.payload);
        self.spare.push(played);
        Next::Packet { sound: packet.sound, payload: &self.playing, pace }
    }

    /// What waits so long that nobody wants to hear it any more.
    fn cut(&mut self, now_us: i64) {
        while let Some((position, end)) = self.packets.front().map(|p| (p.position, p.position + p.ticks))
            && self.waited_us(now_us, position) > self.delay.target_us() + MAX_EXCESS_US
        {
            self.next = Some(self.next.map_or(end, |next| next.max(end)));
            self.invented_ticks = 0;
            self.counts.overflowed += 1;
            self.drop_first();
        }
    }

    fn absence(&self) -> Absence {
        if self.paused { Absence::Pause } else { Absence::Missing }
    }

    fn waited_us(&self, now_us: i64, position: i64) -> i64 {
        let clock_hz = i64::from(self.clock_hz().max(1));
        now_us - self.delay.fastest_us() - position * 1_000_000 / clock_hz
    }

    fn ticks_of_ms(&self, ms: i64) -> i64 {
        i64::from(self.clock_hz()) * ms / 1_000
    }

    fn place(&mut self, arrival_us: i64, incoming: &Incoming<'_>) -> i64 {
        if let Some(source) = &mut self.source
            && source.ssrc == incoming.ssrc
            && source.clock_hz == incoming.clock_hz
        {
            let step = i64::from(incoming.timestamp.wrapping_sub(source.timestamp).cast_signed());
            let position = source.position + step;
            let transit_us = arrival_us - position * 1_000_000 / i64::from(source.clock_hz);
            if !self.delay.is_known() || (transit_us - self.delay.fastest_us()).abs() <= MAX_TRANSIT_CHANGE_US
            {
                (source.timestamp, source.position) = (incoming.timestamp, position);
                return position;
            }
        }
        self.restart(incoming);
        0
    }

    /// Another source, or one that set its timestamps anew: what waits is of no use.
    fn restart(&mut self, incoming: &Incoming<'_>) {
        while !self.packets.is_empty() {
            self.drop_first();
        }
        self.source = Some(Source {
            ssrc: incoming.ssrc,
            clock_hz: incoming.clock_hz,
            timestamp: incoming.timestamp,
            position: 0,
        });
        self.delay = Delay::default();
        self.next = None;
        self.invented_ticks = 0;
        self.paused = false;
    }

    fn insert(&mut self, position: i64, incoming: &Incoming<'_>) {
        let place = self.packets.partition_point(|packet| packet.position < position);
        if self.packets.get(place).is_some_and(|packet| packet.position == position) {
            return;
        }
        if self.packets.len() >= MAX_PACKETS {
            self.counts.overflowed += 1;
            self.drop_first();
            return;
        }
        let ticks = match incoming.sound {
            Sound::Speech(codec) => i64::from(codec.duration_ticks(incoming.payload)),
            Sound::ComfortNoise => 0,
        };
        let mut payload = self.spare.pop().unwrap_or_default();
        payload.clear();
        payload.extend_from_slice(incoming.payload);
        self.packets.insert(place, Packet { position, ticks, sound: incoming.sound, payload });
    }

    fn drop_first(&mut self) {
        if let Some(packet) = self.packets.pop_front() {
            self.spare.push(packet.payload);
        }
    }

    fn microseconds(&mut self, now: Instant) -> i64 {
        let epoch = *self.epoch.get_or_insert(now);
        now.saturating_duration_since(epoch).as_micros() as i64
    }
}

/// A talk spurt may begin so much before its moment: half a tick, for the other half is then never waited in vain.
const MARGIN_OF_START_US: i64 = 10_000;
