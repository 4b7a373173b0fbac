use bytes::Bytes;
use rand::RngCore;

use super::Credentials;
use crate::message::Method;

/// Why a challenge gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("no challenge that can be read")]
    Malformed,
    #[error("the challenge is for another realm")]
    ForeignRealm,
    #[error("no algorithm or quality of protection that both know")]
    Unsupported,
    #[error("the same nonce again: the secret is wrong")]
    Refused,
}

/// The client side: answers challenges and keeps the count of the nonce in use.
#[derive(Clone, Debug, Default)]
pub struct Answerer {}

impl Answerer {
    pub fn new() -> Self {
        Self::default()
    }

    /// The value for Authorization (after 401) or Proxy-Authorization (after 407).
    ///
    /// # Errors
    /// Why there is none.
    pub fn answer(
        &mut self,
        _challenges: &[&[u8]],
        _method: &Method,
        _uri: &str,
        _credentials: &Credentials,
        _rng: &mut impl RngCore,
    ) -> Result<Bytes, NoAnswer> {
        Err(NoAnswer::Malformed)
    }
}
