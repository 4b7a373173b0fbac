//! `[recording]`.

use std::fmt;
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
    /// How the sound is written.
    pub format: RecordingFormat,
    /// File of keys that recordings are sealed with; `None`: they lie in the clear.
    pub key_file: Option<PathBuf>,
    /// `[recording.s3]`; `None`: they stay on the disk.
    pub s3: Option<S3Config>,
}

impl Default for RecordingConfig {
    fn default() -> Self {
        Self { folder: None, min_free_mib: 512, format: RecordingFormat::Wav, key_file: None, s3: None }
    }
}

impl RecordingConfig {
    /// The folder recordings go to.
    pub fn folder(&self, data_dir: &Path) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| data_dir.join("recordings"))
    }
}

/// How the sound is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingFormat {
    /// Ogg/Opus.
    Opus,
    Wav,
}

/// A store of objects that speaks S3.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// `https://HOST` or `http://HOST:PORT`.
    pub endpoint: String,
    pub bucket: String,
    #[serde(default = "usual_region")]
    pub region: String,
    /// The bucket stands in the path, not in the name of the host.
    #[serde(default = "yes")]
    pub path_style: bool,
    /// Before the name of each object.
    #[serde(default)]
    pub prefix: String,
    pub access_key: String,
    pub secret_key: String,
}

fn usual_region() -> String {
    "us-east-1".to_owned()
}

const fn yes() -> bool {
    true
}

impl fmt::Debug for S3Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_struct("S3Config");
        told.field("endpoint", &self.endpoint).field("bucket", &self.bucket).finish_non_exhaustive()
    }
}
