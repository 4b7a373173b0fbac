//! RTCP (RFC 3550 §6): compound packets of sender and receiver reports, source descriptions and goodbyes.

pub mod feedback;

use thiserror::Error;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const BLOCK_BYTES: usize = 24;
const SENDER_INFO_BYTES: usize = 20;
const CNAME_ITEM: u8 = 1;
/// The length of an SDES item is one byte.
const MAX_CNAME_BYTES: usize = 255;

/// The longest packet that [`build_report`] writes: SR with one block, SDES with the longest CNAME, BYE.
pub const MAX_REPORT_BYTES: usize = 360;

/// Why bytes are not a compound RTCP packet. Always the sender's fault.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum RtcpError {
    #[error("RTCP packet is shorter than its length field")]
    Truncated,
    #[error("RTCP version is {0}, not 2")]
    Version(u8),
    #[error("RTCP report holds fewer blocks than it counts")]
    ReportCount,
}

/// One report block (RFC 3550 §6.4.1): what a receiver says of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    pub ssrc: u32,
    /// Share of packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the beginning; duplicates may make it negative. 24 bits on the wire.
    pub cumulative_lost: i32,
    pub extended_highest_sequence: u32,
    /// In timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last SR; 0: none.
    pub last_sr: u32,
    /// Since that SR, in 1/65536 s.
    pub delay_since_last_sr: u32,
}

/// The sender's half of an SR (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// 64-bit NTP time of the report.
    pub ntp: u64,
    pub rtp_timestamp: u32,
    pub packets: u32,
    pub octets: u32,
}

/// One packet of a compound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    SenderReport {
        ssrc: u32,
        info: SenderInfo,
        blocks: Blocks<'a>,
    },
    ReceiverReport {
        ssrc: u32,
        blocks: Blocks<'a>,
    },
    /// The CNAME of the first source; other items are skipped.
    SourceDescription {
        ssrc: u32,
        cname: Option<&'a [u8]>,
    },
    /// The first source that leaves.
    Goodbye {
        ssrc: u32,
    },
    /// APP, feedback, extended reports: skipped.
    Other {
        packet_type: u8,
    },
}

/// The report blocks of one SR or RR, read as they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks<'a>(&'a [[u8; BLOCK_BYTES]]);

impl Iterator for Blocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_first()?;
        self.0 = rest;
        let word = |index: usize| block.as_chunks().0.get(index).copied().map_or(0, u32::from_be_bytes);
        Some(ReportBlock {
            ssrc: word(0),
            fraction_lost: (word(1) >> 24) as u8,
            // Sign extension of 24 bits.
            cumulative_lost: (word(1) << 8).cast_signed() >> 8,
            extended_highest_sequence: word(2),
            jitter: word(3),
            last_sr: word(4),
            delay_since_last_sr: word(5),
        })
    }
}

/// Reads a compound packet; ends after the first error.
pub fn parse(compound: &[u8]) -> Packets<'_> {
    Packets { rest: compound }
}

/// The packets of a compound, in order.
#[derive(Clone, Copy, Debug)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, RtcpError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let packet = split_packet(self.rest).and_then(|first| {
            self.rest = first.rest;
            read_packet(&first)
        });
        if packet.is_err() {
            self.rest = &[];
        }
        Some(packet)
    }
}

/// One packet of a compound, cut out but not read.
struct Raw<'a> {
    count: u8,
    packet_type: u8,
    body: &'a [u8],
    rest: &'a [u8],
}

/// Header, body and what follows of the first packet (RFC 3550 §6.4.1: the length counts words, less one).
fn split_packet(bytes: &[u8]) -> Result<Raw<'_>, RtcpError> {
    let (&[first, packet_type, high, low], rest) = bytes.split_first_chunk().ok_or(RtcpError::Truncated)?;
    if first >> 6 != 2 {
        return Err(RtcpError::Version(first >> 6));
    }
    let length = 4 * usize::from(u16::from_be_bytes([high, low]));
    let (body, rest) = rest.split_at_checked(length).ok_or(RtcpError::Truncated)?;
    Ok(Raw { count: first & 0x1F, packet_type, body, rest })
}

fn read_packet<'a>(&Raw { count, packet_type, body, .. }: &Raw<'a>) -> Result<Packet<'a>, RtcpError> {
    let ssrc = body.first_chunk().copied().map(u32::from_be_bytes);
    match packet_type {
        SENDER_REPORT => {
            let ssrc = ssrc.ok_or(RtcpError::Truncated)?;
            let info = body.get(4..).and_then(<[u8]>::first_chunk).ok_or(RtcpError::Truncated)?;
            let blocks = blocks(body.get(4 + SENDER_INFO_BYTES..), count)?;
            Ok(Packet::SenderReport { ssrc, info: SenderInfo::from_bytes(info), blocks })
        }
        RECEIVER_REPORT => {
            let ssrc = ssrc.ok_or(RtcpError::Truncated)?;
            Ok(Packet::ReceiverReport { ssrc, blocks: blocks(body.get(4..), count)? })
        }
        // No chunk and no source is legal and says nothing (RFC 3550 §6.5, §6.6).
        SOURCE_DESCRIPTION | GOODBYE if count == 0 => Ok(Packet::Other { packet_type }),
        SOURCE_DESCRIPTION => {
            let ssrc = ssrc.ok_or(RtcpError::Truncated)?;
            Ok(Packet::SourceDescription { ssrc, cname: cname(body.get(4..).unwrap_or(&[])) })
        }
        GOODBYE => Ok(Packet::Goodbye { ssrc: ssrc.ok_or(RtcpError::Truncated)? }),
        _ => Ok(Packet::Other { packet_type }),
    }
}

