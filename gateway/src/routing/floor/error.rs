//! Why the floor does not do what it is asked, in words for the one who asked.

use super::voice::VoiceRefusal;
use crate::routing::distribution::RoutingError;

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FloorError {
    /// The database or the node is busy.
    #[error("the floor does not answer now: try again")]
    Away,
    #[error("the user cannot take {0} at all: an administrator decides that")]
    CannotTake(&'static str),
    #[error("the call is being connected")]
    Connecting,
    /// The customer is gone: there is nobody to give to another.
    #[error("the customer has ended it: finish it")]
    Ended,
    #[error("the call could not be given to your browser: {0}")]
    NoAudio(#[from] VoiceRefusal),
    #[error("voice queues need an extension and WebRTC: an administrator gives you both")]
    NoPhone,
    #[error("no such disposition in this queue")]
    NoSuchDisposition,
    #[error("this is with somebody else")]
    NotYours,
    #[error(transparent)]
    Routing(#[from] RoutingError),
    #[error("it is with this agent already")]
    SameAgent,
    #[error("this user has as many consoles open as may be: close one")]
    TooManyConsoles,
    /// There is none, or the one who asks must not know of it.
    #[error("no such interaction is open")]
    Unknown,
    #[error("the queue carries another medium")]
    WrongMedium,
}
