use std::fmt;

use super::{Params, text};

/// Replaces (RFC 3891 §6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    pub call_id: String,
    pub to_tag: String,
    pub from_tag: String,
    /// Whether only an early dialog may be replaced.
    pub early_only: bool,
}

impl Replaces {
    /// `None` when the Call-ID or a tag is missing.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let end = memchr::memchr(b';', value)?;
        let call_id = std::str::from_utf8(text::trim(&value[..end])).ok()?;
        let params = Params::parse(&value[end..]);
        let tag = |name| params.get(name).filter(|tag| !tag.is_empty()).map(str::to_owned);
        Some(Self {
            call_id: (!call_id.is_empty()).then(|| call_id.to_owned())?,
            to_tag: tag("to-tag")?,
            from_tag: tag("from-tag")?,
            early_only: params.contains("early-only"),
        })
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call_id, to_tag, from_tag, early_only } = self;
        let flag = if *early_only { ";early-only" } else { "" };
        write!(f, "{call_id};to-tag={to_tag};from-tag={from_tag}{flag}")
    }
}
