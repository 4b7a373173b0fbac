//! What an operator sees: logs, metrics, traces of single calls.

pub mod log;
pub mod metrics;
pub mod trace;
