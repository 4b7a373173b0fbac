//! Recordings at rest: AES-256-GCM in pieces of 4 KiB, so that any part can be read by itself, and a crash costs no more than
//! the piece that was being written.
//!
//! A file is 64 bytes in the clear, then a record for the head that changes (of WAV; none where the format has none), then
//! one record for each piece. A record is a nonce, the sealed bytes and their tag. The key of a file comes from the
//! configured one and 32 random bytes (HKDF, RFC 5869); every write takes a random nonce; the number of a piece is
//! authenticated with it, so that pieces cannot change places.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf, rand as random};

use super::wav::Store;

/// Bytes in the clear: what it is, which key, which salt.
pub const HEADER_BYTES: usize = 64;
/// Plain bytes of a piece.
pub const PIECE_BYTES: usize = 4_096;
/// What a record takes beside its bytes.
const OVERHEAD_BYTES: usize = NONCE_LEN + 16;
const MAGIC: &[u8; 8] = b"RAMALSND";
const VERSION: u16 = 1;
/// Number of the head's record in what is authenticated.
const HEAD: u64 = u64::MAX;
const SALT: Range<usize> = 20..52;

/// A key that recordings are sealed with.
#[derive(Clone)]
pub struct RecordingKey {
    /// Tells which of several keys a file was sealed with.
    id: [u8; 8],
    secret: [u8; 32],
}

/// The key for new recordings, and those that older ones were sealed with.
#[derive(Clone, Debug, Default)]
pub struct RecordingKeys(pub Vec<Arc<RecordingKey>>);

impl RecordingKey {
    /// From 32 secret bytes.
    pub fn new(secret: [u8; 32]) -> Self {
        let hash = digest::digest(&digest::SHA256, &[b"ramal recording key".as_slice(), &secret].concat());
        let mut id = [0; 8];
        id.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
        Self { id, secret }
    }

    fn of_file(&self, salt: &[u8]) -> io::Result<LessSafeKey> {
        let refused = |_| io::Error::other("the key of a recording cannot be derived");
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&self.secret);
        let info: [&[u8]; 1] = [b"ramal recording"];
        let okm = prk.expand(&info, &AES_256_GCM).map_err(refused)?;
        Ok(LessSafeKey::new(UnboundKey::from(okm)))
    }
}

impl std::fmt::Debug for RecordingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Where what lies in a sealed file, and the key to it.
pub struct Seal {
    key: LessSafeKey,
    head_bytes: usize,
}

impl Seal {
    /// From the beginning of a file.
    ///
    /// # Errors
    /// It is no sealed recording, or none of the keys is its key.
    pub fn of(header: &[u8], keys: &RecordingKeys) -> io::Result<Self> {
        let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let part = |range: Range<usize>| {
            header.get(range).ok_or_else(|| broken("a sealed recording ends in its header"))
        };
        if part(0..8)? != MAGIC || part(8..10)? != VERSION.to_le_bytes() {
            return Err(broken("not a sealed recording of this program"));
        }
        let key = keys.0.iter().find(|key| header.get(12..20) == Some(key.id.as_slice()));
        // Not broken: somebody may bring the key back.
        let missing = "recording.key_file does not hold the key that this recording was sealed with";
        let key = key.ok_or_else(|| io::Error::new(io::ErrorKind::PermissionDenied, missing))?;
        let head_bytes = part(10..12)?.try_into().map_or(0, u16::from_le_bytes);
        Ok(Self { key: key.of_file(part(SALT)?)?, head_bytes: usize::from(head_bytes) })
    }

    /// Plain bytes of a file of this length. A record that is not whole counts as far as it goes.
    pub fn plain_bytes(&self, file_bytes: u64) -> u64 {
        let pieces = file_bytes.saturating_sub(self.pieces_begin());
        let record = (PIECE_BYTES + OVERHEAD_BYTES) as u64;
        let rest = (pieces % record).saturating_sub(OVERHEAD_BYTES as u64);
        self.head_bytes as u64 + pieces / record * PIECE_BYTES as u64 + rest
    }

