//! What the widget knows of a conversation, which needs no browser: Node.js runs these.

use std::path::Path;

use ramal_tests::deadline::within;
use tokio::process::Command;

#[tokio::test]
async fn its_conversation() {
    let mut node = Command::new("node");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("console/widget.test.mjs");
    node.arg("--test").arg(tests).kill_on_drop(true);
    let output = within("the widget's own tests", node.output()).await.expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
