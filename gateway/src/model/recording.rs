//! A recorded call's file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Which of the call's recordings it is, from 1.
    #[serde(default = "first")]
    pub part: u32,
    /// Unix time in milliseconds of the first sample.
    pub started_at_ms: i64,
    /// Length so far.
    pub seconds: f64,
    /// How it stands.
    pub state: RecordingState,
    /// Pauses: from and to, in seconds of the file.
    #[serde(default)]
    pub pauses: Vec<(f64, f64)>,
    /// None while it is written, and where a crash has cut it off.
    #[serde(default)]
    pub peaks: Option<RecordingPeaks>,
}

const fn first() -> u32 {
    1
}

/// The outline of a recording: the largest sample of each interval, 255 is full scale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordingPeaks {
    pub interval_ms: u32,
    /// The caller's side.
    pub left: Vec<u8>,
    pub right: Vec<u8>,
}

/// How a recording stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Deleted when its time was over; the row stays.
    Deleted,
    /// Cost by a slow or full disk, or by a crash; the reason.
    Failed(String),
    /// Complete; the file does not change any more.
    Sealed,
    /// Being written.
    Writing,
}

/// A recording with what is known of its file since it is complete.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptRecording {
    pub row: RecordingRow,
    /// Bytes of the sound, as whoever listens gets them.
    pub bytes: Option<u64>,
    /// SHA-256 of them, in hex.
    pub sha256: Option<String>,
    /// Its key in the store of objects; `None`: it lies on the node's disk.
    pub object: Option<String>,
}

/// Names a recording: its call, and which of the call's recordings it is. The first is named as the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordingName {
    pub call: CallId,
    pub part: u32,
}

impl fmt::Display for RecordingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            1 => self.call.fmt(f),
            part => write!(f, "{}-{part}", self.call),
        }
    }
}

impl FromStr for RecordingName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (call, part) = match text.split_once('-') {
            Some((call, part)) => (call, part.parse().map_err(|_| ())?),
            None => (text, 1),
        };
        Ok(Self { call: call.parse().map_err(|_| ())?, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_named_as_its_call() {
        let call = CallId::new(1_700_000_000_000, [7; 10]);
        for part in [1, 2, 77] {
            let name = RecordingName { call, part };
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        assert_eq!(RecordingName { call, part: 1 }.to_string(), call.to_string());
        assert_eq!("nonsense-2".parse::<RecordingName>(), Err(()));
    }
}