    /// Where in the file the records lie that hold these plain bytes.
    pub fn place(&self, plain: &Range<u64>) -> Range<u64> {
        let head = self.head_bytes as u64;
        let begin =
            if plain.start < head { HEADER_BYTES as u64 } else { self.piece_at(self.piece_of(plain.start)) };
        let end = if plain.end <= head {
            self.pieces_begin()
        } else {
            self.piece_at(self.piece_of(plain.end - 1) + 1)
        };
        begin..end.max(begin)
    }

    /// The plain bytes out of the records at [`Self::place`]; the last one may end earlier, and so do the bytes then.
    ///
    /// # Errors
    /// Somebody has changed the file, or it was cut off in the midst of a record.
    pub fn open(&self, plain: &Range<u64>, records: &mut [u8]) -> io::Result<Vec<u8>> {
        let (mut out, mut rest, head) = (Vec::new(), records, self.head_bytes as u64);
        let mut next = plain.start;
        if plain.start < head {
            let (record, later) = rest.split_at_mut((self.head_bytes + OVERHEAD_BYTES).min(rest.len()));
            let opened = self.open_record(HEAD, record)?;
            take(&mut out, opened, plain.start, plain.end.min(head));
            (rest, next) = (later, head);
        }
        while next < plain.end && !rest.is_empty() {
            let piece = self.piece_of(next);
            let begin = head + piece * PIECE_BYTES as u64;
            let (record, later) = rest.split_at_mut((PIECE_BYTES + OVERHEAD_BYTES).min(rest.len()));
            let opened = self.open_record(piece, record)?;
            take(&mut out, opened, next - begin, plain.end.saturating_sub(begin));
            (rest, next) = (later, begin + PIECE_BYTES as u64);
        }
        Ok(out)
    }

    fn open_record<'a>(&self, number: u64, record: &'a mut [u8]) -> io::Result<&'a [u8]> {
        let broken =
            || io::Error::new(io::ErrorKind::InvalidData, "a sealed recording was changed or cut off");
        let (nonce, sealed) = record.split_at_mut_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let opened = self.key.open_in_place(nonce, Aad::from(number.to_le_bytes()), sealed);
        opened.map(|plain| &*plain).map_err(|_| broken())
    }

    fn seal_record(&self, number: u64, plain: &[u8], record: &mut Vec<u8>) -> io::Result<()> {
        let refused = |_| io::Error::other("a recording cannot be sealed");
        let mut nonce = [0; NONCE_LEN];
        random::fill(&mut nonce).map_err(refused)?;
        record.clear();
        record.extend_from_slice(&nonce);
        record.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let body = record.get_mut(NONCE_LEN..).unwrap_or_default();
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(number.to_le_bytes()), body);
        record.extend_from_slice(tag.map_err(refused)?.as_ref());
        Ok(())
    }

    fn piece_of(&self, plain: u64) -> u64 {
        plain.saturating_sub(self.head_bytes as u64) / PIECE_BYTES as u64
    }

    fn pieces_begin(&self) -> u64 {
        let head = if self.head_bytes == 0 { 0 } else { self.head_bytes + OVERHEAD_BYTES };
        (HEADER_BYTES + head) as u64
    }

    fn piece_at(&self, piece: u64) -> u64 {
        self.pieces_begin() + piece * (PIECE_BYTES + OVERHEAD_BYTES) as u64
    }
}

/// Appends `plain[from..to]`, as far as it goes.
fn take(out: &mut Vec<u8>, plain: &[u8], from: u64, to: u64) {
    let end = (to as usize).min(plain.len());
    out.extend_from_slice(plain.get(from as usize..end).unwrap_or_default());
}

