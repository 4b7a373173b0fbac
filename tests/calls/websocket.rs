//! Phones over WebSocket, plain and secure: registered, calling, called, gone.

use ramal_tests::talk::{connect, hang_up};
use ramal_tests::wire::link::Transport;
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn a_phone_on_ws_with_plain_media_calls_and_is_hung_up_by_the_other() {
    let node = Node::start(Site::acme()).await;
    let alice = node.stream_phone("100", Transport::Ws).await;
    let bob = node.phone("101").await;
    let (a, mut b) = connect(alice, Rtp::new().await, bob, Rtp::new().await, "101").await;
    hang_up(&mut b, &a).await;
    node.expect_idle().await;
}

#[tokio::test]
async fn a_phone_on_wss_registers_calls_and_hangs_up() {
    let node = Node::start(Site::acme()).await;
    let alice = node.stream_phone("100", Transport::Wss).await;
    let bob = node.stream_phone("101", Transport::Tcp).await;
    assert!(node.registrations().await.iter().any(|r| r["transport"] == "wss"));
    let (mut a, b) = connect(alice, Rtp::new().await, bob, Rtp::new().await, "101").await;
    hang_up(&mut a, &b).await;
}

#[tokio::test]
async fn a_closed_connection_takes_its_binding_with_it() {
    let node = Node::start(Site::acme()).await;
    let (alice, bob) = (node.phone("100").await, node.stream_phone("101", Transport::Ws).await);
    let other = node.stream_phone("101", Transport::Ws).await;
    assert_eq!(node.registrations().await.len(), 3);
    drop(bob);
    node.expect_registrations(2).await;
    drop(other);
    node.expect_registrations(1).await;
    alice.invite("101", &Rtp::new().await.sdp()).await.expect_status(480).await;
}

#[tokio::test]
async fn a_phone_that_comes_back_over_another_connection_keeps_its_call() {
    let node = Node::start(Site::acme()).await;
    let alice = node.stream_phone("100", Transport::Ws).await;
    let bob = node.phone("101").await;
    let (mut a, mut b) = connect(alice, Rtp::new().await, bob, Rtp::new().await, "101").await;
    let again = a.ua.reconnected().await;
    again.register().await;
    a.call.ua = again;
    hang_up(&mut b, &a).await;
    node.expect_idle().await;
}

#[tokio::test]
async fn a_call_outlives_its_connection() {
    let node = Node::start(Site::acme()).await;
    let alice = node.stream_phone("100", Transport::Ws).await;
    let bob = node.phone("101").await;
    let (a, mut b) = connect(alice, Rtp::new().await, bob, Rtp::new().await, "101").await;
    let rtp = a.rtp;
    drop((a.call, a.ua));
    node.expect_registrations(1).await;
    rtp.forget();
    tokio::join!(rtp.hears(660.0), b.rtp.hears(440.0));
    b.call.bye().await;
    node.expect_idle().await;
}
