//! What the console and the widget decide without a page, which needs no browser: Node.js runs it.

use std::path::Path;

use ramal_tests::deadline::within;
use tokio::process::Command;

#[tokio::test]
async fn words_states_lists_messages_and_lost_connections() {
    node("console.test.mjs").await;
}

#[tokio::test]
async fn the_widgets_conversation() {
    node("widget.test.mjs").await;
}

async fn node(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("console").join(file);
    let mut node = Command::new("node");
    node.arg("--test").arg(path).kill_on_drop(true);
    let output = within(file, node.output()).await.expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
