//! A recorded call's file.

use serde::{Deserialize, Serialize};

use crate::model::{CallId, OrganizationId};

/// A recording: one file of one call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RecordingRow {
    /// The call.
    pub call: CallId,
    /// Owner.
    pub organization: OrganizationId,
    /// Where the file lies.
    pub path: String,
    /// Unix time in milliseconds of the first sample.
    pub started_at_ms: i64,
    /// Length so far.
    pub seconds: f64,
    /// How it stands.
    pub state: RecordingState,
}

/// How a recording stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Cost by a slow or full disk, or by a crash; the reason.
    Failed(String),
    /// Complete; the file does not change any more.
    Sealed,
    /// Being written.
    Writing,
}
