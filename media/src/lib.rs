//! RTP media below the call: negotiation, forwarding, recording and playing.
//!
//! Everything here is sans-IO: bytes and `now` go in, data comes out. Sockets, threads and clocks live in [`io`] only.
//! The crate knows no SIP dialogs, no storage and no HTTP.

pub mod bridge;
pub mod codec;
pub mod command;
pub mod dtmf;
pub mod ears;
pub mod engine;
pub mod event;
pub mod io;
pub mod jitter_buffer;
mod large_pages;
pub mod leg;
pub mod mixer;
pub mod player;
pub mod quality;
pub mod recorder;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod srtp;
pub mod webrtc;
