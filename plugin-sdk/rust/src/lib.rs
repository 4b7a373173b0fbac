//! Write plugins of Ramal in Rust: a [`Channel`] joins a messaging provider, a [`Rule`] decides about calls and
//! conversations. The README leads from nothing to an installed plugin; `wit/` says what every word means.
//!
//! What the host lends stands in [`clock`], [`http`], [`kv`], [`live`], [`log`], [`random`] and [`settings`]. These
//! functions work in the host alone: on the developer's machine keep what tests should reach apart from them.

#![forbid(unsafe_op_in_unsafe_fn)]

pub mod bindings;
mod channel;
mod form;
#[doc(hidden)]
pub mod panic;
mod reply;
mod request;
mod rule;
mod signature;

pub use bindings::ramal::plugin::{
    clock, content, http, inbound, kv, live, log, outbound, random, settings, setup,
};
pub use bindings::rule::ramal::plugin::interaction;
pub use channel::Channel;
pub use form::pairs;
pub use rule::Rule;
pub use signature::is_signed;

/// Everything a channel usually names.
pub mod prelude {
    pub use crate::bindings::exports::ramal::plugin::messaging::{Heard, Line, OpenedLine};
    pub use crate::content::{
        Attachment, AttachmentKind, Attribute, Choice, Content, Identity, Location, OtherContent, Person,
        TextFormat, Written,
    };
    pub use crate::http::{Body, HttpError, HttpRequest, HttpResponse, Part, PartContent};
    pub use crate::inbound::{
        Author, Deleted, Delivery, DeliveryState, Edited, Ended, Event, InboundMessage, Polled, Reacted,
        Refusal, Started, Status, StatusTarget, Typing, Visit, WebhookReply, WebhookRequest,
    };
    pub use crate::interaction::{Action, Interaction, Medium, Occasion};
    pub use crate::outbound::{
        Destination, File, OutboundContent, OutboundMessage, OutboundRequest, Receipt, SendError, SenderKind,
    };
    pub use crate::setup::{Account, Entry, SetupError, Template};
    pub use crate::{Channel, Rule, clock, http, is_signed, kv, live, log, random, settings};
}