/// A file that is sealed while it is written: its head may change, everything else is appended.
pub struct SealedStore {
    file: File,
    seal: Seal,
    head: Vec<u8>,
    /// Plain bytes of the piece that is not full.
    tail: Vec<u8>,
    piece: u64,
    record: Vec<u8>,
}

impl SealedStore {
    /// A new one in an empty file.
    pub fn create(file: File, key: &RecordingKey, head_bytes: u16) -> io::Result<Self> {
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(MAGIC);
        header[8..10].copy_from_slice(&VERSION.to_le_bytes());
        header[10..12].copy_from_slice(&head_bytes.to_le_bytes());
        header[12..20].copy_from_slice(&key.id);
        random::fill(&mut header[SALT]).map_err(|_| io::Error::other("no randomness"))?;
        FileExt::write_all_at(&file, &header, 0)?;
        let seal = Seal { key: key.of_file(&header[SALT])?, head_bytes: usize::from(head_bytes) };
        Ok(Self {
            file,
            seal,
            head: vec![0; usize::from(head_bytes)],
            tail: Vec::new(),
            piece: 0,
            record: Vec::new(),
        })
    }

    /// One that a crash has left, with the plain bytes that are whole; a record that was being written goes.
    pub fn reopen(file: File, keys: &RecordingKeys) -> io::Result<(Self, u64)> {
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0)?;
        let seal = Seal::of(&header, keys)?;
        let plain = seal.plain_bytes(file.metadata()?.len());
        let pieces = plain.saturating_sub(seal.head_bytes as u64).div_ceil(PIECE_BYTES as u64);
        let mut store = Self { file, seal, head: Vec::new(), tail: Vec::new(), piece: 0, record: Vec::new() };
        // Only the last one can have been cut off; where even that leaves nothing, the file is not ours to judge.
        for last in (pieces.saturating_sub(2)..pieces).rev() {
            match store.read_piece(last) {
                Ok(tail) if tail.len() == PIECE_BYTES => {
                    store.piece = last + 1;
                    break;
                }
                Ok(tail) => {
                    (store.piece, store.tail) = (last, tail);
                    break;
                }
                Err(_) => {
                    store.piece = last;
                    store.file.set_len(store.seal.piece_at(last))?;
                }
            }
        }
        let head = 0..store.seal.head_bytes as u64;
        let mut record = vec![0; store.seal.head_bytes + OVERHEAD_BYTES];
        if head.end > 0 {
            store.file.read_exact_at(&mut record, HEADER_BYTES as u64)?;
            store.head = store.seal.open(&head, &mut record)?;
        }
        let whole = head.end + store.piece * PIECE_BYTES as u64 + store.tail.len() as u64;
        Ok((store, whole))
    }

    fn read_piece(&self, piece: u64) -> io::Result<Vec<u8>> {
        let begin = self.seal.piece_at(piece);
        let length =
            self.file.metadata()?.len().saturating_sub(begin).min((PIECE_BYTES + OVERHEAD_BYTES) as u64);
        let mut record = vec![0; length as usize];
        self.file.read_exact_at(&mut record, begin)?;
        self.seal.open_record(piece, &mut record).map(<[u8]>::to_vec)
    }

    fn write_head(&mut self, bytes: &[u8], offset: usize) -> io::Result<()> {
        if let Some(place) = self.head.get_mut(offset..offset + bytes.len()) {
            place.copy_from_slice(bytes);
        }
        self.seal.seal_record(HEAD, &self.head, &mut self.record)?;
        FileExt::write_all_at(&self.file, &self.record, HEADER_BYTES as u64)
    }

    fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.tail.len()));
            self.tail.extend_from_slice(now);
            self.seal.seal_record(self.piece, &self.tail, &mut self.record)?;
            let place = self.seal.piece_at(self.piece);
            if let Err(error) = FileExt::write_all_at(&self.file, &self.record, place) {
                self.tail.truncate(self.tail.len() - now.len());
                return Err(error);
            }
            if self.tail.len() == PIECE_BYTES {
                self.tail.clear();
                self.piece += 1;
            }
            bytes = later;
        }
        Ok(())
    }
}

