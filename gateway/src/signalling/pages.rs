//! Pages that listen for what happens to their extension, and the orders that pages give.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::browsers::PageSnapshot;
use super::media::Media;
use super::rooms::{Entry, EntryError};
use super::seats::{Attached, IfMatch, Patched, SeatError};
use super::state::{Now, Signalling};
use crate::call::{PageCall, PageEvent, SeatCommand, SeatDial};
use crate::model::{CallId, ExtensionId};
use crate::routing::floor::voice::Purpose;

/// Pages of one extension that may listen at once.
const PAGES_LIMIT: usize = 8;
/// Events that may wait for one page; one that does not read is cut off.
pub const EVENTS_LIMIT: usize = 256;

/// What a page asks, with the way to answer it.
pub enum PageOrder {
    Attach {
        offer: Bytes,
        remote: SocketAddr,
        reply: oneshot::Sender<Result<Attached, SeatError>>,
    },
    Calls {
        reply: oneshot::Sender<Option<PageSnapshot>>,
    },
    Command {
        call: CallId,
        command: SeatCommand,
        reply: oneshot::Sender<Result<(), SeatError>>,
    },
    Detach {
        attachment: String,
        reply: oneshot::Sender<Result<(), SeatError>>,
    },
    Dial {
        to: String,
        purpose: Purpose,
        /// A Call into which whoever answers comes.
        into: Option<CallId>,
        reply: oneshot::Sender<Result<PageCall, SeatError>>,
    },
    Patch {
        attachment: String,
        if_match: IfMatch,
        fragment: String,
        reply: oneshot::Sender<Result<Patched, SeatError>>,
    },
    Supervise {
        call: CallId,
        entry: Entry,
        reply: oneshot::Sender<Result<(), EntryError>>,
    },
    /// What there is now, and from then on every change; `None` when too many pages listen already.
    Watch {
        reply: oneshot::Sender<Option<Watching>>,
    },
}

/// A page that listens: first the snapshot, then the events, as JSON. The end of the events means that it was cut off.
pub struct Watching {
    pub snapshot: Arc<str>,
    pub events: mpsc::Receiver<Arc<str>>,
}

/// The pages that listen.
#[derive(Default)]
pub struct Pages {
    listening: HashMap<ExtensionId, Vec<mpsc::Sender<Arc<str>>>>,
}

impl Pages {
    /// Tells every page of an extension; whoever has not read for long is cut off, and gets a snapshot when it is back.
    pub fn tell(&mut self, extension: ExtensionId, event: &PageEvent) {
        let Some(pages) = self.listening.get_mut(&extension) else { return };
        if let Some(text) = json(event) {
            pages.retain(|page| page.try_send(Arc::clone(&text)).is_ok());
        }
        if pages.is_empty() {
            self.listening.remove(&extension);
        }
    }

    /// Pages that listen now.
    pub fn count(&self) -> usize {
        self.listening.values().map(Vec::len).sum()
    }

    fn watch(&mut self, extension: ExtensionId, snapshot: &PageSnapshot) -> Option<Watching> {
        let snapshot = json(snapshot)?;
        let pages = self.listening.entry(extension).or_default();
        pages.retain(|page| !page.is_closed());
        if pages.len() >= PAGES_LIMIT {
            return None;
        }
        let (sender, events) = mpsc::channel(EVENTS_LIMIT);
        pages.push(sender);
        Some(Watching { snapshot, events })
    }

    /// Does what a page asks.
    pub fn obey(
        &mut self,
        signalling: &mut Signalling<Media>,
        now: Now,
        extension: ExtensionId,
        order: PageOrder,
    ) {
        match order {
            PageOrder::Attach { offer, remote, reply } => {
                drop(reply.send(signalling.attach_seat(now, extension, &offer, remote)));
            }
            PageOrder::Calls { reply } => drop(reply.send(signalling.page_snapshot(now, extension))),
            PageOrder::Command { call, command, reply } => {
                drop(reply.send(signalling.seat_command(now, extension, call, command)));
            }
            PageOrder::Detach { attachment, reply } => {
                drop(reply.send(signalling.detach_seat(now, extension, &attachment)));
            }
            PageOrder::Dial { to, purpose, into, reply } => {
                let dial = SeatDial { to: &to, purpose, into };
                drop(reply.send(signalling.dial_from_seat(now, extension, dial)));
            }
            PageOrder::Patch { attachment, if_match, fragment, reply } => {
                let patched = signalling.patch_seat(now, extension, &attachment, &if_match, &fragment);
                drop(reply.send(patched));
            }
            PageOrder::Supervise { call, entry, reply } => {
                drop(reply.send(signalling.supervise(now, extension, call, entry)));
            }
            PageOrder::Watch { reply } => {
                let snapshot = signalling.page_snapshot(now, extension);
                drop(reply.send(snapshot.and_then(|snapshot| self.watch(extension, &snapshot))));
            }
        }
    }
}

fn json(value: &impl serde::Serialize) -> Option<Arc<str>> {
    match serde_json::to_string(value) {
        Ok(text) => Some(text.into()),
        Err(error) => {
            tracing::error!(%error, "an event for pages cannot be written");
            None
        }
    }
}
