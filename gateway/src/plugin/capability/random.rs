//! `random`.

use rand::TryRngCore as _;

use crate::plugin::guest::Guest;
use crate::plugin::limits::MAX_RANDOM_BYTES;
use crate::plugin::wit::random::Host;

impl Host for Guest {
    fn bytes(&mut self, count: u32) -> Vec<u8> {
        let mut bytes = vec![0; (count as usize).min(MAX_RANDOM_BYTES)];
        match rand::rngs::OsRng.try_fill_bytes(&mut bytes) {
            Ok(()) => bytes,
            // No bytes are seen at once; zeros would be used as if they were random.
            Err(_) => Vec::new(),
        }
    }
}
