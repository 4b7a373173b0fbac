//! Two organizations on one node; the second one has of everything what the first one asks for.

use ramal_tests::deadline::until_async;
use ramal_tests::page::events::Events;
use ramal_tests::rtp::tone;
use ramal_tests::visitor::{SITE, Visitor};
use ramal_tests::{Desk, Node, Site, wav};
use serde_json::{Value, json};

const OTHER: &str = "[[organization]]\nname = \"other\"\ntitle = \"other\"\nsip_domain = \"other.test\"\n\
    [[organization.extension]]\nnumber = \"900\"\npassword = \"secret-of-another\"\n\
    [[organization.trunk]]\nname = \"theirs\"\nhost = \"127.0.0.9\"\n\
    [[organization.rule]]\ndial = \"*43\"\nservice = \"echo\"\n";

/// An administrator of each.
pub struct Neighbours {
    pub node: Node,
    pub asks: Desk,
    pub owns: Desk,
}

/// One of everything, of one organization; open as long as it is held.
pub struct Estate {
    pub agent: Desk,
    pub queue: Value,
    pub voice_queue: Value,
    pub pause_reason: Value,
    pub disposition: Value,
    pub inbox: Value,
    pub rule: Value,
    pub sound_clip: Value,
    pub token: Value,
    /// The Interaction of a visitor, and what belongs to it.
    pub interaction: Value,
    pub contact: Value,
    pub message: Value,
    _visitor: Visitor,
    _console: Events,
}

impl Neighbours {
    pub async fn new() -> Neighbours {
        let node = Node::start(Site::acme()).await;
        let asks = Desk::first(&node).await;
        node.apply_text(&format!("{}\n{}", node.site.toml(), OTHER)).await;
        let added = node
            .run(&["user", "add", "admin@other.test", "--role", "administrator", "--organization", "other"])
            .await;
        let link =
            added.split_whitespace().find(|word| word.contains("/#/link/")).expect("a link").to_owned();
        let mut owns = Desk::by_link(node.web, &link).await;
        until_async("the node to take over the second organization", || async {
            (owns.get("/extensions/900").await.status == 200).then_some(())
        })
        .await;
        owns.me = owns.read("/me").await;
        Neighbours { node, asks, owns }
    }
}

impl Estate {
    /// Makes it; `name` is in all that has one.
    pub async fn of(node: &Node, admin: &Desk, name: &str, extension: &str) -> Estate {
        let more = json!({ "extension": extension, "webrtc": true, "omnichannel": true });
        let agent = admin.colleague(name, "agent", more).await;
        let low = name.to_lowercase();
        let queue = admin.queue(&low, "chat", &[&agent], json!({ "title": name })).await;
        let voice_queue =
            admin.queue(&format!("{low}-calls"), "voice", &[&agent], json!({ "title": name })).await;
        let id = async |path: &str, body: Value| admin.does(path, body).await["id"].clone();
        let body = json!({ "name": low, "title": name, "plugin": "webchat", "queue_id": queue,
            "settings": { "origins": SITE, "ask_name": "optional", "ask_email": "off" } });
        let inbox = admin.does("/inboxes", body).await;
        let key = inbox["key"].as_str().expect("a key");
        let console = agent.events("").await;
        agent.does("/presence/login", json!({ "queues": [queue] })).await;
        let mut visitor = Visitor::begin(node.web, key, json!({ "name": name })).await;
        visitor.say("first-word", name).await;
        let interaction = until_async("an offer", || async {
            let offers = agent.read("/desk").await["desk"]["offers"].clone();
            (!offers[0].is_null()).then(|| offers[0]["interaction"].clone())
        })
        .await;
        let said = agent.read(&format!("/interactions/{}/messages", interaction["id"])).await;
        Estate {
            queue: json!(queue),
            voice_queue: json!(voice_queue),
            pause_reason: id("/pause-reasons", json!({ "title": name })).await,
            disposition: id("/dispositions", json!({ "title": name })).await,
            rule: id("/rules", json!({ "title": name, "plugin": "business-hours" })).await,
            sound_clip: sound_clip(node, admin, name).await,
            token: id("/tokens", json!({ "name": name })).await,
            contact: admin.read(&format!("/interactions/{}", interaction["id"])).await["contact"]["id"]
                .clone(),
            message: said["items"][0]["id"].clone(),
            inbox: inbox["id"].clone(),
            interaction: interaction["id"].clone(),
            agent,
            _visitor: visitor,
            _console: console,
        }
    }

    /// The offer of the visitor to the agent.
    pub async fn offer(&self) -> Value {
        self.agent.read("/desk").await["desk"]["offers"][0]["id"].clone()
    }

    /// A file of the visitor's message, that still lies with its provider.
    pub async fn attachment(&self, node: &Node) -> String {
        node.database.change(&format!(
            "INSERT INTO attachments (organization_id, message_id, kind, reference, state, attempts, due_at_ms) \
             SELECT organization_id, id, 'image', 'x', 'failed', 9, 0 FROM messages WHERE id = {}",
            self.message
        ));
        node.database.ask("SELECT id FROM attachments").await.pop().expect("an attachment")
    }

    /// A call of the agent that runs, and the recording of one that is over.
    pub async fn calls(&self, node: &Node) -> (String, String, ramal_tests::page::Seat) {
        let seat = self.agent.take_seat().await;
        let over = self.agent.dial("*43").await;
        self.agent.ask("DELETE", &format!("/calls/{over}"), None).await;
        let ended = "SELECT id FROM calls WHERE ended_at_ms IS NOT NULL";
        let recorded = node.database.until("a call that is over", ended, |mut calls| calls.pop()).await;
        let file = node.folder().join("theirs.wav");
        wav::write_mono(&file, 8000, &[0; 800]);
        node.database.change(&format!(
            "INSERT INTO recordings (call_id, path, organization_id, started_at_ms, seconds, state, reason) \
             SELECT id, '{}', organization_id, 1, 0.1, 'sealed', '' FROM calls WHERE id = '{recorded}'",
            file.display()
        ));
        (self.agent.dial("*43").await, recorded, seat)
    }
}

/// A sound of one second that agents may play.
async fn sound_clip(node: &Node, admin: &Desk, title: &str) -> Value {
    let file = node.folder().join("clip.wav");
    wav::write_mono(&file, 8000, &tone::sine(440.0, 8000, 0, 8000));
    let sound = std::fs::read(&file).expect("the sound");
    let path = format!("/api/v1/sound-clips?title={title}");
    let made = admin.send_bytes("POST", &path, "audio/wav", &sound).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].clone()
}
