//! The thread behind the mailbox.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::{BATCH_FACTS, Shared, WriterOptions, unix_ms};
use crate::store::spool::Spool;
use crate::store::{Envelope, SpoolError, Store, StoreError};

/// The task's ends of the channels.
pub(super) struct Inbox {
    pub(super) receiver: mpsc::Receiver<Envelope>,
    pub(super) stopped: watch::Receiver<bool>,
    pub(super) processed: watch::Sender<u64>,
}

/// The state of the writing thread.
pub(super) struct Task {
    store: Store,
    options: WriterOptions,
    spool: Spool,
    shared: Arc<Shared>,
    boot_ms: i64,
    /// Facts that the disk refused; they go first.
    stranded: Vec<Envelope>,
    pause: Duration,
    next_try: Instant,
    next_alive: Instant,
    boot: Boot,
}

/// Whether calls that a crash left open are closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Boot {
    Closed,
    Pending,
}

/// What woke the task.
enum Woken {
    Facts,
    Stopped,
    Time,
}

impl Task {
    pub(super) fn new(
        store: Store,
        options: WriterOptions,
        spool: Spool,
        shared: Arc<Shared>,
        boot_ms: i64,
    ) -> Self {
        let now = Instant::now();
        Self {
            store,
            pause: options.retry_min,
            options,
            spool,
            shared,
            boot_ms,
            stranded: Vec::new(),
            next_try: now,
            next_alive: now,
            boot: Boot::Pending,
        }
    }

    pub(super) async fn run(mut self, mut inbox: Inbox) {
        let mut batch = Vec::with_capacity(BATCH_FACTS);
        loop {
            self.take_overflow(&inbox);
            self.shared.counters.spooling.store(u64::from(!self.spool.is_empty()), Ordering::Relaxed);
            match self.wait(&mut inbox, &mut batch).await {
                Woken::Facts => {
                    self.gather(&mut inbox, &mut batch).await;
                    self.take(&mut inbox, &mut batch).await;
                }
                Woken::Time => self.catch_up(&mut inbox).await,
                Woken::Stopped => return self.finish(&mut inbox, &mut batch).await,
            }
        }
    }

    async fn wait(&mut self, inbox: &mut Inbox, batch: &mut Vec<Envelope>) -> Woken {
        if !self.stranded.is_empty() {
            sleep_until(self.next_try).await;
            batch.append(&mut self.stranded);
            return Woken::Facts;
        }
        let due = if self.is_caught_up() { self.next_alive } else { self.next_try };
        tokio::select! {
            biased;
            stopped = inbox.stopped.wait_for(|stopped| *stopped) => {
                // An error means that every Writer is gone, which is a stop as well.
                drop(stopped);
                Woken::Stopped
            }
            () = sleep_until(due) => Woken::Time,
            received = inbox.receiver.recv_many(batch, BATCH_FACTS) => {
                if received == 0 { Woken::Stopped } else { Woken::Facts }
            }
        }
    }

    /// Lets facts that come close together share one transaction: a commit costs more than the rows in it.
    async fn gather(&self, inbox: &mut Inbox, batch: &mut Vec<Envelope>) {
        if batch.len() < BATCH_FACTS && !*inbox.stopped.borrow() {
            sleep_until(Instant::now() + self.options.gather).await;
        }
        while batch.len() < BATCH_FACTS
            && let Ok(fact) = inbox.receiver.try_recv()
        {
            batch.push(fact);
        }
    }

    fn is_caught_up(&self) -> bool {
        self.spool.is_empty() && self.boot == Boot::Closed
    }

    /// New facts: to the database, or behind those that wait.
    async fn take(&mut self, inbox: &mut Inbox, batch: &mut Vec<Envelope>) {
        if !self.spool.is_empty() {
            self.append(std::mem::take(batch));
            return;
        }
        let reserved = self.spool.reserve();
        match self.attempt(inbox, batch).await {
            Ok(()) => {
                self.processed(inbox, batch);
                batch.clear();
            }
            Err(error) => {
                self.back_off(&error);
                let facts = std::mem::take(batch);
                let stored = self.spool.store_reserved(reserved, &facts);
                self.spooled_or_stranded(facts, stored);
            }
        }
    }

    /// Writes a batch while the mailbox is kept from filling up. Facts that the database will never take are set aside.
    async fn attempt(&mut self, inbox: &mut Inbox, batch: &[Envelope]) -> Result<(), StoreError> {
        match self.deliver(inbox, batch).await {
            Err(error) if !error.is_transient() => self.deliver_singly(inbox, batch).await,
            outcome => outcome,
        }
    }

