//! The stream that a Leg is sent: one SSRC for life, whose sequence numbers and timestamps go on whatever it hears.

pub mod playout;
pub mod transcode;

use std::time::{Duration, Instant};

use crate::player::{FRAME, FRAMES_PER_SECOND};
use crate::rtp::Header;

/// A jump of the incoming sequence number above this is a new beginning, not loss (RFC 3550 A.1, MAX_DROPOUT).
const MAX_DROPOUT: i16 = 3_000;
/// Late packets are forwarded, each once, up to so many behind the newest one. More would only arrive too late to be heard.
const REORDER_WINDOW: u16 = 128;
/// Least step of the timestamp where the source changes, in milliseconds: one usual packet.
const MIN_STEP_MS: u64 = 20;

/// Sequence numbers and timestamps of what is sent to one Leg.
#[derive(Debug)]
pub struct OutgoingStream {
    ssrc: u32,
    next_sequence: u16,
    last_timestamp: u32,
    last_sent: Option<Instant>,
    anchor: Option<Anchor>,
}

/// How numbers of the present source become numbers of ours.
#[derive(Debug)]
struct Anchor {
    source_ssrc: u32,
    sequence_offset: u16,
    timestamp_offset: u32,
    highest: u16,
    /// Bit n: `highest - n` was forwarded.
    seen: u128,
}

impl OutgoingStream {
    /// SSRC, first sequence number and first timestamp are random (RFC 3550 §5.1).
    pub fn new(ssrc: u32, first_sequence: u16, first_timestamp: u32) -> Self {
        let (next_sequence, last_timestamp) = (first_sequence, first_timestamp);
        Self { ssrc, next_sequence, last_timestamp, last_sent: None, anchor: None }
    }

    /// Ours.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Another one, agreed on in SDP. The numbers go on.
    pub fn set_ssrc(&mut self, ssrc: u32) {
        self.ssrc = ssrc;
    }

    /// The timestamp that belongs to `now`, for sender reports (RFC 3550 §6.4.1).
    pub fn timestamp_at(&self, now: Instant, clock_hz: u32) -> u32 {
        let elapsed = self.last_sent.map_or(Duration::ZERO, |last| now.saturating_duration_since(last));
        self.last_timestamp.wrapping_add(ticks(elapsed, clock_hz))
    }

    /// What the Leg hears has changed: the next packet begins a talk spurt.
    pub fn change_source(&mut self) {
        self.anchor = None;
    }

    /// The header under which a received packet is sent on, but for its payload type. None where the packet must not
    /// be sent: a duplicate, or older than what was sent before the source changed. Under SRTP a second packet of the
    /// same number would reveal both (RFC 3711 §9.1).
    pub fn forward(&mut self, now: Instant, incoming: &Header, clock_hz: u32) -> Option<Header> {
        let mut marker = incoming.marker;
        let verdict = self.anchor.as_mut().map_or(Verdict::Anew, |anchor| anchor.judge(incoming));
        match verdict {
            Verdict::Drop => return None,
            Verdict::Late => {}
            Verdict::Next => self.follow(now, incoming),
            Verdict::Anew => {
                self.begin(now, incoming, clock_hz);
                marker = true;
            }
        }
        let anchor = self.anchor.as_ref()?;
        Some(Header {
            marker,
            sequence: incoming.sequence.wrapping_add(anchor.sequence_offset),
            timestamp: incoming.timestamp.wrapping_add(anchor.timestamp_offset),
            ssrc: self.ssrc,
            ..*incoming
        })
    }

    /// The header of a packet of our own.
    pub fn own(&mut self, now: Instant, payload_type: u8, step: Step) -> Header {
        self.anchor = None;
        let mut spurt = matches!(step, Step::Begin { .. } | Step::Resume { .. });
        let timestamp = match step {
            Step::Begin { clock_hz } => self.begin_timestamp(now, clock_hz),
            Step::Splice { clock_hz } => {
                let frames = self.frames_since(now);
                spurt = frames > 1;
                self.last_timestamp.wrapping_add(frames.wrapping_mul(clock_hz / FRAMES_PER_SECOND))
            }
            Step::Follow { ticks } | Step::Resume { ticks } => self.last_timestamp.wrapping_add(ticks),
            Step::Same => self.last_timestamp,
        };
        let mut header = Header::new(payload_type, self.next_sequence, timestamp, self.ssrc);
        header.marker = spurt;
        self.next_sequence = self.next_sequence.wrapping_add(1);
        if !matches!(step, Step::Same) {
            self.last_timestamp = timestamp;
            self.last_sent = Some(now);
        }
        header
    }

    fn follow(&mut self, now: Instant, incoming: &Header) {
        let Some(anchor) = &self.anchor else { return };
        self.next_sequence = incoming.sequence.wrapping_add(anchor.sequence_offset).wrapping_add(1);
        self.last_timestamp = incoming.timestamp.wrapping_add(anchor.timestamp_offset);
        self.last_sent = Some(now);
    }

    fn begin(&mut self, now: Instant, incoming: &Header, clock_hz: u32) {
        let timestamp = self.begin_timestamp(now, clock_hz);
        self.anchor = Some(Anchor {
            source_ssrc: incoming.ssrc,
            sequence_offset: self.next_sequence.wrapping_sub(incoming.sequence),
            timestamp_offset: timestamp.wrapping_sub(incoming.timestamp),
            highest: incoming.sequence,
            // What is older than the first packet counts as sent, and so is dropped.
            seen: u128::MAX,
        });
        self.follow(now, incoming);
    }

