//! SRTP for one direction (RFC 3711, RFC 7714), over RustCrypto: another hand than the product's.

use aes::Aes128;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes128Gcm, Nonce};
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, Mac};
use rand::RngCore as _;
use sha1::Sha1;

use super::packet::header_bytes;

type AesCm = ctr::Ctr128BE<Aes128>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    AesCm80,
    AesCm32,
    AeadAes128Gcm,
}

impl Suite {
    /// As it stands in a=crypto (RFC 4568 §6.2, RFC 7714 §14.2).
    pub fn name(self) -> &'static str {
        match self {
            Suite::AesCm80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::AesCm32 => "AES_CM_128_HMAC_SHA1_32",
            Suite::AeadAes128Gcm => "AEAD_AES_128_GCM",
        }
    }

    pub fn named(name: &str) -> Option<Suite> {
        [Suite::AesCm80, Suite::AesCm32, Suite::AeadAes128Gcm].into_iter().find(|s| s.name() == name)
    }

    fn salt_bytes(self) -> usize {
        if self == Suite::AeadAes128Gcm { 12 } else { 14 }
    }

    fn tag_bytes(self) -> usize {
        match self {
            Suite::AesCm80 => 10,
            Suite::AesCm32 => 4,
            Suite::AeadAes128Gcm => 16,
        }
    }
}

/// Master key and salt, one after the other, as in `inline:`.
#[derive(Clone, Debug)]
pub struct Keys {
    pub suite: Suite,
    pub material: Vec<u8>,
}

impl Keys {
    pub fn random(suite: Suite) -> Keys {
        let mut material = vec![0; 16 + suite.salt_bytes()];
        rand::rng().fill_bytes(&mut material);
        Keys { suite, material }
    }
}

/// Protects or unprotects the packets of one direction.
pub struct Context {
    suite: Suite,
    key: [u8; 16],
    salt: [u8; 14],
    auth: [u8; 20],
    roll_over: u32,
    highest: Option<u16>,
}

impl Context {
    pub fn new(keys: &Keys) -> Context {
        let master: [u8; 16] = keys.material[..16].try_into().expect("16 bytes of key");
        let mut master_salt = [0; 14];
        let salt = &keys.material[16..16 + keys.suite.salt_bytes()];
        master_salt[..salt.len()].copy_from_slice(salt);
        let mut context = Context {
            suite: keys.suite,
            key: [0; 16],
            salt: [0; 14],
            auth: [0; 20],
            roll_over: 0,
            highest: None,
        };
        derive(&master, &master_salt, 0, &mut context.key);
        derive(&master, &master_salt, 1, &mut context.auth);
        derive(&master, &master_salt, 2, &mut context.salt[..keys.suite.salt_bytes()]);
        context
    }

    /// An RTP packet, protected.
    pub fn protect(&mut self, packet: &[u8]) -> Vec<u8> {
        let head = header_bytes(packet).expect("an RTP packet");
        let index = self.advance(packet);
        let mut out = packet.to_vec();
        if self.suite == Suite::AeadAes128Gcm {
            let sealed = self
                .gcm()
                .encrypt(
                    &Nonce::from(self.gcm_nonce(packet, index)),
                    Payload { msg: &packet[head..], aad: &packet[..head] },
                )
                .expect("sealing");
            out.truncate(head);
            out.extend_from_slice(&sealed);
            return out;
        }
        self.cipher(packet, index).apply_keystream(&mut out[head..]);
        let tag = self.tag(&out, index);
        out.extend_from_slice(&tag[..self.suite.tag_bytes()]);
        out
    }

    /// The RTP packet inside, `None` when it is not authentic.
    pub fn unprotect(&mut self, packet: &[u8]) -> Option<Vec<u8>> {
        let head = header_bytes(packet)?;
        let end = packet.len().checked_sub(self.suite.tag_bytes()).filter(|e| *e >= head)?;
        let index = self.estimate(packet);
        let mut out = packet[..end].to_vec();
        if self.suite == Suite::AeadAes128Gcm {
            let payload = Payload { msg: &packet[head..], aad: &packet[..head] };
            let open = self.gcm().decrypt(&Nonce::from(self.gcm_nonce(packet, index)), payload).ok()?;
            out.truncate(head);
            out.extend_from_slice(&open);
        } else {
            if self.tag(&out, index)[..self.suite.tag_bytes()] != packet[end..] {
                return None;
            }
            self.cipher(packet, index).apply_keystream(&mut out[head..]);
        }
        self.advance(packet);
        Some(out)
    }

