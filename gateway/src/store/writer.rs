//! The only way facts leave signalling: a bounded mailbox, a thread that writes batches, a spool for when the database is away.
//!
//! Order: mailbox, then database; while anything waits in the spool everything goes behind it. At the mailbox' limit facts go straight to a
//! file that joins the spool. Only if that disk refuses too is a fact lost, counted and logged.

mod task;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::{mpsc, watch};

use crate::store::spool::{self, Spool};
use crate::store::{Envelope, Fact, SpoolError, Store};

/// Facts waiting in memory at most; a call record is about a kilobyte.
const MAILBOX_FACTS: usize = 16_384;
/// Facts in one transaction at most.
const BATCH_FACTS: usize = 256;

/// How the writer works.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// Name of this node.
    pub node: String,
    /// Where facts wait.
    pub spool_folder: PathBuf,
    /// Facts waiting in memory at most.
    pub mailbox_facts: usize,
    /// How long a fact waits for others to share its transaction with.
    pub gather: Duration,
    /// A database that answers nothing for so long counts as away.
    pub deliver_timeout: Duration,
    /// First pause before another try; doubles up to `retry_max`.
    pub retry_min: Duration,
    /// Longest pause before another try.
    pub retry_max: Duration,
    /// How often the node notes that it lives.
    pub alive_every: Duration,
}

impl WriterOptions {
    /// The usual figures.
    pub fn new(node: &str, spool_folder: PathBuf) -> Self {
        Self {
            node: node.to_owned(),
            spool_folder,
            mailbox_facts: MAILBOX_FACTS,
            gather: Duration::from_millis(25),
            deliver_timeout: Duration::from_secs(10),
            retry_min: Duration::from_millis(200),
            retry_max: Duration::from_secs(5),
            alive_every: Duration::from_secs(5),
        }
    }
}

/// What the writer has done so far.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WriterCounters {
    /// Facts taken.
    pub recorded: u64,
    /// Facts in the database.
    pub delivered: u64,
    /// Facts that went through the spool.
    pub spooled: u64,
    /// Facts that the database will never take; they lie in `refused.jsonl`.
    pub refused: u64,
    /// Facts lost because neither mailbox nor disk would take them.
    pub lost: u64,
    /// Tries that found the database away.
    pub failures: u64,
    /// 1 while facts wait on disk.
    pub spooling: u64,
}

#[derive(Default)]
struct Counters {
    recorded: AtomicU64,
    delivered: AtomicU64,
    spooled: AtomicU64,
    refused: AtomicU64,
    lost: AtomicU64,
    failures: AtomicU64,
    spooling: AtomicU64,
}

/// Takes facts. Cheap to clone; never waits for the database.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    processed: watch::Receiver<u64>,
}

struct Shared {
    mailbox: mpsc::Sender<Envelope>,
    counters: Counters,
    prefix: String,
    sequence: AtomicU64,
    overflowing: AtomicBool,
    overflow: Mutex<Option<File>>,
    overflow_path: PathBuf,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("counters", &self.counters()).finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the writing thread, which first delivers what waits from before, then closes calls that a crash left open.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the spool folder cannot be read or the thread not be started.
    pub fn start(store: Store, options: WriterOptions) -> Result<Self, SpoolError> {
        let mut spool = Spool::open(&options.spool_folder)?;
        let overflow_path = options.spool_folder.join("overflow");
        if overflow_path.exists() {
            spool.adopt_file(&overflow_path)?;
        }
        let (mailbox, receiver) = mpsc::channel(options.mailbox_facts.max(1));
        let (stop, stopped) = watch::channel(false);
        let (processed_sender, processed) = watch::channel(0);
        let boot_ms = unix_ms();
        let shared = Arc::new(Shared {
            mailbox,
            counters: Counters::default(),
            prefix: format!("{boot_ms:013}-{:016x}-", random_u64()),
            sequence: AtomicU64::new(0),
            overflowing: AtomicBool::new(false),
            overflow: Mutex::new(None),
            overflow_path,
        });
        let folder = options.spool_folder.clone();
        let task = task::Task::new(store, options, spool, Arc::clone(&shared), boot_ms);
        let inbox = task::Inbox { receiver, stopped, processed: processed_sender };
        let runtime = tokio::runtime::Handle::current();
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || runtime.block_on(task.run(inbox)))
            .map_err(|error| SpoolError { path: folder, error })?;
        Ok(Self { shared, stop, processed })
    }

    /// Takes a fact. Costs a channel send; at the mailbox' limit a write to a file.
    pub fn record(&self, fact: Fact) {
        let shared = &self.shared;
        shared.counters.recorded.fetch_add(1, Ordering::Relaxed);
        let sequence = shared.sequence.fetch_add(1, Ordering::Relaxed);
        let envelope = Envelope { id: format!("{}{sequence:012}", shared.prefix), fact };
        if shared.overflowing.load(Ordering::Acquire) {
            return shared.overflow(&envelope);
        }
        match shared.mailbox.try_send(envelope) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(envelope) | mpsc::error::TrySendError::Closed(envelope)) => {
                shared.overflow(&envelope);
            }
        }
    }

    /// What has been done so far.
    pub fn counters(&self) -> WriterCounters {
        let counters = &self.shared.counters;
        WriterCounters {
            recorded: counters.recorded.load(Ordering::Relaxed),
            delivered: counters.delivered.load(Ordering::Relaxed),
            spooled: counters.spooled.load(Ordering::Relaxed),
            refused: counters.refused.load(Ordering::Relaxed),
            lost: counters.lost.load(Ordering::Relaxed),
            failures: counters.failures.load(Ordering::Relaxed),
            spooling: counters.spooling.load(Ordering::Relaxed),
        }
    }

    /// Waits until everything recorded so far is in the database (or refused, or lost).
    pub async fn settled(&self) {
        let recorded = self.shared.counters.recorded.load(Ordering::Relaxed);
        let lost = || self.shared.counters.lost.load(Ordering::Relaxed);
        let mut processed = self.processed.clone();
        // An error means that the thread has ended: what is not in the database by then is on the disk.
        let _ = processed.wait_for(|processed| *processed + lost() >= recorded).await;
    }

    /// Stops: what is in the mailbox goes to the database, or to the disk if it is away. Later facts go to the disk.
    pub async fn close(&self) {
        let _ = self.stop.send(true);
        let mut processed = self.processed.clone();
        while processed.changed().await.is_ok() {}
    }
}

impl Shared {
    /// No sync: this runs on the caller's thread, and a crash of the process alone loses nothing that was handed to the system.
    fn overflow(&self, envelope: &Envelope) {
        let mut file = self.lock_overflow();
        self.overflowing.store(true, Ordering::Release);
        let written = spool::line(envelope).and_then(|line| {
            if file.is_none() {
                *file = Some(OpenOptions::new().create(true).append(true).open(&self.overflow_path)?);
            }
            file.as_mut().map_or(Ok(()), |file| file.write_all(&line))
        });
        if let Err(error) = written {
            self.counters.lost.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%error, fact.id = envelope.id, "a fact is lost: mailbox full and disk refuses");
        }
    }

    fn lock_overflow(&self) -> MutexGuard<'_, Option<File>> {
        self.overflow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two starts within a millisecond must not share names; without randomness the process number parts them.
fn random_u64() -> u64 {
    let mut bytes = [0; 8];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        Err(_) => u64::from(std::process::id()),
    }
}

fn unix_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
