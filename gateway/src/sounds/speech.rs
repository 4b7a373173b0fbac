//! A program that speaks: it takes a text at its standard input and writes a WAV to its standard output.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ramal_media::player::sound::mend_piped_wav;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;

/// Characters of one text.
pub const TEXT_LIMIT: usize = 2_000;
/// Largest sound that is taken, in bytes: ten minutes at 22,050 Hz.
const SOUND_LIMIT: u64 = 27 << 20;
/// What is shown of what a program complains of, in bytes.
const COMPLAINT_LIMIT: u64 = 500;
/// Programs that run at once.
const AT_ONCE: usize = 2;
/// Sounds that are kept, and the largest of them, in bytes.
const KEPT: usize = 64;
const KEPT_BYTES: usize = 1 << 20;

/// Why a text is not spoken.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    #[error("no program that speaks is set: speech.command")]
    NotConfigured,
    #[error("a language is written as `pt-br` or `en`")]
    Language,
    #[error("a text has 1 to {TEXT_LIMIT} characters")]
    Text,
    #[error("the program of speech.command failed: {0}")]
    Failed(String),
}

pub(super) struct Speech {
    command: Vec<String>,
    time: Duration,
    running: Semaphore,
    spoken: Mutex<HashMap<(String, String), Vec<u8>>>,
}

impl Speech {
    pub fn new(command: Vec<String>, timeout_s: u32) -> Self {
        let time = Duration::from_secs(u64::from(timeout_s));
        Self { command, time, running: Semaphore::new(AT_ONCE), spoken: Mutex::default() }
    }

    pub async fn speak(&self, text: &str, language: &str) -> Result<Vec<u8>, SpeechError> {
        let plain = |part: &str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if language.len() > 16 || !language.split('-').all(plain) {
            return Err(SpeechError::Language);
        }
        if text.trim().is_empty() || text.chars().count() > TEXT_LIMIT {
            return Err(SpeechError::Text);
        }
        let key = (language.to_owned(), text.to_owned());
        if let Some(sound) = self.kept().get(&key) {
            return Ok(sound.clone());
        }
        let _one = self.running.acquire().await.map_err(|_| SpeechError::NotConfigured)?;
        let spoken = tokio::time::timeout(self.time, self.run(text, language)).await;
        let mut sound = spoken
            .map_err(|_| SpeechError::Failed(format!("not done within {} s", self.time.as_secs())))??;
        mend_piped_wav(&mut sound);
        if sound.len() <= KEPT_BYTES {
            let mut kept = self.kept();
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.insert(key, sound.clone());
        }
        Ok(sound)
    }

    /// No shell is between, and the text is no argument: nothing in it can be taken for an order.
    async fn run(&self, text: &str, language: &str) -> Result<Vec<u8>, SpeechError> {
        let failed = |error: std::io::Error| SpeechError::Failed(error.to_string());
        let mut words = self.command.iter().map(|word| word.replace("{language}", language));
        let mut child = Command::new(words.next().unwrap_or_default())
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (mut sound, mut complaint) = (Vec::new(), Vec::new());
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let say = async {
            if let Some(mut input) = input {
                // One that does not want to hear all of it has its reasons.
                let _ = input.write_all(text.as_bytes()).await;
            }
        };
        let hear = async {
            match output {
                Some(output) => output.take(SOUND_LIMIT).read_to_end(&mut sound).await.map(drop),
                None => Ok(()),
            }
        };
        let complain = async {
            if let Some(errors) = errors {
                let _ = errors.take(COMPLAINT_LIMIT).read_to_end(&mut complaint).await;
            }
        };
        let ((), heard, ()) = tokio::join!(say, hear, complain);
        heard.map_err(failed)?;
        if sound.len() as u64 >= SOUND_LIMIT {
            return Err(SpeechError::Failed(format!("it speaks more than {SOUND_LIMIT} bytes")));
        }
        let status = child.wait().await.map_err(failed)?;
        if !status.success() {
            let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
            return Err(SpeechError::Failed(format!("{status}, {complaint}")));
        }
        Ok(sound)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), Vec<u8>>> {
        self.spoken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
