//! The lasting lines of browsers, by inbox and thread.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::model::InboxId;
use crate::plugin::capability::Lines;
use crate::plugin::channels::{Channels, DeliveryError};
use crate::plugin::placement::Placement;

/// Lines of a node.
const MAX_LINES: u64 = 10_000;
/// Lines of one thread: tabs of one visitor.
const MAX_LINES_PER_THREAD: usize = 16;
/// Frames that wait for a browser which reads slowly; at the next one its line is cut.
const MAX_WAITING_FRAMES: usize = 256;
/// How long pages have to come back after a restart of the node before they count as left.
const RETURN_TIME: Duration = Duration::from_secs(30);

/// Whose lines.
type Place = (InboxId, String);

/// All lines of a node.
#[derive(Default)]
pub struct LineHub {
    threads: Mutex<HashMap<Place, Vec<End>>>,
    count: AtomicU64,
    next: AtomicU64,
}

/// Our end of one line.
struct End {
    id: u64,
    frames: mpsc::Sender<Arc<str>>,
}

/// A line that is in the hub, and its frames.
pub struct Joined {
    pub id: u64,
    pub frames: mpsc::Receiver<Arc<str>>,
}

impl LineHub {
    /// Takes a line in, with what is sent to it alone; none where there are too many.
    pub fn join(&self, inbox: InboxId, thread: &str, first: Vec<String>) -> Option<Joined> {
        if self.count.fetch_add(1, Ordering::Relaxed) >= MAX_LINES {
            self.count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let (sender, frames) = mpsc::channel(MAX_WAITING_FRAMES);
        for frame in first {
            // More than fit were never taken from the plugin.
            let _ = sender.try_send(frame.into());
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut threads = self.lock();
        let ends = threads.entry((inbox, thread.to_owned())).or_default();
        if ends.len() >= MAX_LINES_PER_THREAD {
            // The oldest tab goes, not the one that somebody has just opened.
            ends.remove(0);
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
        ends.push(End { id, frames: sender });
        Some(Joined { id, frames })
    }

    /// Takes a line out; true if it was the last of its thread.
    pub fn leave(&self, inbox: InboxId, thread: &str, id: u64) -> bool {
        let mut threads = self.lock();
        let place = (inbox, thread.to_owned());
        let Some(ends) = threads.get_mut(&place) else { return true };
        let before = ends.len();
        ends.retain(|end| end.id != id);
        self.count.fetch_sub((before - ends.len()) as u64, Ordering::Relaxed);
        let last = ends.is_empty();
        if last {
            threads.remove(&place);
        }
        last
    }

    /// Whether a thread has a line.
    pub fn is_there(&self, inbox: InboxId, thread: &str) -> bool {
        self.lock().contains_key(&(inbox, thread.to_owned()))
    }

    /// Gives a frame to every line of a thread; says how many there are.
    pub fn send(&self, inbox: InboxId, thread: &str, frame: &str) -> u32 {
        let mut threads = self.lock();
        let Some(ends) = threads.get_mut(&(inbox, thread.to_owned())) else { return 0 };
        let frame: Arc<str> = frame.into();
        let before = ends.len();
        // Who reads so slowly is cut off, and sees all of it when he comes back. The place stays until he leaves, so that
        // the last one to leave is still known.
        ends.retain(|end| end.frames.try_send(Arc::clone(&frame)).is_ok());
        self.count.fetch_sub((before - ends.len()) as u64, Ordering::Relaxed);
        u32::try_from(ends.len()).unwrap_or(u32::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Place, Vec<End>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines for LineHub {
    fn push(&self, placement: &Placement, thread: &str, frame: &str) -> u32 {
        placement.inbox.map_or(0, |inbox| self.send(inbox, thread, frame))
    }
}

/// A node that stopped said nothing of its pages: those that do not come back have left.
pub async fn close_left_behind(channels: Channels) {
    tokio::time::sleep(RETURN_TIME).await;
    if let Err(error) = close_all_left_behind(&channels).await {
        tracing::warn!(%error, "visitors who left while the node was away are not known as such");
    }
}

async fn close_all_left_behind(channels: &Channels) -> Result<(), DeliveryError> {
    for inbox in channels.store().enabled_inboxes().await? {
        let (organization, id) = (inbox.organization, inbox.id);
        let Ok(working) = channels.working(inbox) else { continue };
        if !working.plugin.granted().live {
            continue;
        }
        for thread in channels.store().open_threads(organization, id).await? {
            if !channels.parts().lines.is_there(id, &thread) {
                let events = working.plugin.close_line(&working.placement, thread).await?;
                channels.deliver(&working, events).await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INBOX: InboxId = InboxId(7);

    #[test]
    fn a_frame_reaches_every_line_of_its_thread_and_no_other() {
        let hub = LineHub::default();
        let mut first = hub.join(INBOX, "t1", vec!["welcome".to_owned()]).unwrap();
        let mut second = hub.join(INBOX, "t1", Vec::new()).unwrap();
        let mut other = hub.join(InboxId(8), "t1", Vec::new()).unwrap();
        assert_eq!(hub.send(INBOX, "t1", "hi"), 2);
        assert_eq!(first.frames.try_recv().unwrap().as_ref(), "welcome");
        assert_eq!(first.frames.try_recv().unwrap().as_ref(), "hi");
        assert_eq!(second.frames.try_recv().unwrap().as_ref(), "hi");
        assert!(other.frames.try_recv().is_err());
        assert!(!hub.leave(INBOX, "t1", first.id));
        assert!(hub.leave(INBOX, "t1", second.id));
        assert_eq!(hub.send(INBOX, "t1", "hi"), 0);
        assert!(!hub.is_there(INBOX, "t1"));
    }

    #[test]
    fn who_does_not_read_is_cut_off_and_still_the_last_to_leave() {
        let hub = LineHub::default();
        let mut slow = hub.join(INBOX, "t1", Vec::new()).unwrap();
        for _ in 0..MAX_WAITING_FRAMES {
            assert_eq!(hub.send(INBOX, "t1", "hi"), 1);
        }
        assert_eq!(hub.send(INBOX, "t1", "one too many"), 0);
        while slow.frames.try_recv().is_ok() {}
        assert!(matches!(slow.frames.try_recv(), Err(mpsc::error::TryRecvError::Disconnected)));
        assert!(hub.leave(INBOX, "t1", slow.id));
    }

    #[test]
    fn the_newest_tabs_stay() {
        let hub = LineHub::default();
        let mut lines: Vec<Joined> =
            (0..=MAX_LINES_PER_THREAD).map(|_| hub.join(INBOX, "t1", Vec::new()).unwrap()).collect();
        assert_eq!(hub.send(INBOX, "t1", "hi"), MAX_LINES_PER_THREAD as u32);
        assert!(lines[0].frames.try_recv().is_err());
        assert!(lines[1].frames.try_recv().is_ok());
        assert!(!hub.leave(INBOX, "t1", lines[0].id));
    }
}
