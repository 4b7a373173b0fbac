//! Signatures of webhooks: an HMAC in a header, written in one of a few ways.

use crate::inbound::WebhookRequest;
use crate::settings::{self, Hash};

impl WebhookRequest {
    /// Whether a header, named in lower case, holds the HMAC of the raw body under a secret of the settings. Refuse with
    /// [`crate::inbound::Refusal::Unauthentic`] where it does not. Where a provider signs more than the body, see [`is_signed`].
    pub fn is_signed(&self, header: &str, secret: &str, hash: Hash) -> bool {
        self.header(header).is_some_and(|signature| is_signed(&self.body, signature, secret, hash))
    }
}

/// Whether a signature is the HMAC of these bytes under a secret of the settings: in hexadecimal or in Base64, with or without
/// a prefix such as `sha256=` or `v0=`. It takes the same time wherever they differ. False where the secret is not filled in.
pub fn is_signed(data: &[u8], signature: &str, secret: &str, hash: Hash) -> bool {
    settings::hmac(secret, hash, data).is_some_and(|right| says(signature, &right))
}

/// Whether a text stands for these bytes.
fn says(signature: &str, right: &[u8]) -> bool {
    let signature = signature.trim();
    // A prefix is a short word; the `=` at the end of Base64 has nothing behind it.
    let bare = match signature.split_once('=') {
        Some((prefix, rest)) if prefix.len() <= 8 && !rest.trim_matches('=').is_empty() => rest,
        _ => signature,
    };
    let hex: String = right.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = base64(right);
    same(bare.to_ascii_lowercase().as_bytes(), hex.as_bytes())
        | same(bare.trim_end_matches('=').as_bytes(), base64.as_bytes())
}

/// Compares all bytes, whatever the first ones say.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// RFC 4648 section 4, without the padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let of = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        for letter in 0..=chunk.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * letter)) as usize & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        let all = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(all, ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"]);
    }

    #[test]
    fn each_way_of_writing_a_signature() {
        let right = [0xfb, 0xef, 0xbe, 0x01];
        for text in [
            "fbefbe01",
            "FBEFBE01",
            "sha256=fbefbe01",
            " v0=fbefbe01 ",
            "+++-".replace("+++-", "++++AQ==").as_str(),
            "sha1=++++AQ",
        ] {
            assert!(says(text, &right), "{text}");
        }
        for text in ["", "=", "fbefbe02", "fbefbe0", "sha256=", "sha256=fbefbe0101", "++++AR=="] {
            assert!(!says(text, &right), "{text}");
        }
    }
}
