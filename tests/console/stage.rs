//! What every story begins with: a node, a browser, somebody logged in; and how a page is worked by what people read on it.

use ramal_tests::desk::PASSWORD;
use ramal_tests::{Browser, Desk, Node, Page};
use serde_json::{Value, json};

/// The administrator of a fresh node, who reads English.
pub async fn administrator(node: &Node) -> Desk {
    let admin = Desk::first(node).await;
    let answer = admin.patch("/me", json!({ "language": "en" })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    admin
}

/// Makes something by the API that a story only needs to be there.
pub async fn made(admin: &Desk, path: &str, body: Value) -> Value {
    let answer = admin.post(path, body).await;
    assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.text());
    answer.json()
}

/// The console of somebody, logged in by the page.
pub async fn console(browser: &Browser, node: &Node, name: &str, email: &str) -> Page {
    let page = browser.open_alone(name, &format!("http://{}/", node.web)).await;
    page.fill("input[name=email]", email).await;
    page.fill("input[name=password]", PASSWORD).await;
    page.click("button[type=submit]").await;
    page.sees("nav[aria-label]", "").await;
    page
}

/// The address that somebody logs in with.
pub fn email(desk: &Desk) -> &str {
    desk.me["email"].as_str().expect("an address")
}

/// Another screen of the console, by its place in the address.
pub async fn visit(page: &Page, node: &Node, place: &str) {
    page.ask("go", json!({ "url": format!("http://{}/#/{place}", node.web) })).await;
}

/// Presses the button that says this.
pub async fn press(page: &Page, button: &str) {
    page.click(&format!("role=button[name=\"{button}\"]")).await;
}

/// Writes into the field with this label.
pub async fn write(page: &Page, label: &str, text: &str) {
    page.fill(&format!("role=textbox[name=\"{label}\"]"), text).await;
}

/// Chooses in the list with this label, by what it stands for.
pub async fn choose(page: &Page, label: &str, value: &str) {
    let selector = format!("role=combobox[name=\"{label}\"]");
    page.ask("choose", json!({ "selector": selector, "value": value })).await;
}

/// Ticks, or takes the tick off.
pub async fn tick(page: &Page, label: &str) {
    page.click(&format!("role=checkbox[name=/^{label}/]")).await;
}

/// Turns a switch.
pub async fn switch(page: &Page, label: &str) {
    page.click(&format!("role=switch[name=\"{label}\"]")).await;
}

/// Waits until this can be read on the page.
pub async fn reads(page: &Page, text: &str) {
    page.sees("body", text).await;
}

/// What axe finds wrong, for a test to hold against nothing.
pub async fn faults(page: &Page) -> Value {
    page.ask("accessibility", json!({})).await
}