    /// Whole frames of 20 ms since the last packet, at least one; none before the first.
    fn frames_since(&self, now: Instant) -> u32 {
        let Some(last) = self.last_sent else { return 0 };
        let frames = now.saturating_duration_since(last).as_nanos() / FRAME.as_nanos();
        u32::try_from(frames).unwrap_or(u32::MAX).max(1)
    }

    fn begin_timestamp(&self, now: Instant, clock_hz: u32) -> u32 {
        let Some(last) = self.last_sent else { return self.last_timestamp };
        let elapsed = now.saturating_duration_since(last).max(Duration::from_millis(MIN_STEP_MS));
        self.last_timestamp.wrapping_add(ticks(elapsed, clock_hz))
    }
}

/// How the timestamp of a packet of our own follows from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A talk spurt begins.
    Begin { clock_hz: u32 },
    /// So much later than the last one.
    Follow { ticks: u32 },
    /// The same behind a pause: a talk spurt begins.
    Resume { ticks: u32 },
    /// The same event goes on (RFC 4733 §2.5.1.2).
    Same,
    /// Another maker goes on where the last one stopped: on its raster of 20 ms, so that who hears it hears no seam. A talk
    /// spurt begins only where a frame is missing.
    Splice { clock_hz: u32 },
}

enum Verdict {
    Anew,
    Drop,
    Late,
    Next,
}

impl Anchor {
    fn judge(&mut self, incoming: &Header) -> Verdict {
        if incoming.ssrc != self.source_ssrc {
            return Verdict::Anew;
        }
        let ahead = incoming.sequence.wrapping_sub(self.highest).cast_signed();
        if ahead > 0 {
            if ahead >= MAX_DROPOUT {
                return Verdict::Anew;
            }
            self.seen = self.seen.checked_shl(u32::from(ahead.unsigned_abs())).unwrap_or(0) | 1;
            self.highest = incoming.sequence;
            return Verdict::Next;
        }
        self.judge_late(ahead.unsigned_abs())
    }

    fn judge_late(&mut self, behind: u16) -> Verdict {
        if behind >= MAX_DROPOUT.unsigned_abs() {
            return Verdict::Anew;
        }
        let bit = 1_u128.checked_shl(u32::from(behind)).unwrap_or(0);
        if behind >= REORDER_WINDOW || self.seen & bit != 0 {
            return Verdict::Drop;
        }
        self.seen |= bit;
        Verdict::Late
    }
}

/// Timestamp units in a time, modulo 2^32 as timestamps are.
fn ticks(elapsed: Duration, clock_hz: u32) -> u32 {
    (elapsed.as_micros() * u128::from(clock_hz) / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(ssrc: u32, sequence: u16, timestamp: u32) -> Header {
        Header::new(0, sequence, timestamp, ssrc)
    }

    #[test]
    fn numbers_go_on_when_the_source_changes() {
        let start = Instant::now();
        let mut stream = OutgoingStream::new(7, 65_535, 1_000);
        let first = stream.forward(start, &packet(1, 10, 500), 8_000).unwrap();
        assert_eq!((first.sequence, first.timestamp, first.ssrc, first.marker), (65_535, 1_000, 7, true));
        let at = start + Duration::from_millis(20);
        let second = stream.forward(at, &packet(1, 11, 660), 8_000).unwrap();
        assert_eq!((second.sequence, second.timestamp, second.marker), (0, 1_160, false));
        let at = start + Duration::from_millis(60);
        let other = stream.forward(at, &packet(2, 900, 90), 8_000).unwrap();
        assert_eq!((other.sequence, other.timestamp, other.marker), (1, 1_160 + 320, true));
        let own = stream.own(at + Duration::from_millis(5), 8, Step::Begin { clock_hz: 8_000 });
        assert_eq!((own.sequence, own.timestamp, own.payload_type), (2, 1_480 + 160, 8));
    }

    #[test]
    fn another_maker_goes_on_where_the_last_one_stopped() {
        let start = Instant::now();
        let mut stream = OutgoingStream::new(7, 100, 1_000);
        stream.forward(start, &packet(1, 10, 500), 8_000).unwrap();
        let splice = Step::Splice { clock_hz: 8_000 };
        // 35 ms later for waiting, yet it is the next 20 ms of what was said.
        let own = stream.own(start + Duration::from_millis(35), 0, splice);
        assert_eq!((own.sequence, own.timestamp, own.marker), (101, 1_160, false));
        let after_a_pause = stream.own(start + Duration::from_millis(135), 0, splice);
        assert_eq!((after_a_pause.timestamp, after_a_pause.marker), (1_160 + 5 * 160, true));
    }

    #[test]
    fn loss_stays_visible_and_a_late_packet_is_sent_once() {
        let now = Instant::now();
        let mut stream = OutgoingStream::new(7, 100, 0);
        let mut send = |sequence| stream.forward(now, &packet(1, sequence, 0), 8_000).map(|h| h.sequence);
        assert_eq!(send(10), Some(100));
        assert_eq!(send(13), Some(103));
        assert_eq!(send(12), Some(102));
        assert_eq!(send(12), None);
        assert_eq!(send(9), None, "older than the beginning of this source");
        assert_eq!(send(400), Some(490));
        assert_eq!(send(13), None, "out of the window");
    }

    #[test]
    fn a_jump_of_the_sender_is_no_jump_for_the_receiver() {
        let now = Instant::now();
        let mut stream = OutgoingStream::new(7, 100, 0);
        stream.forward(now, &packet(1, 10, 0), 8_000).unwrap();
        let header = stream.forward(now, &packet(1, 30_000, 123_456), 8_000).unwrap();
        assert_eq!((header.sequence, header.timestamp), (101, 160));
    }
}
