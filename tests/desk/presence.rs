//! F038 to F053: logged in and out of queues, paused and ready.

use ramal_tests::{Desk, Node, Site};
use serde_json::{Value, json};

fn states(presence: &Value) -> Vec<&str> {
    presence["queues"].as_array().into_iter().flatten().filter_map(|queue| queue["state"].as_str()).collect()
}

#[tokio::test]
async fn offline_until_one_says_so_then_online_paused_and_ready() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({ "extension": "101" })).await;
    let lunch = admin.does("/pause-reasons", json!({ "title": "Lunch" })).await["id"].clone();
    let with_reasons = json!({ "pause_reasons": [lunch] });
    let calls = admin.queue("a-calls", "voice", &[&ana], with_reasons.clone()).await;
    let more_calls = admin.queue("b-calls", "voice", &[&ana], with_reasons).await;
    let chats = admin.queue("c-chats", "chat", &[&ana], json!({})).await;
    let mut events = ana.events("").await;
    let snapshot = events.expect("a snapshot", |event| event["type"] == "snapshot").await;
    assert_eq!(states(&snapshot["data"]["desk"]["presence"]), ["offline"; 3]);
    let presence = ana.does("/presence/login", json!({ "queues": [calls, more_calls, chats] })).await;
    assert_eq!(states(&presence), ["online"; 3]);
    let told = events.expect("one's own presence", |event| event["type"] == "presence").await;
    assert_eq!(states(&told["data"]), ["online"; 3]);
    let pause = json!({ "scope": { "medium": "voice" }, "reason_id": lunch });
    let presence = ana.does("/presence/pause", pause).await;
    assert_eq!(states(&presence), ["paused", "paused", "online"]);
    assert_eq!(presence["queues"][0]["reason"]["title"], "Lunch");
    let odd = json!({ "scope": { "queue": chats }, "reason_id": lunch });
    assert_eq!(ana.post("/presence/pause", odd).await.json()["field"], "reason_id");
    let presence = ana.does("/presence/ready", json!({ "scope": "all" })).await;
    assert_eq!(states(&presence), ["online"; 3]);
    let presence = ana.does("/presence/logout", json!({ "queues": [chats] })).await;
    assert_eq!(states(&presence), ["online", "online", "offline"]);
    let presence = ana.does("/presence/logout", json!({})).await;
    assert_eq!(states(&presence), ["offline"; 3]);
}

#[tokio::test]
async fn who_has_no_phone_takes_no_calls_and_who_is_no_member_nothing() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let calls = admin.queue("calls", "voice", &[&ana], json!({})).await;
    let others = admin.queue("others", "chat", &[], json!({})).await;
    let refused = ana.post("/presence/login", json!({ "queues": [calls] })).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("extension"), "{}", refused.text());
    assert_eq!(ana.post("/presence/login", json!({ "queues": [others] })).await.status, 409);
    assert_eq!(ana.post("/presence/login", json!({ "queues": [999_999] })).await.status, 422);
}

#[tokio::test]
async fn a_supervisor_sees_agents_live_and_logs_one_out() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let boss = admin.colleague("Rui", "supervisor", json!({})).await;
    let chats = admin.queue("chats", "chat", &[&ana], json!({})).await;
    let _console = ana.events("").await;
    let mut events = boss.events("").await;
    ana.does("/presence/login", json!({ "queues": [chats] })).await;
    let told = events
        .expect("an agent who is online", |event| {
            event["type"] == "agent" && event["data"]["standings"][0]["state"] == "online"
        })
        .await;
    assert_eq!((&told["data"]["name"], &told["data"]["presence"]), (&json!("Ana"), &json!("here")));
    let board =
        events.expect("a board", |event| event["type"] == "board" && event["data"]["agents_connected"] == 1);
    assert_eq!(board.await["data"]["agents_free"], 1);
    let path = format!("/agents/{}/logout", ana.id());
    assert_eq!(ana.post(&path, json!({})).await.status, 403);
    assert_eq!(boss.post(&path, json!({})).await.status, 204);
    events
        .expect("a board without agents", |event| {
            event["type"] == "board" && event["data"]["agents_connected"] == 0
        })
        .await;
    let agents = boss.read("/agents").await;
    let seen = agents["items"].as_array().unwrap().iter().find(|agent| agent["id"] == ana.id()).unwrap();
    assert_eq!(seen["standings"], json!([]));
}
