use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by identifiers that are random already: made by our generator, or a keyed hash.
pub(crate) type IdMap<T> = HashMap<u64, T, BuildHasherDefault<IdHasher>>;

/// Gives memory back after a flood: a table never shrinks by itself. The factors keep a busy table from
/// being moved again and again.
pub(crate) fn shrink<T>(table: &mut IdMap<T>) {
    const KEPT: usize = 16_384;
    if table.capacity() > KEPT && table.len() < table.capacity() / 8 {
        table.shrink_to(table.len() * 2);
    }
}

/// Takes an identifier as its own hash; nobody outside chooses which ones are stored.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }
}
