//! What a plugin may take. At a limit its call fails and nothing else does.

use std::time::Duration;

/// Largest file of a plugin, in bytes: a TypeScript component is 12 MB.
pub const MAX_FILE_BYTES: u64 = 32 << 20;
/// Memory that one call may have if its grant says nothing else, in MiB.
pub const DEFAULT_MEMORY_MIB: u32 = 64;
/// Memory that a grant may give to one call, in MiB.
pub const MAX_MEMORY_MIB: u32 = 256;
/// Entries of all tables of one call.
pub const MAX_TABLE_ELEMENTS: usize = 20_000;

/// Calls that run at once on a node; each has an instance.
pub const MAX_INSTANCES: u32 = 64;
/// Calls that run at once for one inbox or rule.
pub const MAX_PARALLEL: usize = 4;
/// Calls of one inbox or rule that may wait for their turn.
pub const MAX_WAITING: usize = 64;

/// How often running plugins let others run, and how finely their time is counted.
pub const TICK: Duration = Duration::from_millis(10);

/// Events, actions, entries or templates that one call may bring.
pub const MAX_RESULTS: usize = 1_000;

/// Requests that one call may send.
pub const MAX_REQUESTS: u32 = 16;
/// Bytes of the body of an answer that a plugin gets to see.
pub const MAX_RESPONSE_BYTES: usize = 1 << 20;
/// Bytes of a file that a customer sent and that is fetched.
pub const MAX_ATTACHMENT_BYTES: usize = 25 << 20;
/// Bytes of a body that a plugin writes itself; files do not count.
pub const MAX_REQUEST_BYTES: usize = 8 << 20;
/// Longest that one request may take.
pub const MAX_REQUEST_TIME: Duration = Duration::from_secs(30);
/// Headers of one request.
pub const MAX_REQUEST_HEADERS: usize = 64;

/// Bytes of a key.
pub const MAX_KEY_BYTES: usize = 128;
/// Bytes of a value.
pub const MAX_VALUE_BYTES: usize = 64 << 10;
/// Keys of one inbox or rule.
pub const MAX_KEYS: u32 = 1_000;

/// Lines a second that a plugin may log for one inbox or rule.
pub const LOG_LINES_PER_S: u32 = 20;
/// Lines that it may log at once after a quiet time.
pub const LOG_BURST: u32 = 60;
/// Bytes of a line that are kept.
pub const MAX_LOG_LINE_BYTES: usize = 1_024;
/// Random bytes of one request for them.
pub const MAX_RANDOM_BYTES: usize = 1_024;
/// Bytes of what a plugin notes of a line.
pub const MAX_MEMO_BYTES: usize = 4 << 10;
/// Bytes of a frame to a browser.
pub const MAX_FRAME_BYTES: usize = 64 << 10;

/// How long one call may last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeLimit {
    /// Computing, the time in which it waits for the host not counted.
    pub computing: Duration,
    /// From start to end.
    pub whole: Duration,
}

impl TimeLimit {
    /// Somebody waits for the answer: a provider, a browser.
    pub const PROMPT: Self = Self { computing: Duration::from_millis(1_000), whole: Duration::from_secs(5) };
    /// A caller waits.
    pub const DECISION: Self = Self { computing: Duration::from_millis(200), whole: Duration::from_secs(3) };
    /// Work of the outbox.
    pub const WORK: Self = Self { computing: Duration::from_millis(2_000), whole: Duration::from_secs(60) };

    /// Ticks that the computing may take; one more, for the first may be cut short.
    pub fn ticks(self) -> u32 {
        u32::try_from(self.computing.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX).saturating_add(1)
    }
}
