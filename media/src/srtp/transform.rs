//! Encryption and authentication of one packet: AES-CM with HMAC-SHA1 (RFC 3711 §4) and AES-GCM (RFC 7714).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::EncryptingKey;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};

use super::derivation::{Derivation, Label, aes_ctr, apply_keystream};
use super::{RTCP_CLEAR_BYTES, SRTCP_INDEX_BYTES, SrtpError, Suite};

const SHA1_BYTES: usize = 20;
const SHA1_80_TAG_BYTES: usize = 10;
const SHA1_32_TAG_BYTES: usize = 4;
const GCM_TAG_BYTES: usize = 16;

/// Which of the two protocols a transform serves: they differ in keys and in what is authenticated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Rtp,
    Rtcp,
}

/// What makes a packet's keystream its own.
#[derive(Clone, Copy)]
pub(super) struct PacketId {
    pub ssrc: u32,
    /// 48 bits for SRTP (RFC 3711 §3.3.1), 31 for SRTCP.
    pub index: u64,
    /// What is authenticated behind the packet: the rollover counter, or E bit and SRTCP index.
    pub word: [u8; 4],
}

/// The session keys of one protocol in one direction.
pub(super) struct Transform {
    protocol: Protocol,
    cipher: Cipher,
}

#[expect(
    clippy::large_enum_variant,
    reason = "two of them live in a context; a box would cost a cache miss a packet"
)]
enum Cipher {
    AesCm { key: EncryptingKey, salt: [u8; 14], authentication: hmac::Key, tag_bytes: usize },
    Gcm { key: LessSafeKey, salt: [u8; 12] },
}

impl Transform {
    pub(super) fn new(suite: Suite, protocol: Protocol, derivation: &Derivation) -> Result<Self, SrtpError> {
        let (encryption, salt) = match protocol {
            Protocol::Rtp => (Label::RtpEncryption, Label::RtpSalt),
            Protocol::Rtcp => (Label::RtcpEncryption, Label::RtcpSalt),
        };
        let cipher = match suite {
            Suite::AeadAes128Gcm => Cipher::Gcm {
                key: gcm_key(&AES_128_GCM, &derivation.derive::<16>(encryption)?)?,
                salt: derivation.derive(salt)?,
            },
            Suite::AeadAes256Gcm => Cipher::Gcm {
                key: gcm_key(&AES_256_GCM, &derivation.derive::<32>(encryption)?)?,
                salt: derivation.derive(salt)?,
            },
            Suite::AesCm128HmacSha1_32 | Suite::AesCm128HmacSha1_80 => Cipher::AesCm {
                key: aes_ctr(&derivation.derive::<16>(encryption)?)?,
                salt: derivation.derive(salt)?,
                authentication: authentication_key(protocol, derivation)?,
                tag_bytes: sha1_tag_bytes(suite, protocol),
            },
        };
        Ok(Self { protocol, cipher })
    }

    pub(super) fn tag_bytes(&self) -> usize {
        match self.cipher {
            Cipher::AesCm { tag_bytes, .. } => tag_bytes,
            Cipher::Gcm { .. } => GCM_TAG_BYTES,
        }
    }

