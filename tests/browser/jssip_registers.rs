//! JsSIP in Chromium registers over plain and secure WebSockets; a wrong password does not.

use ramal_tests::{Browser, Node, Site};
use serde_json::json;

use crate::phones::{register, register_securely};

#[tokio::test]
async fn over_ws_and_over_wss() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let (plain, secure) = (browser.phone("100").await, browser.phone("101").await);
    register(&plain, &node, "100").await;
    register_securely(&secure, &node, "101").await;
    assert_eq!(node.registrations().await.len(), 2);
    let stranger = browser.phone("102").await;
    let account = json!({
        "socket": format!("ws://{}/", node.ws), "user": "102", "domain": node.site.domain, "password": "wrong",
    });
    let refused = stranger.try_phone("register", json!([account])).await.expect_err("a refusal");
    assert!(refused.contains("403"), "{refused}");
    assert_eq!(node.registrations().await.len(), 2);
}
