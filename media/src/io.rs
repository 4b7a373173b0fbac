//! The only place with sockets, threads and clocks.

pub mod port_pool;
pub mod workers;

pub use port_pool::{LegSockets, PortPool};
pub use workers::{SendError, WorkerConfig, WorkerHandle, WorkerId, Workers};
