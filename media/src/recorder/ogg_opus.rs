//! A recording as Ogg/Opus (RFC 7845): two streams of one channel each, so that neither side is heard in the other. Pages
//! are only ever appended: the file is playable at every moment.

use std::io;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::Sink;
use super::wav::Store;
use crate::codec::opus::{CLOCK_HZ, Encoder};

/// The frame the encoder takes.
const FRAMES_PER_SECOND: u32 = 50;
/// Clock ticks of it.
const FRAME_TICKS: u64 = (CLOCK_HZ / FRAMES_PER_SECOND) as u64;
/// Packets of one page: a second, and fewer segments than the 255 that a page holds.
const MAX_PACKETS: usize = 40;
/// Segments of one page (RFC 3533 §6).
const MAX_SEGMENTS: usize = 255;
const FIRST_PAGE: u8 = 0x02;
const LAST_PAGE: u8 = 0x04;
/// Bytes of a page before its table of segments.
pub const PAGE_HEAD_BYTES: usize = 27;

/// One file being written.
pub struct OggOpus {
    store: Box<dyn Store>,
    offset: u64,
    serial: u32,
    sequence: u32,
    rate_hz: u32,
    encoders: [Encoder; 2],
    /// What is no whole frame yet.
    waiting: [Vec<i16>; 2],
    frames: u64,
    /// Clock ticks encoded.
    encoded: u64,
    pre_skip: u16,
    page: Page,
}

#[derive(Default)]
struct Page {
    segments: Vec<u8>,
    body: Vec<u8>,
    packets: usize,
    bytes: Vec<u8>,
    payload: Vec<u8>,
}

impl OggOpus {
    /// Writes the two pages of the head. `rate_hz` is one that libopus takes.
    pub fn create(store: Box<dyn Store>, rate_hz: u32) -> io::Result<Self> {
        let mut encoders = [Encoder::for_recording(rate_hz), Encoder::for_recording(rate_hz)];
        let look_ahead = encoders[0].look_ahead_ticks();
        let mut file = Self {
            store,
            offset: 0,
            serial: SmallRng::from_os_rng().random(),
            sequence: 0,
            rate_hz,
            encoders,
            waiting: [Vec::new(), Vec::new()],
            frames: 0,
            encoded: 0,
            pre_skip: look_ahead,
            page: Page::default(),
        };
        file.write_head()?;
        Ok(file)
    }

    /// `OpusHead` and `OpusTags` (RFC 7845 §5).
    fn write_head(&mut self) -> io::Result<()> {
        let mut head = b"OpusHead\x01\x02".to_vec();
        head.extend(self.pre_skip.to_le_bytes());
        head.extend(self.rate_hz.to_le_bytes());
        // No gain; family 1: two streams, none of them coupled, each its own channel.
        head.extend([0, 0, 1, 2, 0, 0, 1]);
        self.page.push(&head);
        self.write_page(FIRST_PAGE, 0)?;
        let mut tags = b"OpusTags".to_vec();
        tags.extend(5_u32.to_le_bytes());
        tags.extend(b"ramal");
        tags.extend(0_u32.to_le_bytes());
        self.page.push(&tags);
        self.write_page(0, 0)
    }

    /// Encodes the whole frames that wait.
    fn encode(&mut self) -> io::Result<()> {
        let frame = (self.rate_hz / FRAMES_PER_SECOND) as usize;
        while self.waiting[0].len() >= frame {
            let mut packet = std::mem::take(&mut self.page.payload);
            packet.clear();
            for (place, (encoder, side)) in self.encoders.iter_mut().zip(&mut self.waiting).enumerate() {
                let begin = packet.len();
                encoder.encode(side.get(..frame).unwrap_or(&[]), &mut packet);
                side.drain(..frame.min(side.len()));
                if place == 0 {
                    delimit(&mut packet, begin);
                }
            }
            if self.page.segments.len() + segments(packet.len()) > MAX_SEGMENTS
                || self.page.packets >= MAX_PACKETS
            {
                self.write_page(0, self.encoded)?;
            }
            self.page.push(&packet);
            self.page.payload = packet;
            self.encoded += FRAME_TICKS;
        }
        Ok(())
    }

    /// `granule`: ticks of all that ends on this page or before, with the pre-skip.
    fn write_page(&mut self, flags: u8, granule: u64) -> io::Result<()> {
        let page = &mut self.page;
        page.bytes.clear();
        page.bytes.extend(b"OggS\x00");
        page.bytes.push(flags);
        page.bytes.extend(granule.to_le_bytes());
        page.bytes.extend(self.serial.to_le_bytes());
        page.bytes.extend(self.sequence.to_le_bytes());
        page.bytes.extend([0; 4]);
        page.bytes.push(page.segments.len() as u8);
        page.bytes.extend(&page.segments);
        page.bytes.extend(&page.body);
        let sum = checksum(&page.bytes);
        if let Some(place) = page.bytes.get_mut(22..26) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
        self.store.write_all_at(&page.bytes, self.offset)?;
        self.offset += page.bytes.len() as u64;
        self.sequence = self.sequence.wrapping_add(1);
        (page.packets, page.segments, page.body) = (0, Vec::new(), Vec::new());
        Ok(())
    }
}

