//! Headers as what they mean, read when asked for.

use super::{CSeq, HeaderError, HeaderName, Headers, NameAddr, Replaces, Via, text};

/// The Contact headers of a message (RFC 3261 §20.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contacts {
    /// `Contact: *`, alone.
    Star,
    /// In order; empty when there is none.
    List(Vec<NameAddr>),
}

impl Headers {
    /// The topmost Via element.
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn via(&self) -> Result<Via, HeaderError> {
        let name = HeaderName::Via;
        let top = self.values(&name).next().ok_or(HeaderError::Missing(HeaderName::Via))?;
        Via::parse(top).ok_or(HeaderError::Malformed(HeaderName::Via))
    }

    /// # Errors
    /// It is missing or malformed.
    pub fn from(&self) -> Result<NameAddr, HeaderError> {
        self.address(HeaderName::From)
    }

    /// # Errors
    /// It is missing or malformed.
    pub fn to(&self) -> Result<NameAddr, HeaderError> {
        self.address(HeaderName::To)
    }

    /// Refer-To (RFC 3515 §2.1).
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn refer_to(&self) -> Result<NameAddr, HeaderError> {
        self.address(HeaderName::ReferTo)
    }

    /// Referred-By (RFC 3892 §2).
    ///
    /// # Errors
    /// It is missing or malformed.
    pub fn referred_by(&self) -> Result<NameAddr, HeaderError> {
        self.address(HeaderName::ReferredBy)
    }

    /// Every P-Asserted-Identity that can be read: one SIP and one tel at most by RFC 3325 §9.1.
    pub fn asserted_identities(&self) -> Vec<NameAddr> {
        self.values(&HeaderName::PAssertedIdentity).filter_map(NameAddr::parse).collect()
    }

    fn address(&self, name: HeaderName) -> Result<NameAddr, HeaderError> {
        match self.get(&name) {
            None => Err(HeaderError::Missing(name)),
            Some(value) => NameAddr::parse(value).ok_or(HeaderError::Malformed(name)),
        }
    }

    /// # Errors
    /// One is malformed, or `*` is not alone.
    pub fn contacts(&self) -> Result<Contacts, HeaderError> {
        let malformed = || HeaderError::Malformed(HeaderName::Contact);
        let values: Vec<&[u8]> = self.values(&HeaderName::Contact).collect();
        match values.as_slice() {
            [b"*"] => Ok(Contacts::Star),
            many => {
                let list = many.iter().map(|value| NameAddr::parse(value)).collect::<Option<_>>();
                list.map(Contacts::List).ok_or_else(malformed)
            }
        }
    }

    /// The first Contact with an address.
    ///
    /// # Errors
    /// There is none, or it is malformed.
    pub fn contact(&self) -> Result<NameAddr, HeaderError> {
        let value =
            self.values(&HeaderName::Contact).next().ok_or(HeaderError::Missing(HeaderName::Contact))?;
        NameAddr::parse(value).ok_or(HeaderError::Malformed(HeaderName::Contact))
    }

    /// # Errors
    /// It is missing or malformed.
    pub fn cseq(&self) -> Result<CSeq, HeaderError> {
        let value = self.get(&HeaderName::CSeq).ok_or(HeaderError::Missing(HeaderName::CSeq))?;
        CSeq::parse(value).ok_or(HeaderError::Malformed(HeaderName::CSeq))
    }

    /// Call-ID, when it is there and not empty.
    pub fn call_id(&self) -> Option<&str> {
        self.get_str(&HeaderName::CallId).filter(|value| !value.is_empty())
    }

    /// Max-Forwards; a number above 255 counts as 255 (RFC 3261 §20.22).
    ///
    /// # Errors
    /// It is malformed.
    pub fn max_forwards(&self) -> Result<Option<u8>, HeaderError> {
        let Some(value) = self.get(&HeaderName::MaxForwards) else { return Ok(None) };
        match value.iter().all(u8::is_ascii_digit) && !value.is_empty() {
            true => Ok(Some(text::number(value).and_then(|hops| u8::try_from(hops).ok()).unwrap_or(u8::MAX))),
            false => Err(HeaderError::Malformed(HeaderName::MaxForwards)),
        }
    }

    /// Expires in seconds; `None` when it is missing or malformed (RFC 3261 §20.19: then the default counts).
    pub fn expires(&self) -> Option<u32> {
        self.seconds(&HeaderName::Expires)
    }

    /// Min-Expires in seconds (RFC 3261 §20.23).
    pub fn min_expires(&self) -> Option<u32> {
        self.seconds(&HeaderName::MinExpires)
    }

    /// Retry-After in seconds, without its comment and parameters (RFC 3261 §20.33).
    pub fn retry_after(&self) -> Option<u32> {
        self.seconds(&HeaderName::RetryAfter)
    }

    fn seconds(&self, name: &HeaderName) -> Option<u32> {
        let value = self.get(name)?;
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match value.get(digits) {
            None | Some(b';' | b'(' | b' ' | b'\t') => text::number(&value[..digits]),
            Some(_) => None,
        }
    }

