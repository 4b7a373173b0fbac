//! Who changed what.

use std::time::Instant;

use ramal_tests::deadline::until_async;
use ramal_tests::{Desk, Node, Site};
use serde_json::{Value, json};

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

/// The rows of failed log-ins with this reason, once they count so many: they are written after the answer, and a row has no more than
/// a minute.
async fn failed(admin: &Desk, reason: &str, count: u64) -> Vec<Value> {
    until_async(&format!("{count} of {reason}"), || async {
        let log = admin.read("/audit?noun=user").await;
        let is_one =
            |entry: &&Value| entry["action"] == "log_in_failed" && entry["detail"]["reason"] == reason;
        let rows: Vec<Value> = log["items"].as_array()?.iter().filter(is_one).cloned().collect();
        (sum(&rows, "count") == count).then_some(rows)
    })
    .await
}

fn sum(rows: &[Value], key: &str) -> u64 {
    rows.iter().filter_map(|row| row["detail"][key].as_u64()).sum()
}

#[tokio::test]
async fn log_ins_that_failed_are_a_row_a_minute_for_a_person_with_a_count() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let begun = Instant::now();
    for _ in 0..4 {
        assert_eq!(Desk::try_log_in(node.web, "Admin@acme.test", "a wrong password").await.status, 401);
    }
    for name in ["nobody@acme.test", "<b>no\u{7}thing</b>@x", "another password"] {
        assert_eq!(Desk::try_log_in(node.web, name, "a wrong password").await.status, 401);
    }
    let (wrong, unknown) =
        (failed(&admin, "wrong_password", 4).await, failed(&admin, "unknown_user", 3).await);
    let minutes = 1 + begun.elapsed().as_secs() / 60;
    assert!(wrong.len() as u64 <= minutes && unknown.len() as u64 <= minutes, "{wrong:#?} {unknown:#?}");
    for row in &wrong {
        assert_eq!((&row["actor"], &row["user"]), (&json!("Admin@acme.test"), &json!(null)));
        assert_eq!(
            (&row["noun_id"], &row["noun_name"]),
            (&json!(admin.id().to_string()), &json!("Administrator"))
        );
        assert_eq!(row["address"], "127.0.0.1");
    }
    let names: Vec<&Value> =
        unknown.iter().filter_map(|row| row["detail"]["names"].as_array()).flatten().collect();
    assert_eq!(names, ["nobody@acme.test", "<b>nothing</b>@x"]);
    let log = admin.read("/audit?noun=user").await.to_string();
    assert!(!log.contains("a wrong password") && !log.contains("another password"), "{log}");
}

#[tokio::test]
async fn who_is_not_looked_at_any_more_is_counted_in_the_same_row() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let mut answers = Vec::new();
    while answers.iter().filter(|status| **status == 429).count() < 4 {
        answers.push(Desk::try_log_in(node.web, "admin@acme.test", "a wrong password").await.status);
        assert!(answers.len() < 40, "{answers:?}");
    }
    let looked_at = answers.iter().filter(|status| **status == 401).count() as u64;
    until_async("what was not looked at", || async {
        let rows = failed(&admin, "wrong_password", looked_at).await;
        (sum(&rows, "not_looked_at") > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_extension_of_a_user_is_not_taken_in_silence() {
    let node = Node::start(Site::acme()).await;
    let admin = Desk::first(&node).await;
    let ana = admin.colleague("Ana", "agent", json!({ "extension": "103", "webrtc": true })).await;
    let file = node.folder().join("without.toml");
    let mut site = Site::acme();
    site.extensions.retain(|one| one.number != "103");
    std::fs::write(&file, site.toml()).unwrap();
    let file = file.to_string_lossy().into_owned();
    let tried = node.run(&["apply", &file, "--dry-run"]).await;
    assert!(tried.contains("- extension acme/103 (taken from user Ana)"), "{tried}");
    assert!(tried.contains("--take-from-users"), "{tried}");
    let (good, _, fault) = node.try_run(&["apply", &file]).await;
    assert!(
        !good && fault.contains("acme/103 of user Ana") && fault.contains("nothing was changed"),
        "{fault}"
    );
    assert_eq!(ana.read("/me").await["extension"], "103");
    assert_eq!(node.phone("103").await.register_for(0).await.status(), Some(200));
    let done = node.run(&["apply", &file, "--take-from-users"]).await;
    assert!(done.contains("1 changes applied"), "{done}");
    let log = admin.read("/audit?noun=site").await;
    assert!(log["items"][0]["detail"]["changes"].to_string().contains("taken from user Ana"), "{log}");
}
