//! Keys that nobody hears: the sound of a Leg is held back for a moment, so that a tone is known before it goes on, and goes on
//! as silence. What the key was goes to the far end as an event (RFC 4733).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{FRAME, RATE_HZ};
use crate::codec::{Encoder, KnownCodec};
use crate::dtmf::tones::{Heard, KeyDetector};

/// So many packets are held back. A key is known 40 ms after it began, in the third packet of 20 ms at the latest.
pub const HELD_PACKETS: usize = 3;
/// Sound beside an event (RFC 4733) may be the key as well, until so long after its last packet.
const EVENT_HOLD: Duration = Duration::from_millis(100);

/// A packet that waits, as `T` describes it.
#[derive(Debug)]
pub struct Held<T> {
    pub about: T,
    pub codec: Option<KnownCodec>,
    pub packet: Vec<u8>,
    pub payload_offset: usize,
    silent: bool,
}

/// See the module.
pub struct Mask {
    detector: KeyDetector,
    event_until: Option<Instant>,
    silence: Option<(KnownCodec, Encoder)>,
    quiet: Vec<i16>,
}

impl Default for Mask {
    fn default() -> Self {
        Self { detector: KeyDetector::new(RATE_HZ), event_until: None, silence: None, quiet: Vec::new() }
    }
}

/// The packets that wait, and buffers that waited before.
#[derive(Debug)]
pub struct Line<T> {
    waiting: VecDeque<Held<T>>,
    spare: Vec<Vec<u8>>,
}

impl<T> Held<T> {
    /// Whether something else stands in its place.
    pub fn is_silent(&self) -> bool {
        self.silent
    }
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), spare: Vec::new() }
    }
}

impl<T> Line<T> {
    /// Puts a packet at the end.
    pub fn push(&mut self, about: T, codec: Option<KnownCodec>, packet: &[u8], payload_offset: usize) {
        let mut room = self.spare.pop().unwrap_or_default();
        room.clear();
        room.extend_from_slice(packet);
        self.waiting.push_back(Held { about, codec, packet: room, payload_offset, silent: false });
    }

    /// The first, once enough wait behind it.
    pub fn pop(&mut self) -> Option<Held<T>> {
        if self.waiting.len() > HELD_PACKETS { self.waiting.pop_front() } else { None }
    }

    /// The first, however few wait.
    pub fn pop_rest(&mut self) -> Option<Held<T>> {
        self.waiting.pop_front()
    }

    /// Its buffer is used again.
    pub fn give_back(&mut self, held: Held<T>) {
        if self.spare.len() <= HELD_PACKETS {
            self.spare.push(held.packet);
        }
    }
}

impl Mask {
    /// A packet of an event came.
    pub fn note_event(&mut self, now: Instant) {
        self.event_until = Some(now + EVENT_HOLD);
    }

    /// Takes one frame of the sound; a key that ended in it. None while the key comes as an event as well.
    pub fn listen(&mut self, now: Instant, frame: &[i16]) -> Option<Heard> {
        let heard = self.detector.listen(frame);
        heard.filter(|_| !self.is_event(now))
    }

    /// Silences what waits, where a key sounds.
    pub fn cover<T>(&mut self, now: Instant, line: &mut Line<T>) {
        if !self.is_event(now) && !self.detector.is_sounding() {
            return;
        }
        for held in line.waiting.iter_mut().filter(|held| !held.silent) {
            held.silent = true;
            if let Some(codec) = held.codec {
                self.silence(codec, held.payload_offset, &mut held.packet);
            }
        }
    }

    fn is_event(&self, now: Instant) -> bool {
        self.event_until.is_some_and(|until| now < until)
    }

    /// The same packet with silence of the same length.
    fn silence(&mut self, codec: KnownCodec, offset: usize, packet: &mut Vec<u8>) {
        let payload = packet.get(offset..).unwrap_or_default();
        let (ticks, clock_hz) = (codec.duration_ticks(payload), codec.clock_hz());
        let rate_hz = codec.rate_beside(RATE_HZ);
        if !matches!(&self.silence, Some((known, _)) if *known == codec) {
            self.silence = Some((codec, Encoder::beside(codec, RATE_HZ, crate::codec::opus::Dtx::Off)));
        }
        let Some((_, encoder)) = &mut self.silence else { return };
        // libopus takes frames of some lengths only; where it is another, 20 ms of silence and a gap are as silent.
        let samples = match codec {
            KnownCodec::Opus => FRAME,
            KnownCodec::G722 | KnownCodec::Pcma | KnownCodec::Pcmu => {
                (u64::from(ticks) * u64::from(rate_hz) / u64::from(clock_hz.max(1))) as usize
            }
        };
        self.quiet.clear();
        self.quiet.resize(samples, 0);
        packet.truncate(offset);
        // Padding behind the payload is gone with it.
        if let Some(first) = packet.first_mut() {
            *first &= !0x20;
        }
        encoder.encode(&self.quiet, packet);
    }
}
