//! How far messages of ours have come, as providers tell it: in any order, and sometimes before we know the message's id.

use super::early;
use super::event::{Status, StatusTarget};
use super::thread::Delivery;
use crate::model::{MessageId, MessageState};
use crate::store::{StatusOf, StoreError};

impl Delivery {
    pub(super) async fn status(&mut self, status: &Status) -> Result<(), StoreError> {
        let of = (self.organization, self.inbox);
        let reason = status.reason.as_deref();
        let moved = match &status.target {
            StatusTarget::Provider(id) => {
                let moved = self.tx.advance(of, StatusOf::Provider(id), status.state, reason).await?;
                if moved.is_empty() {
                    self.keep_early(id, &early::of_state(status.state, reason)).await?;
                }
                moved
            }
            StatusTarget::Ours(id) => self.tx.advance(of, StatusOf::Ours(id), status.state, reason).await?,
            StatusTarget::ThreadUntil { thread, at_ms } => {
                self.thread_reached(thread, status.state, *at_ms).await?
            }
        };
        self.news.messages.extend(moved);
        Ok(())
    }

    async fn thread_reached(
        &mut self,
        thread: &str,
        state: MessageState,
        at_ms: i64,
    ) -> Result<Vec<MessageId>, StoreError> {
        if !matches!(state, MessageState::Delivered | MessageState::Read) {
            return Ok(Vec::new());
        }
        let held = self.tx.hold_conversation(self.organization, self.inbox, thread).await?;
        let Some(held) = held else { return Ok(Vec::new()) };
        self.tx.reached_until(self.organization, held.id, state, at_ms).await?;
        let of = (self.organization, self.inbox);
        self.tx.advance(of, StatusOf::Until(held.id, at_ms), state, None).await
    }
}
