//! Inboxes, plugins and rules as an administrator meets them.

use ramal_tests::visitor::SITE;
use serde_json::json;

use crate::ground::{Ground, made};

#[tokio::test]
async fn what_is_wrong_is_named_at_its_field_and_nothing_is_made() {
    let ground = Ground::new().await;
    let refused = async |body: serde_json::Value| {
        let answer = ground.admin.post("/inboxes", body).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        answer.json()["field"].as_str().unwrap_or_default().to_owned()
    };
    let inbox = json!({ "name": "site", "title": "Site", "plugin": "webchat" });
    let with = |more: serde_json::Value| {
        let mut body = inbox.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(refused(with(json!({ "plugin": "pombo" }))).await, "plugin");
    assert_eq!(refused(with(json!({ "name": "O Site" }))).await, "name");
    assert_eq!(refused(with(json!({ "settings": { "colour": "blue" } }))).await, "settings.colour");
    assert_eq!(refused(with(json!({ "settings": { "origins": "shop.test" } }))).await, "settings.origins");
    assert_eq!(refused(with(json!({ "settings": { "position": "top" } }))).await, "settings.position");
    assert_eq!(refused(with(json!({ "settings": { "other": 1 } }))).await, "settings.other");
    assert_eq!(refused(with(json!({ "queue_id": 999_999 }))).await, "queue_id");
    assert_eq!(ground.admin.read("/inboxes").await["items"], json!([]));
    let made = made(&ground.admin, "/inboxes", with(json!({ "settings": { "origins": SITE } }))).await;
    assert_eq!((&made["state"], &made["settings"]["colour"]), (&json!("ready"), &json!("#0b6bcb")));
    assert_eq!(refused(inbox.clone()).await, "name", "the name is taken");
    let gone = ground.admin.delete(&format!("/inboxes/{}", made["id"])).await;
    assert_eq!(gone.status, 204);
    assert_eq!(ground.admin.get(&format!("/inboxes/{}", made["id"])).await.status, 404);
}

#[tokio::test]
async fn only_who_may_sees_them_and_plugins_that_ship_are_there() {
    let ground = Ground::new().await;
    for path in ["/inboxes", "/plugins", "/rules"] {
        assert_eq!(ground.agent.get(path).await.status, 403, "{path}");
    }
    let plugins = ground.admin.read("/plugins").await;
    let names: Vec<&str> =
        plugins["items"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["business-hours", "telegram", "webchat"]);
    assert!(plugins["items"].as_array().into_iter().flatten().all(|one| one["state"] == "ready"));
    assert_eq!(ground.admin.delete("/plugins/webchat").await.status, 409, "it came with the program");
    assert_eq!(ground.admin.delete("/plugins/pombo").await.status, 404);
}
