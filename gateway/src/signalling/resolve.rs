//! Names of trunks to addresses, over and over: carriers move.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::model::TrunkId;

/// How often names are looked up again.
pub const INTERVAL: Duration = Duration::from_secs(60);

/// The outcome of one look-up; empty when the name is not known or nobody answered.
#[derive(Debug)]
pub struct Resolved {
    pub trunk: TrunkId,
    pub addresses: Vec<SocketAddr>,
}

/// Looks one name up (A and AAAA) and reports.
pub async fn look_up(trunk: TrunkId, host: String, port: u16, to: mpsc::Sender<Resolved>) {
    let addresses = match tokio::net::lookup_host((host.as_str(), port)).await {
        Ok(found) => found.collect(),
        Err(error) => {
            tracing::warn!(trunk.host = %host, %error, "trunk name not resolved: the last known addresses stay in use");
            Vec::new()
        }
    };
    let _ = to.send(Resolved { trunk, addresses }).await;
}