    async fn deliver_singly(&mut self, inbox: &mut Inbox, batch: &[Envelope]) -> Result<(), StoreError> {
        for fact in batch {
            match self.deliver(inbox, std::slice::from_ref(fact)).await {
                Ok(()) => {}
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    self.shared.counters.refused.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, fact.id, "the database refuses a fact; it is kept in the spool folder");
                    if let Err(error) = self.spool.keep_refused(fact) {
                        tracing::error!(%error, fact.id, "a refused fact could not be kept");
                    }
                }
            }
        }
        Ok(())
    }

    async fn deliver(&mut self, inbox: &mut Inbox, batch: &[Envelope]) -> Result<(), StoreError> {
        let limit = self.options.deliver_timeout;
        let store = self.store.clone();
        let mut delivery = std::pin::pin!(timeout(limit, store.deliver(batch)));
        let half = self.options.mailbox_facts / 2;
        let mut waiting = Vec::new();
        let mut poll = tokio::time::interval(Duration::from_millis(50));
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = &mut delivery => break outcome.unwrap_or(Err(StoreError::Late(limit.as_secs()))),
                _ = poll.tick() => {
                    while self.stranded.is_empty() && inbox.receiver.len() > half {
                        inbox.receiver.recv_many(&mut waiting, BATCH_FACTS).await;
                        self.append(std::mem::take(&mut waiting));
                    }
                }
            }
        };
        if outcome.is_ok() {
            self.shared.counters.delivered.fetch_add(batch.len() as u64, Ordering::Relaxed);
        }
        outcome
    }

    /// Time for what waits: the spool first, then the calls of a crash, then the sign of life.
    async fn catch_up(&mut self, inbox: &mut Inbox) {
        let outcome = if !self.spool.is_empty() {
            self.deliver_oldest(inbox).await
        } else if self.boot == Boot::Pending {
            self.close_unfinished().await
        } else {
            self.note_alive().await
        };
        match outcome {
            Ok(()) => {
                self.pause = self.options.retry_min;
                self.next_try = Instant::now();
            }
            Err(error) => self.back_off(&error),
        }
    }

    async fn deliver_oldest(&mut self, inbox: &mut Inbox) -> Result<(), StoreError> {
        let (number, facts, unreadable) = match self.spool.oldest() {
            Ok(Some(segment)) => segment,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::error!(%error, "the spool cannot be read");
                self.back_off_for(self.options.retry_max);
                return Ok(());
            }
        };
        if unreadable > 0 {
            tracing::error!(lines = unreadable, segment = number, "unreadable lines in the spool");
        }
        for batch in facts.chunks(BATCH_FACTS) {
            self.attempt(inbox, batch).await?;
        }
        if let Err(error) = self.spool.delete(number) {
            tracing::error!(%error, "a delivered part of the spool cannot be deleted");
            return Ok(());
        }
        self.processed(inbox, &facts);
        Ok(())
    }

    async fn close_unfinished(&mut self) -> Result<(), StoreError> {
        let closing = self.store.close_unfinished(&self.options.node, self.boot_ms);
        let closed = timeout(self.options.deliver_timeout, closing).await;
        let closed = closed.unwrap_or(Err(StoreError::Late(self.options.deliver_timeout.as_secs())))?;
        if closed > 0 {
            tracing::warn!(calls = closed, "closed calls that a crash had left open");
        }
        self.boot = Boot::Closed;
        Ok(())
    }

    async fn note_alive(&mut self) -> Result<(), StoreError> {
        self.next_alive = Instant::now() + self.options.alive_every;
        let noting = self.store.node_alive(&self.options.node, unix_ms());
        timeout(self.options.deliver_timeout, noting)
            .await
            .unwrap_or(Err(StoreError::Late(self.options.deliver_timeout.as_secs())))
    }

    /// Facts written past a full mailbox join the spool once the mailbox is empty: they are younger than all in it.
    fn take_overflow(&mut self, inbox: &Inbox) {
        if !self.shared.overflowing.load(Ordering::Acquire)
            || !inbox.receiver.is_empty()
            || !self.stranded.is_empty()
        {
            return;
        }
        let mut file = self.shared.lock_overflow();
        if file.take().is_some() {
            let adopted = self.spool.adopt_file(&self.shared.overflow_path);
            if let Err(error) = adopted {
                tracing::error!(%error, "facts past a full mailbox stay where they are");
                return;
            }
        }
        self.shared.overflowing.store(false, Ordering::Release);
    }

    fn append(&mut self, facts: Vec<Envelope>) {
        let stored = self.spool.append(&facts);
        self.spooled_or_stranded(facts, stored);
    }

    fn spooled_or_stranded(&mut self, facts: Vec<Envelope>, stored: Result<(), SpoolError>) {
        match stored {
            Ok(()) => {
                self.shared.counters.spooled.fetch_add(facts.len() as u64, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::error!(%error, facts = facts.len(), "facts wait in memory: database away and disk refuses");
                self.stranded.extend(facts);
                self.back_off_for(self.options.retry_min);
            }
        }
    }

    fn processed(&self, inbox: &Inbox, facts: &[Envelope]) {
        let own = facts.iter().filter(|fact| fact.id.starts_with(&self.shared.prefix)).count();
        inbox.processed.send_modify(|processed| *processed += own as u64);
    }

    fn back_off(&mut self, error: &StoreError) {
        self.shared.counters.failures.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(%error, pause_ms = self.pause.as_millis(), "facts wait on disk");
        self.back_off_for(self.pause);
        self.pause = (self.pause * 2).min(self.options.retry_max);
    }

    fn back_off_for(&mut self, pause: Duration) {
        self.next_try = Instant::now() + pause;
    }

    /// The mailbox is emptied, to the database or to the disk.
    async fn finish(&mut self, inbox: &mut Inbox, batch: &mut Vec<Envelope>) {
        inbox.receiver.close();
        batch.append(&mut self.stranded);
        while !batch.is_empty() || inbox.receiver.recv_many(batch, BATCH_FACTS).await > 0 {
            self.take(inbox, batch).await;
            if !self.stranded.is_empty() {
                let lost = self.stranded.len() + inbox.receiver.len();
                self.shared.counters.lost.fetch_add(lost as u64, Ordering::Relaxed);
                tracing::error!(facts = lost, "facts are lost: database away and disk refuses");
                return;
            }
        }
        self.take_overflow(inbox);
    }
}
