use super::Algorithm;

/// The fields of an Authorization or Proxy-Authorization value (RFC 7616 §3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub username: String,
    pub realm: String,
    pub nonce: String,
    pub uri: String,
    pub response: String,
    /// `None` when it is one that is not known here; MD5 when the field is missing.
    pub algorithm: Option<Algorithm>,
    pub qop: Option<String>,
    /// Nonce count, eight hex digits.
    pub nc: Option<u32>,
    pub cnonce: Option<String>,
    pub opaque: Option<String>,
}

/// The fields of a WWW-Authenticate or Proxy-Authenticate value (RFC 7616 §3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub realm: String,
    pub nonce: String,
    pub opaque: Option<String>,
    /// Whether the last answer was right but its nonce too old.
    pub stale: bool,
    /// `None` when it is one that is not known here; MD5 when the field is missing.
    pub algorithm: Option<Algorithm>,
    /// The offered qualities of protection; empty for a peer of RFC 2069.
    pub qop: Vec<String>,
}

/// Reads an Authorization value. `None` when it is not Digest or a needed field is missing.
pub fn parse_credentials(_value: &[u8]) -> Option<Digest> {
    None
}

/// Reads a challenge. `None` when it is not Digest or a needed field is missing.
pub fn parse_challenge(_value: &[u8]) -> Option<Challenge> {
    None
}
