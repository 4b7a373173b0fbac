//! What becomes of recordings once they are complete: their checksum, their way to a store of objects, being listened to, and
//! their end. Everything that is still to be done stands in rows, so that a crash or an absent store costs nothing.

mod file;
mod keeper;
mod keys;
mod objects;
mod sound;

use std::path::PathBuf;
use std::sync::Arc;

use ramal_media::recorder::RecordingKeys;

use crate::config::RecordingConfig;
use crate::model::KeptRecording;
use crate::store::Store;
use objects::Objects;

pub use keys::read as read_keys;
pub use sound::{Sound, SoundError};

/// The recordings of this node, to be listened to.
#[derive(Clone)]
pub struct Recordings(Arc<Shared>);

struct Shared {
    node: String,
    folder: PathBuf,
    keys: RecordingKeys,
    objects: Option<Objects>,
    store: Store,
}

impl Recordings {
    /// # Errors
    /// What is wrong with `[recording.s3]`.
    pub fn new(
        node: &str,
        config: &RecordingConfig,
        folder: PathBuf,
        keys: RecordingKeys,
        store: Store,
    ) -> Result<Self, String> {
        let objects = config.s3.as_ref().map(Objects::new).transpose()?;
        Ok(Self(Arc::new(Shared { node: node.to_owned(), folder, keys, objects, store })))
    }

    /// Keeps them from now on: a task that never ends.
    pub fn keep(&self) {
        tokio::spawn(keeper::run(self.clone()));
    }

    /// Opens the sound of one that is complete.
    ///
    /// # Errors
    /// Its file is gone, its key is not there, or the store of objects does not give it.
    pub async fn open(&self, kept: &KeptRecording) -> Result<Sound, SoundError> {
        sound::open(&self.0, kept).await
    }
}