    // RFC 3711 §3.3.1: the index that lies nearest to the highest seen.
    fn estimate(&self, packet: &[u8]) -> u64 {
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let roll_over = match self.highest {
            Some(highest) if highest > 0xc000 && sequence < 0x4000 => self.roll_over.wrapping_add(1),
            Some(highest) if highest < 0x4000 && sequence > 0xc000 => self.roll_over.wrapping_sub(1),
            _ => self.roll_over,
        };
        (u64::from(roll_over) << 16) | u64::from(sequence)
    }

    fn advance(&mut self, packet: &[u8]) -> u64 {
        let index = self.estimate(packet);
        let known = self.highest.map(|h| (u64::from(self.roll_over) << 16) | u64::from(h));
        if known.is_none_or(|k| index > k) {
            self.roll_over = (index >> 16) as u32;
            self.highest = Some(index as u16);
        }
        index
    }

    // RFC 3711 §4.1.1: salt * 2^16 xor SSRC * 2^64 xor index * 2^16.
    fn cipher(&self, packet: &[u8], index: u64) -> AesCm {
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&self.salt);
        for at in 0..4 {
            iv[4 + at] ^= packet[8 + at];
        }
        for (at, byte) in index.to_be_bytes()[2..].iter().enumerate() {
            iv[8 + at] ^= byte;
        }
        AesCm::new(&self.key.into(), &iv.into())
    }

    fn tag(&self, protected: &[u8], index: u64) -> Vec<u8> {
        let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(&self.auth).expect("any length of key");
        mac.update(protected);
        mac.update(&((index >> 16) as u32).to_be_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    fn gcm(&self) -> Aes128Gcm {
        Aes128Gcm::new(&self.key.into())
    }

    // RFC 7714 §8.1: two zero octets, SSRC, roll-over counter, sequence number; xor salt.
    fn gcm_nonce(&self, packet: &[u8], index: u64) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[2..6].copy_from_slice(&packet[8..12]);
        nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
        for (byte, salt) in nonce.iter_mut().zip(self.salt) {
            *byte ^= salt;
        }
        nonce
    }
}

/// Bytes behind an RTCP packet: E flag and index, and the tag, which is of 80 bits in either suite of AES-CM (RFC 4568 §6.2).
const RTCP_TRAILER_BYTES: usize = 4 + 10;
/// Set: the packet is encrypted.
const ENCRYPTED: u32 = 1 << 31;

/// Protects or unprotects the RTCP packets of one direction (RFC 3711 §3.4); AES-CM only.
pub struct RtcpContext {
    key: [u8; 16],
    salt: [u8; 14],
    auth: [u8; 20],
    next: u32,
}

impl RtcpContext {
    pub fn new(keys: &Keys) -> RtcpContext {
        assert_ne!(keys.suite, Suite::AeadAes128Gcm, "RTCP is protected by AES-CM here");
        let master: [u8; 16] = keys.material[..16].try_into().expect("16 bytes of key");
        let salt: [u8; 14] = keys.material[16..30].try_into().expect("14 bytes of salt");
        let mut context = RtcpContext { key: [0; 16], salt: [0; 14], auth: [0; 20], next: 0 };
        derive(&master, &salt, 3, &mut context.key);
        derive(&master, &salt, 4, &mut context.auth);
        derive(&master, &salt, 5, &mut context.salt);
        context
    }

    /// A compound packet, protected.
    pub fn protect(&mut self, packet: &[u8]) -> Vec<u8> {
        let index = self.next;
        self.next += 1;
        let mut out = packet.to_vec();
        self.cipher(packet, index).apply_keystream(&mut out[8..]);
        out.extend((index | ENCRYPTED).to_be_bytes());
        let tag = self.tag(&out);
        out.extend_from_slice(&tag);
        out
    }

