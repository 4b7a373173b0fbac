//! Situations of a floor, on a database, with a clock that the test turns.

mod calls;
mod chats;
mod handling;
mod people;
mod restart;
pub(super) mod room;
