//! Passwords: what is taken for one, and argon2id (RFC 9106).

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

use super::{PeopleError, Turn};

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane. More memory would let a few log-ins push media out of the caches of a small
/// machine; less would make a stolen database cheap to guess. A hash names its own parameters, so that they can grow later.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
/// Fewest characters.
pub const LEAST_CHARACTERS: usize = 10;
/// Most bytes.
pub const MOST_BYTES: usize = 256;
/// A hash that no password has, to be compared where there is none: an unknown address takes as long as a known one.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PasswordFault {
    #[error("the password is shorter than {LEAST_CHARACTERS} characters")]
    Short,
    #[error("the password is longer than {MOST_BYTES} bytes")]
    Long,
    #[error("the password is one that everybody tries first: take another")]
    Guessable,
}

/// Whether this may be somebody's password. Length counts, kinds of characters do not (NIST SP 800-63B §3.1.1.2).
pub fn check(password: &str, email: &str) -> Result<(), PasswordFault> {
    if password.len() > MOST_BYTES {
        return Err(PasswordFault::Long);
    }
    if password.chars().count() < LEAST_CHARACTERS {
        return Err(PasswordFault::Short);
    }
    let plain = password.to_lowercase();
    let first = plain.chars().next();
    let same = plain.chars().all(|c| Some(c) == first);
    let local = email.split('@').next().unwrap_or_default();
    let known = ["1234567890", "0123456789", "password", "qwertyuiop", "senha12345", "administrator"];
    let common = known.iter().any(|word| plain.starts_with(word) && plain.len() <= word.len() + 4);
    if same || common || plain == email || (!local.is_empty() && plain == local.repeat(2)) {
        return Err(PasswordFault::Guessable);
    }
    Ok(())
}

/// The hash of a password, made beside the threads that serve requests.
pub async fn hash(turn: Turn, password: &str) -> Result<String, PeopleError> {
    let password = password.to_owned();
    let hashed = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let mut salt = [0; SALT_BYTES];
        SystemRandom::new().fill(&mut salt).ok()?;
        let hashed: PasswordHash = argon2()?.hash_password_with_salt(password.as_bytes(), &salt).ok()?;
        Some(hashed.to_string())
    });
    let hashed = hashed.await.map_err(|_| PeopleError::Node("hashing a password broke off"))?;
    hashed.ok_or(PeopleError::Node("a password could not be hashed"))
}

/// Whether the password is the one that was hashed. Takes as long where there is no hash.
pub async fn is_right(turn: Turn, password: &str, hash: Option<String>) -> Result<bool, PeopleError> {
    // What is too long to be a password is not worth its hashing.
    let password = if password.len() > MOST_BYTES { String::new() } else { password.to_owned() };
    let compared = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let (told, known) = (hash.as_deref().unwrap_or(NOBODYS), hash.is_some());
        let Some((argon2, told)) = argon2().zip(PasswordHash::new(told).ok()) else { return false };
        argon2.verify_password(password.as_bytes(), &told).is_ok() && known
    });
    compared.await.map_err(|_| PeopleError::Node("checking a password broke off"))
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    async fn turn() -> Turn {
        let permit = || Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        Turn { _waiting: permit(), _hashing: permit() }
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_another_is_not() {
        let hashed = hash(turn().await, "a long enough one").await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(is_right(turn().await, "a long enough one", Some(hashed.clone())).await.unwrap());
        assert!(!is_right(turn().await, "a long enough two", Some(hashed)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_a_password_but_it_is_compared() {
        assert!(PasswordHash::new(NOBODYS).is_ok());
        assert!(!is_right(turn().await, "", None).await.unwrap());
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for odd in ["password123", "aaaaaaaaaaaaa", "1234567890", "ana@acme.test", "Administrator1"] {
            assert_eq!(check(odd, "ana@acme.test"), Err(PasswordFault::Guessable), "{odd}");
        }
        assert_eq!(check("short", "a@b"), Err(PasswordFault::Short));
        assert_eq!(check(&"ab".repeat(200), "a@b"), Err(PasswordFault::Long));
        assert_eq!(check("correct horse", "a@b"), Ok(()));
    }
}
