use std::fmt;
use std::hash::{Hash, Hasher};

use bytes::Bytes;

macro_rules! header_names {
    ($($(#[$doc:meta])* $variant:ident $text:literal $($compact:literal)?,)+) => {
        /// A header name. Names are compared without regard to case (RFC 3261 §7.3.1) and
        /// printed in the spelling of their standard; an unknown one is kept as it came.
        #[derive(Clone, Debug)]
        pub enum HeaderName {
            $($(#[$doc])* $variant,)+
            /// A header that is not known here.
            Other(Bytes),
        }

        /// Every known name, long and compact. Fewer than [`NONE`].
        static SPELLINGS: &[(&[u8], HeaderName)] = &[
            $(($text.as_bytes(), HeaderName::$variant), $(($compact.as_bytes(), HeaderName::$variant),)?)+
        ];

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
    AllowEvents "Allow-Events" "u",
    Authorization "Authorization",
    CallId "Call-ID" "i",
    Contact "Contact" "m",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding" "e",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    CSeq "CSeq",
    Date "Date",
    /// RFC 5806
    Diversion "Diversion",
    /// RFC 6665 §8.2.1
    Event "Event" "o",
    Expires "Expires",
    From "From" "f",
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
    ReferTo "Refer-To" "r",
    /// RFC 3892
    ReferredBy "Referred-By" "b",
    /// RFC 3891
    Replaces "Replaces",
    Require "Require",
    RetryAfter "Retry-After",
    Route "Route",
    Server "Server",
    /// RFC 4028 §4
    SessionExpires "Session-Expires" "x",
    Subject "Subject" "s",
    /// RFC 6665 §8.2.3
    SubscriptionState "Subscription-State",
    Supported "Supported" "k",
    To "To" "t",
    Unsupported "Unsupported",
    UserAgent "User-Agent",
    Via "Via" "v",
    Warning "Warning",
    WwwAuthenticate "WWW-Authenticate",
}

/// Where spellings of one length and first letter begin: nearly always there is one.
static PLACES: Places = Places::new();
const NONE: u8 = u8::MAX;

/// From lengths and first letters to spellings.
struct Places {
    /// By [`place`].
    first: [u8; 1_024],
    /// The next spelling of the same place.
    next: [u8; SPELLINGS.len()],
}

impl Places {
    const fn new() -> Self {
        let mut places = Self { first: [NONE; 1_024], next: [NONE; SPELLINGS.len()] };
        let mut at = 0;
        while at < SPELLINGS.len() {
            let place = place(SPELLINGS[at].0);
            places.next[at] = places.first[place];
            places.first[place] = at as u8;
            at += 1;
        }
        places
    }
}

/// Five bits of the length and five of the first letter, which are those of its small form too.
const fn place(name: &[u8]) -> usize {
    match name.first() {
        Some(first) => (name.len() & 31) << 5 | (*first & 31) as usize,
        None => 0,
    }
}

impl HeaderName {
    /// The known header of that name, long or compact (RFC 3261 §7.3.3).
    #[inline]
    pub fn known(name: &[u8]) -> Option<&'static Self> {
        let mut at = *PLACES.first.get(place(name))?;
        while let Some((text, known)) = SPELLINGS.get(usize::from(at)) {
            // Nearly all peers spell names as the standards do.
            if *text == name || text.eq_ignore_ascii_case(name) {
                return Some(known);
            }
            at = *PLACES.next.get(usize::from(at))?;
        }
        None
    }

    /// Any name, known or not; `None` when it is no token (RFC 3261 §25.1).
    pub fn parse(name: &[u8]) -> Option<Self> {
        Self::known(name)
            .cloned()
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
                assert_eq!(HeaderName::known(spelling.as_bytes()), Some(&name), "{spelling}");
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
        assert_eq!(HeaderName::known(b"m"), Some(&HeaderName::Contact));
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
