use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Ha1;
use crate::message::Method;

/// What the server side may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthLimits {
    /// Nonces whose counts are remembered. The oldest is forgotten, and then counts as stale.
    pub tracked_nonces: usize,
}

impl Default for AuthLimits {
    fn default() -> Self {
        Self { tracked_nonces: 65_536 }
    }
}

/// What an Authorization value is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    /// The secret is right but the nonce too old or forgotten: challenge again with `stale`.
    Stale,
    Wrong(Wrong),
    /// Not Digest, or a needed field is missing: 400.
    Malformed,
}

/// Why an answer is not accepted. For logs only: a peer learns nothing but 401 or 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The nonce is not one of ours, or of another realm.
    ForeignNonce,
    /// The algorithm is unknown, or nothing is kept for it.
    Algorithm,
    /// Not qop=auth with nc and cnonce.
    Qop,
    /// The nonce count was used before.
    Replay,
    /// The secret is wrong.
    Response,
}

/// The server side: makes nonces that need no memory and checks answers to them.
#[derive(Debug)]
pub struct Challenger {
    nonce_life: Duration,
}

impl Challenger {
    /// `secret` signs the nonces: draw a fresh one at each start.
    pub fn new(_secret: [u8; 32], nonce_life: Duration, _limits: AuthLimits) -> Self {
        Self { nonce_life }
    }

    /// The values for WWW-Authenticate or Proxy-Authenticate, SHA-256 first (RFC 8760 §2.4).
    pub fn challenge(&mut self, _now: Instant, _realm: &str, _stale: bool) -> Vec<Bytes> {
        Vec::new()
    }

    /// Checks an Authorization or Proxy-Authorization value against what is kept of the user.
    pub fn verify(&mut self, _now: Instant, _method: &Method, _authorization: &[u8], _ha1: &Ha1) -> Verdict {
        Verdict::Malformed
    }
}
