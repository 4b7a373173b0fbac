//! The operator's door: a Unix socket that only the node's own user can open, and the commands that use it.

pub mod client;
pub mod server;
