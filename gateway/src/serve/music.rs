//! The sounds that queues play are at hand before a caller waits.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::model::{Announcement, Directory, OrganizationId, SoundClipId};
use crate::signalling::media::Shelf;
use crate::sounds::Sounds;

/// A database that was away is asked again so soon.
const AGAIN: Duration = Duration::from_secs(10);

/// Follows the directory: reads what queues have begun to play, gives up what they play no more.
pub async fn keep(mut directory: watch::Receiver<Arc<Directory>>, sounds: Sounds, shelf: Shelf) {
    loop {
        let newest = Arc::clone(&directory.borrow_and_update());
        lay_files(&newest, &shelf).await;
        let wanted = wanted(&newest);
        let mut missing = false;
        for (organization, id) in &wanted {
            if sounds.has_music(*id) {
                continue;
            }
            if let Err(error) = sounds.prepare_music(*organization, *id).await {
                tracing::warn!(%error, clip = id.0, "the music of a queue cannot be read: callers hear the built-in one");
                missing = true;
            }
        }
        sounds.keep_music(&wanted.iter().map(|(_, id)| *id).collect::<Vec<_>>());
        let changed = directory.changed();
        let ended = if missing {
            tokio::time::timeout(AGAIN, changed).await.is_ok_and(|changed| changed.is_err())
        } else {
            changed.await.is_err()
        };
        if ended {
            return;
        }
    }
}

/// The files of an organization's own folder: signalling does not wait long for a disk.
async fn lay_files(directory: &Directory, shelf: &Shelf) {
    for organization in directory.organizations() {
        let Some(folder) = &organization.announcements else { continue };
        for queue in directory.queues(organization.id) {
            let Announcement::File(file) = queue.hold_music() else { continue };
            let (path, shelf) = (Path::new(folder).join(file), shelf.clone());
            // Whoever finds nothing there reads it himself.
            let _ = tokio::task::spawn_blocking(move || shelf.lay(path)).await;
        }
    }
}

fn wanted(directory: &Directory) -> Vec<(OrganizationId, SoundClipId)> {
    let of = |id: OrganizationId| directory.queues(id);
    let queues = directory.organizations().iter().flat_map(|organization| of(organization.id));
    let clips = queues.filter_map(|queue| match queue.hold_music() {
        Announcement::Clip(id) => Some((queue.organization, id)),
        Announcement::Builtin(_) | Announcement::File(_) => None,
    });
    clips.collect()
}