/// A profile may append more behind the blocks (RFC 3550 §6.4.3): it is skipped.
fn blocks(bytes: Option<&[u8]>, count: u8) -> Result<Blocks<'_>, RtcpError> {
    let (blocks, _) = bytes.unwrap_or(&[]).as_chunks();
    blocks.get(..usize::from(count)).map(Blocks).ok_or(RtcpError::ReportCount)
}

/// The CNAME among the items of a chunk (RFC 3550 §6.5.1). The null item ends the list.
fn cname(mut items: &[u8]) -> Option<&[u8]> {
    while let Some((&[item, length], rest)) = items.split_first_chunk().filter(|(head, _)| head[0] != 0) {
        let (value, rest) = rest.split_at_checked(usize::from(length))?;
        if item == CNAME_ITEM {
            return Some(value);
        }
        items = rest;
    }
    None
}

impl SenderInfo {
    fn from_bytes(bytes: &[u8; SENDER_INFO_BYTES]) -> Self {
        let word = |index: usize| bytes.as_chunks().0.get(index).copied().map_or(0, u32::from_be_bytes);
        Self {
            ntp: u64::from(word(0)) << 32 | u64::from(word(1)),
            rtp_timestamp: word(2),
            packets: word(3),
            octets: word(4),
        }
    }
}

/// What one of our compound packets says.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    pub ssrc: u32,
    /// Present: an SR, for we sent since the last report. Absent: an RR.
    pub sender: Option<SenderInfo>,
    pub block: Option<ReportBlock>,
    /// At most 255 bytes are sent.
    pub cname: &'a str,
    pub goodbye: Goodbye,
}

/// Whether a report ends with a BYE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goodbye {
    Stay,
    Leave,
}

/// Writes SR or RR, SDES with CNAME, and BYE where asked (RFC 3550 §6.1). Returns the bytes written, 0 where `out` is
/// shorter than [`MAX_REPORT_BYTES`].
pub fn build_report(report: &Report<'_>, out: &mut [u8]) -> usize {
    if out.len() < MAX_REPORT_BYTES {
        return 0;
    }
    let mut writer = Writer { out, length: 0 };
    let packet_type = if report.sender.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
    let sender_words = if report.sender.is_some() { 5 } else { 0 };
    let count = u8::from(report.block.is_some());
    writer.header(count, packet_type, 1 + sender_words + 6 * u16::from(count));
    writer.word(report.ssrc);
    if let Some(info) = &report.sender {
        writer.sender_info(info);
    }
    if let Some(block) = &report.block {
        writer.block(block);
    }
    writer.source_description(report.ssrc, report.cname);
    if report.goodbye == Goodbye::Leave {
        writer.header(1, GOODBYE, 1);
        writer.word(report.ssrc);
    }
    writer.length
}

