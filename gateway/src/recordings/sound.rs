//! The sound of a recording, wherever it lies, read part by part.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ramal_media::recorder::sealed::{HEADER_BYTES, Seal};
use ramal_media::recorder::sound_file::is_sealed;
use ramal_media::recorder::{Format, SoundFile};

use super::Shared;
use super::objects::ObjectError;
use crate::model::KeptRecording;

/// Why a sound is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    #[error("the file: {0}")]
    File(#[from] io::Error),
    #[error("it lies in a store of objects, and [recording.s3] is not set")]
    NoStore,
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// An open sound.
pub struct Sound {
    place: Place,
    bytes: u64,
    format: Format,
}

enum Place {
    Disk(Arc<SoundFile>),
    Object { shared: Arc<Shared>, key: String, seal: Option<Seal> },
}

pub(super) async fn open(shared: &Arc<Shared>, kept: &KeptRecording) -> Result<Sound, SoundError> {
    let path = kept.row.path.clone();
    let format = Format::of(Path::new(&path));
    let Some(key) = &kept.object else {
        let keys = shared.keys.clone();
        let file = blocking(move || SoundFile::open(Path::new(&path), &keys)).await?;
        return Ok(Sound { bytes: file.bytes(), place: Place::Disk(Arc::new(file)), format });
    };
    let objects = shared.objects.as_ref().ok_or(SoundError::NoStore)?;
    let facts = objects.head(key).await?.ok_or(ObjectError::Missing)?;
    let seal = if is_sealed(Path::new(&path)) {
        let header = objects.get(key, 0..HEADER_BYTES as u64).await?;
        Some(Seal::of(&header, &shared.keys)?)
    } else {
        None
    };
    let bytes = seal.as_ref().map_or(facts.bytes, |seal| seal.plain_bytes(facts.bytes));
    Ok(Sound { place: Place::Object { shared: Arc::clone(shared), key: key.clone(), seal }, bytes, format })
}

impl Sound {
    /// Bytes of the whole.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What a browser calls it.
    pub fn media_type(&self) -> &'static str {
        self.format.media_type()
    }

    /// End of the name of a file of it.
    pub fn extension(&self) -> &'static str {
        self.format.extension()
    }

    /// A part, as far as it goes.
    ///
    /// # Errors
    /// The disk or the store of objects does not give it, or somebody has changed it.
    pub async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SoundError> {
        let range = range.start.min(self.bytes)..range.end.min(self.bytes);
        match &self.place {
            Place::Disk(file) => {
                let file = Arc::clone(file);
                Ok(blocking(move || file.read(range)).await?)
            }
            Place::Object { shared, key, seal } => {
                let objects = shared.objects.as_ref().ok_or(SoundError::NoStore)?;
                let Some(seal) = seal else { return Ok(objects.get(key, range).await?) };
                let mut records = objects.get(key, seal.place(&range)).await?;
                Ok(seal.open(&range, &mut records)?)
            }
        }
    }
}

/// What may wait for a disk is not done on a thread that others wait for.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
