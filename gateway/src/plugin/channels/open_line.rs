//! One lasting line of a browser, from its opening to its end.

use std::sync::Arc;

use crate::model::{Inbox, InboxId, OrganizationId};
use crate::plugin::channels::lines::Joined;
use crate::plugin::channels::{Channels, DeliveryError, HookRefusal, Working};
use crate::plugin::limits::{MAX_FRAME_BYTES, MAX_MEMO_BYTES};
use crate::plugin::wit::inbound::{Event, Visit, WebhookRequest};
use crate::plugin::wit::{Heard, Line};

/// A line that is open. [`OpenLine::close`] must end it.
pub struct OpenLine {
    channels: Channels,
    organization: OrganizationId,
    inbox: InboxId,
    thread: String,
    memo: String,
    joined: Joined,
}

impl Channels {
    /// Opens a line.
    ///
    /// # Errors
    /// Why it is refused.
    pub async fn open_line(&self, inbox: Inbox, request: WebhookRequest) -> Result<OpenLine, HookRefusal> {
        let working = self.working(inbox)?;
        if !working.plugin.granted().live {
            return Err(HookRefusal::NotThere);
        }
        let opened = working.plugin.open_line(&working.placement, request).await;
        let opened = self.called(&working, opened)??;
        if opened.memo.len() > MAX_MEMO_BYTES {
            return Err(HookRefusal::LATER);
        }
        // In the hub before anything else: what is sent to the thread from here on reaches the line.
        let joined = self.parts().lines.join(working.inbox.id, &opened.thread, opened.frames);
        let line = OpenLine {
            channels: self.clone(),
            organization: working.inbox.organization,
            inbox: working.inbox.id,
            thread: opened.thread,
            memo: opened.memo,
            joined: joined.ok_or(HookRefusal::LATER)?,
        };
        match self.deliver(&working, opened.events).await {
            Ok(()) => Ok(line),
            Err(error) => {
                line.close().await;
                Err(error.into())
            }
        }
    }
}

impl OpenLine {
    /// The next frame for the browser; none when it was too slow and the line is cut.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        self.joined.frames.recv().await
    }

    /// A frame of the browser. Its events are stored when this comes back.
    ///
    /// # Errors
    /// Why the line has to be closed.
    pub async fn hear(&self, frame: String) -> Result<(), HookRefusal> {
        let working = self.working().await?;
        let line = Line { thread: self.thread.clone(), memo: self.memo.clone() };
        let heard = working.plugin.hear_frame(&working.placement, line, frame).await;
        let Heard { events, frames } = self.channels.called(&working, heard)??;
        self.channels.deliver(&working, events).await?;
        for frame in frames.iter().filter(|frame| frame.len() <= MAX_FRAME_BYTES) {
            self.channels.parts().lines.send(self.inbox, &self.thread, frame);
        }
        Ok(())
    }

    /// Ends it. The plugin learns of it when it was the last of its thread.
    pub async fn close(self) {
        if !self.channels.parts().lines.leave(self.inbox, &self.thread, self.joined.id) {
            return;
        }
        let Ok(working) = self.working().await else { return };
        if let Err(error) = self.say_gone(&working).await {
            tracing::warn!(%error, inbox = self.inbox.0, "a visitor left and that could not be kept");
        }
    }

    async fn say_gone(&self, working: &Working) -> Result<(), DeliveryError> {
        let events = working.plugin.close_line(&working.placement, self.thread.clone()).await?;
        self.channels.deliver(working, events).await?;
        // A new line that came meanwhile may have said so before this was stored.
        if self.channels.parts().lines.is_there(self.inbox, &self.thread) {
            let at = u64::try_from(super::wall_ms()).unwrap_or_default();
            let back = Event::Returned(Visit { thread: self.thread.clone(), at });
            self.channels.deliver(working, vec![back]).await?;
        }
        Ok(())
    }

    async fn working(&self) -> Result<Working, HookRefusal> {
        let found = self.channels.store().inbox(self.organization, self.inbox).await;
        let inbox = found.map_err(DeliveryError::from)?.ok_or(HookRefusal::NotThere)?;
        Ok(self.channels.working(inbox)?)
    }
}
