//! The media workers and the sounds, as call control uses them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ramal_media::command::{Command, LegId};
use ramal_media::io::{LegSockets, PortPool, WebRtcFace, Workers};
use ramal_media::player::{Country, Prompt, Tone};

use super::disk::{self, Disk};
use super::shelf::{Known, Shelf};
use crate::call::MediaPlane;
use crate::model::{Announcement, Organization, OrganizationId, SoundClipId};

/// A greeting in Portuguese and English, made with espeak-ng.
const WELCOME: &[u8] = include_bytes!("../../assets/welcome.wav");

pub struct Media {
    pub workers: Workers,
    pub ports: PortPool,
    pub recordings: PathBuf,
    min_free_bytes: u64,
    /// What the disk of recordings had free when it last told; before that, without limit.
    free_bytes: Arc<AtomicU64>,
    /// End of the names of recordings, as `.wav`: it says how they are written.
    recording_suffix: String,
    hold_music: Arc<Prompt>,
    welcome: Arc<Prompt>,
    shelf: Shelf,
    /// Uploaded sounds that queues play; whoever reads the database lays them here.
    clips: Arc<Mutex<HashMap<SoundClipId, Arc<Prompt>>>>,
    disk: Disk,
    /// Orders that a full or dead mailbox did not take.
    pub lost_commands: AtomicU64,
}

/// Where recordings are written, and how.
pub struct RecordingPlace {
    pub folder: PathBuf,
    pub min_free_bytes: u64,
    /// End of their names.
    pub suffix: String,
}

impl Media {
    /// # Errors
    /// The system gives no thread for the disk.
    pub fn new(
        workers: Workers,
        ports: PortPool,
        recordings: RecordingPlace,
        clips: Arc<Mutex<HashMap<SoundClipId, Arc<Prompt>>>>,
    ) -> std::io::Result<Self> {
        // A Worker that made them at their first use would hold up its packets for tens of milliseconds.
        let countries = [Country::Brazil, Country::Europe, Country::NorthAmerica];
        let tones =
            countries.into_iter().flat_map(|of| [Tone::ringback(of), Tone::busy(of), Tone::congestion(of)]);
        for tone in tones.chain([Tone::milliwatt()]) {
            drop(tone.prompt());
        }
        Ok(Self {
            workers,
            ports,
            recordings: recordings.folder,
            min_free_bytes: recordings.min_free_bytes,
            free_bytes: Arc::new(AtomicU64::new(u64::MAX)),
            recording_suffix: recordings.suffix,
            hold_music: Prompt::hold_music(),
            // Our own file, checked by a test; were it unreadable, music is better than no node.
            welcome: Prompt::from_bytes(WELCOME).unwrap_or_else(|_| Prompt::hold_music()),
            shelf: Shelf::default(),
            clips,
            disk: Disk::start()?,
            lost_commands: AtomicU64::new(0),
        })
    }

    /// Where announcements are laid before a call asks for them.
    pub fn shelf(&self) -> Shelf {
        self.shelf.clone()
    }

    /// What is shipped with the program, by the names in [`crate::model::BUILTIN_ANNOUNCEMENTS`].
    fn builtin(&self, name: &str) -> Option<Arc<Prompt>> {
        match name {
            "music" => Some(self.hold_music()),
            "welcome" => Some(Arc::clone(&self.welcome)),
            _ => None,
        }
    }

    fn file(&self, path: PathBuf) -> Option<Arc<Prompt>> {
        match self.shelf.find(Instant::now(), &path) {
            Known::Prompt(prompt) => return Some(prompt),
            Known::Unreadable => return None,
            Known::Nothing => {}
        }
        let shelf = self.shelf.clone();
        let read = self.disk.ask(disk::SHORT, move || shelf.read(path));
        read.unwrap_or_else(|error| {
            tracing::error!(%error, "announcement not read");
            None
        })
    }
}

/// Makes the folder of a recording, as the recorder does where this comes too late, and sees how much room there is.
fn prepare(folder: &Path, seen: &AtomicU64) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    if let Some(free) = free_bytes(folder) {
        seen.store(free, Ordering::Relaxed);
    }
    Ok(())
}

