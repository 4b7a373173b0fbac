//! RTP packets (RFC 3550 §5.1): the header read from bytes, and rewritten in place when a packet is forwarded.

use thiserror::Error;

/// Bytes of a header without CSRC list and extension.
pub const FIXED_HEADER_BYTES: usize = 12;

/// Why a packet is not RTP. Always the sender's fault.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum RtpError {
    /// Shorter than its own header says.
    #[error("RTP packet is shorter than its header")]
    Truncated,
    /// The version field is not 2.
    #[error("RTP version is {0}, not 2")]
    Version(u8),
    /// The padding count is zero or larger than what follows the header (RFC 3550 §5.1, bit P).
    #[error("RTP padding does not fit the packet")]
    Padding,
}

/// The facts of one packet's header. Offsets are into the packet it was parsed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// Where the payload begins: fixed header, CSRC list and extension.
    pub payload_offset: usize,
    /// Where the payload ends: the packet without its padding.
    pub payload_end: usize,
}

impl Header {
    /// Reads and checks the header of a plain (not encrypted) packet.
    pub fn parse(packet: &[u8]) -> Result<Self, RtpError> {
        let payload_offset = header_bytes(packet)?;
        let [first, second, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3, ..] = *packet else {
            return Err(RtpError::Truncated);
        };
        let padding = match (first & 0x20 != 0, packet.last()) {
            (true, Some(&count)) => usize::from(count),
            (true, None) | (false, _) => 0,
        };
        if first & 0x20 != 0 && (padding == 0 || payload_offset + padding > packet.len()) {
            return Err(RtpError::Padding);
        }
        Ok(Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7F,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
            payload_offset,
            payload_end: packet.len() - padding,
        })
    }

    /// The payload inside the packet this header was parsed from, empty for any other packet that is too short.
    pub fn payload<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        packet.get(self.payload_offset..self.payload_end).unwrap_or(&[])
    }

    /// A header for a packet of our own: no CSRC, no extension, no padding.
    pub fn new(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32) -> Self {
        let offset = FIXED_HEADER_BYTES;
        Self {
            marker: false,
            payload_type,
            sequence,
            timestamp,
            ssrc,
            payload_offset: offset,
            payload_end: offset,
        }
    }

    /// Writes the twelve fixed bytes of a packet of our own (V=2, no padding, no extension, no CSRC).
    pub fn to_bytes(&self) -> [u8; FIXED_HEADER_BYTES] {
        let mut out = [0; FIXED_HEADER_BYTES];
        out[0] = 0x80;
        self.rewrite(&mut out);
        out
    }

    /// Overwrites marker, payload type, sequence number, timestamp and SSRC of a packet in place, keeping version,
    /// padding, extension and CSRC count. A packet shorter than a header is left alone.
    pub fn rewrite(&self, packet: &mut [u8]) {
        let Some(fixed) = packet.get_mut(..FIXED_HEADER_BYTES) else { return };
        fixed[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        fixed[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        fixed[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        fixed[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
    }
}

/// Bytes before the payload: fixed header, CSRC list (RFC 3550 §5.1) and header extension (§5.3.1). These stay in the
/// clear under SRTP, so this may be asked before a packet is authenticated.
pub fn header_bytes(packet: &[u8]) -> Result<usize, RtpError> {
    let first = *packet.first().ok_or(RtpError::Truncated)?;
    if first >> 6 != 2 {
        return Err(RtpError::Version(first >> 6));
    }
    let mut offset = FIXED_HEADER_BYTES + 4 * usize::from(first & 0x0F);
    if first & 0x10 != 0 {
        let Some(&[_, _, high, low]) = packet.get(offset..offset + 4) else {
            return Err(RtpError::Truncated);
        };
        offset += 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
    }
    if offset > packet.len() { Err(RtpError::Truncated) } else { Ok(offset) }
}

/// Payload type and SSRC of a packet whose payload may still be sealed.
pub fn peek(packet: &[u8]) -> Option<(u8, u32)> {
    let &[_, second, _, _, _, _, _, _, i0, i1, i2, i3, ..] = packet else { return None };
    Some((second & 0x7F, u32::from_be_bytes([i0, i1, i2, i3])))
}

/// Whether a packet on a shared port is RTCP rather than RTP: second byte 192 to 223 (RFC 5761 §4).
pub fn is_rtcp(packet: &[u8]) -> bool {
    matches!(packet, [first, second, ..] if first >> 6 == 2 && (192..=223).contains(second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn header_with_csrc_extension_and_padding_is_read() {
        let mut packet = vec![0xB1, 0x80 | 8, 0x12, 0x34, 0, 0, 0, 160, 1, 2, 3, 4, 9, 9, 9, 9];
        packet.extend([0xBE, 0xDE, 0, 1, 0x10, 0xFF, 0, 0]);
        packet.extend([0xAA; 10]);
        packet.extend([0, 0, 3]);
        let header = Header::parse(&packet).expect("RTP");
        assert!(header.marker);
        assert_eq!((header.payload_type, header.sequence, header.timestamp), (8, 0x1234, 160));
        assert_eq!((header.ssrc, header.payload_offset), (0x0102_0304, 24));
        assert_eq!(header.payload(&packet), [0xAA; 10]);
    }

    #[test]
    fn rewriting_keeps_flags_csrc_and_payload() {
        let mut packet = vec![0xB1, 8, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4, 9, 9, 9, 9, 0xBE, 0xDE, 0, 0, 1, 2, 2];
        let before = packet.clone();
        let new = Header { payload_type: 101, sequence: 7, ..Header::parse(&packet).expect("RTP") };
        new.rewrite(&mut packet);
        assert_eq!(packet[0], before[0]);
        assert_eq!(packet[12..], before[12..]);
        assert_eq!(Header::parse(&packet), Ok(new));
    }

    #[test]
    fn own_header_is_read_back() {
        let header = Header { marker: true, ..Header::new(9, 65_535, u32::MAX, 77) };
        assert_eq!(Header::parse(&header.to_bytes()), Ok(header));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(Header::parse(&[]), Err(RtpError::Truncated));
        assert_eq!(Header::parse(&[0x80; 11]), Err(RtpError::Truncated));
        assert_eq!(Header::parse(&[0x16; 20]), Err(RtpError::Version(0)));
        let mut packet = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9];
        assert!(Header::parse(&packet).is_ok());
        for (first, error) in [
            (0x81, RtpError::Truncated),
            (0x90, RtpError::Truncated),
            (0xA0, RtpError::Padding),
            (0x40, RtpError::Version(1)),
        ] {
            packet[0] = first;
            assert_eq!(Header::parse(&packet), Err(error), "{first:#x}");
        }
        packet[0] = 0xA0;
        packet[13] = 0;
        assert_eq!(Header::parse(&packet), Err(RtpError::Padding));
    }

    #[test]
    fn rtcp_on_the_same_port_is_told_apart() {
        assert!(is_rtcp(&[0x81, 200, 0, 0]));
        assert!(is_rtcp(&[0x80, 203]));
        assert!(!is_rtcp(&[0x80, 0x80 | 9]));
        assert!(!is_rtcp(&[0x00, 200]));
        assert!(!is_rtcp(&[0x80]));
    }

    proptest! {
        #[test]
        fn nothing_panics_on_any_bytes(bytes: Vec<u8>, flags in 0x80_u8..=0xBF) {
            let mut bytes = bytes;
            let _ = Header::parse(&bytes);
            if let Some(first) = bytes.first_mut() {
                *first = flags;
            }
            if let Ok(header) = Header::parse(&bytes) {
                prop_assert!(header.payload(&bytes).len() <= bytes.len());
                header.rewrite(&mut bytes);
                prop_assert_eq!(Header::parse(&bytes), Ok(header));
            }
        }
    }
}
