//! RTCP (RFC 3550 §6): compound packets of sender and receiver reports, source descriptions and goodbyes.

use thiserror::Error;

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
pub struct Blocks<'a>(pub(crate) &'a [u8]);

impl Iterator for Blocks<'_> {
    type Item = ReportBlock;
    fn next(&mut self) -> Option<ReportBlock> {
        None
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
        let _ = self.rest;
        None
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
    let _ = (report, out);
    0
}
