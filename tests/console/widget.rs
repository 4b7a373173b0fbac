//! Visitors of a site, by the widget.

use ramal_tests::{Browser, Desk, Node, Page, Site};
use serde_json::{Value, json};

use crate::stage::{administrator, faults, made};

/// A chat queue and a webchat that leads to it.
pub struct Shop {
    pub node: Node,
    pub admin: Desk,
    pub queue: i64,
    pub inbox: Value,
}

pub async fn shop(settings: Value) -> Shop {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let queue = made(&admin, "/queues", json!({ "name": "support", "title": "Support", "medium": "chat", "direction": "inbound", "members": [admin.id()] })).await;
    let queue = queue["id"].as_i64().expect("a number");
    let inbox = json!({ "name": "site", "title": "Site", "plugin": "webchat", "queue_id": queue, "settings": settings });
    let inbox = made(&admin, "/inboxes", inbox).await;
    Shop { node, admin, queue, inbox }
}

impl Shop {
    /// A visitor's browser at a page of the site.
    pub async fn visitor(&self, browser: &Browser, name: &str, page: &str) -> Page {
        browser.open_alone(name, &self.address(page)).await
    }

    fn address(&self, page: &str) -> String {
        let key = self.inbox["key"].as_str().expect("a key");
        format!("http://{}/widget/trial?inbox={key}&language=en&page={page}", self.node.web)
    }
}

/// Opens the widget.
pub async fn open(page: &Page) {
    page.click("ramal-widget .launcher").await;
}

pub async fn says(page: &Page, text: &str) {
    page.fill("ramal-widget textarea", text).await;
    page.press("Enter").await;
}

#[tokio::test]
async fn f259_f260_the_form_cannot_be_skipped() {
    let shop =
        shop(json!({ "ask_name": "required", "ask_email": "required", "questions": "Order number" })).await;
    let browser = Browser::speaking(440.0).await;
    let page = shop.visitor(&browser, "visitor", "prices").await;
    page.screenshot("widget_launcher").await;
    open(&page).await;
    page.sees("ramal-widget .form", "Before we begin").await;
    assert_eq!(faults(&page).await, json!([]));
    page.click("ramal-widget .form button").await;
    page.sees("ramal-widget .fault", "Please fill in this field.").await;
    page.sees_no("ramal-widget textarea").await;
    page.fill("ramal-widget input[name=name]", "Maria").await;
    page.fill("ramal-widget input[name=email]", "not an address").await;
    page.click("ramal-widget .form button").await;
    page.sees("ramal-widget .fault", "This is not an e-mail address.").await;
    page.screenshot("widget_form").await;
    page.fill("ramal-widget input[name=email]", "maria@example.com").await;
    page.click("ramal-widget .form button").await;
    says(&page, "Hello?").await;
    // The tick says that it is stored.
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "Hello?").await;
    page.screenshot("widget_chat").await;
    assert_eq!(faults(&page).await, json!([]));
    let waiting = shop.admin.read("/interactions?state=waiting").await;
    assert_eq!(waiting["items"][0]["visitor"]["form"]["name"], "Maria", "{waiting:#}");
    assert_eq!(page.ask("problems", json!({})).await, json!([]), "the console of the page");
}

#[tokio::test]
async fn f259_another_page_of_the_site_goes_on_with_the_chat() {
    let shop = shop(json!({ "ask_name": "off", "ask_email": "off" })).await;
    let browser = Browser::speaking(440.0).await;
    let page = shop.visitor(&browser, "visitor", "home").await;
    open(&page).await;
    says(&page, "Is anybody there?").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "Is anybody there?").await;
    page.click("text=Prices").await;
    page.sees("h1", "Prices").await;
    page.sees("ramal-widget .bubble.visitor", "Is anybody there?").await;
    says(&page, "Still me").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "Still me").await;
    let waiting = shop.admin.read("/interactions?state=waiting").await;
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1), "one conversation: {waiting:#}");
}

#[tokio::test]
async fn f262_the_visitor_ends_and_begins_another() {
    let shop = shop(json!({ "ask_name": "off", "ask_email": "off" })).await;
    let browser = Browser::speaking(440.0).await;
    let page = shop.visitor(&browser, "visitor", "home").await;
    open(&page).await;
    says(&page, "Never mind").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "Never mind").await;
    page.click("ramal-widget .head button[aria-label='End chat']").await;
    page.click("ramal-widget .sure button.primary").await;
    page.sees("ramal-widget .over", "You ended the chat.").await;
    page.click("ramal-widget .over button").await;
    says(&page, "One more thing").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "One more thing").await;
    let waiting = shop.admin.read("/interactions?state=waiting").await;
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1), "{waiting:#}");
    let closed = shop.admin.read("/interactions?state=closed").await;
    assert_eq!(closed["items"].as_array().map(Vec::len), Some(1), "{closed:#}");
}

#[tokio::test]
async fn f263_another_colour_shows_at_once() {
    let shop = shop(json!({ "colour": "#7a3e12", "position": "left", "title": "Coffee" })).await;
    let browser = Browser::speaking(440.0).await;
    let page = shop.visitor(&browser, "visitor", "home").await;
    open(&page).await;
    page.sees("ramal-widget h2", "Coffee").await;
    let style = page.ask("attribute", json!({ "selector": "ramal-widget", "name": "style" })).await;
    assert!(style.as_str().is_some_and(|style| style.contains("#7a3e12")), "{style}");
    let place = page.ask("attribute", json!({ "selector": "ramal-widget", "name": "data-position" })).await;
    assert_eq!(place, "left");
}
