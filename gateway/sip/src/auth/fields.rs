use super::Algorithm;
use crate::message::text;

/// The fields of an Authorization or Proxy-Authorization value (RFC 7616 §3.4), without quotes.
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
    /// Nonce count as it came: its letters go into the hash.
    pub nc: Option<String>,
    pub cnonce: Option<String>,
    pub opaque: Option<String>,
}

impl Digest {
    /// The nonce count as a number; `None` when it is missing or not up to eight hex digits.
    pub fn count(&self) -> Option<u32> {
        let digits = self.nc.as_deref()?;
        let plain = digits.len() <= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| u32::from_str_radix(digits, 16).ok())?
    }
}

/// The fields of a WWW-Authenticate or Proxy-Authenticate value (RFC 7616 §3.3), without quotes.
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
pub fn parse_credentials(value: &[u8]) -> Option<Digest> {
    let fields = Fields::read(value)?;
    Some(Digest {
        username: fields.take("username")?,
        realm: fields.take("realm")?,
        nonce: fields.take("nonce")?,
        uri: fields.take("uri")?,
        response: fields.take("response")?,
        algorithm: fields.algorithm(),
        qop: fields.take("qop"),
        nc: fields.take("nc"),
        cnonce: fields.take("cnonce"),
        opaque: fields.take("opaque"),
    })
}

/// Reads a challenge. `None` when it is not Digest or a needed field is missing.
pub fn parse_challenge(value: &[u8]) -> Option<Challenge> {
    let fields = Fields::read(value)?;
    let qop = fields.take("qop").unwrap_or_default();
    Some(Challenge {
        realm: fields.take("realm")?,
        nonce: fields.take("nonce")?,
        opaque: fields.take("opaque"),
        stale: fields.take("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        algorithm: fields.algorithm(),
        qop: qop.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect(),
    })
}

/// Names and values after the word Digest.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(value: &[u8]) -> Option<Self> {
        let value = text::trim(value);
        let end = value.iter().position(|&byte| text::is_space(byte))?;
        if !value[..end].eq_ignore_ascii_case(b"Digest") {
            return None;
        }
        let fields = text::elements(&value[end..]).map(|field| {
            let equals = memchr::memchr(b'=', field)?;
            let name = String::from_utf8_lossy(text::trim(&field[..equals])).into_owned();
            let value = String::from_utf8_lossy(text::trim(&field[equals + 1..]));
            Some((name, text::unquote(&value).into_owned()))
        });
        Some(Self(fields.collect::<Option<_>>()?))
    }

    fn take(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    fn algorithm(&self) -> Option<Algorithm> {
        self.take("algorithm").map_or(Some(Algorithm::Md5), |token| Algorithm::from_token(&token))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn credentials_with_white_space_commas_in_quotes_and_unknown_fields() {
        let digest = parse_credentials(
            b"digest username=\"bob, the \\\"b\\\"\" ,realm = \"a,b\", nonce=\"n\",uri=\"sip:x;y=1,2\",\
              response=\"R\",  qop=\"auth\", nc=0000000A,cnonce=\"c\",auts=\"\"",
        )
        .unwrap();
        assert_eq!(digest.username, "bob, the \"b\"");
        assert_eq!(digest.realm, "a,b");
        assert_eq!(digest.uri, "sip:x;y=1,2");
        assert_eq!(digest.qop.as_deref(), Some("auth"));
        assert_eq!(digest.count(), Some(10));
        assert_eq!(digest.algorithm, Some(Algorithm::Md5));
        assert_eq!(digest.opaque, None);
    }

    #[test]
    fn what_is_not_digest_or_lacks_a_field_is_malformed() {
        assert_eq!(parse_credentials(b"Basic abc"), None);
        assert_eq!(parse_credentials(b"Digest"), None);
        assert_eq!(parse_credentials(b"Digest username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\""), None);
        assert_eq!(parse_challenge(b"Digest realm=\"a\""), None);
        assert_eq!(parse_challenge(b"NoOneKnowsThisScheme opaque-data=here"), None);
    }

    #[test]
    fn an_unknown_algorithm_is_none_and_not_md5() {
        let challenge = parse_challenge(b"Digest realm=\"a\",nonce=\"b\",algorithm=SHA-512-256").unwrap();
        assert_eq!(challenge.algorithm, None);
        assert!(challenge.qop.is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(value in prop::collection::vec(any::<u8>(), 0..200)) {
            let value = [&b"Digest "[..], &value].concat();
            let _ = parse_credentials(&value);
            let _ = parse_challenge(&value);
        }
    }
}
