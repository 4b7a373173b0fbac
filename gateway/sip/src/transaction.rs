//! Transactions (RFC 3261 §17, RFC 6026): four pure machines, told of messages and time, telling what to do.
//!
//! They hold neither messages nor flows; those are the [`Endpoint`](crate::endpoint::Endpoint)'s.

pub mod client;
pub mod client_invite;
pub mod server;
pub mod server_invite;
pub mod timer;
