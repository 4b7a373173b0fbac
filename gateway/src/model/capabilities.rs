//! What a provider can do (`setup.capabilities` in WIT). API and console derive every button, counter and refusal from it.

use serde::{Deserialize, Serialize};

/// The words of WIT's `capabilities`, with defaults for a provider that can do little.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// Longest text, in characters; `None`: no limit.
    pub text_characters: Option<u32>,
    /// MIME types, `image/*` for all of a kind; empty: no files.
    pub attachment_types: Vec<String>,
    pub attachment_bytes: u64,
    /// Files in one message.
    pub attachments: u32,
    /// How long after the customer's last message we may write freely, in seconds; `None`: always.
    pub reply_window_s: Option<u32>,
    /// How long a person may, in seconds, where it differs.
    pub agent_window_s: Option<u32>,
    /// Whether we may write first.
    pub starts_conversations: bool,
    pub quote: bool,
    pub edit: bool,
    pub delete: bool,
    pub react: bool,
    pub typing: bool,
    /// Whether customers' reads are reported.
    pub read_receipts: bool,
    pub templates: bool,
    pub choices: bool,
    /// Requests a second that an account bears.
    pub sends_per_second: u32,
    /// Requests a minute for one person.
    pub sends_per_person_per_minute: u32,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            text_characters: None,
            attachment_types: Vec::new(),
            attachment_bytes: 0,
            attachments: 0,
            reply_window_s: None,
            agent_window_s: None,
            starts_conversations: false,
            quote: false,
            edit: false,
            delete: false,
            react: false,
            typing: false,
            read_receipts: false,
            templates: false,
            choices: false,
            sends_per_second: 10,
            sends_per_person_per_minute: 60,
        }
    }
}
