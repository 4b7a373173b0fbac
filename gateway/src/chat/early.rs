//! What providers say of a message before they bring it: webhooks come in any order. It is kept, and applied when the
//! message is there.

use serde::{Deserialize, Serialize};

use super::content::Columns;
use super::thread::Delivery;
use crate::model::{InboxId, MessageId, MessageState, OrganizationId, TextFormat};
use crate::store::{Early, Edit, StatusOf, StoreError, Tx};

const EDITED: &str = "edited";
const DELETED: &str = "deleted";

/// An edit in its column.
#[derive(Deserialize, Serialize)]
struct KeptEdit {
    text: String,
    format: TextFormat,
    content: Option<String>,
    at_ms: i64,
}

/// A state of a message.
pub(super) fn of_state(state: MessageState, reason: Option<&str>) -> Early {
    Early { word: state.as_str().to_owned(), rank: state.rank(), detail: reason.map(str::to_owned) }
}

/// Another text of a message; the latest counts.
pub(super) fn of_edit(columns: &Columns, at_ms: i64) -> Early {
    let Columns { text, format, content } = columns.clone();
    let detail = serde_json::to_string(&KeptEdit { text, format, content, at_ms }).ok();
    Early { word: EDITED.to_owned(), rank: at_ms, detail }
}

/// A message that was taken back, whatever else was said of it.
pub(super) fn of_deletion(at_ms: i64) -> Early {
    Early { word: DELETED.to_owned(), rank: i64::MAX, detail: Some(at_ms.to_string()) }
}

impl Delivery {
    /// Keeps it, unless the message is there after all.
    pub(super) async fn keep_early(&mut self, id: &str, early: &Early) -> Result<(), StoreError> {
        if self.tx.is_known(self.organization, self.inbox, id).await? {
            return Ok(());
        }
        self.tx.keep_early((self.organization, self.inbox), id, early, self.now_ms).await
    }

    /// Applies what was said of a message before it came.
    pub(super) async fn recall_early(&mut self, message: MessageId, id: &str) -> Result<(), StoreError> {
        recall(&mut self.tx, (self.organization, self.inbox), message, id).await
    }
}

/// Applies what was said of a message before it came, or before its id was known.
pub(super) async fn recall(
    tx: &mut Tx,
    of @ (organization, inbox): (OrganizationId, InboxId),
    message: MessageId,
    id: &str,
) -> Result<(), StoreError> {
    let Some(Early { word, detail, .. }) = tx.take_early(organization, inbox, id).await? else {
        return Ok(());
    };
    let detail = detail.unwrap_or_default();
    match word.as_str() {
        EDITED => {
            let Ok(kept) = serde_json::from_str::<KeptEdit>(&detail) else { return Ok(()) };
            let content = kept.content.as_deref();
            let edit = Edit { text: &kept.text, format: kept.format, content, at_ms: kept.at_ms };
            tx.edit_message(organization, inbox, id, edit).await.map(drop)
        }
        DELETED => {
            let at_ms = detail.parse().unwrap_or_default();
            tx.delete_message(organization, inbox, id, at_ms).await.map(drop)
        }
        state => {
            let Ok(state) = state.parse() else { return Ok(()) };
            let reason = Some(detail.as_str()).filter(|reason| !reason.is_empty());
            tx.advance(of, StatusOf::Message(message), state, reason).await.map(drop)
        }
    }
}
