//! RFC 4733 events in: each press once, however many of its packets were lost or doubled.

use std::time::{Duration, Instant};

use super::Dtmf;

/// An event whose end packets were all lost is over when nothing of it came for so long. Packets of a key that is held
/// come every 20 to 60 ms (RFC 4733 §2.5.1.2).
pub const LOST_END: Duration = Duration::from_millis(200);

/// Follows the events of one incoming stream.
#[derive(Debug, Default)]
pub struct DtmfReceiver {
    current: Option<Current>,
    /// Timestamp of the last event that was reported: its late packets are not another press.
    reported: Option<u32>,
}

#[derive(Debug)]
struct Current {
    digit: Dtmf,
    timestamp: u32,
    duration_ticks: u16,
    last_packet: Instant,
}

/// A press of a key that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    pub digit: Dtmf,
    pub duration_ticks: u16,
}

impl DtmfReceiver {
    /// Takes the payload of a telephone-event packet. Returns at most two presses: one whose end was lost, and one that
    /// ends here. Tones that are no keys, and payloads that are too short, are passed over.
    pub fn receive(&mut self, now: Instant, timestamp: u32, payload: &[u8]) -> [Option<Press>; 2] {
        let &[code, flags, high, low, ..] = payload else { return [None, None] };
        let Some(digit) = Dtmf::from_event_code(code) else { return [None, None] };
        let stale = self.reported.is_some_and(|last| timestamp.wrapping_sub(last).cast_signed() <= 0);
        if stale {
            return [None, None];
        }
        let lost = match &self.current {
            Some(current) if timestamp.wrapping_sub(current.timestamp).cast_signed() < 0 => {
                return [None, None];
            }
            Some(current) if current.timestamp != timestamp => self.finish(),
            Some(_) | None => None,
        };
        let before = self.current.as_ref().map_or(0, |current| current.duration_ticks);
        let duration_ticks = u16::from_be_bytes([high, low]).max(before);
        self.current = Some(Current { digit, timestamp, duration_ticks, last_packet: now });
        let ended = if flags & 0x80 != 0 { self.finish() } else { None };
        [lost, ended]
    }

    /// When [`Self::handle_timeout`] wants to be called.
    pub fn deadline(&self) -> Option<Instant> {
        self.current.as_ref().map(|current| current.last_packet + LOST_END)
    }

    /// The press whose end never came.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<Press> {
        if self.deadline()? <= now { self.finish() } else { None }
    }

    /// The source began anew: its timestamps are not comparable.
    pub fn restart(&mut self) -> Option<Press> {
        let press = self.finish();
        self.reported = None;
        press
    }

    fn finish(&mut self) -> Option<Press> {
        let current = self.current.take()?;
        self.reported = Some(current.timestamp);
        Some(Press { digit: current.digit, duration_ticks: current.duration_ticks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(receiver: &mut DtmfReceiver, now: Instant, timestamp: u32, payload: [u8; 4]) -> usize {
        receiver.receive(now, timestamp, &payload).iter().flatten().count()
    }

    #[test]
    fn a_press_with_three_ends_is_one_press() {
        let (now, mut receiver) = (Instant::now(), DtmfReceiver::default());
        assert_eq!(count(&mut receiver, now, 100, [5, 10, 0, 160]), 0);
        assert_eq!(count(&mut receiver, now, 100, [5, 0x8A, 3, 32]), 1);
        assert_eq!(count(&mut receiver, now, 100, [5, 0x8A, 3, 32]), 0);
        assert_eq!(count(&mut receiver, now, 100, [5, 10, 1, 64]), 0);
        assert_eq!(count(&mut receiver, now, 2_000, [5, 0x8A, 3, 32]), 1);
    }

    #[test]
    fn a_press_whose_ends_are_lost_is_told_by_time_or_by_the_next_one() {
        let (now, mut receiver) = (Instant::now(), DtmfReceiver::default());
        assert_eq!(count(&mut receiver, now, 100, [1, 10, 3, 32]), 0);
        assert_eq!(count(&mut receiver, now, 900, [2, 10, 0, 160]), 1);
        assert_eq!(receiver.handle_timeout(now + Duration::from_millis(100)), None);
        let press = receiver.handle_timeout(now + LOST_END).unwrap();
        assert_eq!((press.digit.as_char(), press.duration_ticks), ('2', 160));
        assert_eq!(count(&mut receiver, now, 900, [2, 0x8A, 3, 32]), 0, "its late end is no second press");
    }

    #[test]
    fn what_is_no_key_is_passed_over() {
        let (now, mut receiver) = (Instant::now(), DtmfReceiver::default());
        assert_eq!(count(&mut receiver, now, 1, [36, 0x8A, 3, 32]), 0);
        assert_eq!(receiver.receive(now, 2, &[1, 0x80]), [None, None]);
    }
}
