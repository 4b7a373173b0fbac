//! Sans-IO SIP: bytes and `now` go in, bytes and events come out.
//!
//! No clock, thread, socket or lock lives here; time and randomness are passed in.
//! [`message`] parses and prints, [`transport`] names flows and cuts streams into messages,
//! [`auth`] is digest for both sides, and [`endpoint`] holds transactions and dialogs together.

pub mod auth;
pub mod dialog;
pub mod endpoint;
pub mod message;
pub mod registration;
pub mod transaction;
pub mod transport;
