//! HTTP digest as a phone answers it and as a carrier checks it (RFC 7616, RFC 8760), over RustCrypto.

use std::collections::HashMap;

use md5::{Digest, Md5};
use sha2::Sha256;

/// User name and password of one party.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: String,
}

/// The answer to a `WWW-Authenticate` or `Proxy-Authenticate` value.
pub fn answer(challenge: &str, login: &Login, method: &str, uri: &str, nonce_count: u32) -> String {
    let asked = params(challenge);
    let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let algorithm = asked.get("algorithm").cloned().unwrap_or_else(|| "MD5".to_owned());
    let (realm, nonce) = (get("realm"), get("nonce"));
    let cnonce = format!("{:016x}", rand::random::<u64>());
    let nc = format!("{nonce_count:08x}");
    let with_qop = get("qop").split(',').any(|q| q.trim() == "auth");
    let ha1 = hash(&algorithm, &format!("{}:{realm}:{}", login.username, login.password));
    let ha2 = hash(&algorithm, &format!("{method}:{uri}"));
    let response = if with_qop {
        hash(&algorithm, &format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"))
    } else {
        hash(&algorithm, &format!("{ha1}:{nonce}:{ha2}"))
    };
    let mut out = format!(
        "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm={algorithm}",
        login.username
    );
    if with_qop {
        out.push_str(&format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\""));
    }
    if let Some(opaque) = asked.get("opaque") {
        out.push_str(&format!(", opaque=\"{opaque}\""));
    }
    out
}

/// A challenge as a carrier writes it.
pub fn challenge(realm: &str, nonce: &str, algorithm: &str) -> String {
    format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"")
}

/// Whether an `Authorization` value proves the password for this method.
pub fn verify(authorization: &str, login: &Login, method: &str) -> bool {
    let given = params(authorization);
    let get = |name: &str| given.get(name).cloned().unwrap_or_default();
    let algorithm = given.get("algorithm").cloned().unwrap_or_else(|| "MD5".to_owned());
    let ha1 = hash(&algorithm, &format!("{}:{}:{}", login.username, get("realm"), login.password));
    let ha2 = hash(&algorithm, &format!("{method}:{}", get("uri")));
    let (nonce, nc, cnonce, qop) = (get("nonce"), get("nc"), get("cnonce"), get("qop"));
    let wanted = if qop.is_empty() {
        hash(&algorithm, &format!("{ha1}:{nonce}:{ha2}"))
    } else {
        hash(&algorithm, &format!("{ha1}:{nonce}:{nc}:{cnonce}:{qop}:{ha2}"))
    };
    get("username") == login.username && get("response") == wanted
}

/// Parameters of a challenge or an answer, names in lower case, quotes taken off.
pub fn params(value: &str) -> HashMap<String, String> {
    let rest = value.trim().strip_prefix("Digest").unwrap_or(value);
    let mut out = HashMap::new();
    for part in split_outside_quotes(rest) {
        if let Some((name, value)) = part.split_once('=') {
            out.insert(name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned());
        }
    }
    out
}

fn split_outside_quotes(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn hash(algorithm: &str, text: &str) -> String {
    if algorithm.eq_ignore_ascii_case("SHA-256") {
        hex(&Sha256::digest(text))
    } else {
        hex(&Md5::digest(text))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Login, answer, hash, verify};

    #[test]
    fn rfc_2617_example_ha1() {
        let ha1 = hash("MD5", "Mufasa:testrealm@host.com:Circle Of Life");
        assert_eq!(ha1, "939e7578ed9e3c518a452acee763bce9");
    }

    #[test]
    fn an_answer_verifies_and_a_wrong_password_does_not() {
        let right = Login { username: "100".into(), password: "one".into() };
        let wrong = Login { username: "100".into(), password: "two".into() };
        for algorithm in ["MD5", "SHA-256"] {
            let challenge = super::challenge("acme.test", "n1", algorithm);
            let given = answer(&challenge, &right, "REGISTER", "sip:acme.test", 1);
            assert!(verify(&given, &right, "REGISTER"));
            assert!(!verify(&given, &wrong, "REGISTER"));
            assert!(!verify(&given, &right, "INVITE"));
        }
    }
}
