//! `settings`.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;

use crate::plugin::guest::Guest;
use crate::plugin::wit::settings::{Hash, Host};

impl Host for Guest {
    fn get(&mut self, name: String) -> Option<String> {
        self.placement.settings.get(&name).cloned()
    }

    fn secret(&mut self, name: String) -> Option<String> {
        self.placement.secrets.get(&name).cloned()
    }

    fn secret_is(&mut self, name: String, candidate: String) -> bool {
        // An empty secret is none: what was never filled in must not let everybody in.
        let secret = self.placement.secrets.get(&name).filter(|secret| !secret.is_empty());
        secret.is_some_and(|secret| verify_slices_are_equal(secret.as_bytes(), candidate.as_bytes()).is_ok())
    }

    fn hmac(&mut self, name: String, hash: Hash, data: Vec<u8>) -> Option<Vec<u8>> {
        let secret = self.placement.secrets.get(&name).filter(|secret| !secret.is_empty())?;
        let algorithm = match hash {
            Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha256 => hmac::HMAC_SHA256,
        };
        let key = hmac::Key::new(algorithm, secret.as_bytes());
        Some(hmac::sign(&key, &data).as_ref().to_vec())
    }
}
