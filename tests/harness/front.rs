//! What stands before a node, as a proxy does: its address stays while the node behind it dies and comes back elsewhere.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A TCP relay; ends with its connections when it is dropped.
pub struct Front {
    pub address: SocketAddr,
    target: watch::Sender<SocketAddr>,
    relay: JoinHandle<()>,
}

impl Front {
    /// In front of this address.
    pub async fn before(target: SocketAddr) -> Front {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a TCP port");
        let address = listener.local_addr().expect("its address");
        let (target, behind) = watch::channel(target);
        let relay = tokio::spawn(relay(listener, behind));
        Front { address, target, relay }
    }

    /// New connections go there from now on.
    pub fn lead_to(&self, target: SocketAddr) {
        self.target.send_replace(target);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn relay(listener: TcpListener, behind: watch::Receiver<SocketAddr>) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        let target = *behind.borrow();
        connections.spawn(async move {
            // Where nobody listens the connection ends, as a proxy's would.
            if let Ok(mut far) = TcpStream::connect(target).await {
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
        while connections.try_join_next().is_some() {}
    }
}
