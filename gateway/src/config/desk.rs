//! `[desk]`: how long people may be away.

use serde::{Deserialize, Serialize};

/// How long people may be away before what they had goes on without them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeskConfig {
    /// An agent whose browser is gone keeps what he has for so long, in seconds.
    pub agent_grace_s: u32,
    /// A visitor who left the page may come back for so long, in seconds.
    pub visitor_grace_s: u32,
}

impl Default for DeskConfig {
    fn default() -> Self {
        Self { agent_grace_s: 60, visitor_grace_s: 90 }
    }
}
