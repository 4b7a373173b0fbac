//! The task that keeps recordings: reads what is complete, sends what is to be sent, deletes what is over.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::fs;
use tokio::time::MissedTickBehavior;

use super::file::{self, Outline};
use super::objects::{ObjectError, ObjectFacts, Objects};
use super::sound::blocking;
use super::{Recordings, Shared};
use crate::model::KeptRecording;
use crate::store::{ClaimedUpload, Sending, StoreError};

/// Time between two looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Time between two looks for what is over.
const RETENTION_INTERVAL: Duration = Duration::from_secs(30);
/// Rows of one look.
const ROWS: u32 = 32;
/// Time of a claim, beside a second for each [`SLOWEST_BYTES_PER_S`]: 10 minutes, in milliseconds.
const CLAIM_MS: i64 = 600_000;
/// As the way to the store counts it, in bytes a second.
const SLOWEST_BYTES_PER_S: i64 = 64 << 10;
/// Wait after the first failure, twice as long after each further one, and the longest, in milliseconds.
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 60_000;

/// Why something was left for the next look.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("the file: {0}")]
    File(#[from] io::Error),
}

/// Unix time in milliseconds.
type Clock = Box<dyn Fn() -> i64 + Send + Sync>;

/// What this node has claimed in rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claims {
    /// A run that ended, or a look that could not be noted, may have left some: nobody else frees them before their time.
    Left,
    None,
}

/// Keeps recordings, one look after the other.
struct Keeper {
    shared: Arc<Shared>,
    clock: Clock,
    claims: Claims,
    retention_due: Instant,
}

pub(super) async fn run(recordings: Recordings) {
    let mut keeper = Keeper::new(recordings.0, Box::new(wall_ms));
    let mut tick = tokio::time::interval(LOOK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        keeper.look().await;
    }
}

impl Keeper {
    fn new(shared: Arc<Shared>, clock: Clock) -> Self {
        Self { shared, clock, claims: Claims::Left, retention_due: Instant::now() }
    }

    async fn look(&mut self) {
        told("complete recordings cannot be read", self.read().await);
        told("recordings wait for their upload", self.send_due().await);
        if Instant::now() >= self.retention_due {
            self.retention_due = Instant::now() + RETENTION_INTERVAL;
            told(
                "recordings that are over could not be deleted",
                self.shared.delete_over(self.now_ms()).await,
            );
        }
    }

    fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    async fn send_due(&mut self) -> Result<(), Fault> {
        let shared = Arc::clone(&self.shared);
        let Some(objects) = &shared.objects else { return Ok(()) };
        if self.claims == Claims::Left {
            self.shared.store.begin_uploads(&self.shared.node, self.now_ms()).await?;
            self.claims = Claims::None;
        }
        let outcome = self.upload(objects).await;
        if let Err(Fault::Store(_)) = outcome {
            self.claims = Claims::Left;
        }
        outcome
    }
}

fn told(what: &str, outcome: Result<(), Fault>) {
    match outcome {
        Ok(()) => {}
        // The writer tells of a database that is away.
        Err(Fault::Store(error)) => tracing::debug!(%error, "{what}"),
        Err(error) => tracing::warn!(%error, "{what}: tried again"),
    }
}

impl Keeper {
    /// Checksum, length and outline of what has become complete.
    async fn read(&self) -> Result<(), Fault> {
        let shared = &self.shared;
        for kept in shared.store.unread_recordings(&shared.node, ROWS).await? {
            let outline = if kept.row.peaks.is_some() { Outline::There } else { Outline::Wanted };
            let (path, keys) = (kept.row.path.clone(), shared.keys.clone());
            match blocking(move || file::read(Path::new(&path), &keys, outline)).await {
                Ok(read) => {
                    let sending = match shared.objects {
                        Some(_) => Sending::Yes { due_at_ms: self.now_ms() },
                        None => Sending::No,
                    };
                    shared.store.note_read_recording(&shared.node, &kept, &read, sending).await?;
                }
                // What is broken stays so: it is told once, and nothing waits for it.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) =>
                {
                    tracing::error!(call.id = %kept.row.call, %error, "the file of a recording is lost");
                    shared.store.note_lost_recording(&kept, &error.to_string()).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Sends what is due, one after the other; a store that is away is left alone until the next look.
    async fn upload(&self, objects: &Objects) -> Result<(), Fault> {
        let store = &self.shared.store;
        loop {
            let now_ms = self.now_ms();
            // How long it takes is known only once it is claimed: the longest file there is.
            let until_ms = now_ms + CLAIM_MS + i64::from(u32::MAX) / SLOWEST_BYTES_PER_S * 1_000;
            let Some(claimed) = store.claim_upload(&self.shared.node, now_ms, until_ms).await? else {
                return Ok(());
            };
            let kept = &claimed.recording;
            match self.shared.send(objects, &claimed).await {
                Ok(object) => {
                    store.note_uploaded(kept, &object).await?;
                    remove(&kept.row.path).await?;
                    tracing::debug!(call.id = %kept.row.call, object, "a recording lies in the store of objects");
                }
                Err(error) => {
                    store.postpone_upload(kept, self.now_ms() + wait_ms(claimed.attempt)).await?;
                    return Err(error);
                }
            }
        }
    }
}

impl Shared {
    /// The key of the object that the file is now.
    async fn send(&self, objects: &Objects, claimed: &ClaimedUpload) -> Result<String, Fault> {
        let kept = &claimed.recording;
        let path = Path::new(&kept.row.path);
        let name = path.strip_prefix(&self.folder).unwrap_or(path).display().to_string();
        let key = objects.key(name.trim_start_matches('/'));
        let file = fs::File::open(path).await?;
        let bytes = file.metadata().await?.len();
        let sha256 = kept.sha256.clone().unwrap_or_default();
        // An earlier attempt may have come through, though its answer did not.
        let ours = ObjectFacts { bytes, sha256: Some(sha256.clone()) };
        if claimed.attempt == 1 || objects.head(&key).await?.as_ref() != Some(&ours) {
            objects.put(&key, file, bytes, &sha256).await?;
        }
        Ok(key)
    }

    /// Deletes what is older than its organization keeps it, and writes that down.
    async fn delete_over(&self, now_ms: i64) -> Result<(), Fault> {
        for kept in self.store.recordings_over(&self.node, now_ms, ROWS).await? {
            self.delete(&kept).await?;
            self.store.note_deleted_recording(&kept, now_ms).await?;
            tracing::info!(call.id = %kept.row.call, "a recording is deleted: its time is over");
        }
        Ok(())
    }

    async fn delete(&self, kept: &KeptRecording) -> Result<(), Fault> {
        if let (Some(key), Some(objects)) = (&kept.object, &self.objects) {
            objects.delete(key).await?;
        }
        Ok(remove(&kept.row.path).await?)
    }
}

/// Until the attempt after this one, the first being 1. There is no last one.
fn wait_ms(attempt: u32) -> i64 {
    let doubled = FIRST_WAIT_MS.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    doubled.min(LONGEST_WAIT_MS)
}

/// A file that is not there is removed.
async fn remove(path: &str) -> io::Result<()> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