impl MediaPlane for Media {
    fn allocate(&self) -> std::io::Result<LegSockets> {
        self.ports.bind()
    }

    fn pick(&self) -> usize {
        self.workers.pick().id().0
    }

    fn home_of(&self, organization: OrganizationId) -> usize {
        let count = self.workers.handles().len().max(1);
        usize::try_from(organization.0.unsigned_abs()).unwrap_or_default() % count
    }

    fn browser_face(&self, worker: usize) -> Option<WebRtcFace> {
        self.workers.handles().get(worker)?.webrtc().cloned()
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

    fn recording_path(&self, organization: &str, name: &str, started_ms: i64) -> Result<PathBuf, String> {
        let folder = self.recordings.join(organization).join(day(started_ms));
        let path = folder.join(format!("{name}{}", self.recording_suffix));
        let seen = Arc::clone(&self.free_bytes);
        match self.disk.ask(disk::SHORT, move || prepare(&folder, &seen)) {
            Ok(prepared) => prepared?,
            // One that is only slow costs no recording: the recorder makes the folder by itself, and tells when it cannot.
            Err(error) => {
                tracing::warn!(folder = %self.recordings.display(), %error, "a recording begins by what was last known of the disk")
            }
        }
        if self.free_bytes.load(Ordering::Relaxed) < self.min_free_bytes {
            let folder = self.recordings.display();
            return Err(format!("the disk of {folder} has less than recording.min_free_mib left"));
        }
        Ok(path)
    }

    fn hold_music(&self) -> Arc<Prompt> {
        Arc::clone(&self.hold_music)
    }

    fn announcement(&self, organization: Option<&Organization>, name: &Announcement) -> Option<Arc<Prompt>> {
        match name {
            Announcement::Builtin(name) => self.builtin(name),
            Announcement::File(file) => {
                let folder = organization?.announcements.as_ref()?;
                self.file(Path::new(folder).join(file))
            }
            Announcement::Clip(id) => {
                self.clips.lock().unwrap_or_else(PoisonError::into_inner).get(id).map(Arc::clone)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greeting_is_readable() {
        let prompt = Prompt::from_bytes(WELCOME).unwrap();
        assert!((5_000..10_000).contains(&prompt.duration_ms()));
    }

    /// One whose disk never has enough room for a recording.
    fn media() -> Media {
        use ramal_media::io::WorkerConfig;
        let workers = Workers::start(1, WorkerConfig::default(), |_, _| {}).unwrap();
        let ports = PortPool::new([127, 0, 0, 1].into(), None, 40_000..=40_001).unwrap();
        let folder = std::env::temp_dir().join(format!("ramal-room-{}", std::process::id()));
        let place = RecordingPlace { folder, min_free_bytes: u64::MAX - 1, suffix: ".wav".to_owned() };
        Media::new(workers, ports, place, Arc::default()).unwrap()
    }

    #[test]
    fn a_disk_that_was_full_and_does_not_answer_is_full() {
        let media = media();
        let (release, released) = std::sync::mpsc::sync_channel::<()>(1);
        let hangs = media.disk.ask(std::time::Duration::ZERO, move || released.recv().is_ok());
        assert_eq!(hangs, Err(disk::Hangs));
        assert!(media.recording_path("house", "call", 0).is_ok(), "nothing is known of it yet");
        release.send(()).unwrap();
        while media.recording_path("house", "call", 0).is_ok() {
            std::thread::yield_now();
        }
        let (release, released) = std::sync::mpsc::sync_channel::<()>(1);
        let answer = move || released.recv().is_ok();
        assert_eq!(media.disk.ask(std::time::Duration::ZERO, answer), Err(disk::Hangs));
        let refused = media.recording_path("house", "call", 0).unwrap_err();
        assert!(refused.contains("min_free_mib"), "{refused}");
        drop(release);
        let _ = std::fs::remove_dir_all(&media.recordings);
    }
}
