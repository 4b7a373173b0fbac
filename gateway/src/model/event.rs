//! Something an operator cares about.

use serde::{Deserialize, Serialize};

use crate::model::{CallId, OrganizationId};

/// One event. The writer gives it its row number, so that a second delivery is known for what it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EventRow {
    /// Unix time in milliseconds.
    pub at_ms: i64,
    /// Whom it concerns; `None`: the node.
    pub organization: Option<OrganizationId>,
    /// Dotted name, as `recording.failed`.
    pub kind: String,
    /// The call, if it was about one.
    pub call: Option<CallId>,
    /// For people to read.
    pub detail: String,
}
