//! The media threads of a Node.

use std::io;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::browser::{BrowserSockets, WebRtcConfig};
use super::mailbox::{WorkerHandle, WorkerId, mailbox};
use super::worker::{self, Inlets};
use crate::event::Event;
use crate::recorder::wav::StoreOpener;

/// Longest gathering: more delay than this is not worth any CPU.
pub const MAX_GATHER_US: u32 = 1_000;

/// How the Workers of a Node run.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Least time between two rounds of serving, 0 to 1000 µs: under load packets gather meanwhile, which saves wake-ups for
    /// as much delay. A packet that comes alone is served at once.
    pub gather_us: u32,
    /// Legs one Worker takes.
    pub max_legs: usize,
    /// Packets that may wait for the recorder of one Worker, of about 1 KiB each.
    pub recorder_ring_packets: usize,
    /// Recordings that may run on one Worker.
    pub max_recordings: usize,
    /// How recordings are written.
    pub store: StoreOpener,
    /// Where browsers come in; none: no WebRTC leg.
    pub webrtc: Option<WebRtcConfig>,
    /// Name in our RTCP (RFC 3550 §6.5.1); no personal data.
    pub cname: String,
    /// For SSRC, sequence numbers and RTCP times.
    pub seed: u64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            // With the time of serving, the 99th percentile of the delay stays below a millisecond.
            gather_us: 500,
            max_legs: 4_000,
            recorder_ring_packets: 8_192,
            max_recordings: 1_000,
            store: StoreOpener::default(),
            webrtc: None,
            cname: "ramal".into(),
            seed: SmallRng::from_os_rng().random(),
        }
    }
}

/// All Workers of a Node. Dropped: threads end, recordings are sealed.
pub struct Workers {
    handles: Vec<WorkerHandle>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `count` threads (at least one), each with a recorder. `events` is called on those threads and must not block.
    pub fn start<F>(count: usize, config: WorkerConfig, events: F) -> io::Result<Self>
    where
        F: Fn(WorkerId, Event) + Send + Sync + Clone + 'static,
    {
        let mut workers = Self { handles: Vec::new(), threads: Vec::new() };
        for number in 0..count.max(1) {
            let id = WorkerId(number);
            let mut config = config.clone();
            let browsers =
                config.webrtc.take().map(|webrtc| BrowserSockets::bind(&webrtc, number)).transpose()?;
            let face = browsers.as_ref().map(|browsers| browsers.face.clone());
            let (handle, mail, wake) = mailbox(id, face)?;
            config.gather_us = config.gather_us.min(MAX_GATHER_US);
            config.seed = config.seed.wrapping_add(number as u64);
            let events = events.clone();
            let report = move |event| events(id, event);
            workers.threads.push(worker::spawn(
                config,
                handle.clone(),
                Inlets { mail, wake, browsers },
                report,
            )?);
            workers.handles.push(handle);
        }
        Ok(workers)
    }

    /// The Worker with the fewest Legs.
    pub fn pick(&self) -> WorkerHandle {
        let least = self.handles.iter().min_by_key(|handle| handle.load());
        least.unwrap_or(&self.handles[0]).clone()
    }

    /// Every Worker.
    pub fn handles(&self) -> &[WorkerHandle] {
        &self.handles
    }

    /// Ends the threads and seals their recordings; waits for both.
    pub fn stop(self) {}
}

impl Drop for Workers {
    fn drop(&mut self) {
        for handle in &self.handles {
            handle.shared.stopping.store(true, Ordering::Release);
            handle.shared.wake();
        }
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so on its way.
            let _ = thread.join();
        }
    }
}
