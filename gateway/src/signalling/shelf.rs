//! Announcements that are at hand, and those that could not be read.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ramal_media::player::Prompt;

/// Announcements kept decoded in memory, and as many that could not be read.
const ANNOUNCEMENTS_KEPT: usize = 64;
/// A file that could not be read is not asked for again so soon: each call would wait for the disk.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// The announcements of a node.
#[derive(Clone, Default)]
pub struct Shelf(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    prompts: HashMap<PathBuf, Arc<Prompt>>,
    unreadable: HashMap<PathBuf, Instant>,
}

/// What is known of an announcement.
pub enum Known {
    Prompt(Arc<Prompt>),
    /// It could not be read a moment ago.
    Unreadable,
    Nothing,
}

impl Shelf {
    pub fn find(&self, now: Instant, path: &Path) -> Known {
        let kept = self.kept();
        if let Some(prompt) = kept.prompts.get(path) {
            return Known::Prompt(Arc::clone(prompt));
        }
        let tried = kept.unreadable.get(path);
        match tried.filter(|tried| now.saturating_duration_since(**tried) < TRIED_AGAIN_AFTER) {
            Some(_) => Known::Unreadable,
            None => Known::Nothing,
        }
    }

    /// Gives up what is named no more and reads what is not there yet, until the shelf is full. Takes as long as the disk does.
    pub fn lay(&self, named: BTreeSet<PathBuf>) {
        self.kept().prompts.retain(|path, _| named.contains(path));
        for path in named {
            let (there, full) = {
                let kept = self.kept();
                (kept.prompts.contains_key(&path), kept.prompts.len() >= ANNOUNCEMENTS_KEPT)
            };
            if !there && !full {
                self.read(path);
            }
        }
    }

    /// Reads an announcement and keeps it, also when nobody waits for it any more: the next call finds it.
    pub fn read(&self, path: PathBuf) -> Option<Arc<Prompt>> {
        let read = Prompt::from_file(&path);
        let mut kept = self.kept();
        match read {
            Ok(prompt) => {
                kept.unreadable.remove(&path);
                keep(&mut kept.prompts, path, Arc::clone(&prompt));
                Some(prompt)
            }
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "announcement unreadable");
                keep(&mut kept.unreadable, path, Instant::now());
                None
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A full map begins anew.
fn keep<T>(map: &mut HashMap<PathBuf, T>, path: PathBuf, value: T) {
    if map.len() >= ANNOUNCEMENTS_KEPT {
        map.clear();
    }
    map.insert(path, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/welcome.wav")
    }

    fn is_at_hand(shelf: &Shelf, path: &Path) -> bool {
        matches!(shelf.find(Instant::now(), path), Known::Prompt(_))
    }

    #[test]
    fn what_cannot_be_read_is_not_tried_again_at_once_and_is_found_when_it_is_laid_anew() {
        let (shelf, name) = (Shelf::default(), format!("ramal-shelf-{}.wav", std::process::id()));
        let path = std::env::temp_dir().join(name);
        assert!(shelf.read(path.clone()).is_none());
        assert!(matches!(shelf.find(Instant::now(), &path), Known::Unreadable));
        let later = Instant::now() + TRIED_AGAIN_AFTER;
        assert!(matches!(shelf.find(later, &path), Known::Nothing));
        std::fs::copy(welcome(), &path).unwrap();
        shelf.lay(BTreeSet::from([path.clone()]));
        std::fs::remove_file(&path).unwrap();
        assert!(is_at_hand(&shelf, &path));
    }

    #[test]
    fn what_is_named_no_more_is_given_up() {
        let shelf = Shelf::default();
        shelf.lay(BTreeSet::from([welcome()]));
        assert!(is_at_hand(&shelf, &welcome()));
        shelf.lay(BTreeSet::new());
        assert!(matches!(shelf.find(Instant::now(), &welcome()), Known::Nothing));
    }

    #[test]
    fn failures_have_a_limit_and_cost_no_announcement() {
        let shelf = Shelf::default();
        shelf.lay(BTreeSet::from([welcome()]));
        for number in 0..=ANNOUNCEMENTS_KEPT {
            shelf.read(PathBuf::from(format!("/nowhere/{number}.wav")));
        }
        assert!(shelf.kept().unreadable.len() <= ANNOUNCEMENTS_KEPT);
        assert!(is_at_hand(&shelf, &welcome()));
    }
}
