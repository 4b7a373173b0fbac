//! Where an Interaction goes.

pub mod dial_plan;
pub mod distribution;
pub mod floor;
