//! Rows: SQL only, the same text for SQLite and PostgreSQL. Knows the model and nothing else of ours.

#[macro_use]
mod database;

mod apply;
mod attachment;
mod audit;
mod binding;
mod call;
mod column;
mod connect_fault;
mod contact;
mod conversation;
mod deliver;
mod direct;
mod directory;
mod disposition;
mod draft;
mod error;
mod event;
mod fact;
mod idempotency;
mod inbox;
mod interaction;
mod interaction_event;
mod leg;
mod login;
mod message;
mod message_list;
mod migrate;
mod node;
mod node_key;
mod note;
mod outbox;
mod plugin_value;
mod queue;
mod recording;
mod recording_keeping;
mod rows;
mod rule;
mod rule_text;
mod sound_clip;
mod spool;
mod standing;
mod user;
mod writer;

pub(crate) use attachment::NewAttachment;
pub(crate) use conversation::{HeldConversation, InboxFacts, SendPlace, Shown, Turn};
pub(crate) use database::Tx;
pub(crate) use interaction::insert as insert_interaction;
pub(crate) use message::{Early, Edit, NewMessage, StatusOf};
pub(crate) use outbox::{NewOutboxRow, OutboxRow};

pub use apply::SitePlan;
pub use attachment::{FetchedFile, WantedFile};
pub use audit::AuditFilter;
pub use call::CallFilter;
pub use contact::{ContactChange, ContactFields, ContactOutcome, ContactPlace};
pub use conversation::Whose;
pub use database::Store;
pub use direct::Directing;
pub use error::StoreError;
pub use fact::{Envelope, Fact};
pub use idempotency::{Repeat, RepeatKey};
pub use interaction::{
    InteractionChange, InteractionEdit, InteractionFilter, InteractionStep, LocalDay, NamedInteraction,
    QueueTally, Reader,
};
pub use interaction_event::NewInteractionEvent;
pub use node::NODE_FAILURE;
pub use node_key::{NodeKey, NodeKeyError};
pub use plugin_value::{PluginValueOutcome, PluginValuePlace};
pub use recording_keeping::{ClaimedUpload, ReadRecording, Sending};
pub use spool::SpoolError;
pub use standing::{StandingChange, StandingRow};
pub use writer::{Writer, WriterCounters, WriterOptions};

use crate::model::OrganizationId;

/// Whose rows a query may see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Everything: the operator of the node.
    Node,
    /// Rows of one organization.
    Organization(OrganizationId),
}

/// PostgreSQL refuses NUL in TEXT, and what phones send may hold one.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

/// What `LIKE` finds as it stands, in lower case, anywhere.
fn pattern(text: &str) -> String {
    let escaped = without_nul(text).to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
