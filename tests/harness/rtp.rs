//! Media by hand: packets, tones, telephone events and SRTP over real sockets.

pub mod dtmf;
pub mod endpoint;
pub mod g711;
pub mod mirror;
pub mod packet;
pub mod srtp;
pub mod tone;
