//! Pages with a JsSIP phone, for the situations that begin with one.

use ramal_tests::site::password;
use ramal_tests::{Node, Page};
use serde_json::json;

/// Registers over `ws:`.
pub async fn register(page: &Page, node: &Node, number: &str) {
    register_at(page, node, number, &format!("ws://{}/", node.ws)).await;
}

/// Registers over `wss:`, with the node's certificate for trial.
pub async fn register_securely(page: &Page, node: &Node, number: &str) {
    register_at(page, node, number, &format!("wss://{}/", node.wss)).await;
}

async fn register_at(page: &Page, node: &Node, number: &str, socket: &str) {
    let account =
        json!({ "socket": socket, "user": number, "domain": node.site.domain, "password": password(number) });
    page.phone("register", json!([account])).await;
}
