//! The trial page's own tests, which need no browser: Node.js runs them.

use ramal_tests::browser::driver;
use ramal_tests::deadline::within;
use tokio::process::Command;

#[tokio::test]
async fn its_words_and_its_truth() {
    let mut node = Command::new("node");
    node.arg("--test").arg(driver().join("page.test.mjs")).kill_on_drop(true);
    let output = within("the page's own tests", node.output()).await.expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
