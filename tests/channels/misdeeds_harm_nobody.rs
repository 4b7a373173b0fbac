//! A plugin loops, one traps, one eats memory: another inbox answers meanwhile, and the console names it.

use ramal_tests::page::http;
use ramal_tests::visitor::Visitor;
use serde_json::json;

use crate::ground::{Ground, key};

#[tokio::test]
async fn another_inbox_answers_while_one_loops_traps_and_eats() {
    let ground = Ground::new().await;
    install(&ground).await;
    let body = json!({ "name": "wicked", "title": "Wicked", "plugin": "wicked", "settings": {} });
    let wicked = ramal_tests::deadline::within("a plugin that was installed", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(200));
        loop {
            tick.tick().await;
            let answer = ground.admin.post("/inboxes", body.clone()).await;
            if answer.status == 201 {
                return answer.json();
            }
        }
    })
    .await;
    let site = ground.website("site").await;
    let web = ground.node.web;
    let address = format!("/hooks/{}", key(&wicked));
    for deed in ["loop", "trap", "eat"] {
        let (status, path) = (http::request(web, "POST", &address, &[], deed.as_bytes()), key(&site));
        let (answer, mut visitor) = tokio::join!(status, Visitor::begin(web, path, json!({})));
        assert_eq!(answer.status, 503, "{deed}");
        visitor.say("message-1", "Oi").await;
        // After a fault the inbox rests a moment; the next deed comes when it does not.
        rested(&ground, &address).await;
    }
    assert_eq!(ground.interactions().await.len(), 3);
    let plugins = ground.admin.read("/plugins").await;
    let named =
        plugins["items"].as_array().and_then(|all| all.iter().find(|one| one["name"] == "wicked")).cloned();
    let named = named.expect("the plugin");
    assert!(named["faults"].as_u64().is_some_and(|faults| faults >= 3), "{named}");
    assert!(named["fault"].as_str().is_some_and(|fault| fault.contains("memory")), "{named}");
    // A fault shows at the inbox, until it works again.
    assert_eq!(http::request(web, "POST", &address, &[], b"trap").await.status, 503);
    let shown = ground.admin.read(&format!("/inboxes/{}", wicked["id"])).await;
    assert_eq!(shown["state"], "resting");
    assert!(shown["fault"].as_str().is_some_and(|fault| fault.contains("trapped")), "{shown}");
    rested(&ground, &address).await;
    assert_eq!(ground.admin.read(&format!("/inboxes/{}", wicked["id"])).await["state"], "ready");
}

/// Builds the plugin of misdeeds and puts it into the running node.
async fn install(ground: &Ground) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let source = root.join("gateway/testdata/wicked");
    let program = std::env::current_exe().expect("our own path");
    let target = program.ancestors().nth(3).expect("the target folder").join("wasm");
    let built = ground.node.folder().join("wicked.wasm");
    let (source, output) = (source.to_string_lossy().into_owned(), built.to_string_lossy().into_owned());
    let build = ["plugin", "build", &source, "--output", &output];
    ground.node.run_with(&build, &[("CARGO_TARGET_DIR", &target.to_string_lossy())]).await;
    ground.node.run(&["plugin", "install", "--yes", &output]).await;
}

/// Asks until the inbox answers again.
async fn rested(ground: &Ground, address: &str) {
    ramal_tests::deadline::within("the end of a rest", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
        loop {
            tick.tick().await;
            if http::request(ground.node.web, "POST", address, &[], b"echo hi").await.status == 200 {
                return;
            }
        }
    })
    .await;
}
