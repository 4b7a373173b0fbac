//! Keeps the processors awake, at the lowest priority: a processor that slept finds neither its caches nor, on a virtual machine, its
//! page tables as it left them, and what it then does costs several times as much as on a machine that is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crate::error::{BenchError, Outcome, io};

/// See the module; until it is dropped.
pub struct Awake {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Awake {
    /// A thread for each processor, which runs where nobody else wants to (sched(7), SCHED_IDLE).
    pub fn keep() -> Outcome<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let processors = std::thread::available_parallelism().map_err(io("processors"))?.get();
        let (told, tells) = std::sync::mpsc::channel();
        let mut awake = Self { stop: Arc::clone(&stop), threads: Vec::new() };
        for _ in 0..processors {
            let (stop, told) = (Arc::clone(&stop), told.clone());
            awake.threads.push(std::thread::spawn(move || {
                let lowest = be_lowest();
                // Who is not told any more has given up already.
                let _ = told.send(lowest);
                while lowest && !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            }));
        }
        match tells.iter().take(processors).all(|lowest| lowest) {
            true => Ok(awake),
            false => Err(BenchError::subject("the bench", "the kernel refuses SCHED_IDLE")),
        }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // A thread that panicked has said so on its way.
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn be_lowest() -> bool {
    let parameter = libc::sched_param { sched_priority: 0 };
    // SAFETY: changes how this thread is scheduled; `parameter` is read during the call only.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const parameter) == 0 }
}
