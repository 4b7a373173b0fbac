//! SRTP and SRTCP (RFC 3711, RFC 7714), in place and without allocation per packet.

mod derivation;
mod source;
mod transform;

use thiserror::Error;

use self::derivation::Derivation;
use self::source::Sources;
use self::transform::{PacketId, Protocol, Transform};
use crate::rtp;

/// Bytes that must be free behind an RTP packet before [`Context::protect_rtp`].
pub const RTP_OVERHEAD_BYTES: usize = 16;
/// Bytes that must be free behind an RTCP packet before [`Context::protect_rtcp`]: tag and index.
pub const RTCP_OVERHEAD_BYTES: usize = 20;
/// Sources one [`Context`] keeps state for. A further source is refused.
pub const MAX_SOURCES: usize = 8;

/// The E bit of the SRTCP index word (RFC 3711 §3.4).
const ENCRYPTED_FLAG: u32 = 0x8000_0000;
/// E bit and SRTCP index.
const SRTCP_INDEX_BYTES: usize = 4;
/// Header and sender SSRC of the first RTCP packet.
const RTCP_CLEAR_BYTES: usize = 8;

/// A crypto suite of RFC 4568 §6.2 and RFC 7714 §14.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    AeadAes128Gcm,
    AeadAes256Gcm,
    AesCm128HmacSha1_32,
    AesCm128HmacSha1_80,
}

impl Suite {
    /// The name in an SDP crypto attribute.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
        }
    }

    /// Bytes of the master key.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AesCm128HmacSha1_32 | Self::AesCm128HmacSha1_80 => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    /// Bytes of the master salt.
    pub const fn salt_bytes(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            Self::AesCm128HmacSha1_32 | Self::AesCm128HmacSha1_80 => 14,
        }
    }
}

/// Master key and master salt, one after the other as in an SDP `inline:` (RFC 4568 §6.1). Printed only as its length.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    bytes: [u8; Self::MAX_BYTES],
    length: usize,
}

impl MasterKey {
    /// AES-256 key and 96-bit salt.
    pub const MAX_BYTES: usize = 44;

    /// Takes key and salt joined; fails where the length does not fit the suite.
    pub fn new(suite: Suite, key_and_salt: &[u8]) -> Result<Self, SrtpError> {
        if key_and_salt.len() != suite.key_bytes() + suite.salt_bytes() {
            return Err(SrtpError::KeyLength);
        }
        let mut bytes = [0; Self::MAX_BYTES];
        bytes.iter_mut().zip(key_and_salt).for_each(|(to, from)| *to = *from);
        Ok(Self { bytes, length: key_and_salt.len() })
    }

    /// Takes as many bytes as the suite needs. None of them is more than [`Self::MAX_BYTES`].
    pub fn from_random(suite: Suite, random: &[u8; 64]) -> Self {
        let length = suite.key_bytes() + suite.salt_bytes();
        let mut bytes = [0; Self::MAX_BYTES];
        bytes.iter_mut().zip(random).take(length).for_each(|(to, from)| *to = *from);
        Self { bytes, length }
    }

    /// Key and salt joined.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({} bytes)", self.length)
    }
}

/// Why a packet was not protected or not let through.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SrtpError {
    /// Peer: tag does not match; forged, damaged, or another key.
    #[error("SRTP authentication failed")]
    Authentication,
    /// Ours: no room behind the packet for tag and index.
    #[error("no room for the SRTP tag")]
    BufferTooSmall,
    /// Peer: SRTCP without encryption where encryption was agreed.
    #[error("SRTCP packet is not encrypted")]
    Unencrypted,
    /// Ours or the peer's signalling: key and salt do not fit the suite.
    #[error("SRTP key and salt do not have the length of the suite")]
    KeyLength,
    /// Ours: the key has protected as many packets as it may (RFC 3711 §9.2).
    #[error("SRTP key is used up")]
    KeyExhausted,
    /// Peer: not RTP or RTCP, or too short.
    #[error("not an SRTP packet")]
    Malformed,
    /// Network or attacker: seen already, or older than the replay window.
    #[error("SRTP packet replayed or too old")]
    Replayed,
    /// Peer: more than [`MAX_SOURCES`] sources.
    #[error("too many SRTP sources")]
    TooManySources,
}

/// One direction of one leg: the keys and what was sent or seen of each source. Use one to protect, another to
/// unprotect.
pub struct Context {
    suite: Suite,
    rtp: Transform,
    rtcp: Transform,
    sources: Sources,
}

impl Context {
    /// Derives the session keys (RFC 3711 §4.3).
    ///
    /// # Errors
    /// [`SrtpError::KeyLength`] where `master` was made for another suite.
    pub fn new(suite: Suite, master: &MasterKey) -> Result<Self, SrtpError> {
        let (key, salt) =
            master.as_bytes().split_at_checked(suite.key_bytes()).ok_or(SrtpError::KeyLength)?;
        if salt.len() != suite.salt_bytes() {
            return Err(SrtpError::KeyLength);
        }
        let derivation = Derivation::new(key, salt)?;
        Ok(Self {
            suite,
            rtp: Transform::new(suite, Protocol::Rtp, &derivation)?,
            rtcp: Transform::new(suite, Protocol::Rtcp, &derivation)?,
            sources: Sources::default(),
        })
    }

