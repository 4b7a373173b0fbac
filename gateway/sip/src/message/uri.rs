use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use bytes::Bytes;

use super::{UriError, text};

mod build;
mod compare;
mod escape;

/// What kind of URI it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    Sip,
    Sips,
    /// RFC 3966
    Tel,
    /// Another scheme, kept as it came.
    Other,
    /// No URI at all, kept as it came. Only a request line can hold it: it is owed 400.
    Malformed,
}

/// A URI as it came, with the places of its parts (RFC 3261 §19.1).
///
/// `==` compares the text, which is what a copy needs. Whether two URIs name the same thing is
/// [`Uri::is_equivalent`]: that relation is not transitive (RFC 3261 §19.1.4), so it cannot be `==`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Uri {
    raw: Bytes,
    scheme: Scheme,
    /// Where the part after `scheme:` starts.
    rest: usize,
    /// User and password, without the `@`; for tel the number.
    user: Range<usize>,
    host: Range<usize>,
    port: Option<u16>,
    /// Where the parameters start, at their semicolon.
    params: usize,
    /// Where the headers start, at their question mark.
    headers: usize,
}

impl Uri {
    /// Reads a URI. Percent escapes stay as they are.
    ///
    /// # Errors
    /// The part that is wrong.
    pub fn parse(raw: &[u8]) -> Result<Self, UriError> {
        Self::from_bytes(Bytes::copy_from_slice(raw))
    }

    /// As [`Uri::parse`], without a copy.
    ///
    /// # Errors
    /// The part that is wrong.
    pub fn from_bytes(raw: Bytes) -> Result<Self, UriError> {
        let colon = memchr::memchr(b':', &raw).filter(|&at| is_scheme(&raw[..at])).ok_or(UriError::Scheme)?;
        if !raw.iter().all(|&byte| is_uri_byte(byte))
            || (!raw.is_ascii() && std::str::from_utf8(&raw).is_err())
        {
            return Err(UriError::Character);
        }
        let scheme = match &raw[..colon] {
            name if name.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
            name if name.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
            name if name.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
            _ => Scheme::Other,
        };
        let mut uri = Self::opaque(raw, scheme, colon + 1);
        match scheme {
            Scheme::Sip | Scheme::Sips => uri.locate_sip()?,
            Scheme::Tel => uri.locate_tel()?,
            Scheme::Other | Scheme::Malformed => {}
        }
        Ok(uri)
    }

    /// Whatever stands in a request line: text that is no URI is kept as [`Scheme::Malformed`].
    pub(super) fn lenient(raw: Bytes) -> Self {
        Self::from_bytes(raw.clone()).unwrap_or_else(|_| Self::opaque(raw, Scheme::Malformed, 0))
    }

    fn opaque(raw: Bytes, scheme: Scheme, rest: usize) -> Self {
        let end = raw.len();
        Self { raw, scheme, rest, user: end..end, host: end..end, port: None, params: end, headers: end }
    }

