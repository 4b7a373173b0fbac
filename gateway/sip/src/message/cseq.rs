use std::fmt;

use super::{Method, text};

/// CSeq (RFC 3261 §20.16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    pub number: u32,
    pub method: Method,
}

impl CSeq {
    /// `None` when the number is above 2^31-1 (RFC 3261 §8.1.1.5) or the method is no token.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = text::trim(value);
        let digits = value.iter().position(|&byte| text::is_space(byte))?;
        let number = text::number(&value[..digits]).filter(|&number| number < 1 << 31)?;
        let method = Method::parse(text::trim(&value[digits..]))?;
        Some(Self { number, method })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}
