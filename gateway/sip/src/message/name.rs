use std::fmt;
use std::hash::{Hash, Hasher};

use bytes::Bytes;

macro_rules! header_names {
    ($($(#[$doc:meta])* $variant:ident $text:literal,)+) => {
        /// A header name. Names are compared without regard to case (RFC 3261 §7.3.1) and
        /// printed in the spelling of their standard; an unknown one is kept as it came.
        #[derive(Clone, Debug)]
        pub enum HeaderName {
            $($(#[$doc])* $variant,)+
            /// A header that is not known here.
            Other(Bytes),
        }

        impl HeaderName {
            /// The long form of the name.
            pub fn as_bytes(&self) -> &[u8] {
                match self {
                    $(Self::$variant => $text.as_bytes(),)+
                    Self::Other(name) => name,
                }
            }

            /// Known names with their spelling.
            #[cfg(test)]
            pub(crate) fn all_known() -> Vec<(Self, &'static str)> {
                vec![$((Self::$variant, $text),)+]
            }
        }
    };
}

header_names! {
    Accept "Accept",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    Allow "Allow",
    /// RFC 6665 §8.2.2
    AllowEvents "Allow-Events",
    Authorization "Authorization",
    CallId "Call-ID",
    Contact "Contact",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding",
    ContentLength "Content-Length",
    ContentType "Content-Type",
    CSeq "CSeq",
    Date "Date",
    /// RFC 5806
    Diversion "Diversion",
    /// RFC 6665 §8.2.1
    Event "Event",
    Expires "Expires",
    From "From",
    /// RFC 7044
    HistoryInfo "History-Info",
    MaxForwards "Max-Forwards",
    MinExpires "Min-Expires",
    /// RFC 4028 §5
    MinSe "Min-SE",
    /// RFC 3325 §9.1
    PAssertedIdentity "P-Asserted-Identity",
    /// RFC 3325 §9.2
    PPreferredIdentity "P-Preferred-Identity",
    /// RFC 3323 §4.2
    Privacy "Privacy",
    ProxyAuthenticate "Proxy-Authenticate",
    ProxyAuthorization "Proxy-Authorization",
    ProxyRequire "Proxy-Require",
    /// RFC 3326
    Reason "Reason",
    RecordRoute "Record-Route",
    /// RFC 3515 §2.1
    ReferTo "Refer-To",
    /// RFC 3892
    ReferredBy "Referred-By",
    /// RFC 3891
    Replaces "Replaces",
    Require "Require",
    RetryAfter "Retry-After",
    Route "Route",
    Server "Server",
    /// RFC 4028 §4
    SessionExpires "Session-Expires",
    Subject "Subject",
    /// RFC 6665 §8.2.3
    SubscriptionState "Subscription-State",
    Supported "Supported",
    To "To",
    Unsupported "Unsupported",
    UserAgent "User-Agent",
    Via "Via",
    Warning "Warning",
    WwwAuthenticate "WWW-Authenticate",
}

impl HeaderName {
    /// The known header of that name, long or compact (RFC 3261 §7.3.3).
    pub fn known(name: &[u8]) -> Option<Self> {
        // One comparison a name: length and first letter choose the only candidates.
        let first = name.first()?.to_ascii_lowercase();
        let candidates: &[Self] = match (name.len(), first) {
            (1, b'a') => return None,
            (1, b'b') => return Some(Self::ReferredBy),
            (1, b'c') => return Some(Self::ContentType),
            (1, b'e') => return Some(Self::ContentEncoding),
            (1, b'f') => return Some(Self::From),
            (1, b'i') => return Some(Self::CallId),
            (1, b'k') => return Some(Self::Supported),
            (1, b'l') => return Some(Self::ContentLength),
            (1, b'm') => return Some(Self::Contact),
            (1, b'o') => return Some(Self::Event),
            (1, b'r') => return Some(Self::ReferTo),
            (1, b's') => return Some(Self::Subject),
            (1, b't') => return Some(Self::To),
            (1, b'u') => return Some(Self::AllowEvents),
            (1, b'v') => return Some(Self::Via),
            (1, b'x') => return Some(Self::SessionExpires),
            (2, b't') => &[Self::To],
            (3, b'v') => &[Self::Via],
            (4, b'c') => &[Self::CSeq],
            (4, b'd') => &[Self::Date],
            (4, b'f') => &[Self::From],
            (5, b'a') => &[Self::Allow],
            (5, b'e') => &[Self::Event],
            (5, b'r') => &[Self::Route],
            (6, b'a') => &[Self::Accept],
            (6, b'm') => &[Self::MinSe],
            (6, b'r') => &[Self::Reason],
            (6, b's') => &[Self::Server],
            (7, b'c') => &[Self::CallId, Self::Contact],
            (7, b'e') => &[Self::Expires],
            (7, b'p') => &[Self::Privacy],
            (7, b'r') => &[Self::Require],
            (7, b's') => &[Self::Subject],
            (7, b'w') => &[Self::Warning],
            (8, b'r') => &[Self::ReferTo, Self::Replaces],
            (9, b'd') => &[Self::Diversion],
            (9, b's') => &[Self::Supported],
            (10, b'u') => &[Self::UserAgent],
            (11, b'm') => &[Self::MinExpires],
            (11, b'r') => &[Self::RetryAfter, Self::ReferredBy],
            (11, b'u') => &[Self::Unsupported],
            (12, b'a') => &[Self::AllowEvents],
            (12, b'c') => &[Self::ContentType],
            (12, b'h') => &[Self::HistoryInfo],
            (12, b'm') => &[Self::MaxForwards],
            (12, b'r') => &[Self::RecordRoute],
            (13, b'a') => &[Self::Authorization],
            (13, b'p') => &[Self::ProxyRequire],
            (14, b'c') => &[Self::ContentLength],
            (15, b'a') => &[Self::AcceptEncoding, Self::AcceptLanguage],
            (15, b's') => &[Self::SessionExpires],
            (16, b'c') => &[Self::ContentEncoding],
            (16, b'w') => &[Self::WwwAuthenticate],
            (18, b'p') => &[Self::ProxyAuthenticate],
            (18, b's') => &[Self::SubscriptionState],
            (19, b'c') => &[Self::ContentDisposition],
            (19, b'p') => &[Self::PAssertedIdentity, Self::ProxyAuthorization],
            (20, b'p') => &[Self::PPreferredIdentity],
            _ => return None,
        };
        // Nearly all peers spell names as the standards do.
        let is_named = |known: &&Self| {
            let text = known.as_bytes();
            text == name || text.eq_ignore_ascii_case(name)
        };
        candidates.iter().find(is_named).cloned()
    }

    /// Any name, known or not; `None` when it is no token (RFC 3261 §25.1).
    pub fn parse(name: &[u8]) -> Option<Self> {
        Self::known(name)
            .or_else(|| super::text::is_token(name).then(|| Self::Other(Bytes::copy_from_slice(name))))
    }
}

impl PartialEq for HeaderName {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(a), Self::Other(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

impl Eq for HeaderName {}

impl Hash for HeaderName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        if let Self::Other(name) = self {
            name.to_ascii_lowercase().hash(state);
        }
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for (name, text) in HeaderName::all_known() {
            for spelling in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
                assert_eq!(HeaderName::known(spelling.as_bytes()), Some(name.clone()), "{spelling}");
            }
        }
    }

    #[test]
    fn compact_names_mean_the_long_ones() {
        let compact = ["b", "c", "e", "f", "i", "k", "l", "m", "o", "r", "s", "t", "u", "v", "x"];
        for name in compact {
            let upper = name.to_uppercase();
            assert!(HeaderName::known(name.as_bytes()).is_some());
            assert_eq!(HeaderName::known(name.as_bytes()), HeaderName::known(upper.as_bytes()));
        }
        assert_eq!(HeaderName::known(b"m"), Some(HeaderName::Contact));
        assert_eq!(HeaderName::known(b"z"), None);
        assert_eq!(HeaderName::known(b""), None);
    }

    #[test]
    fn unknown_names_keep_their_case_and_equal_without_it() {
        let name = HeaderName::parse(b"X-Tenant").unwrap();
        assert_eq!(name.as_bytes(), b"X-Tenant");
        assert_eq!(Some(name), HeaderName::parse(b"x-tenant"));
        assert_eq!(HeaderName::parse(b"X Tenant"), None);
        assert_eq!(HeaderName::parse(b"X\r\nTo"), None);
    }
}
