//! The same calls over TCP and TLS.

use ramal_tests::talk::{connect, hang_up};
use ramal_tests::wire::link::Transport;
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn a_phone_on_tcp_calls_a_phone_on_tls() {
    let node = Node::start(Site::acme()).await;
    let alice = node.stream_phone("100", Transport::Tcp).await;
    let bob = node.stream_phone("101", Transport::Tls).await;
    let (mut a, b) = connect(alice, Rtp::new().await, bob, Rtp::new().await, "101").await;
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn a_phone_on_tls_is_called_from_udp_and_hangs_up() {
    let node = Node::start(Site::acme()).await;
    let alice = node.phone("100").await;
    let bob = node.stream_phone("101", Transport::Tls).await;
    let (a, mut b) = connect(alice, Rtp::new().await, bob, Rtp::new().await, "101").await;
    hang_up(&mut b, &a).await;
}