    fn locate_sip(&mut self) -> Result<(), UriError> {
        let rest = &self.raw[self.rest..];
        let host = match memchr::memchr(b'@', rest) {
            Some(at) => {
                self.user = self.rest..self.rest + at;
                self.rest + at + 1
            }
            None => {
                self.user = self.rest..self.rest;
                self.rest
            }
        };
        let after = &self.raw[host..];
        let length = host_length(after).ok_or(UriError::Host)?;
        self.host = host..host + length;
        let mut at = host + length;
        if self.raw.get(at) == Some(&b':') {
            let digits = self.raw[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let port =
                text::number(&self.raw[at + 1..at + 1 + digits]).and_then(|port| u16::try_from(port).ok());
            self.port = Some(port.filter(|&port| port != 0).ok_or(UriError::Port)?);
            at += 1 + digits;
        }
        match self.raw.get(at) {
            None | Some(b';' | b'?') => {}
            Some(_) => return Err(UriError::Host),
        }
        self.params = at;
        self.headers = memchr::memchr(b'?', &self.raw[at..]).map_or(self.raw.len(), |found| at + found);
        match memchr::memchr(b'@', &self.raw[at..]) {
            Some(_) => Err(UriError::Character),
            None => Ok(()),
        }
    }

    fn locate_tel(&mut self) -> Result<(), UriError> {
        self.params = memchr::memchr(b';', &self.raw).unwrap_or(self.raw.len());
        self.user = self.rest..self.params;
        if self.user.is_empty() { Err(UriError::Host) } else { Ok(()) }
    }

    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// sip: or sips:.
    pub fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The text as it came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// The text; empty for a malformed one that is not UTF-8.
    pub fn as_str(&self) -> &str {
        self.text(0..self.raw.len())
    }

    /// The user part without password, escapes as they came; for tel the number.
    pub fn raw_user(&self) -> Option<&str> {
        if self.user.is_empty() {
            return None;
        }
        let user = self.text(self.user.clone());
        Some(user.split_once(':').map_or(user, |(name, _)| name))
    }

    /// The user part with its escapes undone; bytes that are not UTF-8 become U+FFFD.
    pub fn user(&self) -> Option<Cow<'_, str>> {
        self.raw_user().map(escape::unescape)
    }

    /// Host name or address, an IPv6 address in its brackets; empty for other schemes.
    pub fn host(&self) -> &str {
        self.text(self.host.clone())
    }

    /// The address, when the host is one.
    pub fn ip(&self) -> Option<IpAddr> {
        host_ip(self.host())
    }

    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Host and port as they stand.
    pub fn host_port(&self) -> &str {
        self.text(self.host.start..self.params)
    }

    /// A parameter's value, escapes as they came; `""` for one without a value. A name is found
    /// in escaped letters too (RFC 3261 §19.1.4).
    pub fn param(&self, name: &str) -> Option<&str> {
        let wanted = |known: &str| escape::unescape(known).eq_ignore_ascii_case(name);
        self.params().find(|(known, _)| wanted(known)).map(|(_, value)| value.unwrap_or(""))
    }

    /// Name and value of each parameter, escapes as they came.
    pub fn params(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let all = self.text(self.params..self.headers);
        all.split(';').filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (part, None),
        })
    }

    /// The `transport` parameter.
    pub fn transport(&self) -> Option<&str> {
        self.param("transport")
    }

    /// Name and value of each header after `?`, escapes undone (RFC 3261 §19.1.1).
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let all = self.text(self.headers..self.raw.len());
        let all = all.strip_prefix('?').unwrap_or(all);
        all.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (escape::unescape(name), escape::unescape(value))
        })
    }

    /// Whether there are headers after `?`.
    pub fn has_headers(&self) -> bool {
        self.headers < self.raw.len()
    }

    /// One header after `?`, escapes undone.
    pub fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn text(&self, range: Range<usize>) -> &str {
        self.raw.get(range).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or("")
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.raw))
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri({self})")
    }
}

impl std::str::FromStr for Uri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        Self::parse(text.as_bytes())
    }
}

/// Length of the host at the start of `bytes`: a bracketed IPv6 address, or letters, digits, `.`, `-`.
/// `_` is no host character of RFC 3261 §25.1, but names in use hold it.
pub(super) fn host_length(bytes: &[u8]) -> Option<usize> {
    let length = if bytes.first() == Some(&b'[') {
        let end = memchr::memchr(b']', bytes)?;
        let inner = std::str::from_utf8(&bytes[1..end]).ok()?;
        inner.parse::<std::net::Ipv6Addr>().ok()?;
        end + 1
    } else {
        let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        bytes.iter().take_while(plain).count()
    };
    (length > 0).then_some(length)
}

/// The address, when `host` is one, with or without brackets.
pub(super) fn host_ip(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

fn is_scheme(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Everything but white space, controls and what would end a URI in a header.
fn is_uri_byte(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && !matches!(byte, b'<' | b'>' | b'"')
}
