//! F041, F044, F052, F247, F177: queues, their lists, and who may change them.

use ramal_tests::{Desk, Node, Site};
use serde_json::json;

#[tokio::test]
async fn a_queue_is_made_changed_and_deleted() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({ "extension": "101" })).await;
    let lunch = admin.does("/pause-reasons", json!({ "title": "Lunch" })).await["id"].clone();
    let sold = admin.does("/dispositions", json!({ "title": "Sold" })).await["id"].clone();
    let more =
        json!({ "title": "Vendas", "pause_reasons": [lunch], "dispositions": [sold], "wrap_up_s": 30 });
    let id = admin.queue("sales", "voice", &[&ana], more).await;
    let seen = admin.read(&format!("/queues/{id}")).await;
    assert_eq!(seen["title"], "Vendas");
    assert_eq!(seen["direction"], "inbound");
    assert_eq!(seen["members"], json!([ana.id()]));
    assert_eq!(seen["pause_reasons"], json!([{ "id": lunch, "title": "Lunch" }]));
    assert_eq!(seen["dispositions"], json!([{ "id": sold, "title": "Sold" }]));
    let path = format!("/queues/{id}");
    let changed = admin.patch(&path, json!({ "direction": "outbound", "members": [] })).await;
    assert_eq!((changed.status, &changed.json()["direction"]), (200, &json!("outbound")));
    assert_eq!(admin.read("/queues").await["items"].as_array().unwrap().len(), 1);
    let twice = admin.post("/queues", json!({ "name": "sales", "medium": "chat" })).await;
    assert_eq!((twice.status, &twice.json()["field"]), (409, &json!("name")));
    assert_eq!(admin.delete(&path).await.status, 204);
    assert_eq!(admin.get(&path).await.status, 404);
    let audit = admin.read("/audit?noun=queue").await;
    let actions: Vec<_> =
        audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["delete", "change", "create"]);
}

#[tokio::test]
async fn odd_values_are_refused_by_field() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    for (field, body) in [
        ("name", json!({ "name": "Sales!", "medium": "voice" })),
        ("title", json!({ "name": "sales", "medium": "voice", "title": " " })),
        ("offer_timeout_s", json!({ "name": "sales", "medium": "voice", "offer_timeout_s": 1 })),
        ("priority", json!({ "name": "sales", "medium": "voice", "priority": 10 })),
        ("members", json!({ "name": "sales", "medium": "voice", "members": [999_999] })),
        ("pause_reasons", json!({ "name": "sales", "medium": "voice", "pause_reasons": [999_999] })),
        ("music", json!({ "name": "sales", "medium": "voice", "music": "../x" })),
    ] {
        let refused = admin.post("/queues", body).await;
        assert_eq!((refused.status, &refused.json()["field"]), (422, &json!(field)), "{}", refused.text());
    }
    assert_eq!(admin.post("/queues", json!({ "name": "sales", "medium": "fax" })).await.status, 400);
}

#[tokio::test]
async fn an_agent_sees_queues_without_their_members_and_changes_none() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let id = admin.queue("chats", "chat", &[&ana], json!({})).await;
    admin.queue("closed", "chat", &[], json!({ "enabled": false })).await;
    let seen = ana.read("/queues").await;
    assert_eq!(seen["items"].as_array().unwrap().len(), 1);
    assert_eq!(seen["items"][0]["members"], json!([]));
    assert_eq!(ana.patch(&format!("/queues/{id}"), json!({ "title": "x" })).await.status, 403);
    assert_eq!(ana.post("/queues", json!({ "name": "x", "medium": "chat" })).await.status, 403);
    assert_eq!(ana.post("/pause-reasons", json!({ "title": "x" })).await.status, 403);
    assert_eq!(ana.post("/dispositions", json!({ "title": "x" })).await.status, 403);
    assert_eq!(ana.get("/agents").await.status, 403);
}
