//! The trial page from another host than the browser's own: browsers lend no microphone to a page without TLS there.

use ramal_tests::site::password;
use ramal_tests::{Browser, Node, Site};
use serde_json::json;

use crate::trial::{dial, sign_in};

/// A name that the browser of the suite finds on loopback, and that it does not trust for that.
const HOST: &str = "desk.test";

#[tokio::test]
async fn talks_over_https_and_wss() {
    let node = Node::start_with(Site::acme(), "#web.tls = true").await;
    let browser = Browser::speaking(440.0).await;
    let url = format!("https://{HOST}:{}/trial/", node.web.port());
    let page = browser.open("100", &url).await;
    assert_eq!(page.ask("secure", json!({})).await, true);
    sign_in(&page, "100", &node.site.domain, &password("100")).await;
    page.sees("#state[data-state=connected]", "100").await;
    dial(&page, "*43").await;
    // The echo of its own microphone, and what it is told over its socket.
    page.sees(".call[data-state=talking]", "*43").await;
    page.hears(440.0).await;
    page.click("[data-verb=hang_up]").await;
    page.sees("#log", "ended").await;
}

#[tokio::test]
async fn is_told_why_it_has_no_microphone_without_tls() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = browser.open("100", &format!("http://{HOST}:{}/trial/", node.web.port())).await;
    assert_eq!(page.ask("secure", json!({})).await, false);
    sign_in(&page, "100", &node.site.domain, &password("100")).await;
    page.sees("#fault", "https").await;
}