/// Appends to a buffer that is known to be long enough.
struct Writer<'a> {
    out: &'a mut [u8],
    length: usize,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        if let Some(room) = self.out.get_mut(self.length..self.length + bytes.len()) {
            room.copy_from_slice(bytes);
            self.length += bytes.len();
        }
    }

    fn word(&mut self, word: u32) {
        self.bytes(&word.to_be_bytes());
    }

    fn header(&mut self, count: u8, packet_type: u8, words: u16) {
        let [high, low] = words.to_be_bytes();
        self.bytes(&[0x80 | count, packet_type, high, low]);
    }

    fn sender_info(&mut self, info: &SenderInfo) {
        self.bytes(&info.ntp.to_be_bytes());
        self.word(info.rtp_timestamp);
        self.word(info.packets);
        self.word(info.octets);
    }

    fn block(&mut self, block: &ReportBlock) {
        self.word(block.ssrc);
        let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7F_FFFF).cast_unsigned() & 0xFF_FFFF;
        self.word(u32::from(block.fraction_lost) << 24 | lost);
        self.word(block.extended_highest_sequence);
        self.word(block.jitter);
        self.word(block.last_sr);
        self.word(block.delay_since_last_sr);
    }

    fn source_description(&mut self, ssrc: u32, cname: &str) {
        let cname = cname.as_bytes();
        let cname = cname.get(..MAX_CNAME_BYTES).unwrap_or(cname);
        // One to four zero bytes end the chunk on a word (RFC 3550 §6.5).
        let zeros = 4 - (2 + cname.len()) % 4;
        let words = 1 + (2 + cname.len() + zeros) / 4;
        self.header(1, SOURCE_DESCRIPTION, words as u16);
        self.word(ssrc);
        self.bytes(&[CNAME_ITEM, cname.len() as u8]);
        self.bytes(cname);
        self.bytes(&[0; 4][..zeros]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BLOCK: ReportBlock = ReportBlock {
        ssrc: 0xDEAD_BEEF,
        fraction_lost: 12,
        cumulative_lost: -3,
        extended_highest_sequence: 0x0001_0002,
        jitter: 80,
        last_sr: 0x1234_5678,
        delay_since_last_sr: 65_536,
    };
    const INFO: SenderInfo =
        SenderInfo { ntp: 0x0102_0304_0506_0708, rtp_timestamp: 160, packets: 10, octets: 1_600 };

    fn build(report: &Report<'_>) -> Vec<u8> {
        let mut out = [0; MAX_REPORT_BYTES];
        let length = build_report(report, &mut out);
        out[..length].to_vec()
    }

    #[test]
    fn sender_report_with_block_and_bye_is_read_back() {
        let (sender, block) = (Some(INFO), Some(BLOCK));
        let bytes = build(&Report { ssrc: 7, sender, block, cname: "ramal", goodbye: Goodbye::Leave });
        assert_eq!(bytes.len() % 4, 0);
        let packets: Vec<_> = parse(&bytes).map(|packet| packet.expect("well formed")).collect();
        let [Packet::SenderReport { ssrc: 7, info: INFO, blocks }, description, bye] = packets[..] else {
            panic!("{packets:?}")
        };
        assert_eq!(blocks.collect::<Vec<_>>(), [BLOCK]);
        assert_eq!(description, Packet::SourceDescription { ssrc: 7, cname: Some(b"ramal") });
        assert_eq!(bye, Packet::Goodbye { ssrc: 7 });
    }

    #[test]
    fn receiver_report_is_read_back_with_every_cname_length() {
        for length in 0..300 {
            let cname = "c".repeat(length);
            let report = Report { ssrc: 1, sender: None, block: None, cname: &cname, goodbye: Goodbye::Stay };
            let bytes = build(&report);
            let packets: Vec<_> = parse(&bytes).map(|packet| packet.expect("well formed")).collect();
            assert_eq!(packets.len(), 2, "{length}");
            assert_eq!(packets[0], Packet::ReceiverReport { ssrc: 1, blocks: Blocks(&[]) });
            let expected = &cname.as_bytes()[..length.min(255)];
            assert_eq!(packets[1], Packet::SourceDescription { ssrc: 1, cname: Some(expected) });
        }
    }

    #[test]
    fn the_longest_report_fits_its_limit() {
        let cname = "c".repeat(255);
        let report = Report {
            ssrc: 1,
            sender: Some(INFO),
            block: Some(BLOCK),
            cname: &cname,
            goodbye: Goodbye::Leave,
        };
        let mut out = [0; 1_000];
        let length = build_report(&report, &mut out);
        assert!(length <= MAX_REPORT_BYTES, "{length}");
        assert_eq!(build_report(&report, &mut out[..MAX_REPORT_BYTES - 1]), 0);
    }

    #[test]
    fn broken_packets_end_the_compound_with_an_error() {
        let errors = |bytes: &[u8]| parse(bytes).last().and_then(Result::err);
        assert_eq!(errors(&[0x80, 201, 0, 1]), Some(RtcpError::Truncated));
        assert_eq!(errors(&[0x80, 201]), Some(RtcpError::Truncated));
        assert_eq!(errors(&[0x40, 201, 0, 0]), Some(RtcpError::Version(1)));
        assert_eq!(errors(&[0x82, 201, 0, 1, 0, 0, 0, 1]), Some(RtcpError::ReportCount));
        assert_eq!(errors(&[0x80, 200, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0]), Some(RtcpError::Truncated));
        assert_eq!(errors(&[]), None);
    }

    #[test]
    fn unknown_packets_and_empty_byes_are_skipped() {
        let bytes = [0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x80, 203, 0, 0];
        let packets: Vec<_> = parse(&bytes).collect();
        assert_eq!(packets, [Ok(Packet::Other { packet_type: 205 }), Ok(Packet::Other { packet_type: 203 })]);
    }

    proptest! {
        #[test]
        fn nothing_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200), valid: bool) {
            let mut bytes = bytes;
            if let (true, [first, packet_type, length, ..]) = (valid, &mut bytes[..]) {
                *first = 0x80 | *first & 0x3F;
                *packet_type = 200 + *packet_type % 5;
                *length = 0;
            }
            for packet in parse(&bytes) {
                if let Ok(Packet::SenderReport { blocks, .. } | Packet::ReceiverReport { blocks, .. }) = packet {
                    prop_assert!(blocks.count() < 32);
                }
            }
        }
    }
}
