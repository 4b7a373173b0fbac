//! A channel that does what it must not: each webhook names the deed (gateway/testdata/wicked).

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::deadline::within;
use crate::page::http;
use crate::{Desk, Node};

/// Builds the plugin, puts it into the running node and makes an inbox of it.
pub async fn inbox(node: &Node, admin: &Desk) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let program = std::env::current_exe().expect("our own path");
    let target = program.ancestors().nth(3).expect("the target folder").join("wasm");
    let source = root.join("gateway/testdata/wicked").to_string_lossy().into_owned();
    let built = node.folder().join("wicked.wasm").to_string_lossy().into_owned();
    let build = ["plugin", "build", &source, "--output", &built];
    node.run_with(&build, &[("CARGO_TARGET_DIR", &target.to_string_lossy())]).await;
    node.run(&["plugin", "install", "--yes", &built]).await;
    let body = json!({ "name": "wicked", "title": "Wicked", "plugin": "wicked", "settings": {} });
    // It is there at once: whoever asks for it waits until it is loaded.
    let answer = admin.post("/inboxes", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// Lets it do this; the status of the answer.
pub async fn does(node: &Node, inbox: &Value, deed: &str) -> u16 {
    http::request(node.web, "POST", &address(inbox), &[], deed.as_bytes()).await.status
}

/// Asks until the inbox answers again: after a fault it rests a moment.
pub async fn rested(node: &Node, inbox: &Value) {
    within("the end of a rest", async {
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tick.tick().await;
            if does(node, inbox, "echo hi").await == 200 {
                return;
            }
        }
    })
    .await;
}

fn address(inbox: &Value) -> String {
    format!("/hooks/{}", inbox["key"].as_str().expect("a key"))
}
