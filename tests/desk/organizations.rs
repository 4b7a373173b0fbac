//! The organization of whoever asks.

use ramal_tests::{Desk, Node, Site};
use serde_json::json;

#[tokio::test]
async fn a_title_changes_and_a_domain_only_without_phones() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let changed = admin.patch("/organization", json!({ "title": "Acme Ltda" })).await;
    assert_eq!((changed.status, &changed.json()["title"]), (200, &json!("Acme Ltda")));
    assert_eq!(admin.read("/me").await["organization"]["title"], "Acme Ltda");
    let refused = admin.patch("/organization", json!({ "sip_domain": "other.test" })).await;
    assert_eq!((refused.status, &refused.json()["field"]), (422, &json!("sip_domain")));
    let folder = admin.patch("/organization", json!({ "announcements": "/etc" })).await;
    assert_eq!((folder.status, &folder.json()["field"]), (422, &json!("announcements")));
}

#[tokio::test]
async fn a_node_without_any_organization_makes_one() {
    let node = Node::start_empty().await;
    let admin = Desk::first(&node).await;
    assert_eq!(admin.me["organization"]["title"], "My company");
    let domain = admin.patch("/organization", json!({ "sip_domain": "phones.test", "title": "Casa" })).await;
    assert_eq!((domain.status, &domain.json()["sip_domain"]), (200, &json!("phones.test")));
    assert_eq!(admin.post("/extensions", json!({ "number": "100" })).await.status, 201);
}
