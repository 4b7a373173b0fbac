//! People: who they are, how they prove it, what is remembered of that. Decides; the API translates.

mod failed;
mod first;
mod link;
mod log_in;
pub mod password;
mod token;

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::store::{Store, StoreError};
use failed::FailedLogIns;

pub use first::first_administrator;
pub use link::make_link;
pub use log_in::{Asked, Origin, SignedIn};
pub use password::PasswordFault;
pub use token::fingerprint;

/// Passwords that are hashed at once. Each takes a core for some 30 ms and 19 MiB; calls need the other cores.
const HASHING: usize = 2;
/// Log-ins that may wait for that; above it they are told to come back.
const WAITING: usize = 32;
/// How long the answer to a request with a key is kept, in milliseconds.
const REPEAT_LIFE_MS: i64 = 24 * 3_600_000;
/// Longest name of a person, in bytes.
const NAME_LIMIT: usize = 120;
/// Longest e-mail address, in bytes (RFC 5321 §4.5.3.1.3).
const EMAIL_LIMIT: usize = 254;

/// Why something about a person was not done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Too many passwords are being checked already.
    #[error("too many people log in at this moment")]
    Busy,
    /// The link is unknown, used or over.
    #[error("this link is unknown, was used, or is over")]
    LinkGone,
    /// The password is none that may be taken.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// The system has no randomness, or a thread broke.
    #[error("{0}")]
    Node(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Log-ins of all organizations. Cheap to clone.
#[derive(Clone, Debug)]
pub struct People {
    store: Store,
    hashing: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    failed: FailedLogIns,
    /// Life of a browser's login since it was last used, in milliseconds.
    life_ms: i64,
}

/// The right to have one password hashed.
#[derive(Debug)]
pub struct Turn {
    _waiting: OwnedSemaphorePermit,
    _hashing: OwnedSemaphorePermit,
}

impl People {
    /// `life_h`: how long a browser that is not used stays logged in, in hours.
    pub fn new(store: Store, life_h: u32) -> Self {
        let failed = FailedLogIns::start(store.clone());
        Self {
            store,
            hashing: Arc::new(Semaphore::new(HASHING)),
            waiting: Arc::new(Semaphore::new(WAITING + HASHING)),
            failed,
            life_ms: i64::from(life_h) * 3_600_000,
        }
    }

    /// Waits until a password may be hashed.
    ///
    /// # Errors
    /// [`PeopleError::Busy`] if too many wait already.
    pub async fn turn(&self) -> Result<Turn, PeopleError> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| PeopleError::Busy)?;
        let hashing = Arc::clone(&self.hashing).acquire_owned().await.map_err(|_| PeopleError::Busy)?;
        Ok(Turn { _waiting: waiting, _hashing: hashing })
    }
}

/// Deletes logins and links that are over, and answers that are not given again.
///
/// # Errors
/// If the database is away.
pub async fn forget_what_is_over(store: &Store, now_ms: i64) -> Result<(), StoreError> {
    store.remove_expired_logins(now_ms).await?;
    store.remove_old_repeats(now_ms - REPEAT_LIFE_MS).await?;
    Ok(())
}

/// An e-mail address as it is kept; `None` if it is none. What a mail server will say of it is not asked.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@')?;
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\",;:\\()[]".contains(c));
    let fits = text.len() <= EMAIL_LIMIT && !local.is_empty() && !local.contains('@') && !domain.is_empty();
    let dotted = !domain.starts_with('.') && !domain.ends_with('.') && !domain.contains("..");
    (plain && fits && dotted).then_some(text)
}

/// A person's name as it is kept; `None` if it is none.
pub fn person_name(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (1..=NAME_LIMIT).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_in_lower_case_and_odd_ones_refused() {
        assert_eq!(email(" Ana@Acme.Example "), Some("ana@acme.example".to_owned()));
        for odd in ["", "@", "a@", "@b", "a b@c", "a@b@c", "a@.b", "a@b..c", "a\n@b", "<a@b>"] {
            assert_eq!(email(odd), None, "{odd:?}");
        }
        assert_eq!(email(&format!("{}@b.c", "a".repeat(300))), None);
    }

    #[test]
    fn a_name_is_one_line_of_something() {
        assert_eq!(person_name(" Ana <b> "), Some("Ana <b>".to_owned()));
        assert_eq!(person_name("  "), None);
        assert_eq!(person_name("a\u{7}"), None);
    }
}
