//! Ogg/Opus (RFC 7845) of one stream, or of two that stand for two channels, as recordings of ours are.

use super::prompt::PromptError;
use super::sound::{Sound, is_too_long};
use crate::codec::opus::{CLOCK_HZ, Decoder};
use crate::recorder::ogg_opus::{PAGE_HEAD_BYTES, is_intact, page_bytes};

/// What is decoded: nothing that a telephone could carry is lost.
const RATE_HZ: u32 = 16_000;
/// A packet is no larger (RFC 7845 §6, 120 ms of 510 kbit/s, twice).
const MAX_PACKET_BYTES: usize = 61_440;

fn malformed(reason: &str) -> PromptError {
    PromptError::Malformed { kind: "Ogg/Opus", reason: reason.to_owned() }
}

/// Reads up to the first page that is not whole.
pub fn read(bytes: &[u8]) -> Result<Sound, PromptError> {
    let mut streams = Streams { head: None, decoders: Vec::new(), samples: Vec::new(), packets: 0 };
    let (mut rest, mut packet, mut end) = (bytes, Vec::new(), None);
    while let Some(page) = page_bytes(rest).and_then(|length| rest.get(..length)) {
        rest = rest.get(page.len()..).unwrap_or_default();
        if !is_intact(&mut page.to_vec()) {
            return Err(malformed("a page of it is damaged"));
        }
        let count = page.get(PAGE_HEAD_BYTES - 1).copied().map_or(0, usize::from);
        let (table, mut body) = page.get(PAGE_HEAD_BYTES..).unwrap_or_default().split_at(count);
        for &segment in table {
            let (piece, later) = body.split_at(usize::from(segment).min(body.len()));
            body = later;
            packet.extend_from_slice(piece);
            if packet.len() > MAX_PACKET_BYTES {
                return Err(malformed("a packet of it is too large"));
            }
            if segment < 255 {
                streams.packet(&packet)?;
                packet.clear();
            }
        }
        // Where the last page says that the sound ends.
        end = page
            .get(6..14)
            .and_then(|at| at.try_into().ok())
            .map(u64::from_le_bytes)
            .filter(|&at| at != u64::MAX);
    }
    let Some(head) = streams.head else { return Err(malformed("it does not begin with OpusHead")) };
    let at =
        |ticks: u64| usize::try_from(ticks * u64::from(RATE_HZ) / u64::from(CLOCK_HZ)).unwrap_or(usize::MAX);
    let mut samples = streams.samples;
    samples.truncate(end.map_or(usize::MAX, |end| at(end.min(1 << 48))));
    samples.drain(..at(u64::from(head.pre_skip)).min(samples.len()));
    if samples.is_empty() { Err(PromptError::Empty) } else { Ok(Sound { samples, rate_hz: RATE_HZ }) }
}

#[derive(Clone, Copy)]
struct Head {
    pre_skip: u16,
    streams: usize,
}

struct Streams {
    head: Option<Head>,
    decoders: Vec<(Decoder, Vec<i16>)>,
    samples: Vec<i16>,
    packets: usize,
}

impl Streams {
    fn packet(&mut self, packet: &[u8]) -> Result<(), PromptError> {
        self.packets += 1;
        let Some(head) = self.head else { return self.begin(packet) };
        if self.packets == 2 {
            return Ok(()); // OpusTags
        }
        let mut rest = packet;
        for (place, (decoder, decoded)) in self.decoders.iter_mut().enumerate() {
            decoded.clear();
            if place + 1 == head.streams {
                decoder.decode(rest, decoded);
            } else {
                let (first, later) =
                    undelimited(rest).ok_or_else(|| malformed("its streams are not told apart"))?;
                decoder.decode(&first, decoded);
                rest = later;
            }
        }
        let count = self.decoders.iter().map(|(_, decoded)| decoded.len()).max().unwrap_or(0);
        let sum_at = |at: usize| -> i32 {
            self.decoders.iter().map(|(_, decoded)| i32::from(decoded.get(at).copied().unwrap_or(0))).sum()
        };
        let mixed: Vec<i16> = (0..count).map(|at| sum_at(at).clamp(-32_768, 32_767) as i16).collect();
        self.samples.extend(mixed);
        if is_too_long(self.samples.len(), RATE_HZ) { Err(PromptError::TooLong) } else { Ok(()) }
    }

    /// `OpusHead` (RFC 7845 §5.1).
    fn begin(&mut self, packet: &[u8]) -> Result<(), PromptError> {
        let Some(head) = packet.strip_prefix(b"OpusHead") else {
            return Err(malformed("it does not begin with OpusHead: another codec in Ogg is not played"));
        };
        let &[version, channels, low, high, _, _, _, _, _, _, family, ref mapping @ ..] = head else {
            return Err(malformed("its head is cut off"));
        };
        let streams = match (version >> 4, family, channels, mapping) {
            (0, 0, 1 | 2, _) => 1,
            (0, 1, 1 | 2, [1, _, ..]) => 1,
            (0, 1, 2, [2, 0, ..]) => 2,
            _ => return Err(malformed("it has more than two channels")),
        };
        self.decoders = (0..streams).map(|_| (Decoder::new(RATE_HZ), Vec::new())).collect();
        self.head = Some(Head { pre_skip: u16::from_le_bytes([low, high]), streams });
        Ok(())
    }
}

/// The first packet of several, and the rest (RFC 6716 appendix B, code 0: one frame).
fn undelimited(packet: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (&toc, rest) = packet.split_first().filter(|(toc, _)| **toc & 3 == 0)?;
    let (length, rest) = match rest {
        &[low @ 252..=255, high, ref rest @ ..] => (usize::from(low) + 4 * usize::from(high), rest),
        &[length, ref rest @ ..] => (usize::from(length), rest),
        [] => return None,
    };
    let (frame, rest) = rest.split_at_checked(length)?;
    Some(([&[toc], frame].concat(), rest))
}
