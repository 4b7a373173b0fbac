//! One party of a call: what was agreed with it and what was counted.

pub mod latch;
pub mod settings;
pub mod statistics;
pub mod webrtc;

pub use settings::{LegSettings, SourcePolicy};
pub use statistics::{AudioFlow, LegStatistics};
