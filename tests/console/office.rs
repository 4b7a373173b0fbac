//! A small contact centre and the people at its consoles: what each story begins with.

use ramal_tests::deadline::until_async;
use ramal_tests::desk::PASSWORD;
use ramal_tests::visitor::{SITE, Visitor};
use ramal_tests::{Browser, Desk, Node, Page, Site};
use serde_json::{Value, json};

/// What microphones of all consoles hear.
pub const AGENT_HZ: f64 = 440.0;

/// Organization `acme` with an administrator, and a browser for everybody.
pub struct Office {
    pub node: Node,
    pub browser: Browser,
    pub admin: Desk,
}

/// An agent: what the API says of him, and the console before him.
pub struct Agent {
    pub desk: Desk,
    pub page: Page,
}

impl Office {
    pub async fn open() -> Office {
        Office::of(Site::acme()).await
    }

    pub async fn of(site: Site) -> Office {
        Office::with(site, "").await
    }

    /// One whose node has more configuration, as `Node::start_with` takes it.
    pub async fn with(site: Site, overrides: &str) -> Office {
        let node = Node::start_with(site, overrides).await;
        let browser = Browser::speaking(AGENT_HZ).await;
        let admin = Desk::first(&node).await;
        Office { node, browser, admin }
    }

    /// An agent with this extension, not yet at his console.
    pub async fn hire(&self, name: &str, extension: &str) -> Desk {
        self.admin
            .colleague(name, "agent", json!({ "extension": extension, "webrtc": true, "omnichannel": true }))
            .await
    }

    /// His console, logged in.
    pub async fn seat(&self, desk: Desk) -> Agent {
        let name = desk.me["name"].as_str().expect("a name");
        let page = self.browser.open_alone(name, &format!("http://{}/", self.node.web)).await;
        log_in(&page, desk.me["email"].as_str().expect("an e-mail")).await;
        page.sees(".reach.live", "").await;
        Agent { desk, page }
    }

    /// Voice queue `vendas`, which phones reach by *80, with these members.
    pub async fn voice_queue(&self, members: &[&Desk], more: Value) -> i64 {
        let queue = self.admin.queue("vendas", "voice", members, titled("Vendas", more)).await;
        self.admin.queue_number("*80", "vendas").await;
        queue
    }

    /// Chat queue `site` with these members.
    pub async fn chat_queue(&self, members: &[&Desk], more: Value) -> i64 {
        self.admin.queue("site", "chat", members, titled("Chat do site", more)).await
    }

    /// The key of a website's inbox whose visitors wait in this queue; who begins is asked for name and e-mail.
    pub async fn website(&self, queue: i64) -> String {
        let settings = json!({ "origins": SITE, "ask_name": "optional", "ask_email": "optional" });
        let body = json!({ "name": "site", "title": "Site", "plugin": "webchat", "queue_id": queue, "settings": settings });
        let inbox = self.admin.does("/inboxes", body).await;
        inbox["key"].as_str().expect("a key").to_owned()
    }

    /// A visitor of that site who has begun and said something.
    pub async fn visitor(&self, key: &str, name: &str, text: &str) -> Visitor {
        let mut visitor = Visitor::begin(self.node.web, key, json!({ "name": name })).await;
        let id = name.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        visitor.say(&format!("first-word-of-{id}"), text).await;
        visitor
    }
}

impl Agent {
    /// Logs in to all queues of a medium, by the channel's menu.
    pub async fn join(&self, medium: &str) {
        self.page.click(&format!("#channels-{medium}")).await;
        self.page.click(".popup >> role=button[name=\"Efetuar login em filas\"]").await;
        self.page.sees(&format!("#channels-{medium}.online"), "Online").await;
    }

    /// Takes what is offered.
    pub async fn accept(&self) {
        self.page.click(".offer >> role=button[name=/Aceitar/]").await;
        self.page.sees_no(".offer").await;
    }

    /// The TTA in the header of what is on the screen, in seconds, once it is this much.
    pub async fn tta_from(&self, least_s: u64) -> u64 {
        until_async("the total attendance time", || async {
            let text = self.page.text(".talk-head .tta .timer").await;
            let parts = text.trim().split(':').map(|part| part.parse::<u64>().expect("a number"));
            Some(parts.fold(0, |sum, part| sum * 60 + part)).filter(|&seconds| seconds >= least_s)
        })
        .await
    }

    /// Ends what is on the screen, with a disposition if one is named.
    pub async fn end(&self, disposition: Option<&str>) {
        self.page.click(".talk-head >> role=button[name=/Encerrar interação/]").await;
        if let Some(title) = disposition {
            self.page
                .ask("choose", json!({ "selector": "dialog select", "value": { "label": title } }))
                .await;
        }
        self.page.click("dialog >> role=button[name=\"Encerrar interação\"]").await;
        self.page.sees_no("dialog").await;
    }
}

/// Fills in the log-in and waits for what comes after it.
pub async fn log_in(page: &Page, email: &str) {
    page.fill("[name=email]", email).await;
    page.fill("[name=password]", PASSWORD).await;
    page.click("main >> role=button[name=/Entrar|Log in/]").await;
    page.sees(".top", "").await;
}

/// What is offered waits for an agent longer than a busy browser needs for a few steps, unless the story is about that.
fn titled(title: &str, mut more: Value) -> Value {
    more["title"] = json!(title);
    if more["offer_timeout_s"].is_null() {
        more["offer_timeout_s"] = json!(120);
    }
    more
}
