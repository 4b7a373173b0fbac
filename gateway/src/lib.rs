//! Ramal: a contact centre in one binary.

pub mod call;
pub mod config;
pub mod model;
pub mod routing;
pub mod signalling;
pub mod store;
