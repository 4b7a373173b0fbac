//! SRTP and SRTCP (RFC 3711, RFC 7714), in place and without allocation per packet.

use thiserror::Error;

/// Bytes that must be free behind an RTP packet before [`Context::protect_rtp`].
pub const RTP_OVERHEAD_BYTES: usize = 16;
/// Bytes that must be free behind an RTCP packet before [`Context::protect_rtcp`]: tag and index.
pub const RTCP_OVERHEAD_BYTES: usize = 20;
/// Sources one [`Context`] keeps state for. A further source is refused.
pub const MAX_SOURCES: usize = 8;

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
}

impl Context {
    /// Derives the session keys (RFC 3711 §4.3).
    pub fn new(suite: Suite, master: &MasterKey) -> Result<Self, SrtpError> {
        let _ = master;
        Ok(Self { suite })
    }

    /// The suite in use.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Encrypts `buf[..len]` in place and appends the tag; `buf` has [`RTP_OVERHEAD_BYTES`] behind `len`. Returns the
    /// new length.
    pub fn protect_rtp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let _ = (buf, len);
        Err(SrtpError::Malformed)
    }

    /// Authenticates and decrypts `buf[..len]` in place. Returns the length of the plain packet.
    pub fn unprotect_rtp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let _ = (buf, len);
        Err(SrtpError::Malformed)
    }

    /// Encrypts a compound RTCP packet in place and appends index and tag; `buf` has [`RTCP_OVERHEAD_BYTES`] behind
    /// `len`. Returns the new length.
    pub fn protect_rtcp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let _ = (buf, len);
        Err(SrtpError::Malformed)
    }

    /// Authenticates and decrypts a compound RTCP packet in place. Returns the length of the plain packet.
    pub fn unprotect_rtcp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let _ = (buf, len);
        Err(SrtpError::Malformed)
    }
}
