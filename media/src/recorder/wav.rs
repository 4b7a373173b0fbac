//! A stereo WAV whose header is right after every write, so that it is playable however the process ends.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::sealed::{RecordingKey, SealedStore};
use super::sound_file::is_sealed;
use super::{Format, Sink};

/// Bytes of the RIFF, fmt and data headers together.
pub const HEADER_BYTES: u64 = 44;
/// Bytes of one sample of both sides.
pub const FRAME_BYTES: u32 = 4;
/// Audio bytes one file holds: the length fields have 32 bits.
pub const MAX_DATA_BYTES: u32 = u32::MAX - 1_024;

/// Where a recording is written: a file, or in tests something that is full or slow.
pub trait Store: Send {
    /// Writes all bytes at a place of the file.
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
}

impl Store for File {
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }
}

/// How the file of a recording is made.
#[derive(Clone)]
pub struct StoreOpener(pub Arc<OpenStore>);

/// Makes the file at a path.
pub type OpenStore = dyn Fn(&Path) -> io::Result<Box<dyn Store>> + Send + Sync;

impl Default for StoreOpener {
    /// A new file; one that exists is never overwritten.
    fn default() -> Self {
        Self(Arc::new(|path| {
            let file = create(File::options().write(true), path)?;
            Ok(Box::new(file) as Box<dyn Store>)
        }))
    }
}

/// The folder is made where it is not there: whoever gave the order does not wait for a disk that is slow.
fn create(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    options.create_new(true).open(path)
}

impl StoreOpener {
    /// The same; what is to be sealed, by its name, is sealed with this key.
    pub fn sealing(key: Arc<RecordingKey>) -> Self {
        Self(Arc::new(move |path| {
            let file = create(File::options().read(true).write(true), path)?;
            if !is_sealed(path) {
                return Ok(Box::new(file) as Box<dyn Store>);
            }
            let store = SealedStore::create(file, &key, Format::of(path).head_bytes())?;
            Ok(Box::new(store) as Box<dyn Store>)
        }))
    }
}

impl std::fmt::Debug for StoreOpener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreOpener")
    }
}

/// One file being written: 16 bits, two channels.
pub struct Wav {
    store: Box<dyn Store>,
    rate_hz: u32,
    data_bytes: u32,
    bytes: Vec<u8>,
}

impl Wav {
    /// Writes the header of an empty file.
    pub fn create(mut store: Box<dyn Store>, rate_hz: u32) -> io::Result<Self> {
        store.write_all_at(&header(rate_hz, 0), 0)?;
        Ok(Self { store, rate_hz, data_bytes: 0, bytes: Vec::new() })
    }
}

impl Sink for Wav {
    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn frames(&self) -> u64 {
        u64::from(self.data_bytes / FRAME_BYTES)
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Appends both sides, then brings the header up to date; in this order, so that the header never promises more than
    /// there is. The shorter side ends with silence.
    fn append(&mut self, left: &[i16], right: &[i16]) -> io::Result<()> {
        self.bytes.clear();
        for index in 0..left.len().max(right.len()) {
            for side in [left, right] {
                self.bytes.extend(side.get(index).copied().unwrap_or(0).to_le_bytes());
            }
        }
        let added = u32::try_from(self.bytes.len()).ok();
        let data_bytes = added.and_then(|added| self.data_bytes.checked_add(added));
        let Some(data_bytes) = data_bytes.filter(|&bytes| bytes <= MAX_DATA_BYTES) else {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file holds no more"));
        };
        self.store.write_all_at(&self.bytes, HEADER_BYTES + u64::from(self.data_bytes))?;
        self.store.write_all_at(&header(self.rate_hz, data_bytes), 0)?;
        self.data_bytes = data_bytes;
        Ok(())
    }
}

/// Seals a file that was left by a crash: the header names all the whole frames that are there. Returns their seconds.
/// Fails where the file is not one of ours.
pub fn repair(mut file: File) -> io::Result<f64> {
    let mut found = [0; HEADER_BYTES as usize];
    file.read_exact_at(&mut found, 0)?;
    let (head, seconds) = right_head(&found, file.metadata()?.len())?;
    Store::write_all_at(&mut file, &head, 0)?;
    file.set_len(HEADER_BYTES + u64::from(u32::from_le_bytes([head[40], head[41], head[42], head[43]])))?;
    Ok(seconds)
}

/// The head for a file of so many bytes, and its seconds. Fails where `found` is no head of ours.
pub fn right_head(found: &[u8], file_bytes: u64) -> io::Result<([u8; HEADER_BYTES as usize], f64)> {
    let not_ours = || io::Error::new(io::ErrorKind::InvalidData, "not a recording of this program");
    let found: [u8; HEADER_BYTES as usize] = found.try_into().map_err(|_| not_ours())?;
    let rate_hz = u32::from_le_bytes([found[24], found[25], found[26], found[27]]);
    if found[..4] != *b"RIFF" || found[8..16] != *b"WAVEfmt " || found[36..40] != *b"data" || rate_hz == 0 {
        return Err(not_ours());
    }
    let present = file_bytes.saturating_sub(HEADER_BYTES).min(u64::from(MAX_DATA_BYTES));
    let data_bytes = present as u32 / FRAME_BYTES * FRAME_BYTES;
    Ok((header(rate_hz, data_bytes), f64::from(data_bytes / FRAME_BYTES) / f64::from(rate_hz)))
}

/// RIFF, `fmt ` of linear PCM and the head of `data`, all little-endian.
fn header(rate_hz: u32, data_bytes: u32) -> [u8; HEADER_BYTES as usize] {
    let mut out = [0; HEADER_BYTES as usize];
    out[..4].copy_from_slice(b"RIFF");
    out[4..8].copy_from_slice(&(data_bytes + 36).to_le_bytes());
    out[8..16].copy_from_slice(b"WAVEfmt ");
    out[16..20].copy_from_slice(&16_u32.to_le_bytes());
    out[20..22].copy_from_slice(&1_u16.to_le_bytes());
    out[22..24].copy_from_slice(&2_u16.to_le_bytes());
    out[24..28].copy_from_slice(&rate_hz.to_le_bytes());
    out[28..32].copy_from_slice(&(rate_hz * FRAME_BYTES).to_le_bytes());
    out[32..34].copy_from_slice(&4_u16.to_le_bytes());
    out[34..36].copy_from_slice(&16_u16.to_le_bytes());
    out[36..40].copy_from_slice(b"data");
    out[40..44].copy_from_slice(&data_bytes.to_le_bytes());
    out
}
