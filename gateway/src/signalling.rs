//! SIP sockets and who is at the other end.
//!
//! [`state::Signalling`] is the sans-IO whole: endpoint, registrar, trunks and calls, stepped by bytes,
//! media events and time. [`task`] is its shell: sockets, clock and mailboxes.

pub mod agents;
pub mod browsers;
pub mod datagrams;
pub mod disk;
pub mod dns;
pub mod door;
pub mod inbound;
pub mod listener;
pub mod listeners;
pub mod media;
pub mod pages;
pub mod password_guard;
pub mod reach;
pub mod refused;
pub mod registrar;
pub mod resolve;
pub mod rooms;
pub mod seats;
pub mod shelf;
pub mod state;
pub mod stirred;
pub mod stream;
pub mod task;
pub mod tls;
pub mod trunk;
pub mod voice;
pub mod websocket;
