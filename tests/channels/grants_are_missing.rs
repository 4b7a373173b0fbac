//! A plugin lacks a grant, gets it, and comes in a new version: inbox and message say what is wrong and what to do, and what
//! changed holds at once.

use ramal_tests::wicked;
use serde_json::{Value, json};

use crate::ground::Ground;

/// Waits until an inbox fits.
async fn inbox_once(ground: &Ground, id: &Value, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    ramal_tests::deadline::until_async(what, || async {
        Some(ground.admin.read(&format!("/inboxes/{id}")).await).filter(&fits)
    })
    .await
}

fn says(value: &Value, part: &str) -> bool {
    value.as_str().is_some_and(|text| text.contains(part))
}

#[tokio::test]
async fn a_missing_grant_is_told_at_inbox_and_message_and_a_new_version_reaches_inboxes_at_once() {
    let ground = Ground::new().await;
    let node = &ground.node;
    let inbox = wicked::inbox(node, &ground.admin).await;
    assert_eq!((&inbox["state"], &inbox["fault"]), (&json!("leads_nowhere"), &json!(null)));
    let id = inbox["id"].clone();
    ground.admin.patch(&format!("/inboxes/{id}"), json!({ "queue_id": ground.queue })).await;
    let _console = ground.attend().await;
    assert_eq!(wicked::does(node, &inbox, "message Oi").await, 200);
    let begun = ground.expect_interaction("a conversation", |one| one["inbox"]["id"] == id).await;
    assert_eq!(begun["capabilities"]["text_characters"], 1_000);
    // Its manifest names this host, and nobody has granted it requests without TLS.
    ground.answer(&begun, "http://granted.example/").await;
    let sent = ramal_tests::deadline::until_async("a failure with its reason", || async {
        let page = ground.admin.read(&format!("/interactions/{}/messages", begun["id"])).await;
        let all = page["items"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|one| one["direction"] == "out" && one["state"] == "failed")
    })
    .await;
    assert!(says(&sent["reason"], "ramal plugin grant wicked --allow-cleartext"), "{sent}");
    let faulty = inbox_once(&ground, &id, "a faulty inbox", |one| one["state"] == "faulty").await;
    assert_eq!(faulty["fault"], sent["reason"]);
    let command = "ramal plugin grant wicked --allow-cleartext";
    let details = json!({ "plugin": "wicked", "place": "granted.example", "command": command });
    let cause = json!({ "code": "cleartext_not_granted", "details": details });
    assert_eq!(faulty["fault_cause"], cause, "{faulty}");
    // The operator does what it says.
    node.run(&["plugin", "grant", "wicked", "--allow-cleartext"]).await;
    inbox_once(&ground, &id, "an inbox that works", |one| one["state"] == "ready").await;
    // A version that can do more.
    let file = node.folder().join("wicked.wasm");
    let bytes = std::fs::read(&file).expect("the plugin");
    let newer = [
        ("version = \"1.0.0\"", "version = \"1.0.1\""),
        ("text_characters = 1000", "text_characters = 2000"),
    ]
    .iter()
    .fold(bytes, |bytes, (old, new)| replaced(&bytes, old.as_bytes(), new.as_bytes()));
    std::fs::write(&file, newer).expect("written");
    node.run(&["plugin", "install", "--yes", &file.to_string_lossy()]).await;
    ground
        .expect_interaction("what it can do now", |one| {
            one["id"] == begun["id"] && one["capabilities"]["text_characters"] == 2_000
        })
        .await;
    // A grant that is taken away shows without a message.
    let grants = node.folder().join("plugins/wicked.toml");
    std::fs::write(&grants, "hosts = []\n").expect("written");
    let lacking = inbox_once(&ground, &id, "what is lacking", |one| one["state"] == "faulty").await;
    assert!(says(&lacking["fault"], "wicked is not granted requests to 127.0.0.1"), "{lacking}");
    assert!(says(&lacking["fault"], "ramal plugin grant wicked"), "{lacking}");
    let cause = &lacking["fault_cause"];
    assert_eq!(
        (&cause["code"], &cause["details"]["host"]),
        (&json!("host_not_granted"), &json!("127.0.0.1"))
    );
    let again = ground.admin.patch(&format!("/inboxes/{id}"), json!({ "title": "Wicked" })).await;
    assert_eq!(again.json()["fault"], lacking["fault"]);
}

/// The same bytes with one text for another of the same length, which stands there once.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let at = bytes.windows(old.len()).position(|window| window == old).expect("it stands there");
    [&bytes[..at], new, &bytes[at + old.len()..]].concat()
}