impl Sink for OggOpus {
    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn frames(&self) -> u64 {
        self.frames
    }

    fn append(&mut self, left: &[i16], right: &[i16]) -> io::Result<()> {
        let count = left.len().max(right.len());
        for (waiting, side) in self.waiting.iter_mut().zip([left, right]) {
            waiting.extend_from_slice(side);
            waiting.resize(waiting.len() + count - side.len(), 0);
        }
        self.frames += count as u64;
        self.encode()?;
        if self.page.packets > 0 { self.write_page(0, self.encoded) } else { Ok(()) }
    }

    /// The encoder holds back what it looks ahead: silence pushes it out, and the last page says where the sound ends.
    fn finish(&mut self) -> io::Result<()> {
        let end =
            self.frames * u64::from(CLOCK_HZ) / u64::from(self.rate_hz.max(1)) + u64::from(self.pre_skip);
        let frame = (self.rate_hz / FRAMES_PER_SECOND) as usize;
        while self.encoded < end {
            self.waiting
                .iter_mut()
                .for_each(|side| side.resize(side.len().max(1).next_multiple_of(frame), 0));
            self.encode()?;
        }
        self.write_page(LAST_PAGE, end)
    }
}

impl Page {
    /// One packet, which does not go on in another page.
    fn push(&mut self, packet: &[u8]) {
        self.segments.extend(std::iter::repeat_n(255, packet.len() / 255));
        self.segments.push((packet.len() % 255) as u8);
        self.body.extend_from_slice(packet);
        self.packets += 1;
    }
}

const fn segments(bytes: usize) -> usize {
    bytes / 255 + 1
}

/// Makes the packet from `begin` on one that tells its length (RFC 6716 appendix B). A frame of 20 ms is of code 0.
fn delimit(packet: &mut Vec<u8>, begin: usize) {
    let length = packet.len().saturating_sub(begin + 1);
    let told: &[u8] = match length {
        0..252 => &[length as u8],
        _ => &[252 + (length & 3) as u8, ((length - 252 - (length & 3)) / 4) as u8],
    };
    if packet.len() == begin {
        packet.push(0); // The encoder gave nothing: an empty frame.
    }
    let rest = packet.split_off(begin + 1);
    packet.extend_from_slice(told);
    packet.extend(rest);
}

/// CRC-32 of RFC 3533 §6: polynomial 0x04c11db7, nothing reflected.
pub fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, &byte| (sum << 8) ^ TABLE[usize::from((sum >> 24) as u8 ^ byte)])
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000_0000 == 0 { sum << 1 } else { (sum << 1) ^ 0x04c1_1db7 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

/// Where the last whole page ends and the seconds up to there; None where the bytes are no Ogg/Opus.
pub fn length(mut read: impl FnMut(u64, &mut [u8]) -> io::Result<usize>) -> io::Result<Option<(u64, f64)>> {
    let (mut offset, mut granule, mut pre_skip, mut page) = (0, 0, None, Vec::new());
    loop {
        page.resize(PAGE_HEAD_BYTES + MAX_SEGMENTS, 0);
        let got = read(offset, &mut page)?;
        let Some(whole) = page_bytes(page.get(..got).unwrap_or(&[])) else { break };
        page.resize(whole, 0);
        if read(offset, &mut page)? < whole || !is_intact(&mut page) {
            break;
        }
        if pre_skip.is_none() {
            let head = page.get(PAGE_HEAD_BYTES + 1..).and_then(|body| body.strip_prefix(b"OpusHead"));
            let Some(&[low, high]) = head.and_then(|head| head.get(2..4)) else { return Ok(None) };
            pre_skip = Some(u64::from(u16::from_le_bytes([low, high])));
        }
        granule = page.get(6..14).and_then(|bytes| bytes.try_into().ok()).map_or(granule, u64::from_le_bytes);
        offset += whole as u64;
    }
    Ok(pre_skip.map(|skip| (offset, granule.saturating_sub(skip) as f64 / f64::from(CLOCK_HZ))))
}

/// Bytes of the page whose head this is.
pub fn page_bytes(head: &[u8]) -> Option<usize> {
    let count = usize::from(*head.get(PAGE_HEAD_BYTES - 1)?);
    let table = head.get(PAGE_HEAD_BYTES..PAGE_HEAD_BYTES + count).filter(|_| head.starts_with(b"OggS"))?;
    Some(PAGE_HEAD_BYTES + count + table.iter().map(|&segment| usize::from(segment)).sum::<usize>())
}

/// Whether its checksum is right; the page is as before afterwards.
pub fn is_intact(page: &mut [u8]) -> bool {
    let Some(told) = page.get(22..26).and_then(|sum| <[u8; 4]>::try_from(sum).ok()) else { return false };
    if let Some(place) = page.get_mut(22..26) {
        place.fill(0);
    }
    let right = checksum(page).to_le_bytes() == told;
    if let Some(place) = page.get_mut(22..26) {
        place.copy_from_slice(&told);
    }
    right
}
