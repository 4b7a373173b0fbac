//! RFC 4733 events out: a packet every 20 ms with the growing duration, the end three times.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Dtmf;

/// Keys that may wait; a further one is dropped.
pub const MAX_WAITING: usize = 64;
/// Time between packets of one event.
pub const INTERVAL: Duration = Duration::from_millis(20);
/// The end is sent so often (RFC 4733 §2.5.1.4).
const END_PACKETS: u8 = 3;
/// Silence after an event, in intervals, so that two presses of one key stay two.
const PAUSE_INTERVALS: u8 = 2;
/// -10 dBm0, the usual level (RFC 4733 §2.3.3).
const VOLUME: u8 = 10;
/// What is asked for is brought into these bounds; above, the duration field would overflow.
const DURATION_MS: std::ops::RangeInclusive<u32> = 40..=6_000;

/// The keys one Leg still has to be sent.
#[derive(Debug, Default)]
pub struct DtmfSender {
    waiting: VecDeque<(Dtmf, u32)>,
    current: Option<Current>,
    next: Option<Instant>,
    pause_intervals: u8,
}

#[derive(Debug)]
struct Current {
    digit: Dtmf,
    total_ticks: u32,
    sent_ticks: u32,
    ends: u8,
    position: Position,
}

/// Where in its event a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    First,
    Later,
}

/// One packet to be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPacket {
    pub position: Position,
    pub payload: [u8; 4],
}

impl DtmfSender {
    /// Puts a key at the end of the line.
    pub fn push(&mut self, now: Instant, digit: Dtmf, duration_ms: u32) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back((digit, duration_ms.clamp(*DURATION_MS.start(), *DURATION_MS.end())));
            self.next.get_or_insert(now);
        }
    }

    /// Whether audio has to make room.
    pub fn is_sending(&self) -> bool {
        self.current.is_some()
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// The packet that is due. `clock_hz` is the clock of telephone-event.
    pub fn handle_timeout(&mut self, now: Instant, clock_hz: u32) -> Option<EventPacket> {
        let due = self.next.filter(|&due| due <= now)?;
        self.next = Some(due + INTERVAL);
        if self.pause_intervals > 0 {
            self.pause_intervals -= 1;
            return None;
        }
        if self.current.is_none() {
            self.take_waiting(clock_hz);
        }
        let step = (u128::from(clock_hz) * INTERVAL.as_millis() / 1_000) as u32;
        let Some(current) = &mut self.current else {
            self.next = None;
            return None;
        };
        let packet = current.packet(step);
        if current.ends == END_PACKETS {
            self.current = None;
            self.pause_intervals = PAUSE_INTERVALS;
        }
        Some(packet)
    }

    fn take_waiting(&mut self, clock_hz: u32) {
        let Some((digit, duration_ms)) = self.waiting.pop_front() else { return };
        let total_ticks = (u64::from(duration_ms) * u64::from(clock_hz) / 1_000).min(0xFFFF) as u32;
        self.current =
            Some(Current { digit, total_ticks, sent_ticks: 0, ends: 0, position: Position::First });
    }
}

impl Current {
    fn packet(&mut self, step: u32) -> EventPacket {
        self.sent_ticks = (self.sent_ticks + step).min(self.total_ticks);
        let end = if self.sent_ticks == self.total_ticks { 0x80 } else { 0 };
        if end != 0 {
            self.ends += 1;
        }
        let [_, _, high, low] = self.sent_ticks.to_be_bytes();
        let position = std::mem::replace(&mut self.position, Position::Later);
        EventPacket { position, payload: [self.digit.event_code(), end | VOLUME, high, low] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_grows_to_its_length_and_ends_three_times() {
        let start = Instant::now();
        let mut sender = DtmfSender::default();
        sender.push(start, Dtmf::from_char('#').unwrap(), 100);
        sender.push(start, Dtmf::from_char('1').unwrap(), 1);
        let mut packets = Vec::new();
        while let Some(due) = sender.deadline() {
            packets.extend(sender.handle_timeout(due, 8_000));
        }
        let first: Vec<_> = packets.iter().filter(|packet| packet.payload[0] == 11).collect();
        assert_eq!(first.len(), 5 + 2);
        assert_eq!(first[0], &EventPacket { position: Position::First, payload: [11, 10, 0, 160] });
        assert!(first[4..].iter().all(|packet| packet.payload == [11, 0x8A, 3, 32]));
        assert_eq!(packets.len() - first.len(), 2 + 2, "the shortest event has 40 ms");
    }

    #[test]
    fn the_line_of_waiting_keys_is_bounded() {
        let start = Instant::now();
        let mut sender = DtmfSender::default();
        (0..1_000).for_each(|_| sender.push(start, Dtmf::from_char('5').unwrap(), 100));
        assert_eq!(sender.waiting.len(), MAX_WAITING);
    }
}