    /// Route elements in order.
    ///
    /// # Errors
    /// One is malformed.
    pub fn routes(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.addresses(HeaderName::Route)
    }

    /// Record-Route elements in order.
    ///
    /// # Errors
    /// One is malformed.
    pub fn record_routes(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.addresses(HeaderName::RecordRoute)
    }

    fn addresses(&self, name: HeaderName) -> Result<Vec<NameAddr>, HeaderError> {
        let all = self.values(&name).map(NameAddr::parse).collect::<Option<_>>();
        all.ok_or(HeaderError::Malformed(name))
    }

    /// Replaces (RFC 3891); `None` when it is missing or malformed.
    pub fn replaces(&self) -> Option<Replaces> {
        self.get(&HeaderName::Replaces).and_then(Replaces::parse)
    }

    /// Content-Type with its parameters.
    pub fn content_type(&self) -> Option<&str> {
        self.get_str(&HeaderName::ContentType)
    }

    /// Whether the body is of that media type, such as `application/sdp`; parameters do not count.
    pub fn is_content(&self, media_type: &str) -> bool {
        let bare =
            |value: &str| value.split(';').next().map(|bare| bare.trim().eq_ignore_ascii_case(media_type));
        self.content_type().and_then(bare) == Some(true)
    }

    /// Whether a list of tokens, such as Supported or Require, holds `token`.
    pub fn has_token(&self, name: &HeaderName, token: &str) -> bool {
        self.values(name).any(|value| value.eq_ignore_ascii_case(token.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Method;

    fn one(name: HeaderName, value: &str) -> Headers {
        let mut headers = Headers::new();
        headers.push(name, value.to_owned());
        headers
    }

    #[test]
    fn a_star_stands_alone_or_is_malformed() {
        assert_eq!(one(HeaderName::Contact, "*").contacts(), Ok(Contacts::Star));
        assert_eq!(Headers::new().contacts(), Ok(Contacts::List(Vec::new())));
        let mixed = one(HeaderName::Contact, "*, <sip:a@b>");
        assert_eq!(mixed.contacts(), Err(HeaderError::Malformed(HeaderName::Contact)));
        let two = one(HeaderName::Contact, "<sip:a@b>;q=0.5, \"x, y\" <sip:c@d>");
        assert!(matches!(two.contacts(), Ok(Contacts::List(list)) if list.len() == 2));
    }

    #[test]
    fn cseq_overflow_is_malformed_and_not_another_number() {
        let cseq = |value| one(HeaderName::CSeq, value).cseq();
        assert_eq!(
            cseq("2147483647 INVITE").map(|cseq| (cseq.number, cseq.method)),
            Ok((2147483647, Method::Invite))
        );
        for wrong in ["2147483648 INVITE", "4294967297 INVITE", "-1 INVITE", "1", "1 (x)", "INVITE"] {
            assert_eq!(cseq(wrong), Err(HeaderError::Malformed(HeaderName::CSeq)), "{wrong}");
        }
    }

    #[test]
    fn seconds_with_comments_and_overflow() {
        let retry = |value| one(HeaderName::RetryAfter, value).retry_after();
        assert_eq!(retry("120;duration=60"), Some(120));
        assert_eq!(retry("18 (in a meeting)"), Some(18));
        assert_eq!((retry("soon"), retry("99999999999"), retry("1x")), (None, None, None));
        assert_eq!(one(HeaderName::Expires, "3600").expires(), Some(3600));
    }

    #[test]
    fn max_forwards_is_kept_within_its_range() {
        let hops = |value| one(HeaderName::MaxForwards, value).max_forwards();
        assert_eq!(
            (hops("70"), hops("300"), hops("99999999999999")),
            (Ok(Some(70)), Ok(Some(255)), Ok(Some(255)))
        );
        assert!(hops("-1").is_err() && hops("").is_err());
        assert_eq!(Headers::new().max_forwards(), Ok(None));
    }

    #[test]
    fn replaces_with_both_tags() {
        let text = "98asjd8@host;to-tag=1;from-tag=2;early-only";
        let replaces = one(HeaderName::Replaces, text).replaces().unwrap();
        assert_eq!((replaces.call_id.as_str(), replaces.early_only), ("98asjd8@host", true));
        assert_eq!(replaces.to_string(), text);
        assert_eq!(one(HeaderName::Replaces, "a;to-tag=1").replaces(), None);
        assert_eq!(one(HeaderName::Replaces, ";to-tag=1;from-tag=2").replaces(), None);
    }

    #[test]
    fn media_types_and_option_tags_are_found_without_regard_to_case() {
        assert!(
            one(HeaderName::ContentType, "Application/SDP ; charset=utf-8").is_content("application/sdp")
        );
        assert!(one(HeaderName::Supported, "100rel, Timer").has_token(&HeaderName::Supported, "timer"));
        assert!(!one(HeaderName::Supported, "timers").has_token(&HeaderName::Supported, "timer"));
    }
}
