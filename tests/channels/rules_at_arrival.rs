//! Rules are asked when a conversation arrives.

use ramal_tests::visitor::Visitor;
use serde_json::json;

use crate::ground::{Ground, key, made};

/// Never open: every day of the year is a holiday.
fn always_closed() -> serde_json::Value {
    let days = (1..=12).flat_map(|month| (1..=31).map(move |day| format!("{month:02}-{day:02}")));
    let days =
        days.filter(|day| !["02-30", "02-31", "04-31", "06-31", "09-31", "11-31"].contains(&day.as_str()));
    json!({
        "time_zone": "America/Sao_Paulo",
        "hours": "mon-fri 08:00-18:00",
        "holidays": days.collect::<Vec<_>>().join("\n"),
    })
}

#[tokio::test]
async fn outside_the_hours_a_visitor_is_told_and_sent_to_another_queue() {
    let ground = Ground::new().await;
    let night = ground.admin.queue("noite", "chat", &[&ground.agent], json!({})).await;
    let mut settings = always_closed();
    settings["message"] = json!("Voltamos às 8 h.");
    settings["queue"] = json!("noite");
    let rule = json!({ "title": "Horário", "plugin": "business-hours", "settings": settings });
    made(&ground.admin, "/rules", rule).await;
    let inbox = ground.website("site").await;
    let mut visitor = Visitor::begin(ground.node.web, key(&inbox), json!({})).await;
    let told = visitor.expect("what the rule says", |frame| frame["type"] == "message").await;
    assert_eq!((&told["from"], &told["text"]), (&json!("system"), &json!("Voltamos às 8 h.")));
    let interaction = ground.expect_interaction("the visitor", |it| it["queue"]["id"] == night).await;
    assert_eq!(interaction["tags"], json!(["outside-hours"]));
}

#[tokio::test]
async fn outside_the_hours_without_a_queue_it_is_ended_and_a_rule_that_is_off_is_not_asked() {
    let ground = Ground::new().await;
    let mut settings = always_closed();
    settings["message"] = json!("Fechado.");
    let rule = made(
        &ground.admin,
        "/rules",
        json!({ "title": "Horário", "plugin": "business-hours", "settings": settings }),
    )
    .await;
    let inbox = ground.website("site").await;
    let mut visitor = Visitor::begin(ground.node.web, key(&inbox), json!({})).await;
    visitor.expect("what the rule says", |frame| frame["text"] == "Fechado.").await;
    visitor.expect("the end", |frame| frame["type"] == "ended" && frame["by"] == "agent").await;
    ground.expect_interaction("a closed conversation", |it| it["state"] == "closed").await;
    let off = ground.admin.patch(&format!("/rules/{}", rule["id"]), json!({ "enabled": false })).await;
    assert_eq!(off.status, 200, "{}", off.text());
    let _open = Visitor::begin(ground.node.web, key(&inbox), json!({})).await;
    ground.expect_interaction("one that waits", |it| it["state"] == "waiting").await;
    // Its plugin is gone: the rule says so, by a code and in words.
    ground.node.database.change("UPDATE rules SET plugin = 'gone'");
    let rules = ground.admin.read("/rules").await;
    assert_eq!(rules["items"][0]["fault_cause"], json!({ "code": "no_plugin", "details": {} }), "{rules}");
    assert!(
        rules["items"][0]["fault"].as_str().is_some_and(|words| words.contains("not installed")),
        "{rules}"
    );
}
