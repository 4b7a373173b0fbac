//! Contacts over the API: found, made, changed, and nobody's twice.

use ramal_tests::{Desk, Node, Site};
use serde_json::{Value, json};

async fn agents() -> (Node, Desk, Desk) {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    (node, admin, ana)
}

async fn made(desk: &Desk, body: Value) -> Value {
    let answer = desk.post("/contacts", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().expect("items").iter().filter_map(|one| one["name"].as_str()).collect()
}

#[tokio::test]
async fn an_agent_makes_finds_and_changes_a_contact() {
    let (_node, _admin, ana) = agents().await;
    let phone = json!({ "kind": "phone", "value": "+55 11 98765-4321" });
    let contact = made(&ana, json!({ "name": "José da Silva", "identities": [phone] })).await;
    assert_eq!(contact["identities"][0]["value"], "+5511987654321");
    for text in ["jose", "silva", "98765", "+5511"] {
        assert_eq!(
            names(&ana.read(&format!("/contacts?q={}", text.replace('+', "%2B"))).await),
            ["José da Silva"]
        );
    }
    let path = format!("/contacts/{}", contact["id"]);
    let mut identities = contact["identities"].clone();
    identities.as_array_mut().expect("a list").push(json!({ "kind": "email", "value": "Ze@Acme.test" }));
    let changed = ana.patch(&path, json!({ "name": "Zé", "identities": identities })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let seen = ana.read(&path).await;
    assert_eq!(
        (seen["name"].as_str(), seen["identities"][1]["value"].as_str()),
        (Some("Zé"), Some("ze@acme.test"))
    );
    assert!(names(&ana.read("/contacts?q=silva").await).is_empty());
}

#[tokio::test]
async fn whoever_is_known_already_is_named() {
    let (_node, _admin, ana) = agents().await;
    let phone = json!([{ "kind": "phone", "value": "+5511987654321" }]);
    let first = made(&ana, json!({ "name": "Ana Lima", "identities": phone })).await;
    let second = ana.post("/contacts", json!({ "name": "Bia", "identities": phone })).await;
    assert_eq!(second.status, 409);
    let problem = second.json();
    assert_eq!(problem["field"], "identities");
    let detail = problem["detail"].as_str().expect("words");
    assert!(detail.contains("Ana Lima") && detail.contains(&first["id"].to_string()), "{detail}");
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_with_its_field() {
    let (_node, _admin, ana) = agents().await;
    for (body, field) in [
        (json!({ "name": " " }), "name"),
        (json!({ "name": "x".repeat(201) }), "name"),
        (json!({ "name": "Ana", "identities": [{ "kind": "phone", "value": "anonymous" }] }), "identities"),
        (json!({ "name": "Ana", "identities": [{ "kind": "email", "value": "ana" }] }), "identities"),
        (json!({ "name": "Ana", "identities": [{ "kind": "provider", "value": "7" }] }), "identities"),
        (
            json!({ "name": "Ana", "identities": [{ "kind": "handle", "value": "ana", "inbox_id": 99 }] }),
            "identities",
        ),
        (json!({ "name": "Ana", "language": "<b>" }), "language"),
        (json!({ "name": "Ana", "attributes": { "": "x" } }), "attributes"),
    ] {
        let answer = ana.post("/contacts", body.clone()).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (422, Some(field)), "{body}");
    }
    assert_eq!(ana.get("/contacts?q=ab").await.status, 422);
    let html = made(&ana, json!({ "name": "<img src=x onerror=alert(1)>" })).await;
    assert_eq!(html["name"], "<img src=x onerror=alert(1)>");
}

#[tokio::test]
async fn contacts_are_listed_by_name_in_pages() {
    let (_node, _admin, ana) = agents().await;
    for name in ["Édson", "ana", "Bia", "Carlos", "ana"] {
        made(&ana, json!({ "name": name })).await;
    }
    let (mut path, mut seen) = ("/contacts?limit=2".to_owned(), Vec::new());
    loop {
        let page = ana.read(&path).await;
        seen.extend(names(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/contacts?limit=2&cursor={next}");
    }
    assert_eq!(seen, ["ana", "ana", "Bia", "Carlos", "Édson"]);
}

#[tokio::test]
async fn a_deleted_contact_is_in_the_audit_log() {
    let (_node, admin, ana) = agents().await;
    let contact = made(&ana, json!({ "name": "Ana Lima" })).await;
    let path = format!("/contacts/{}", contact["id"]);
    assert_eq!(ana.delete(&path).await.status, 204);
    assert_eq!(ana.get(&path).await.status, 404);
    assert_eq!(ana.delete(&path).await.status, 404);
    let log = admin.read("/audit?noun=contact").await;
    assert_eq!(log["items"].as_array().expect("items").len(), 1);
    assert_eq!(log["items"][0]["actor"], "Ana");
}
