//! Who changed what.

use ramal_tests::{Desk, Node, Site};
use serde_json::json;

#[tokio::test]
async fn every_change_is_written_down_with_what_it_was_and_no_secret() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    admin.patch(&format!("/users/{}", ana.id()), json!({ "name": "Ana Maria" })).await;
    let password = admin.post("/extensions", json!({ "number": "200" })).await.json()["password"].clone();
    let token = admin.post("/tokens", json!({ "name": "Reports" })).await.json()["token"].clone();
    let log = admin.read("/audit").await;
    let items = log["items"].as_array().unwrap();
    let find = |action: &str, noun: &str| {
        let found = items.iter().find(|entry| entry["action"] == action && entry["noun"] == noun);
        found.unwrap_or_else(|| panic!("{action} {noun} in {log:#}"))
    };
    let changed = find("change", "user");
    assert_eq!(changed["detail"], json!({ "before": { "name": "Ana" }, "after": { "name": "Ana Maria" } }));
    assert_eq!((&changed["user"], &changed["actor"]), (&json!(admin.id()), &json!("Administrator")));
    assert_eq!(changed["address"], "127.0.0.1");
    assert_eq!(find("create", "extension")["noun_id"], "200");
    find("create", "user");
    find("create", "token");
    find("log_in", "user");
    find("set_password", "user");
    for secret in [&password, &token] {
        assert!(!log.to_string().contains(secret.as_str().unwrap()));
    }
}

#[tokio::test]
async fn what_a_site_file_changed_is_written_down_too() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    node.apply(&Site::acme().extension("199", "")).await;
    let log = admin.read("/audit?noun=site").await;
    let entry = &log["items"][0];
    assert_eq!((&entry["action"], &entry["actor"]), (&json!("apply"), &json!("command line")), "{log}");
    assert!(entry["detail"]["changes"].to_string().contains("acme/199"), "{entry}");
    assert!(!entry.to_string().contains(&ramal_tests::site::password("199")), "{entry}");
}

#[tokio::test]
async fn the_log_is_read_by_noun_by_user_and_in_pages() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    for number in ["200", "201", "202"] {
        assert_eq!(admin.post("/extensions", json!({ "number": number })).await.status, 201);
    }
    let first = admin.read("/audit?noun=extension&limit=2").await;
    let rest = admin
        .read(&format!("/audit?noun=extension&limit=2&cursor={}", first["next"].as_str().unwrap()))
        .await;
    let numbers: Vec<_> = [&first, &rest]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap())
        .map(|entry| entry["noun_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(numbers, ["202", "201", "200"]);
    assert_eq!(rest["next"], json!(null));
    let own = admin.read(&format!("/audit?user={}", ana.id())).await;
    assert!(own["items"].as_array().unwrap().iter().all(|entry| entry["user"] == ana.id()));
}
