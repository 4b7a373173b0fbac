//! Where agents and Interactions meet: the shell of [`super::distribution`].
//!
//! One task has a distribution for each Organization. It hears the Directory, the desks of people, conversations and calls; what is decided
//! is **first a row, then an event, then an order to signalling**. Rows are the truth: a node that starts finds the floor in them.

mod batch;
mod board;
mod calls;
mod deeds;
mod desk;
mod engaged;
mod error;
mod handle;
mod handling;
mod load;
mod look;
mod moment;
mod order;
mod outputs;
mod publish;
mod staff;
mod state;
mod task;
pub mod view;
pub mod voice;

pub use deeds::scope_of;
pub use error::FloorError;
pub use handle::{Console, Handle, LookError};
pub use moment::Moment;
pub use order::{Deed, Target};
pub use task::{Parts, Settings, start};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
