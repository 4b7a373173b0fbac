//! Session keys from the master key (RFC 3711 §4.3, with a key derivation rate of zero; RFC 6188 §3 for 256 bits).

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use super::SrtpError;

/// What a derived key is for (RFC 3711 §4.3.1, table in §4.3.2).
#[derive(Clone, Copy)]
pub(super) enum Label {
    RtpEncryption = 0x00,
    RtpAuthentication = 0x01,
    RtpSalt = 0x02,
    RtcpEncryption = 0x03,
    RtcpAuthentication = 0x04,
    RtcpSalt = 0x05,
}

/// The pseudo-random function keyed with the master key.
pub(super) struct Derivation {
    key: EncryptingKey,
    /// The salt at the head of a counter block. The 96-bit salts of RFC 7714 §11 are filled up with zeros behind.
    salt: [u8; 16],
}

impl Derivation {
    pub(super) fn new(key: &[u8], salt: &[u8]) -> Result<Self, SrtpError> {
        let mut block = [0; 16];
        block.iter_mut().zip(salt).for_each(|(to, from)| *to = *from);
        Ok(Self { key: aes_ctr(key)?, salt: block })
    }

    /// `N` bytes of key material.
    pub(super) fn derive<const N: usize>(&self, label: Label) -> Result<[u8; N], SrtpError> {
        let mut counter = self.salt;
        counter[7] ^= label as u8;
        let mut out = [0; N];
        apply_keystream(&self.key, counter, &mut out)?;
        Ok(out)
    }
}

/// AES in counter mode with a key of 16 or 32 bytes.
pub(super) fn aes_ctr(key: &[u8]) -> Result<EncryptingKey, SrtpError> {
    let algorithm = if key.len() == 32 { &AES_256 } else { &AES_128 };
    UnboundCipherKey::new(algorithm, key).and_then(EncryptingKey::ctr).map_err(|_| SrtpError::KeyLength)
}

/// Encrypts or decrypts in place: in counter mode they are the same (RFC 3711 §4.1.1).
pub(super) fn apply_keystream(
    key: &EncryptingKey,
    counter: [u8; 16],
    data: &mut [u8],
) -> Result<(), SrtpError> {
    let context = EncryptionContext::Iv128(FixedLength::from(counter));
    key.less_safe_encrypt(data, context).map(drop).map_err(|_| SrtpError::Malformed)
}
