//! What the host lends to plugins, an interface of WIT a file. Each checks the grant and the limits itself.

mod clock;
pub mod http;
mod kv;
mod live;
pub mod log;
mod random;
mod settings;

pub use live::Lines;

use std::sync::Arc;

use crate::chat::Chat;
use crate::plugin::guest::Guest;
use crate::plugin::wit::channel::ramal::plugin::{content, inbound, outbound, setup};
use crate::plugin::wit::rule::ramal::plugin::interaction;
use crate::store::Store;

/// What the node has to lend.
pub struct Powers {
    pub store: Store,
    /// What was said, where there is somebody to say it.
    pub chat: Option<Chat>,
    /// The browsers' lines, where there is an edge that holds them.
    pub lines: Option<Arc<dyn Lines>>,
}

// Interfaces of types alone: nothing to lend.
impl content::Host for Guest {}
impl inbound::Host for Guest {}
impl outbound::Host for Guest {}
impl setup::Host for Guest {}
impl interaction::Host for Guest {}
