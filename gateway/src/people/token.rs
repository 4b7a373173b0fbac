//! Tokens: 256 bits drawn by chance, kept as a hash alone.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::PeopleError;

const TOKEN_BYTES: usize = 32;
/// A token's length as text.
const TOKEN_CHARACTERS: usize = 43;
/// A program's token begins so, that a scanner of published code can know it.
const PROGRAM_PREFIX: &str = "ramal_";
/// What a browser's second proof is derived by.
const CSRF_LABEL: &[u8] = b"ramal csrf 1 ";

/// A new token.
pub fn draw() -> Result<String, PeopleError> {
    let mut bytes = [0; TOKEN_BYTES];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| PeopleError::Node("the system gives no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A new token of a program.
pub fn draw_program() -> Result<String, PeopleError> {
    Ok(format!("{PROGRAM_PREFIX}{}", draw()?))
}

/// What is kept of a token. Its 256 bits cannot be guessed, so that a fast hash does; `None` for what cannot be a token.
pub fn kept(token: &str) -> Option<String> {
    let drawn = token.strip_prefix(PROGRAM_PREFIX).unwrap_or(token);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (drawn.len() == TOKEN_CHARACTERS && drawn.bytes().all(plain)).then(|| hex(token.as_bytes()))
}

/// What a page must send beside its cookie: a page of another site can make the browser send the cookie, but cannot read this.
pub fn csrf(token: &str) -> String {
    let told = digest(&SHA256, &[CSRF_LABEL, token.as_bytes()].concat());
    URL_SAFE_NO_PAD.encode(told)
}

/// What some bytes, one after the other, are known by.
pub fn fingerprint(parts: &[&[u8]]) -> String {
    let told = parts.iter().map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat());
    hex(&told.collect::<Vec<_>>().concat())
}

/// SHA-256 in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_differ_and_are_known_by_their_hash() {
        let (one, other) = (draw().unwrap(), draw_program().unwrap());
        assert_eq!(one.len(), TOKEN_CHARACTERS);
        assert_ne!(kept(&one), kept(&other));
        assert_eq!(kept(&one).unwrap().len(), 64);
        assert_ne!(csrf(&one), one);
    }

    #[test]
    fn what_cannot_be_a_token_is_not_looked_up() {
        for odd in ["", "ramal_", "a", &"a".repeat(10_000), &"é".repeat(43), "' OR 1=1"] {
            assert_eq!(kept(odd), None);
        }
    }
}
