//! Ramal: a contact centre in one binary.

pub mod api;
pub mod call;
pub mod chat;
pub mod cli;
pub mod config;
pub mod control;
pub mod feed;
pub mod forwarded;
pub mod guesses;
pub mod model;
pub mod people;
pub mod plugin;
pub mod recordings;
pub mod routing;
pub mod serve;
pub mod signalling;
pub mod site;
pub mod sounds;
pub mod store;
pub mod telemetry;