    /// The compound packet inside, `None` when it is not authentic.
    pub fn unprotect(&self, packet: &[u8]) -> Option<Vec<u8>> {
        let end = packet.len().checked_sub(RTCP_TRAILER_BYTES).filter(|end| *end >= 8)?;
        let (signed, tag) = packet.split_at(end + 4);
        if self.tag(signed) != tag {
            return None;
        }
        let index = u32::from_be_bytes(signed[end..].try_into().ok()?);
        let mut out = packet[..end].to_vec();
        if index & ENCRYPTED != 0 {
            self.cipher(packet, index & !ENCRYPTED).apply_keystream(&mut out[8..]);
        }
        Some(out)
    }

    // RFC 3711 §4.1.1, with the SSRC of the first packet and the index of the whole.
    fn cipher(&self, packet: &[u8], index: u32) -> AesCm {
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&self.salt);
        iv[4..8].iter_mut().zip(&packet[4..8]).for_each(|(byte, ssrc)| *byte ^= ssrc);
        iv[10..14].iter_mut().zip(index.to_be_bytes()).for_each(|(byte, index)| *byte ^= index);
        AesCm::new(&self.key.into(), &iv.into())
    }

    fn tag(&self, signed: &[u8]) -> [u8; 10] {
        let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(&self.auth).expect("any length of key");
        mac.update(signed);
        *mac.finalize().into_bytes().first_chunk().expect("20 bytes")
    }
}

// RFC 3711 §4.3.1, key derivation rate 0.
fn derive(master: &[u8; 16], salt: &[u8; 14], label: u8, out: &mut [u8]) {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    iv[7] ^= label;
    out.fill(0);
    AesCm::new(master.into(), &iv.into()).apply_keystream(out);
}

#[cfg(test)]
mod tests {
    use super::{Context, Keys, RtcpContext, Suite, derive};
    use crate::rtp::packet::Packet;

    #[test]
    fn rfc_3711_appendix_b3_key_derivation() {
        let master =
            [0xE1, 0xF9, 0x7A, 0x0D, 0x3E, 0x01, 0x8B, 0xE0, 0xD6, 0x4F, 0xA3, 0x2C, 0x06, 0xDE, 0x41, 0x39];
        let salt = [0x0E, 0xC6, 0x75, 0xAD, 0x49, 0x8A, 0xFE, 0xEB, 0xB6, 0x96, 0x0B, 0x3A, 0xAB, 0xE6];
        let mut key = [0; 16];
        derive(&master, &salt, 0, &mut key);
        assert_eq!(key[..4], [0xC6, 0x1E, 0x7A, 0x93]);
        let mut auth = [0; 20];
        derive(&master, &salt, 1, &mut auth);
        assert_eq!(auth[..4], [0xCE, 0xBE, 0x32, 0x1F]);
    }

    #[test]
    fn reports_are_read_by_who_has_the_key() {
        let keys = Keys::random(Suite::AesCm32);
        let (mut sender, receiver) = (RtcpContext::new(&keys), RtcpContext::new(&keys));
        for step in 0..3 {
            let packet = [0x80, 201, 0, 1, 1, 2, 3, 4, 0x81, 206, 0, step];
            let mut wire = sender.protect(&packet);
            assert_eq!(receiver.unprotect(&wire).as_deref(), Some(&packet[..]));
            wire[9] ^= 1;
            assert_eq!(receiver.unprotect(&wire), None);
        }
    }

    #[test]
    fn what_one_protects_the_other_reads_over_a_roll_over() {
        for suite in [Suite::AesCm80, Suite::AesCm32, Suite::AeadAes128Gcm] {
            let keys = Keys::random(suite);
            let (mut sender, mut receiver) = (Context::new(&keys), Context::new(&keys));
            for step in 0..4u16 {
                let packet = Packet {
                    marker: false,
                    payload_type: 0,
                    sequence: 65_534u16.wrapping_add(step),
                    timestamp: 160,
                    ssrc: 7,
                    payload: vec![step as u8; 160],
                }
                .write();
                let wire = sender.protect(&packet);
                let mut forged = wire.clone();
                forged[20] ^= 1;
                assert_eq!(receiver.unprotect(&forged), None);
                assert_eq!(receiver.unprotect(&wire), Some(packet));
            }
        }
    }
}
