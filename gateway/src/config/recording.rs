//! `[recording]`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where recordings lie and what they may cost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecordingConfig {
    /// Folder; `None`: `recordings` in `data_dir`.
    pub folder: Option<PathBuf>,
    /// A new recording is refused, with an event, when the disk has less left than this, in mebibytes.
    pub min_free_mib: u32,
}

impl Default for RecordingConfig {
    fn default() -> Self {
        Self { folder: None, min_free_mib: 512 }
    }
}

impl RecordingConfig {
    /// The folder recordings go to.
    pub fn folder(&self, data_dir: &Path) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| data_dir.join("recordings"))
    }
}
