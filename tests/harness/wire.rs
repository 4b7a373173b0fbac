//! SIP as plain text over real sockets.

pub mod call;
pub mod digest;
pub mod inbox;
pub mod link;
pub mod message;
pub mod ua;
pub mod websocket;
