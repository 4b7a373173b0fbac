//! Whether two URIs name the same thing (RFC 3261 §19.1.4).

use std::borrow::Cow;

use super::escape::unescape;
use super::{Scheme, Uri};

/// Parameters that make a difference when only one side has them (RFC 3261 §19.1.4).
const SIGNIFICANT: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];

impl Uri {
    /// Whether both name the same resource. Not transitive: do not use it as a key.
    pub fn is_equivalent(&self, other: &Self) -> bool {
        match (self.scheme, other.scheme) {
            (Scheme::Sip, Scheme::Sip) | (Scheme::Sips, Scheme::Sips) => self.same_sip(other),
            (Scheme::Tel, Scheme::Tel) => digits(self) == digits(other) && self.same_params(other),
            _ => self.raw == other.raw,
        }
    }

    fn same_sip(&self, other: &Self) -> bool {
        userinfo(self) == userinfo(other)
            && self.host().eq_ignore_ascii_case(other.host())
            && self.port == other.port
            && self.same_params(other)
            && self.same_headers(other)
    }

    fn same_params(&self, other: &Self) -> bool {
        let covered = |a: &Self, b: &Self| {
            a.params().all(|(name, value)| match b.param(name) {
                Some(found) => unescape(found).eq_ignore_ascii_case(&unescape(value.unwrap_or(""))),
                None => !SIGNIFICANT.iter().any(|known| known.eq_ignore_ascii_case(name)),
            })
        };
        covered(self, other) && covered(other, self)
    }

    fn same_headers(&self, other: &Self) -> bool {
        let covered = |a: &Self, b: &Self| {
            a.headers().all(|(name, value)| b.header(&name).is_some_and(|found| found == value))
        };
        covered(self, other) && covered(other, self)
    }
}

fn userinfo(uri: &Uri) -> Cow<'_, str> {
    unescape(uri.text(uri.user.clone()))
}

/// A number without its visual separators (RFC 3966 §5.1.1).
fn digits(uri: &Uri) -> String {
    let number = uri.text(uri.user.clone());
    number.chars().filter(|character| !matches!(character, '-' | '.' | '(' | ')')).collect()
}
