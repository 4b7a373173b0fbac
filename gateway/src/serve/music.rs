//! The sounds that queues and rules play are at hand before a call asks for them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::model::{Announcement, Directory, OrganizationId, SoundClipId};
use crate::signalling::shelf::Shelf;
use crate::sounds::Sounds;

/// A database that was away is asked again so soon.
const AGAIN: Duration = Duration::from_secs(10);

/// Follows the directory: reads what queues have begun to play, gives up what they play no more.
pub async fn keep(mut directory: watch::Receiver<Arc<Directory>>, sounds: Sounds) {
    loop {
        let newest = Arc::clone(&directory.borrow_and_update());
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

/// Follows the directory: lays what it names of the organizations' own folders. Signalling does not wait long for a disk, and
/// uploaded sounds do not wait for this one.
pub async fn lay_files(mut directory: watch::Receiver<Arc<Directory>>, shelf: Shelf) {
    loop {
        let (named, shelf) = (files(&directory.borrow_and_update()), shelf.clone());
        // Whoever finds nothing there has it read.
        let _ = tokio::task::spawn_blocking(move || shelf.lay(named)).await;
        if directory.changed().await.is_err() {
            return;
        }
    }
}

fn files(directory: &Directory) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for organization in directory.organizations() {
        let Some(folder) = &organization.announcements else { continue };
        let queues = directory.queues(organization.id).map(|queue| queue.hold_music());
        let rules = directory.rules(organization.id).filter_map(|rule| rule.kind.announcement().cloned());
        files.extend(queues.chain(rules).filter_map(|announcement| match announcement {
            Announcement::File(file) => Some(Path::new(folder).join(file)),
            Announcement::Builtin(_) | Announcement::Clip(_) => None,
        }));
    }
    files
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Destination, DialRule, DialRuleId, DialRuleKind, Medium, Organization, Queue, QueueDirection,
        QueueId, RecordingRule, Service, Staffing, ToneCountry, TrunkId, TrunkNumber,
    };

    const HOUSE: OrganizationId = OrganizationId(1);

    fn queue(id: i64, music: Option<&str>) -> Queue {
        Queue {
            id: QueueId(id),
            organization: HOUSE,
            name: id.to_string(),
            title: id.to_string(),
            medium: Medium::Voice,
            direction: QueueDirection::Inbound,
            offer_timeout_s: 20,
            wrap_up_s: 0,
            priority: 0,
            music: music.map(str::to_owned),
            enabled: true,
            members: Vec::new(),
            pause_reasons: Vec::new(),
            dispositions: Vec::new(),
        }
    }

    fn plays(name: &str) -> Service {
        Service::Announcement(Announcement::named(name))
    }

    #[test]
    fn files_of_queues_and_rules_are_laid_and_nothing_else() {
        let house = Organization {
            id: HOUSE,
            name: "house".to_owned(),
            title: "House".to_owned(),
            sip_domain: "house.example".to_owned(),
            recording: RecordingRule::Inherit,
            announcements: Some("/sounds".to_owned()),
            ring_timeout_s: 20,
            country: ToneCountry::Brazil,
            recording_days: None,
        };
        let dialled = |number: &str, service| DialRuleKind::Service { number: number.to_owned(), service };
        let rules = [
            dialled("*1", plays("closed.wav")),
            dialled("*2", plays("builtin:welcome")),
            dialled("*3", Service::Echo),
            DialRuleKind::TrunkNumber {
                trunk: TrunkId(1),
                number: TrunkNumber::Any,
                destination: Destination::Service(plays("holiday.wav")),
            },
        ];
        let rules = (0..).zip(rules).map(|(position, kind)| DialRule {
            id: DialRuleId(i64::from(position)),
            organization: HOUSE,
            position,
            kind,
        });
        let queues = vec![queue(1, Some("waiting.wav")), queue(2, Some("clip:7")), queue(3, None)];
        let directory = Directory::new(1, vec![house], Vec::new(), Vec::new(), rules.collect())
            .staffed(Staffing { queues, ..Staffing::default() });
        let named = ["/sounds/closed.wav", "/sounds/holiday.wav", "/sounds/waiting.wav"];
        assert_eq!(files(&directory), BTreeSet::from(named.map(PathBuf::from)));
    }
}
