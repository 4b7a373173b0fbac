//! Visitors of a site, by the widget.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ramal_tests::{Browser, Desk, Node, Page};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::stage::{administrator, console, email, faults, made, press, visit};

/// A chat queue and a webchat that leads to it.
pub struct Shop {
    pub node: Node,
    pub admin: Desk,
    pub queue: i64,
    pub inbox: Value,
}

pub async fn shop(settings: Value) -> Shop {
    let node = Node::start(ramal_tests::Site::acme()).await;
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
    page.fill("ramal-widget input[name=email]", "maria@example.com").await;
    page.click("ramal-widget .form button").await;
    says(&page, "Hello?").await;
    // The tick says that it is stored.
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "Hello?").await;
    assert_eq!(faults(&page).await, json!([]));
    let waiting = shop.admin.read("/interactions?state=waiting").await;
    assert_eq!(waiting["items"][0]["visitor"]["name"], "Maria", "{waiting:#}");
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
async fn f262_the_visitor_ends_the_agent_sees_it_and_another_begins() {
    let shop = shop(json!({ "ask_name": "off", "ask_email": "off" })).await;
    let browser = Browser::speaking(440.0).await;
    let agent = console(&browser, &shop.node, "agent", email(&shop.admin)).await;
    visit(&agent, &shop.node, "desk").await;
    press(&agent, "Queues offline").await;
    agent.sees("#channels-chat.online", "1/1").await;
    let page = shop.visitor(&browser, "visitor", "home").await;
    open(&page).await;
    says(&page, "Never mind").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "Never mind").await;
    agent.click(".offer >> role=button[name=/Accept/]").await;
    agent.sees(".lines .mark[data-state=waiting]", "").await;
    // It was read, also when the page is loaded anew.
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Read])", "Never mind").await;
    page.reload().await;
    says(&page, "Really").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent], [aria-label=Read])", "Really").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Read])", "Never mind").await;
    page.click("ramal-widget .head button[aria-label='End chat']").await;
    page.click("ramal-widget .sure button.primary").await;
    page.sees("ramal-widget .over", "You ended the chat.").await;
    agent.sees(".lines .mark[data-state=ended]", "").await;
    page.click("ramal-widget .over button").await;
    says(&page, "One more thing").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "One more thing").await;
    agent.click(".offer >> role=button[name=/Accept/]").await;
    agent.sees(".bubble.in", "One more thing").await;
    agent.counts(".lines [data-interaction]", 2).await;
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

#[tokio::test]
async fn f259_the_line_of_the_console_puts_the_chat_on_another_site() {
    let site = Site::serve().await;
    let shop = shop(json!({ "ask_name": "off", "ask_email": "off", "origins": site.origin })).await;
    let browser = Browser::speaking(440.0).await;
    let chief = console(&browser, &shop.node, "chief", email(&shop.admin)).await;
    visit(&chief, &shop.node, &format!("admin/inboxes/{}", shop.inbox["id"])).await;
    chief.sees(".copy-line code", "widget.js").await;
    let snippet = chief.text(".copy-line code").await;
    site.shows(&snippet);
    let page = browser.open_alone("visitor", &site.origin).await;
    page.sees("h1", "A shop of somebody").await;
    open(&page).await;
    says(&page, "Hello from afar").await;
    page.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "Hello from afar").await;
    let waiting = shop.admin.read("/interactions?state=waiting").await;
    assert_eq!(waiting["items"][0]["last"]["text"], "Hello from afar", "{waiting:#}");
}

#[tokio::test]
async fn f259_a_site_that_is_not_named_says_so_and_what_the_administrator_does() {
    let site = Site::serve().await;
    let shop = shop(json!({ "origins": "https://www.shop.example" })).await;
    let key = shop.inbox["key"].as_str().expect("a key");
    site.shows(&format!("<script src=\"http://{}/widget.js?inbox={key}\" async></script>", shop.node.web));
    let browser = Browser::speaking(440.0).await;
    let page = browser.open_alone("visitor", &site.origin).await;
    page.sees("ramal-widget .refusal", "The chat is not allowed on this site.").await;
    page.sees("ramal-widget .refusal", &format!("add {} to the sites", site.origin)).await;
    // The page itself has no landmarks; nothing is wrong with what is ours.
    let wrong = faults(&page).await.to_string();
    assert!(!wrong.contains("not allowed"), "{wrong}");
    let told = page.ask("problems", json!({})).await.to_string();
    assert!(told.contains("is not allowed to show the chat"), "the console of the page: {told}");
    page.click("ramal-widget .refusal button").await;
    page.sees_no("ramal-widget .refusal").await;
}

#[tokio::test]
async fn f259_the_style_of_the_page_changes_nothing_in_the_chat() {
    const PARTS: [&str; 8] = ["", " .launcher", " .panel", " .head", " h2", " label", " input", " textarea"];
    const STYLE: &str = "<style>* { font-family: serif; color: #703 !important; letter-spacing: 3px; line-height: 3; \
        text-transform: uppercase; direction: rtl; opacity: 0.5; visibility: hidden; \
        --text: #703; --ground: #703 !important; --accent: #703 !important } *::before { content: 'x' } \
        ramal-widget { display: none !important; position: static !important; transform: rotate(9deg) !important; z-index: -1 !important }</style>";
    let site = Site::serve().await;
    let shop = shop(json!({ "ask_name": "off", "title": "Coffee", "origins": site.origin })).await;
    let key = shop.inbox["key"].as_str().expect("a key");
    let script = format!("<script src=\"http://{}/widget.js?inbox={key}\" async></script>", shop.node.web);
    let browser = Browser::speaking(440.0).await;
    let mut looked: Vec<Vec<Value>> = Vec::new();
    for (name, style) in [("plain", ""), ("styled", STYLE)] {
        site.shows(&format!("{style}{script}"));
        let page = browser.open_alone(name, &site.origin).await;
        open(&page).await;
        page.sees("ramal-widget h2", "Coffee").await;
        let mut parts = Vec::new();
        for part in PARTS {
            parts.push(page.ask("looks", json!({ "selector": format!("ramal-widget{part}") })).await);
        }
        looked.push(parts);
    }
    for (at, part) in PARTS.iter().enumerate() {
        let (was, is) = (&looked[0][at], &looked[1][at]);
        let properties = was.as_object().into_iter().flatten();
        let changed: Vec<_> = properties
            .filter(|(name, value)| is[*name] != **value)
            .map(|(name, value)| (name, value, &is[name]))
            .collect();
        assert!(changed.is_empty() && was.is_object(), "ramal-widget{part}: {changed:?}");
    }
}

/// A web site that is not ours: one page, on its own port.
struct Site {
    origin: String,
    snippet: Arc<Mutex<String>>,
}

impl Site {
    async fn serve() -> Site {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        let snippet = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&snippet);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let page = format!(
                    "<!doctype html><html lang=en><title>Shop</title><link rel=icon href=data:,><h1>A shop of somebody</h1>{}",
                    lock(&shown)
                );
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    page.len()
                );
                let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
            }
        });
        Site { origin, snippet }
    }

    /// This line stands at the end of its page.
    fn shows(&self, snippet: &str) {
        snippet.clone_into(&mut lock(&self.snippet));
    }
}

fn lock(text: &Mutex<String>) -> MutexGuard<'_, String> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
}
