//! Sounds that agents play into calls: read and encoded once, kept while they are used; text that a program speaks.

mod speech;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ramal_media::player::{Prompt, PromptError};

use crate::config::SpeechConfig;
use crate::model::{OrganizationId, SoundClipId};
use crate::store::{Store, StoreError};
use speech::Speech;

pub use speech::{SpeechError, TEXT_LIMIT};

/// Clips that are kept encoded. A minute of one takes about 2 MiB.
const PROMPTS_KEPT: usize = 64;

/// Uploaded sounds that queues play while callers wait, at hand for calls.
pub type Music = Arc<Mutex<HashMap<SoundClipId, Arc<Prompt>>>>;
/// Those of a node; beyond it a queue plays the built-in music. Ten minutes of one take about 20 MiB.
const MUSIC_KEPT: usize = 64;

/// The sounds of a node.
#[derive(Clone)]
pub struct Sounds(Arc<Shared>);

struct Shared {
    store: Store,
    speech: Option<Speech>,
    prompts: Mutex<HashMap<SoundClipId, Arc<Prompt>>>,
    music: Music,
}

impl Sounds {
    /// `music`: where calls look for what queues play.
    pub fn new(config: &SpeechConfig, store: Store, music: Music) -> Self {
        let speech = config.command.clone().map(|command| Speech::new(command, config.timeout_s));
        Self(Arc::new(Shared { store, speech, prompts: Mutex::default(), music }))
    }

    /// Reads and encodes a sound, as it will be played.
    ///
    /// # Errors
    /// It cannot be played: why, and where a limit is.
    pub async fn read(&self, bytes: Vec<u8>) -> Result<Arc<Prompt>, PromptError> {
        let read = tokio::task::spawn_blocking(move || Prompt::from_bytes(&bytes)).await;
        read.unwrap_or_else(|error| Err(PromptError::Unreadable(std::io::Error::other(error))))
    }

    /// A clip, ready to be played; `None` where the organization has none of this number.
    ///
    /// # Errors
    /// If the database is away. What cannot be played any more is told in the log, and is not there.
    pub async fn clip(
        &self,
        organization: OrganizationId,
        id: SoundClipId,
    ) -> Result<Option<Arc<Prompt>>, StoreError> {
        // It may have been deleted, or be somebody else's: the row is asked each time, the sound once.
        let Some(bytes) = self.0.store.sound_of_clip(organization, id).await? else { return Ok(None) };
        if let Some(prompt) = self.kept().get(&id) {
            return Ok(Some(Arc::clone(prompt)));
        }
        match self.read(bytes).await {
            Ok(prompt) => {
                self.keep(id, &prompt);
                Ok(Some(prompt))
            }
            Err(error) => {
                tracing::error!(%error, clip = id.0, "a sound clip cannot be played");
                Ok(None)
            }
        }
    }

    /// Has a clip at hand for callers who wait. False where the organization has none of this number, or it cannot be played.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn prepare_music(
        &self,
        organization: OrganizationId,
        id: SoundClipId,
    ) -> Result<bool, StoreError> {
        let Some(prompt) = self.clip(organization, id).await? else { return Ok(false) };
        let mut music = self.music();
        if music.len() >= MUSIC_KEPT && !music.contains_key(&id) {
            tracing::warn!(
                clip = id.0,
                "too many sounds for queues: this one is not played, the built-in music is"
            );
            return Ok(true);
        }
        music.insert(id, prompt);
        Ok(true)
    }

    /// Whether a clip is at hand.
    pub fn has_music(&self, id: SoundClipId) -> bool {
        self.music().contains_key(&id)
    }

    /// Gives up what no queue plays any more.
    pub fn keep_music(&self, wanted: &[SoundClipId]) {
        self.music().retain(|id, _| wanted.contains(id));
    }

    fn music(&self) -> std::sync::MutexGuard<'_, HashMap<SoundClipId, Arc<Prompt>>> {
        self.0.music.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was read for the clip that it became.
    pub fn keep(&self, id: SoundClipId, prompt: &Arc<Prompt>) {
        let mut kept = self.kept();
        if kept.len() >= PROMPTS_KEPT {
            kept.clear();
        }
        kept.insert(id, Arc::clone(prompt));
    }

    /// A WAV of a program that speaks a text; the same text is spoken once.
    ///
    /// # Errors
    /// No program is configured, or it did not.
    pub async fn speak(&self, text: &str, language: &str) -> Result<Vec<u8>, SpeechError> {
        self.0.speech.as_ref().ok_or(SpeechError::NotConfigured)?.speak(text, language).await
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<SoundClipId, Arc<Prompt>>> {
        self.0.prompts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
