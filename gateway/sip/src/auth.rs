//! Digest authentication, both sides (RFC 2617, RFC 7616, RFC 8760): MD5 and SHA-256, qop=auth.

mod algorithm;
mod answerer;
mod challenger;
mod credentials;
mod fields;

pub use algorithm::{Algorithm, Ha1, ha1};
pub use answerer::{Answerer, NoAnswer};
pub use challenger::{AuthLimits, Challenger, Given, Peer, Verdict, Wrong};
pub use credentials::{Credentials, Secret};
pub use fields::{Challenge, Digest, parse_challenge, parse_credentials};