    /// The suite in use.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Encrypts `buf[..len]` in place and appends the tag; `buf` has [`RTP_OVERHEAD_BYTES`] behind `len`. Returns the
    /// new length (RFC 3711 §3.3, RFC 7714 §8).
    ///
    /// # Errors
    /// [`SrtpError::Replayed`] for a sequence number that was protected before: its keystream must not be used twice.
    pub fn protect_rtp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let (header_bytes, ssrc, sequence) = rtp_header(buf.get(..len).ok_or(SrtpError::Malformed)?)?;
        let index = self.sources.rtp(ssrc).check_sequence(sequence)?;
        let end = len + self.rtp.tag_bytes();
        let packet = buf.get_mut(..end).ok_or(SrtpError::BufferTooSmall)?;
        let (header, rest) = packet.split_at_mut(header_bytes);
        let (body, tag) = rest.split_at_mut(len - header_bytes);
        self.rtp.seal(PacketId { ssrc, index, word: roc_bytes(index) }, header, body, tag)?;
        self.sources.mark_rtp(ssrc, index)?;
        Ok(end)
    }

    /// Authenticates and decrypts `buf[..len]` in place. Returns the length of the plain packet. What fails leaves no
    /// trace in the state; its bytes may be garbled.
    pub fn unprotect_rtp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let packet = buf.get_mut(..len).ok_or(SrtpError::Malformed)?;
        let end = len.checked_sub(self.rtp.tag_bytes()).ok_or(SrtpError::Malformed)?;
        let (plain, tag) = packet.split_at_mut(end);
        let (header_bytes, ssrc, sequence) = rtp_header(plain)?;
        let index = self.sources.rtp(ssrc).check_sequence(sequence)?;
        let (header, body) = plain.split_at_mut(header_bytes);
        self.rtp.open(PacketId { ssrc, index, word: roc_bytes(index) }, header, body, tag)?;
        self.sources.mark_rtp(ssrc, index)?;
        Ok(end)
    }

    /// Encrypts a compound RTCP packet in place and appends index and tag; `buf` has [`RTCP_OVERHEAD_BYTES`] behind
    /// `len`. Returns the new length (RFC 3711 §3.4, RFC 7714 §9).
    pub fn protect_rtcp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let ssrc = rtcp_ssrc(buf.get(..len).ok_or(SrtpError::Malformed)?)?;
        let index = self.sources.next_rtcp(ssrc)?;
        let word = (ENCRYPTED_FLAG | index).to_be_bytes();
        let tag_bytes = self.rtcp.tag_bytes();
        let end = len + tag_bytes + SRTCP_INDEX_BYTES;
        let packet = buf.get_mut(..end).ok_or(SrtpError::BufferTooSmall)?;
        let (header, rest) = packet.split_at_mut(RTCP_CLEAR_BYTES);
        let (body, trailer) = rest.split_at_mut(len - RTCP_CLEAR_BYTES);
        let (tag, index_field) = self.rtcp.split_trailer(trailer);
        self.rtcp.seal(PacketId { ssrc, index: u64::from(index), word }, header, body, tag)?;
        index_field.copy_from_slice(&word);
        self.sources.mark_rtcp(ssrc, index)?;
        Ok(end)
    }

    /// Authenticates and decrypts a compound RTCP packet in place. Returns the length of the plain packet.
    pub fn unprotect_rtcp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let packet = buf.get_mut(..len).ok_or(SrtpError::Malformed)?;
        let trailer_bytes = self.rtcp.tag_bytes() + SRTCP_INDEX_BYTES;
        let end = len.checked_sub(trailer_bytes).ok_or(SrtpError::Malformed)?;
        let (plain, trailer) = packet.split_at_mut(end);
        let ssrc = rtcp_ssrc(plain)?;
        let (tag, index_field) = self.rtcp.split_trailer(trailer);
        let word: [u8; SRTCP_INDEX_BYTES] = (&*index_field).try_into().map_err(|_| SrtpError::Malformed)?;
        let index = u32::from_be_bytes(word) & !ENCRYPTED_FLAG;
        if u32::from_be_bytes(word) & ENCRYPTED_FLAG == 0 {
            return Err(SrtpError::Unencrypted);
        }
        self.sources.rtcp(ssrc).check(u64::from(index))?;
        let (header, body) = plain.split_at_mut(RTCP_CLEAR_BYTES);
        self.rtcp.open(PacketId { ssrc, index: u64::from(index), word }, header, body, tag)?;
        self.sources.mark_rtcp(ssrc, index)?;
        Ok(end)
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("suite", &self.suite).finish_non_exhaustive()
    }
}

/// Length of the clear header, SSRC and sequence number of an RTP packet.
fn rtp_header(packet: &[u8]) -> Result<(usize, u32, u16), SrtpError> {
    let header_bytes = rtp::header_bytes(packet).map_err(|_| SrtpError::Malformed)?;
    let [_, _, s0, s1, _, _, _, _, i0, i1, i2, i3, ..] = *packet else { return Err(SrtpError::Malformed) };
    Ok((header_bytes, u32::from_be_bytes([i0, i1, i2, i3]), u16::from_be_bytes([s0, s1])))
}

/// SSRC of the first packet of a compound; its first eight bytes stay in the clear (RFC 3711 §3.4).
fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    match *packet {
        [first, _, _, _, i0, i1, i2, i3, ..] if first >> 6 == 2 => Ok(u32::from_be_bytes([i0, i1, i2, i3])),
        _ => Err(SrtpError::Malformed),
    }
}

/// The rollover counter of a packet index: what is authenticated but not sent (RFC 3711 §4.2).
fn roc_bytes(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

#[cfg(test)]
mod tests;
