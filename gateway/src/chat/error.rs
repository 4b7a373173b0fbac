//! Why something was not received or not sent, and whose fault it is.

use crate::store::StoreError;

/// Why a delivery was not stored. Nothing of it is then.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The node's fault: the provider sends again.
    #[error("{0}")]
    Away(#[from] StoreError),
    /// Too many deliveries wait: the provider sends again.
    #[error("too many deliveries wait for the database")]
    Full,
    /// The plugin's fault: it gave what WIT forbids.
    #[error("the plugin gave an event that may not be: {0}")]
    Malformed(&'static str),
    /// The inbox was deleted meanwhile.
    #[error("there is no such inbox")]
    NoInbox,
    #[error("the node goes down")]
    Stopped,
}

/// Why something was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The node's fault.
    #[error("{0}")]
    Away(#[from] StoreError),
    #[error("there is nothing to send")]
    Empty,
    #[error("the text has {has} characters; this channel takes at most {limit}")]
    TooLong { has: usize, limit: usize },
    #[error("the Organization has no such Interaction")]
    NoInteraction,
    #[error("this Interaction is a call; write a note instead")]
    NoConversation,
    #[error("this Interaction is closed")]
    Closed,
    #[error("the customer has ended this conversation")]
    CustomerEnded,
    #[error("this Interaction is not yours; take it first")]
    NotYours,
    #[error(
        "the customer last wrote more than {hours} h ago; this channel lets nobody write freely after that"
    )]
    WindowClosed { hours: u32 },
    #[error("on this channel the customer has to write first")]
    CustomerFirst,
    #[error("this channel cannot quote")]
    CannotQuote,
    #[error("the quoted message is not one of this conversation, or was not sent yet")]
    NoSuchQuote,
    #[error("the inbox of this conversation was deleted")]
    NoInbox,
    #[error("the node goes down")]
    Stopped,
}
