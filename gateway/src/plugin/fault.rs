//! How a call of a plugin fails, and whose fault it is.

use std::time::Duration;

use crate::plugin::manifest::Lack;

/// The plugin's own fault.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// It computed longer than it may.
    #[error("computed longer than {} ms", .0.as_millis())]
    OutOfTime(Duration),
    /// It did not end in time, mostly because it waited.
    #[error("did not end within {} ms", .0.as_millis())]
    TooSlow(Duration),
    /// It wanted more memory than it may have, and then gave up.
    #[error("wanted more than {0} MiB of memory")]
    OutOfMemory(u32),
    /// It stopped by itself or did what WebAssembly forbids; the last of it in words.
    #[error("trapped: {0}")]
    Trap(String),
    /// It gave back more than it may.
    #[error("gave back {0} of what may be 1000 at most")]
    TooMuch(usize),
}

/// Why a call gave nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// No plugin of this name, or it is of the other world.
    #[error("there is no such plugin")]
    NotThere,
    /// As many calls as may wait already wait, or as many run as may on this node. Ask later.
    #[error("too many calls of plugins wait or run")]
    Busy,
    /// It failed shortly before and rests. Ask after that time.
    #[error("the plugin rests for {} ms after a fault", .0.as_millis())]
    Resting(Duration),
    /// It gave an error after a request that is not granted to it: in words for the administrator, with what to do.
    #[error(transparent)]
    NotGranted(Lack),
    /// It failed in this call.
    #[error("the plugin {0}")]
    Failed(#[from] Fault),
    /// Our own misfortune, such as a node that stops.
    #[error("the host could not run the plugin: {0}")]
    Host(String),
}