impl Store for SealedStore {
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let head = self.seal.head_bytes as u64;
        let end = head + self.piece * PIECE_BYTES as u64 + self.tail.len() as u64;
        if offset + bytes.len() as u64 <= head {
            self.write_head(bytes, offset as usize)
        } else if offset == end {
            self.append(bytes)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "a sealed recording is only appended to"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("ramal-sealed-{}-{name}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        path
    }

    fn key(byte: u8) -> Arc<RecordingKey> {
        Arc::new(RecordingKey::new([byte; 32]))
    }

    fn create(path: &std::path::Path, key: &RecordingKey, head: u16) -> SealedStore {
        let file = File::options().read(true).write(true).create_new(true).open(path).unwrap();
        SealedStore::create(file, key, head).unwrap()
    }

    fn read(path: &std::path::Path, keys: &RecordingKeys, plain: Range<u64>) -> io::Result<Vec<u8>> {
        let file = std::fs::read(path)?;
        let seal = Seal::of(&file, keys)?;
        let place = seal.place(&plain);
        let end = (place.end as usize).min(file.len());
        seal.open(&plain, &mut file[place.start as usize..end].to_vec())
    }

    #[test]
    fn every_part_can_be_read_alone_and_nothing_without_the_key() {
        let (path, keys) = (scratch("parts"), RecordingKeys(vec![key(1), key(2)]));
        let mut store = create(&path, &keys.0[1], 44);
        let sound: Vec<u8> = (0..20_000_u32).map(|n| (n % 251) as u8).collect();
        store.write_all_at(&[7; 44], 0).unwrap();
        let mut offset = 44;
        for piece in sound.chunks(1_777) {
            store.write_all_at(piece, offset).unwrap();
            offset += piece.len() as u64;
            store.write_all_at(&offset.to_le_bytes(), 4).unwrap();
        }
        let mut plain = vec![7; 44];
        plain[4..12].copy_from_slice(&offset.to_le_bytes());
        plain.extend(&sound);
        let file = std::fs::read(&path).unwrap();
        assert_eq!(Seal::of(&file, &keys).unwrap().plain_bytes(file.len() as u64), 20_044);
        for range in
            [0..20_044, 0..1, 43..45, 44..4_140, 4_139..4_141, 10_000..15_000, 20_043..20_044, 20_000..30_000]
        {
            let (from, to) = (range.start as usize, (range.end as usize).min(plain.len()));
            assert_eq!(read(&path, &keys, range).unwrap(), &plain[from..to]);
        }
        assert!(!file.windows(64).any(|window| sound.windows(64).next() == Some(window)));
        let other = read(&path, &RecordingKeys(vec![key(1)]), 0..10).unwrap_err();
        assert!(other.to_string().contains("recording.key_file"), "{other}");
        let mut changed = file;
        changed[500] ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(read(&path, &keys, 0..20_044).is_err() && read(&path, &keys, 8_192..9_000).is_ok());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_record_that_was_cut_off_is_all_that_a_crash_costs() {
        let (path, keys) = (scratch("crash"), RecordingKeys(vec![key(1)]));
        let mut store = create(&path, &keys.0[0], 0);
        store.write_all_at(&[5; 10_000], 0).unwrap();
        drop(store);
        let file = File::options().read(true).write(true).open(&path).unwrap();
        file.set_len(file.metadata().unwrap().len() - 7).unwrap();
        let (mut store, whole) = SealedStore::reopen(file, &keys).unwrap();
        assert_eq!(whole, 8_192);
        store.write_all_at(&[6; 10], 8_192).unwrap();
        assert_eq!(read(&path, &keys, 8_190..9_000).unwrap(), [[5; 2].as_slice(), &[6; 10]].concat());
        std::fs::remove_file(&path).unwrap();
    }
}
