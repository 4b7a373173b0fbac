//! Secrets in the only forms that are kept. `Debug` shows none of them, and they have no serialized form.

use std::fmt;

/// The digest hash of user, realm and password, one per algorithm, in lower-case hexadecimal (RFC 7616 §3.4.2, RFC 8760 §2).
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1Pair {
    /// 32 hexadecimal digits.
    pub md5: String,
    /// 64 hexadecimal digits.
    pub sha256: String,
}

impl fmt::Debug for Ha1Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1Pair(kept secret)")
    }
}

/// A password encrypted with the node's key, in base64; see [`crate::store::NodeKey`].
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(pub String);

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(kept secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let pair = Ha1Pair { md5: "5eb63bbb".to_owned(), sha256: "b94d27b9".to_owned() };
        let text = format!("{pair:?} {:?}", SealedSecret("c2VhbGVk".to_owned()));
        assert!(!text.contains("5eb63bbb") && !text.contains("b94d27b9") && !text.contains("c2VhbGVk"));
    }
}
