//! `[speech]`.

use serde::{Deserialize, Serialize};

/// The program that speaks texts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpeechConfig {
    /// Program and arguments; `None`: texts are not spoken.
    pub command: Option<Vec<String>>,
    /// How long it may take, in seconds.
    pub timeout_s: u32,
}

impl Default for SpeechConfig {
    fn default() -> Self {
        Self { command: None, timeout_s: 20 }
    }
}
