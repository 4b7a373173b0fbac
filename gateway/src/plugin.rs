//! The host of plugins: WebAssembly components that join a messaging provider or decide about interactions.
//!
//! A plugin is one file in the folder of the node. Each call runs in an instance of its own, made for it and thrown away
//! after it, so that nothing of one Organization is ever seen by another and no fault outlives its call. Plugins have
//! threads of their own, of lower priority: neither signalling nor media ever waits for one.

pub mod build;
mod capability;
mod channels;
mod engine;
mod fault;
mod form;
mod guest;
mod host;
mod lane;
pub mod library;
pub mod limits;
pub mod manifest;
mod placement;
mod plugin_file;
mod runner;
mod supervision;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unfit;
pub mod wit;

pub use capability::{Lines, Powers};
pub use channels::{
    ChannelParts, Channels, HookRefusal, InboxChange, InboxError, InboxView, LineHub, MAX_INBOXES, OpenLine,
    RuleChange, RuleView,
};
pub use engine::check;
pub use fault::{CallError, Fault};
pub use form::FieldFault;
pub use host::{Host, HostError, HostOptions, LastFault, Plugin, PluginStatus};
pub use manifest::{Grants, Manifest, ManifestError, World};
pub use placement::Placement;
pub use plugin_file::{PluginFile, PluginFileError};
pub use unfit::Unfit;
