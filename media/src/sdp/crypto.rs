//! The crypto attribute: SRTP keys in SDP (RFC 4568).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::srtp::{MasterKey, Suite};

/// Our suites, the one we would rather have first.
pub(super) const PREFERENCE: [Suite; 4] =
    [Suite::AeadAes128Gcm, Suite::AeadAes256Gcm, Suite::AesCm128HmacSha1_80, Suite::AesCm128HmacSha1_32];

/// Phones differ in whether they pad keys whose length is no multiple of three.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One usable crypto attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crypto {
    /// Ties answer to offer; at most nine digits (RFC 4568 §9.1).
    pub tag: u32,
    pub suite: Suite,
    pub key: MasterKey,
}

impl Crypto {
    /// Reads an attribute's value: `tag suite inline:key|lifetime|MKI:length [session parameters]`. The error says why it
    /// cannot be used.
    pub(super) fn parse(value: &str) -> Result<Self, &'static str> {
        let mut words = value.split_ascii_whitespace();
        let (Some(tag), Some(suite), Some(keys)) = (words.next(), words.next(), words.next()) else {
            return Err("crypto attribute is incomplete");
        };
        if tag.len() > 9 || !tag.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("crypto tag is no number of at most nine digits");
        }
        let tag = tag.parse().map_err(|_| "crypto tag is no number")?;
        let known = PREFERENCE.into_iter().find(|known| known.name().eq_ignore_ascii_case(suite));
        let suite = known.ok_or("unknown crypto suite")?;
        words.try_for_each(check_session_parameter)?;
        Ok(Self { tag, suite, key: parse_key(suite, keys)? })
    }

    /// The attribute's value.
    pub(super) fn value(&self) -> String {
        format!("{} {} inline:{}", self.tag, self.suite.name(), BASE64.encode(self.key.as_bytes()))
    }
}

/// RFC 4568 §6.1: key and salt, then lifetime and MKI in this order, both optional.
fn parse_key(suite: Suite, keys: &str) -> Result<MasterKey, &'static str> {
    if keys.contains(';') {
        return Err("several keys for one crypto attribute need an MKI, which is not supported");
    }
    let inline = match keys.split_at_checked(7) {
        Some((method, rest)) if method.eq_ignore_ascii_case("inline:") => rest,
        _ => return Err("crypto key method is not inline"),
    };
    let mut fields = inline.split('|');
    let key = BASE64.decode(fields.next().unwrap_or_default()).map_err(|_| "crypto key is not base64")?;
    for field in fields {
        if field.contains(':') {
            return Err("crypto MKI is not supported");
        }
        check_lifetime(field)?;
    }
    MasterKey::new(suite, &key).map_err(|_| "crypto key has not the length of its suite")
}

/// A number of packets, plain or as a power of two. Any is long enough for a call, and each is below what we count.
fn check_lifetime(field: &str) -> Result<(), &'static str> {
    let digits = field.strip_prefix("2^").unwrap_or(field);
    match digits.parse::<u64>() {
        Ok(1..) => Ok(()),
        Ok(0) | Err(_) => Err("crypto lifetime is no number of packets"),
    }
}

/// RFC 4568 §6.3: what is not understood must be refused, unless it is marked with a dash (§6.3.7).
fn check_session_parameter(parameter: &str) -> Result<(), &'static str> {
    match parameter.split_once('=').map_or(parameter, |(name, _)| name) {
        "KDR" if parameter == "KDR=0" => Ok(()),
        "KDR" => Err("crypto key derivation rate is not supported"),
        "UNAUTHENTICATED_SRTP" | "UNENCRYPTED_SRTCP" | "UNENCRYPTED_SRTP" => {
            Err("crypto without encryption or authentication is refused")
        }
        // How far sequence numbers may be shuffled: a hint, and our window is wide.
        "WSH" => Ok(()),
        name if name.starts_with('-') => Ok(()),
        _ => Err("unknown crypto session parameter"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

    #[test]
    fn example_of_rfc4568_is_read_and_written_back() {
        let crypto =
            Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20 WSH=1024")).expect("usable");
        assert_eq!((crypto.tag, crypto.suite), (1, Suite::AesCm128HmacSha1_80));
        assert_eq!(crypto.value(), format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}"));
        assert_eq!(Crypto::parse(&crypto.value()), Ok(crypto));
    }

    #[test]
    fn padding_may_be_left_out() {
        let padded = "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==";
        for key in [padded, padded.trim_end_matches('=')] {
            let crypto = Crypto::parse(&format!("7 AEAD_AES_128_GCM {key}")).expect("usable");
            assert_eq!(crypto.key.as_bytes(), (0..28).collect::<Vec<u8>>());
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused_with_its_reason() {
        for (attribute, reason) in [
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1:4"), "crypto MKI is not supported"),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4"), "crypto MKI is not supported"),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^"), "crypto lifetime is no number of packets"),
            (format!("1 F8_128_HMAC_SHA1_80 {KEY}"), "unknown crypto suite"),
            (format!("1 AEAD_AES_256_GCM {KEY}"), "crypto key has not the length of its suite"),
            (
                format!("4294967296 AES_CM_128_HMAC_SHA1_80 {KEY}"),
                "crypto tag is no number of at most nine digits",
            ),
            (
                format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} UNENCRYPTED_SRTCP"),
                "crypto without encryption or authentication is refused",
            ),
            (
                format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} FEC_ORDER=FEC_SRTP"),
                "unknown crypto session parameter",
            ),
            ("1 AES_CM_128_HMAC_SHA1_80 inline:####".to_owned(), "crypto key is not base64"),
            ("1".to_owned(), "crypto attribute is incomplete"),
        ] {
            assert_eq!(Crypto::parse(&attribute), Err(reason), "{attribute}");
        }
        assert!(Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} -FOO=1 KDR=0")).is_ok());
    }
}
