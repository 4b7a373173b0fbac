//! Who is neither an extension nor a trunk gets nowhere, and nothing he sends reaches a phone.

use ramal_tests::wire::ua::{Identity, Ua};
use ramal_tests::{Node, Rtp, Site};

async fn stranger(node: &Node) -> Ua {
    let user = "hacker".to_owned();
    let (domain, password) = (node.site.domain.clone(), "guess".to_owned());
    Ua::udp(Identity { user, domain, password, target: node.udp }).await
}

#[tokio::test]
async fn an_invite_from_nobody_is_refused() {
    let node = Node::start(Site::acme()).await;
    let _bob = node.phone("101").await;
    let stranger = stranger(&node).await;
    let response =
        stranger.request("INVITE", "sip:101@acme.test", &[("Contact", "<sip:x@127.0.0.1>")], None).await;
    assert!([401, 403, 407].contains(&response.status().unwrap()), "{}", response.dump());
}

#[tokio::test]
async fn a_foreign_domain_is_refused() {
    let node = Node::start(Site::acme()).await;
    let mut identity = node.identity("100", node.udp);
    identity.domain = "other.test".to_owned();
    let response = Ua::udp(identity).await.register_for(3600).await;
    assert!([403, 404].contains(&response.status().unwrap()), "{}", response.dump());
}

#[tokio::test]
async fn an_extension_cannot_call_in_the_name_of_another() {
    let node = Node::start(Site::acme()).await;
    let _bob = node.phone("101").await;
    let mut identity = node.identity("100", node.udp);
    identity.user = "102".to_owned();
    let imposter = Ua::udp(identity).await;
    let mut call = imposter.invite("101", &Rtp::new().await.sdp()).await;
    call.expect_status(403).await;
}

#[tokio::test]
async fn methods_we_do_not_do_are_refused_and_options_names_the_rest() {
    let node = Node::start(Site::acme()).await;
    let stranger = stranger(&node).await;
    let refused = stranger.request("PUBLISH", "sip:101@acme.test", &[], None).await;
    assert!([405, 403, 401, 407].contains(&refused.status().unwrap()), "{}", refused.dump());
    let options = stranger.request("OPTIONS", "sip:acme.test", &[], None).await;
    assert_eq!(options.status(), Some(200));
    assert!(options.header("Allow").is_some_and(|a| a.contains("INVITE") && !a.contains("PUBLISH")));
}
