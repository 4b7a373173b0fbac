//! The way to one Worker: a bounded mailbox and an eventfd.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use thiserror::Error;

use super::browser::WebRtcFace;
use super::port_pool::LegSockets;
use crate::command::{Command, Repeat, Source};
use crate::engine::Party;

/// Orders that may wait in the mailbox of one Worker.
pub const MAILBOX_LIMIT: usize = 4_096;

/// Which Worker, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkerId(pub usize);

/// Why an order did not reach its Worker.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SendError {
    #[error("the mailbox of the media worker is full")]
    MailboxFull,
    #[error("the media worker is gone")]
    WorkerGone,
}

/// Figures of one Worker since it started, and its Legs now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerGauges {
    pub legs: usize,
    pub packets_received: u64,
    pub packets_sent: u64,
    /// Refused by the kernel or for want of a buffer.
    pub packets_dropped: u64,
    pub events_dropped: u64,
    /// Came in faster than they were read: dropped by the kernel.
    pub kernel_drops: u64,
    /// Rounds of its loop: how often it was woken.
    pub rounds: u64,
}

/// The way to one Worker.
#[derive(Clone)]
pub struct WorkerHandle {
    id: WorkerId,
    mail: SyncSender<Mail>,
    webrtc: Option<Arc<WebRtcFace>>,
    pub(super) shared: Arc<Shared>,
}

/// One letter.
pub(super) enum Mail {
    /// A Leg moves in, with the one that carries its pictures, if it has one.
    Adopt {
        sound: Box<Moved>,
        pictures: Option<Box<Moved>>,
    },
    Command(Command),
}

/// A Leg between two Workers.
pub(super) struct Moved {
    pub party: Box<Party>,
    pub sockets: LegSockets,
}

/// What both ends look at.
pub(super) struct Shared {
    wake: OwnedFd,
    pub stopping: AtomicBool,
    pub legs: AtomicUsize,
    pub received: AtomicU64,
    pub sent: AtomicU64,
    pub dropped: AtomicU64,
    pub events_dropped: AtomicU64,
    pub kernel_drops: AtomicU64,
    pub rounds: AtomicU64,
}

impl Shared {
    pub fn wake(&self) {
        let one = 1_u64;
        // SAFETY: eight bytes of `one` are read. A counter that is full is a Worker that is being woken anyway.
        let _ = unsafe { libc::write(self.wake.as_raw_fd(), (&raw const one).cast(), 8) };
    }
}

/// A mailbox: handle, the Worker's end, and the descriptor that becomes readable when there is mail.
pub(super) fn mailbox(
    id: WorkerId,
    webrtc: Option<WebRtcFace>,
) -> io::Result<(WorkerHandle, Receiver<Mail>, OwnedFd)> {
    // SAFETY: no pointer is passed.
    let wake = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    if wake < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a fresh descriptor that nobody else owns.
    let wake = unsafe { OwnedFd::from_raw_fd(wake) };
    let readable = wake.try_clone()?;
    let (mail, receiver) = sync_channel(MAILBOX_LIMIT);
    let shared = Arc::new(Shared {
        wake,
        stopping: AtomicBool::new(false),
        legs: AtomicUsize::new(0),
        received: AtomicU64::new(0),
        sent: AtomicU64::new(0),
        dropped: AtomicU64::new(0),
        events_dropped: AtomicU64::new(0),
        kernel_drops: AtomicU64::new(0),
        rounds: AtomicU64::new(0),
    });
    Ok((WorkerHandle { id, mail, webrtc: webrtc.map(Arc::new), shared }, receiver, readable))
}

impl WorkerHandle {
    /// Which one.
    pub fn id(&self) -> WorkerId {
        self.id
    }

    /// What descriptions say of this Worker; none where it does not listen for browsers.
    pub fn webrtc(&self) -> Option<&WebRtcFace> {
        self.webrtc.as_deref()
    }

    /// Puts an order into the mailbox. Never waits for the Worker; a tone that is used for the first time is made here.
    pub fn send(&self, command: Command) -> Result<(), SendError> {
        let command = match command {
            Command::Hear { leg, source: Source::Tone(tone) } => {
                let source = Source::Play { prompt: tone.prompt(), repeat: Repeat::Forever };
                Command::Hear { leg, source }
            }
            other => other,
        };
        let adds = matches!(command, Command::AddLeg { .. } | Command::AddBrowserLeg { .. });
        self.post(Mail::Command(command), adds).map_err(|(error, _)| error)
    }

    /// Legs that were sent to it and are not gone.
    pub fn load(&self) -> usize {
        self.shared.legs.load(Ordering::Relaxed)
    }

    /// Its figures; each for itself is right, together they are of about one moment.
    pub fn gauges(&self) -> WorkerGauges {
        let shared = &self.shared;
        WorkerGauges {
            legs: self.load(),
            packets_received: shared.received.load(Ordering::Relaxed),
            packets_sent: shared.sent.load(Ordering::Relaxed),
            packets_dropped: shared.dropped.load(Ordering::Relaxed),
            events_dropped: shared.events_dropped.load(Ordering::Relaxed),
            kernel_drops: shared.kernel_drops.load(Ordering::Relaxed),
            rounds: shared.rounds.load(Ordering::Relaxed),
        }
    }

    /// The letter comes back with the error.
    pub(super) fn post(&self, mail: Mail, adds: bool) -> Result<(), (SendError, Option<Mail>)> {
        if adds {
            self.shared.legs.fetch_add(1, Ordering::Relaxed);
        }
        let error = match self.mail.try_send(mail) {
            Ok(()) => {
                self.shared.wake();
                return Ok(());
            }
            Err(TrySendError::Full(mail)) => (SendError::MailboxFull, Some(mail)),
            Err(TrySendError::Disconnected(mail)) => (SendError::WorkerGone, Some(mail)),
        };
        if adds {
            self.shared.legs.fetch_sub(1, Ordering::Relaxed);
        }
        Err(error)
    }
}
