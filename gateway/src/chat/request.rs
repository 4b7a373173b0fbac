//! What a provider is asked to do: the JSON of an outbox row.

use serde::{Deserialize, Serialize};

use crate::model::TextFormat;

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    Message(OutboundMessage),
    /// An agent begins to type.
    Typing,
    /// Everything until this message of the customer, by the provider's id, was read by an agent.
    Read {
        provider_id: String,
    },
    /// The conversation was ended on our side.
    Ended,
}

/// A message of ours on its way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutboundMessage {
    /// Ours, unique for ever.
    pub our_id: String,
    pub sender: Sender,
    pub text: String,
    pub format: TextFormat,
    /// The provider's id of the message that is quoted.
    pub reply_to: Option<String>,
    /// When the customer last wrote.
    pub last_inbound_at_ms: Option<i64>,
}

/// Who writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// A person, by the name that the customer may see.
    Agent { name: String },
    /// The contact centre itself.
    Centre,
}

impl Request {
    /// As it lies in its row.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_the_store_writes_by_itself_is_ours() {
        assert_eq!(Request::Ended.json(), "\"ended\"");
        assert_eq!(serde_json::from_str::<Request>("\"ended\"").unwrap(), Request::Ended);
    }
}
