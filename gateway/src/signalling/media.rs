//! The media workers and the sounds, as call control uses them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ramal_media::command::{Command, LegId};
use ramal_media::io::{LegSockets, PortPool, Workers};
use ramal_media::player::Prompt;

use crate::call::MediaPlane;
use crate::model::{Announcement, Organization};

/// Announcements kept decoded in memory.
const ANNOUNCEMENTS_KEPT: usize = 64;

pub struct Media {
    pub workers: Workers,
    pub ports: PortPool,
    pub recordings: PathBuf,
    min_free_bytes: u64,
    hold_music: Arc<Prompt>,
    announcements: Mutex<HashMap<PathBuf, Arc<Prompt>>>,
    /// Orders that a full or dead mailbox did not take.
    pub lost_commands: AtomicU64,
}

impl Media {
    pub fn new(workers: Workers, ports: PortPool, recordings: PathBuf, min_free_bytes: u64) -> Self {
        Self {
            workers,
            ports,
            recordings,
            min_free_bytes,
            hold_music: Prompt::hold_music(),
            announcements: Mutex::default(),
            lost_commands: AtomicU64::new(0),
        }
    }

    fn file(&self, path: &Path) -> Option<Arc<Prompt>> {
        let mut kept = self.announcements.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prompt) = kept.get(path) {
            return Some(Arc::clone(prompt));
        }
        let prompt = match Prompt::from_wav(path) {
            Ok(prompt) => prompt,
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "announcement unreadable");
                return None;
            }
        };
        if kept.len() >= ANNOUNCEMENTS_KEPT {
            kept.clear();
        }
        kept.insert(path.to_owned(), Arc::clone(&prompt));
        Some(prompt)
    }
}

impl MediaPlane for Media {
    fn allocate(&self) -> std::io::Result<LegSockets> {
        self.ports.bind()
    }

    fn pick(&self) -> usize {
        self.workers.pick().id().0
    }

    fn send(&self, worker: usize, command: Command) {
        let sent = self.workers.handles().get(worker).map(|handle| handle.send(command));
        if !matches!(sent, Some(Ok(()))) {
            self.lost_commands.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                worker,
                "media worker did not take an order: its mailbox is full or it has stopped"
            );
        }
    }

    fn move_leg(&self, leg: LegId, from: usize, to: usize) {
        if let Some(to) = self.workers.handles().get(to) {
            self.send(from, Command::MoveLeg { leg, to: to.clone() });
        }
    }

    fn recording_path(&self, organization: &str, call: &str, started_ms: i64) -> Result<PathBuf, String> {
        let folder = self.recordings.join(organization).join(day(started_ms));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let free = free_bytes(&folder);
        if free.is_some_and(|free| free < self.min_free_bytes) {
            return Err(format!(
                "the disk of {} has less than recording.min_free_mib left",
                folder.display()
            ));
        }
        Ok(folder.join(format!("{call}.wav")))
    }

    fn hold_music(&self) -> Arc<Prompt> {
        Arc::clone(&self.hold_music)
    }

    fn announcement(&self, organization: Option<&Organization>, name: &Announcement) -> Option<Arc<Prompt>> {
        match name {
            Announcement::Builtin(_) => Some(self.hold_music()),
            Announcement::File(file) => {
                let folder = organization?.announcements.as_ref()?;
                self.file(&Path::new(folder).join(file))
            }
        }
    }
}

/// What an unprivileged program may still write on the disk of a folder; `None` when the system does not tell.
fn free_bytes(folder: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut found = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the path ends with NUL, and the struct lives through the call.
    let found = unsafe {
        if libc::statvfs(path.as_ptr(), found.as_mut_ptr()) != 0 {
            return None;
        }
        found.assume_init()
    };
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// `2026-11-20`, in UTC.
fn day(wall_ms: i64) -> String {
    let date = time::OffsetDateTime::from_unix_timestamp(wall_ms / 1000)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
        .date();
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}
