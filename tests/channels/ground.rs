//! What all these situations stand on: a node with a chat queue, an agent, inboxes.

use ramal_tests::database::Database;
use ramal_tests::deadline::within;
use ramal_tests::page::events::Events;
use ramal_tests::visitor::SITE;
use ramal_tests::{Desk, Node, Site};
use serde_json::{Value, json};

/// A node with an administrator, and a chat queue with one agent.
pub struct Ground {
    pub node: Node,
    pub admin: Desk,
    pub agent: Desk,
    pub queue: i64,
}

impl Ground {
    pub async fn new() -> Ground {
        let node = Node::start(Site::acme()).await;
        let admin = Desk::first(&node).await;
        let agent = admin.colleague("Bia", "agent", json!({ "omnichannel": true })).await;
        let queue = admin.queue("chat", "chat", &[&agent], json!({})).await;
        Ground { node, admin, agent, queue }
    }

    /// An inbox of a website without a form.
    pub async fn website(&self, name: &str) -> Value {
        self.website_with(name, json!({ "ask_name": "off", "ask_email": "off" })).await
    }

    /// An inbox of a website with these settings.
    pub async fn website_with(&self, name: &str, more: Value) -> Value {
        let mut settings = json!({ "origins": SITE });
        merge(&mut settings, &more);
        let body = json!({ "name": name, "title": name, "plugin": "webchat", "queue_id": self.queue, "settings": settings });
        made(&self.admin, "/inboxes", body).await
    }

    /// The agent logs in to the queue; his console stays open as long as what this gives.
    pub async fn attend(&self) -> Attending {
        let events = self.agent.events("").await;
        self.agent.does("/presence/login", json!({ "queues": [self.queue] })).await;
        Attending { events }
    }

    pub fn database(&self) -> &Database {
        &self.node.database
    }

    /// All Interactions that are there, newest last.
    pub async fn interactions(&self) -> Vec<Value> {
        let page = self.admin.read("/interactions?limit=100").await;
        let mut items = page["items"].as_array().cloned().unwrap_or_default();
        items.sort_by_key(|item| item["id"].as_i64());
        items
    }

    /// Waits until an Interaction fits.
    pub async fn expect_interaction(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        within(what, async {
            let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
            loop {
                tick.tick().await;
                if let Some(found) = self.interactions().await.into_iter().find(&fits) {
                    return found;
                }
            }
        })
        .await
    }

    /// The messages of an Interaction, oldest first, as `(direction, text)`.
    pub async fn messages(&self, interaction: &Value) -> Vec<(String, String)> {
        let page = self.admin.read(&format!("/interactions/{}/messages", interaction["id"])).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|one| (text(&one["direction"]), text(&one["text"]))).collect()
    }

    /// The agent takes an Interaction and writes to its customer.
    pub async fn answer(&self, interaction: &Value, text: &str) {
        self.take(interaction).await;
        self.write(interaction, text).await;
    }

    /// The agent accepts the offer of an Interaction.
    async fn take(&self, interaction: &Value) {
        let offer = within("an offer", async {
            let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
            loop {
                tick.tick().await;
                let desk = self.agent.read("/desk").await;
                let offers = desk["desk"]["offers"].as_array().cloned().unwrap_or_default();
                if let Some(offer) =
                    offers.into_iter().find(|offer| offer["interaction"]["id"] == interaction["id"])
                {
                    return offer["id"].clone();
                }
            }
        })
        .await;
        self.agent.does(&format!("/offers/{offer}/accept"), json!({})).await;
    }

    /// The agent writes to the customer of an Interaction that he has.
    pub async fn write(&self, interaction: &Value, text: &str) -> Value {
        let body = json!({ "text": text, "client_id": format!("c-{text}") });
        let sent = self.agent.post(&format!("/interactions/{}/messages", interaction["id"]), body).await;
        assert!(sent.status < 300, "{}", sent.text());
        sent.json()
    }
}

/// An inbox of Telegram that no Telegram stands behind: it takes webhooks.
pub async fn telegram(ground: &Ground, name: &str) -> Value {
    let settings = json!({ "token": "42:abc", "webhook_secret": "s3cret", "api_url": "http://127.0.0.1:9" });
    let body = json!({ "name": name, "title": name, "plugin": "telegram", "queue_id": ground.queue, "settings": settings });
    made(&ground.admin, "/inboxes", body).await
}

/// An agent's console that is open.
pub struct Attending {
    #[expect(dead_code, reason = "held open, not read")]
    events: Events,
}

/// The key of an inbox.
pub fn key(inbox: &Value) -> &str {
    inbox["key"].as_str().expect("a key")
}

/// Makes something; anything but 201 fails the test.
pub async fn made(desk: &Desk, path: &str, body: Value) -> Value {
    let answer = desk.post(path, body).await;
    assert_eq!(answer.status, 201, "{path}: {}", answer.text());
    answer.json()
}

fn merge(into: &mut Value, more: &Value) {
    if let (Some(into), Some(more)) = (into.as_object_mut(), more.as_object()) {
        into.extend(more.clone());
    }
}
