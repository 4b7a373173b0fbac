//! What was changed stands in the log, with what it was before.

use ramal_tests::{Browser, Node, Site};
use serde_json::json;

use crate::stage::{administrator, console, email, faults, visit};

#[tokio::test]
async fn b11_the_audit_log_says_who_changed_what() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let changed = admin.patch(&format!("/users/{}", ana.id()), json!({ "name": "Ana Maria" })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    visit(&page, &node, "admin/audit").await;
    let row = "tr:has-text('changed'):has-text('user Ana')";
    page.click(&format!("{row} >> summary")).await;
    page.sees("tr li", "Ana → Ana Maria").await;
    assert_eq!(faults(&page).await, json!([]));
}