    /// Tag and index word behind an SRTCP packet: the tag is last with HMAC (RFC 3711 §3.4), the index with GCM
    /// (RFC 7714 §9.2). `trailer` has exactly the bytes of both.
    pub(super) fn split_trailer<'a>(&self, trailer: &'a mut [u8]) -> (&'a mut [u8], &'a mut [u8]) {
        match self.cipher {
            Cipher::AesCm { .. } => {
                let (word, tag) = trailer.split_at_mut(SRTCP_INDEX_BYTES);
                (tag, word)
            }
            Cipher::Gcm { .. } => trailer.split_at_mut(GCM_TAG_BYTES),
        }
    }

    /// Encrypts `body` and writes the tag of [`Self::tag_bytes`].
    pub(super) fn seal(
        &self,
        id: PacketId,
        header: &[u8],
        body: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), SrtpError> {
        match &self.cipher {
            Cipher::AesCm { key, salt, authentication, .. } => {
                apply_keystream(key, counter_block(salt, id), body)?;
                let mut digest = [0; SHA1_BYTES];
                authenticate(authentication, header, body, id.word, &mut digest);
                tag.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
            }
            Cipher::Gcm { key, salt } => {
                let nonce = gcm_nonce(salt, id);
                let mut joined = [0; RTCP_CLEAR_BYTES + SRTCP_INDEX_BYTES];
                let aad = Aad::from(self.associated_data(header, id, &mut joined));
                let made =
                    key.seal_in_place_separate_tag(nonce, aad, body).map_err(|_| SrtpError::Malformed)?;
                tag.iter_mut().zip(made.as_ref()).for_each(|(to, from)| *to = *from);
            }
        }
        Ok(())
    }

    /// Checks the tag in constant time, then decrypts `body`.
    pub(super) fn open(
        &self,
        id: PacketId,
        header: &[u8],
        body: &mut [u8],
        tag: &[u8],
    ) -> Result<(), SrtpError> {
        match &self.cipher {
            Cipher::AesCm { key, salt, authentication, .. } => {
                let mut digest = [0; SHA1_BYTES];
                authenticate(authentication, header, body, id.word, &mut digest);
                let expected = digest.get(..tag.len()).ok_or(SrtpError::Malformed)?;
                verify_slices_are_equal(expected, tag).map_err(|_| SrtpError::Authentication)?;
                apply_keystream(key, counter_block(salt, id), body)
            }
            Cipher::Gcm { key, salt } => {
                let nonce = gcm_nonce(salt, id);
                let mut joined = [0; RTCP_CLEAR_BYTES + SRTCP_INDEX_BYTES];
                let aad = Aad::from(self.associated_data(header, id, &mut joined));
                let opened = key.open_in_place_separate_tag(nonce, aad, tag, body);
                opened.map(drop).map_err(|_| SrtpError::Authentication)
            }
        }
    }

    /// RFC 7714 §8.2 (the RTP header) and §9.2 (RTCP header and index word).
    fn associated_data<'a>(&self, header: &'a [u8], id: PacketId, joined: &'a mut [u8; 12]) -> &'a [u8] {
        match self.protocol {
            Protocol::Rtp => header,
            Protocol::Rtcp => {
                joined
                    .iter_mut()
                    .zip(header.iter().copied().chain(id.word))
                    .for_each(|(to, from)| *to = from);
                joined
            }
        }
    }
}

fn gcm_key(algorithm: &'static aws_lc_rs::aead::Algorithm, key: &[u8]) -> Result<LessSafeKey, SrtpError> {
    UnboundKey::new(algorithm, key).map(LessSafeKey::new).map_err(|_| SrtpError::KeyLength)
}

fn authentication_key(protocol: Protocol, derivation: &Derivation) -> Result<hmac::Key, SrtpError> {
    let label = match protocol {
        Protocol::Rtp => Label::RtpAuthentication,
        Protocol::Rtcp => Label::RtcpAuthentication,
    };
    let key = derivation.derive::<SHA1_BYTES>(label)?;
    Ok(hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key))
}

/// The short tag of the _32 suite is for SRTP only: SRTCP keeps 80 bits (RFC 4568 §6.2.2).
fn sha1_tag_bytes(suite: Suite, protocol: Protocol) -> usize {
    match (suite, protocol) {
        (Suite::AesCm128HmacSha1_32, Protocol::Rtp) => SHA1_32_TAG_BYTES,
        _ => SHA1_80_TAG_BYTES,
    }
}

/// RFC 3711 §4.2: over header, encrypted body and the word behind.
fn authenticate(key: &hmac::Key, header: &[u8], body: &[u8], word: [u8; 4], digest: &mut [u8; SHA1_BYTES]) {
    let mut context = hmac::Context::with_key(key);
    context.update(header);
    context.update(body);
    context.update(&word);
    digest.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
}

/// RFC 3711 §4.1.1: salt, SSRC and index; the last two bytes count the blocks.
fn counter_block(salt: &[u8; 14], id: PacketId) -> [u8; 16] {
    let wide = (u128::from(id.ssrc) << 64) ^ (u128::from(id.index) << 16);
    let mut block = wide.to_be_bytes();
    block.iter_mut().zip(salt).for_each(|(to, from)| *to ^= *from);
    block
}

/// RFC 7714 §8.1 and §9.1: two zero bytes, SSRC, 48 bits of index, all over the salt.
fn gcm_nonce(salt: &[u8; 12], id: PacketId) -> Nonce {
    let mut nonce = *salt;
    let ssrc = id.ssrc.to_be_bytes();
    let index = id.index.to_be_bytes();
    nonce.iter_mut().skip(2).zip(ssrc.iter().chain(index.iter().skip(2))).for_each(|(to, from)| *to ^= *from);
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
impl Transform {
    /// AES-GCM with the session keys themselves, as published vectors have it.
    pub(super) fn gcm_with_session_keys(protocol: Protocol, key: &[u8], salt: [u8; 12]) -> Self {
        let algorithm = if key.len() == 32 { &AES_256_GCM } else { &AES_128_GCM };
        Self { protocol, cipher: Cipher::Gcm { key: gcm_key(algorithm, key).expect("key"), salt } }
    }
}
