//! The trial page for people: both languages, without a mouse or eyes, and told plainly what is wrong.

use ramal_tests::{Browser, Node, Site};
use serde_json::{Value, json};

use crate::trial::{open, sign_in, signed_in};

#[tokio::test]
async fn nothing_stands_in_the_way_of_anybody() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = open(&browser, &node, "100").await;
    page.screenshot("sign_in").await;
    assert_eq!(page.ask("accessibility", json!({})).await, json!([]));
    page.ask("close", json!({})).await;
    let page = signed_in(&browser, &node, "100").await;
    assert_eq!(page.ask("accessibility", json!({})).await, json!([]));
    page.ask("emulate", json!({ "media": { "colorScheme": "dark" } })).await;
    assert_eq!(page.ask("accessibility", json!({})).await, json!([]));
    page.ask("choose", json!({ "selector": "#language", "value": "pt-BR" })).await;
    page.sees("#dial", "Ligar").await;
    page.screenshot("dark_in_portuguese").await;
    let problems = page.ask("problems", json!({})).await;
    assert_eq!(problems, Value::Array(Vec::new()), "the console of the page");
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = open(&browser, &node, "100").await;
    sign_in(&page, "100", &node.site.domain, "not the password").await;
    page.sees("#fault", "not right").await;
    page.screenshot("wrong_password").await;
}

#[tokio::test]
async fn a_second_page_takes_over_and_the_first_says_so() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let first = signed_in(&browser, &node, "100").await;
    let other = Browser::speaking(660.0).await;
    let second = signed_in(&other, &node, "100").await;
    first.sees("#state[data-state=taken]", "another page").await;
    first.click("#fault button").await;
    first.sees("#state[data-state=connected]", "100").await;
    second.sees("#state[data-state=taken]", "another page").await;
}
