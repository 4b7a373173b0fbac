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
        let mut uri = Self::opaque(raw, Scheme::Malformed, 0);
        uri.locate()?;
        Ok(uri)
    }

    /// Whatever stands in a request line: text that is no URI is kept as [`Scheme::Malformed`].
    pub(super) fn lenient(raw: Bytes) -> Self {
        let mut uri = Self::opaque(raw, Scheme::Malformed, 0);
        match uri.locate() {
            Ok(()) => uri,
            Err(_) => Self::opaque(uri.raw, Scheme::Malformed, 0),
        }
    }

    fn locate(&mut self) -> Result<(), UriError> {
        let colon = memchr::memchr(b':', &self.raw).ok_or(UriError::Scheme)?;
        self.scheme = match &self.raw[..colon] {
            name if name.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
            name if name.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
            name if name.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
            name if is_scheme(name) => Scheme::Other,
            _ => return Err(UriError::Scheme),
        };
        self.rest = colon + 1;
        // No early exit: so the bytes are checked many at a time.
        let foreign = self.raw.iter().fold(false, |foreign, &byte| foreign | !is_uri_byte(byte));
        if foreign || std::str::from_utf8(&self.raw).is_err() {
            return Err(UriError::Character);
        }
        match self.scheme {
            Scheme::Sip | Scheme::Sips => self.locate_sip(),
            Scheme::Tel => self.locate_tel(),
            Scheme::Other | Scheme::Malformed => Ok(()),
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uri(text: &str) -> Uri {
        Uri::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_parts_of_a_full_uri() {
        let full = uri("sips:al%69ce:pw@[2001:db8::1]:5071;transport=TLS;lr?subject=a%20b&priority=urgent");
        assert_eq!(full.scheme(), Scheme::Sips);
        assert_eq!((full.raw_user(), full.user().as_deref()), (Some("al%69ce"), Some("alice")));
        assert_eq!(
            (full.host(), full.port(), full.host_port()),
            ("[2001:db8::1]", Some(5071), "[2001:db8::1]:5071")
        );
        assert_eq!(full.ip(), Some("2001:db8::1".parse().unwrap()));
        assert_eq!((full.transport(), full.param("LR"), full.param("x")), (Some("TLS"), Some(""), None));
        assert_eq!(full.header("Subject").as_deref(), Some("a b"));
    }

    #[test]
    fn tel_and_other_schemes() {
        let tel = uri("tel:+55-11-9999;phone-context=example.org");
        assert_eq!((tel.user().as_deref(), tel.host()), (Some("+55-11-9999"), ""));
        assert_eq!(tel.param("phone-context"), Some("example.org"));
        let other = uri("urn:service:sos");
        assert_eq!(
            (other.scheme(), other.user(), other.to_string().as_str()),
            (Scheme::Other, None, "urn:service:sos")
        );
    }

    #[test]
    fn malformed_uris_are_refused() {
        let wrong = [
            "",
            "sip",
            "sip:",
            "sip:@",
            "sip:a@",
            "sip:a@b@c",
            "sip:a b@c",
            "sip:a@b:0",
            "sip:a@b:65536",
            "sip:a@b:",
            "sip:a@[::1",
            "sip:a@[x]",
            "sip:a@b/c",
            "<sip:a@b>",
            "sip:a@b;x=y@z",
            "tel:",
            "1:x",
            "sip:a@b\r\nc",
        ];
        for text in wrong {
            assert!(Uri::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Uri::parse(b"sip:\xff@b").is_err());
    }

    #[test]
    fn made_uris_escape_what_they_must() {
        assert_eq!(Uri::sip(Some("a;b@c"), "h", None).to_string(), "sip:a%3Bb%40c@h");
        assert_eq!(Uri::sip(Some("+55#1"), "::1", Some(5060)).to_string(), "sip:+55%231@[::1]:5060");
        assert_eq!(Uri::sip(None, "evil;lr", None).to_string(), "sip:invalid.");
    }

    #[test]
    fn changes_leave_the_rest_as_it_came() {
        let from = uri("sip:a%3Bb@h:1;x=%41;y?h=v");
        assert_eq!(from.with_user(Some("z")).to_string(), "sip:z@h:1;x=%41;y?h=v");
        assert_eq!(from.with_user(None).to_string(), "sip:h:1;x=%41;y?h=v");
        assert_eq!(from.with_host_port("10.0.0.1", None).to_string(), "sip:a%3Bb@10.0.0.1;x=%41;y?h=v");
        assert_eq!(from.with_param("x", Some("2")).to_string(), "sip:a%3Bb@h:1;x=2;y?h=v");
        assert_eq!(from.with_param("lr", None).to_string(), "sip:a%3Bb@h:1;x=%41;y;lr?h=v");
        assert_eq!(from.without_param("Y").without_headers().to_string(), "sip:a%3Bb@h:1;x=%41");
        assert_eq!(from.without_params().to_string(), "sip:a%3Bb@h:1");
        assert_eq!(from.with_header("To", "<a>").to_string(), "sip:a%3Bb@h:1;x=%41;y?h=v&To=%3Ca%3E");
    }

    /// The examples of RFC 3261 §19.1.4.
    #[test]
    fn equivalence_as_the_rfc_says() {
        let same = [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
            ("sip:alice@a.com?subject=x&priority=urgent", "sip:alice@a.com?priority=urgent&subject=x"),
            ("tel:+55-11-99", "tel:+551199"),
        ];
        for (a, b) in same {
            assert!(uri(a).is_equivalent(&uri(b)) && uri(b).is_equivalent(&uri(a)), "{a} {b}");
        }
        let different = [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
            ("sip:a@b", "sips:a@b"),
        ];
        for (a, b) in different {
            assert!(!uri(a).is_equivalent(&uri(b)) && !uri(b).is_equivalent(&uri(a)), "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_what_is_taken_is_printed_as_it_came(tail in prop::collection::vec(any::<u8>(), 0..60)) {
            let raw = [&b"sip:"[..], &tail].concat();
            let lenient = Uri::lenient(Bytes::from(raw.clone()));
            let _ = (lenient.host(), lenient.user(), lenient.params().count(), lenient.headers().count());
            let _ = (lenient.with_user(Some("x")), lenient.with_param("a", None), lenient.without_params());
            if let Ok(uri) = Uri::parse(&raw) {
                prop_assert_eq!(uri.as_bytes(), &raw[..]);
                prop_assert!(uri.is_equivalent(&uri));
            }
        }

        #[test]
        fn a_made_uri_gives_its_user_back(user in "\\PC{1,20}") {
            let made = Uri::sip(Some(&user), "host", Some(5060));
            let read = Uri::parse(made.as_bytes()).unwrap();
            prop_assert_eq!(read.user().unwrap(), user);
        }
    }
}
