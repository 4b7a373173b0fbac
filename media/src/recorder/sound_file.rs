//! The file of a recording, read: sealed or not.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::sealed::{HEADER_BYTES, Seal, SealedStore};
use super::wav::{self, Store};
use super::{Format, RecordingKeys, SEALED_SUFFIX, ogg_opus};

/// A file that can be read from any place.
pub struct SoundFile {
    file: File,
    seal: Option<Seal>,
    bytes: u64,
}

impl SoundFile {
    /// # Errors
    /// It is gone, or none of the keys is its key.
    pub fn open(path: &Path, keys: &RecordingKeys) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        if !is_sealed(path) {
            return Ok(Self { file, seal: None, bytes: length });
        }
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0)?;
        let seal = Seal::of(&header, keys)?;
        let bytes = seal.plain_bytes(length);
        Ok(Self { file, seal: Some(seal), bytes })
    }

    /// Bytes of the sound file, as whoever listens gets them.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A part of it, as far as it goes.
    ///
    /// # Errors
    /// The disk does not give it, or a sealed part was changed.
    pub fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let range = range.start.min(self.bytes)..range.end.min(self.bytes);
        let Some(seal) = &self.seal else { return self.read_plain(&range) };
        let mut records = self.read_plain(&seal.place(&range))?;
        seal.open(&range, &mut records)
    }

    fn read_plain(&self, range: &Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; range.end.saturating_sub(range.start) as usize];
        let mut filled = 0;
        while let Some(room) = bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.file.read_at(room, range.start + filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

/// Whether the file at a path is sealed: its name says so.
pub fn is_sealed(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(SEALED_SUFFIX)
}

/// Seals a file that was left by a crash: it ends with what is whole in it. Returns the seconds.
///
/// # Errors
/// It is not one of ours, or its key is not there.
pub fn repair(path: &Path, keys: &RecordingKeys) -> io::Result<f64> {
    let file = File::options().read(true).write(true).open(path)?;
    match (Format::of(path), is_sealed(path)) {
        (Format::Wav, false) => wav::repair(file),
        (Format::Wav, true) => repair_sealed_wav(path, file, keys),
        (Format::OggOpus, sealed) => {
            if sealed {
                drop(SealedStore::reopen(file.try_clone()?, keys)?);
            }
            let sound = SoundFile::open(path, keys)?;
            let read = |offset: u64, room: &mut [u8]| {
                let found = sound.read(offset..offset + room.len() as u64)?;
                room.iter_mut().zip(&found).for_each(|(to, from)| *to = *from);
                Ok(found.len())
            };
            let (end, seconds) = ogg_opus::length(read)?.ok_or_else(not_ours)?;
            if !sealed {
                file.set_len(end)?;
            }
            Ok(seconds)
        }
    }
}

fn repair_sealed_wav(path: &Path, file: File, keys: &RecordingKeys) -> io::Result<f64> {
    let (mut store, whole) = SealedStore::reopen(file, keys)?;
    let head = SoundFile::open(path, keys)?.read(0..wav::HEADER_BYTES)?;
    let (head, seconds) = wav::right_head(&head, whole)?;
    store.write_all_at(&head, 0)?;
    Ok(seconds)
}

fn not_ours() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a recording of this program")
}
