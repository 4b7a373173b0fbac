//! What signalling asks of the disk, on a thread of its own: a disk that hangs costs a recording or an
//! announcement, and no call waits for it twice.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

/// How long signalling waits for an answer that it can do without. A disk that is well takes less than a millisecond.
pub const SHORT: Duration = Duration::from_millis(100);

type Job = Box<dyn FnOnce() + Send>;

/// The disk did not answer in time, or is still at an earlier question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the disk does not answer")]
pub struct Hangs;

/// The way to the thread. Questions come from one thread, one after the other.
pub struct Disk {
    jobs: SyncSender<Job>,
    busy: Arc<AtomicBool>,
}

impl Disk {
    /// # Errors
    /// The system gives no thread.
    pub fn start() -> io::Result<Self> {
        let (jobs, waiting) = sync_channel::<Job>(1);
        std::thread::Builder::new().name("ramal-disk".to_owned()).spawn(move || {
            for job in waiting {
                job();
            }
        })?;
        Ok(Self { jobs, busy: Arc::default() })
    }

    /// Has something done and waits so long for its outcome. What comes too late is dropped.
    ///
    /// # Errors
    /// It takes too long, or an earlier question does.
    pub fn ask<T: Send + 'static>(
        &self,
        patience: Duration,
        question: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Hangs> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return Err(Hangs);
        }
        let (reply, answer) = sync_channel(1);
        let busy = Arc::clone(&self.busy);
        let job = move || {
            let outcome = question();
            busy.store(false, Ordering::Release);
            // Nobody waits any more when it took too long.
            let _ = reply.send(outcome);
        };
        self.jobs.try_send(Box::new(job)).map_err(|_| Hangs)?;
        answer.recv_timeout(patience).map_err(|_| Hangs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_hangs_is_not_waited_for_and_is_asked_again_when_it_is_back() {
        let disk = Disk::start().unwrap();
        assert_eq!(disk.ask(Duration::from_secs(60), || 1), Ok(1));
        let (release, released) = sync_channel::<()>(1);
        assert_eq!(disk.ask(SHORT, move || released.recv().is_ok()), Err(Hangs));
        assert_eq!(disk.ask(SHORT, || 2), Err(Hangs));
        release.send(()).unwrap();
        while disk.ask(SHORT, || 3) != Ok(3) {
            std::thread::yield_now();
        }
    }
}
