//! Phones register: renewed, refused, removed, expired.

use ramal_tests::wire::ua::Ua;
use ramal_tests::{Node, Rtp, Site};

#[tokio::test]
async fn granted_renewed_and_removed() {
    let node = Node::start(Site::acme()).await;
    let phone = node.phone("100").await;
    assert_eq!(node.registrations().await.len(), 1);
    phone.register().await;
    assert_eq!(node.registrations().await.len(), 1, "renewing adds no second Binding");
    assert_eq!(phone.register_for(0).await.status(), Some(200));
    assert!(node.registrations().await.is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let node = Node::start(Site::acme()).await;
    let mut identity = node.identity("100", node.udp);
    identity.password = "wrong".to_owned();
    let response = Ua::udp(identity).await.register_for(3600).await;
    assert!([401, 403].contains(&response.status().unwrap()), "{}", response.dump());
    assert!(node.registrations().await.is_empty());
}

#[tokio::test]
async fn an_unknown_user_is_told_no_more_than_one_with_a_wrong_password() {
    let node = Node::start(Site::acme()).await;
    let mut known = node.identity("100", node.udp);
    known.password = "wrong".to_owned();
    let wrong = Ua::udp(known).await.register_for(3600).await;
    let unknown = Ua::udp(node.identity("777", node.udp)).await.register_for(3600).await;
    assert_eq!(wrong.status(), unknown.status());
}

#[tokio::test]
async fn too_short_an_expiry_is_answered_with_the_least() {
    let node = Node::start(Site::acme()).await;
    let response = node.unregistered("100").await.register_for(5).await;
    assert_eq!(response.status(), Some(423));
    assert_eq!(response.header("Min-Expires"), Some("60"));
}

#[tokio::test]
async fn an_expired_binding_is_not_rung() {
    let node = Node::start_with(Site::acme(), "[sip.limits]\nmin_expires_s = 1\n").await;
    let (alice, bob) = (node.phone("100").await, node.unregistered("101").await);
    assert_eq!(bob.register_for(1).await.status(), Some(200));
    node.expect_registrations(1).await;
    alice.invite("101", &Rtp::new().await.sdp()).await.expect_status(480).await;
}

#[tokio::test]
async fn bindings_survive_a_kill() {
    let mut node = Node::start(Site::acme()).await;
    let _phone = node.phone("100").await;
    ramal_tests::deadline::until_async("the Binding to be stored", async || {
        (!node.page("/metrics").await.contains("ramal_store_total{event=\"delivered\"} 0")).then_some(())
    })
    .await;
    node.kill().await;
    node.serve().await;
    assert_eq!(node.registrations().await.len(), 1);
}
