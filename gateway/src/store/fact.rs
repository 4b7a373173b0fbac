//! What signalling tells the database.
use serde::{Deserialize, Serialize};

use crate::model::{Binding, CallRecord, EventRow, ExtensionId, RecordingRow};

/// Something that happened and must not be lost. Delivering one twice changes nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A phone registered or renewed.
    BindingSaved(Box<Binding>),
    /// A phone unregistered.
    BindingRemoved {
        /// Whose phone.
        extension: ExtensionId,
        /// Its contact.
        uri: String,
    },
    /// A call began.
    CallBegan(Box<CallRecord>),
    /// A call was answered: what is known so far, so that a crash does not lose when it was.
    CallAnswered(Box<CallRecord>),
    /// A call ended; the record is complete.
    CallEnded(Box<CallRecord>),
    /// Something an operator cares about.
    Event(EventRow),
    /// A recording began.
    RecordingBegan(RecordingRow),
    /// A recording was sealed or failed.
    RecordingEnded(RecordingRow),
}

/// A fact with the name that tells a second delivery from a second fact.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// Unique for ever; sorts by time of recording.
    pub id: String,
    /// The fact.
    pub fact: Fact,
}
