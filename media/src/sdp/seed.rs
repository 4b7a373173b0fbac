//! Randomness of one negotiation, passed in once.

use aws_lc_rs::hmac;

/// Where session id and SRTP keys come from. Must be random and secret in use.
#[derive(Clone)]
pub struct Seed([u8; 32]);

impl From<[u8; 32]> for Seed {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<u64> for Seed {
    /// Gives keys of 64 bits of strength only: for legs without SRTP and for tests.
    fn from(number: u64) -> Self {
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
        Self(bytes)
    }
}

impl Seed {
    /// 64 bytes that nobody can tell from random ones without the seed.
    pub(super) fn derive(&self, purpose: &str, number: u32) -> [u8; 64] {
        let key = hmac::Key::new(hmac::HMAC_SHA512, &self.0);
        let mut context = hmac::Context::with_key(&key);
        context.update(purpose.as_bytes());
        context.update(&number.to_be_bytes());
        let mut out = [0; 64];
        out.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        out
    }
}
