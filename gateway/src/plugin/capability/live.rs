//! `live`: lasting lines of browsers, which an edge holds.

use crate::chat::{self, Writer};
use crate::plugin::channels::translate::{state_word, text_format};
use crate::plugin::guest::Guest;
use crate::plugin::limits::{MAX_FRAME_BYTES, MAX_RESULTS};
use crate::plugin::placement::Placement;
use crate::plugin::wit::inbound::Author;
use crate::plugin::wit::live::{Host, ShownMessage};

/// The edge that holds the lines.
pub trait Lines: Send + Sync {
    /// Gives a frame to every line of a thread of this inbox, without waiting; says how many there are.
    fn push(&self, placement: &Placement, thread: &str, frame: &str) -> u32;
}

impl Host for Guest {
    async fn push(&mut self, thread: String, frame: String) -> u32 {
        if !self.granted.live || frame.len() > MAX_FRAME_BYTES {
            return 0;
        }
        self.powers.lines.as_ref().map_or(0, |lines| lines.push(&self.placement, &thread, &frame))
    }

    async fn conversation(
        &mut self,
        thread: String,
        most: u32,
    ) -> wasmtime::Result<Option<Vec<ShownMessage>>> {
        let (true, Some(inbox), Some(chat)) = (self.granted.live, self.placement.inbox, &self.powers.chat)
        else {
            return Ok(None);
        };
        let most = most.min(MAX_RESULTS as u32);
        // A plugin that took an error for an empty conversation would begin another one.
        let shown = chat.shown(self.placement.organization, inbox, &thread, most).await?;
        Ok(shown.map(|messages| messages.into_iter().map(message).collect()))
    }
}

fn message(shown: chat::ShownMessage) -> ShownMessage {
    ShownMessage {
        id: shown.id,
        author: match shown.writer {
            Writer::Business => Author::Business,
            Writer::Customer => Author::Customer,
        },
        name: shown.name,
        text: shown.text,
        format: text_format(shown.format),
        at: u64::try_from(shown.at_ms).unwrap_or_default(),
        state: state_word(shown.state),
    }
}
