//! The only place with sockets, threads and clocks.

mod browser;
mod browser_net;
mod direct;
mod epoll;
mod ice_tcp;
mod kernel_drops;
mod mailbox;
pub mod port_pool;
mod recorder;
mod socket;
mod worker;
pub mod workers;

pub use browser::{BrowserAddress, IceTcp, MAX_BROWSER_ADDRESSES, WebRtcConfig, WebRtcFace};
pub use kernel_drops::kernel_drops;
pub use mailbox::{SendError, WorkerGauges, WorkerHandle, WorkerId};
pub use port_pool::{LegSockets, PortPool};
pub use workers::{WorkerConfig, Workers};
