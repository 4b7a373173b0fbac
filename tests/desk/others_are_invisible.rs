//! Nothing of one Organization is visible to another, at any endpoint: the document of the API is walked, so that none is forgotten.

use ramal_tests::deadline::within;
use ramal_tests::page::http::Answer;
use ramal_tests::{Desk, Node, Site};
use serde_json::{Value, json};

/// Two organizations with an administrator each; the second one owns what the first one asks for.
struct Neighbours {
    node: Node,
    asks: Desk,
    owns: Desk,
}

impl Neighbours {
    async fn new() -> Neighbours {
        let node = Node::start(Site::acme()).await;
        let asks = Desk::first(&node).await;
        let both = format!("{}\n{}", node.site.toml(), OTHER);
        node.apply_text(&both).await;
        let added = node
            .run(&["user", "add", "admin@other.test", "--role", "administrator", "--organization", "other"])
            .await;
        let link =
            added.split_whitespace().find(|word| word.contains("/#/link/")).expect("a link").to_owned();
        let owns = Desk::by_link(node.web, &link).await;
        within("the node to take over the second organization", async {
            let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
            while owns.get("/extensions/900").await.status != 200 {
                tick.tick().await;
            }
        })
        .await;
        Neighbours { node, asks, owns }
    }
}

const OTHER: &str = "[[organization]]\nname = \"other\"\nsip_domain = \"other.test\"\n\
    [[organization.extension]]\nnumber = \"900\"\npassword = \"secret-of-another\"\n\
    [[organization.trunk]]\nname = \"theirs\"\nhost = \"127.0.0.9\"\n";

/// What stands for each variable of a path: something that the other organization has.
async fn theirs(owns: &Desk, path: &str, variable: &str) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match (path.split('/').nth(1).unwrap_or_default(), variable) {
        ("users", "id") => owns.id().to_string(),
        ("extensions", "number") => "900".to_owned(),
        ("trunks", "name") => "theirs".to_owned(),
        ("tokens", "id") => text(&owns.post("/tokens", json!({ "name": "Theirs" })).await.json()["id"]),
        ("agents", "id") => owns.id().to_string(),
        ("queues", "id") => {
            let name = format!("q{}", rand::random::<u32>());
            text(&owns.does("/queues", json!({ "name": name, "medium": "chat" })).await["id"])
        }
        ("pause-reasons", "id") => text(
            &owns.does("/pause-reasons", json!({ "title": rand::random::<u32>().to_string() })).await["id"],
        ),
        ("dispositions", "id") => text(
            &owns.does("/dispositions", json!({ "title": rand::random::<u32>().to_string() })).await["id"],
        ),
        ("inboxes", "id") => {
            let body = json!({ "name": "theirs", "title": "Theirs", "plugin": "webchat" });
            text(&owns.post("/inboxes", body).await.json()["id"])
        }
        ("rules", "id") => {
            let body = json!({ "title": "Theirs", "plugin": "business-hours" });
            text(&owns.post("/rules", body).await.json()["id"])
        }
        ("calls" | "conferences" | "recordings", "id") => "00000000000000000000000000".to_owned(),
        ("whip", "attachment") => "0".repeat(32),
        ("contacts", "id") => text(&owns.does("/contacts", json!({ "name": "Theirs" })).await["id"]),
        ("attachments" | "offers" | "interactions", "id") => "1".to_owned(),
        (noun, variable) => panic!("say here what stands for {{{variable}}} of /{noun}: {path}"),
    }
}

/// A body that would be right, so that it is not the body that is refused.
fn right_body(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("patch", "/users/{id}") => Some(json!({ "name": "Mallory" })),
        ("put", "/users/{id}/password") => Some(json!({ "password": "a password of Mallory" })),
        ("patch", "/extensions/{number}") => Some(json!({ "display_name": "Mallory" })),
        ("patch", "/trunks/{name}") => Some(json!({ "options_ping_s": 30 })),
        ("patch", "/queues/{id}" | "/pause-reasons/{id}" | "/dispositions/{id}") => {
            Some(json!({ "title": "Mallory" }))
        }
        ("patch", "/interactions/{id}") => Some(json!({ "tags": ["Mallory"] })),
        ("post", "/calls/{id}/dtmf") => Some(json!({ "digits": "1" })),
        ("post", "/calls/{id}/merge") => Some(json!({ "to": "100" })),
        ("post", "/calls/{id}/drop") => Some(json!({ "party": 1 })),
        ("post", "/calls/{id}/supervise") => Some(json!({ "mode": "listen" })),
        ("patch", "/conferences/members/{id}") => Some(json!({ "muted": true })),
        ("post", "/calls/{id}/transfer") => Some(json!({ "to": "100" })),
        ("post", "/interactions/{id}/transfer") => Some(json!({ "to": { "user": 1 } })),
        ("patch", "/inboxes/{id}" | "/rules/{id}") => Some(json!({ "title": "Mallory" })),
        ("post", "/interactions/{id}/messages" | "/interactions/{id}/notes")
        | ("put", "/interactions/{id}/draft") => Some(json!({ "text": "Mallory" })),
        ("patch", "/contacts/{id}") => Some(json!({ "name": "Mallory" })),
        ("patch" | "put", path) => panic!("say here what a right body is for {method} {path}"),
        _ => None,
    }
}

#[tokio::test]
async fn no_endpoint_shows_or_changes_what_is_anothers() {
    let Neighbours { node, asks, owns } = Neighbours::new().await;
    let document = ramal_tests::desk::send(node.web, "GET", "/openapi.json", &[], None).await.json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        let Some((_, rest)) = path.split_once('{') else { continue };
        let variable = rest.split('}').next().unwrap_or_default();
        // A link is a secret that opens for whoever has it; a plugin is the node's.
        if path.starts_with("/links/") || path.starts_with("/plugins/") {
            continue;
        }
        for method in item.as_object().expect("operations").keys() {
            if (method.as_str(), path.as_str()) == ("patch", "/whip/{attachment}") {
                continue; // It takes no JSON; DELETE shows what it is worth.
            }
            let row = theirs(&owns, path, variable).await;
            let there = path.replace(&format!("{{{variable}}}"), &row);
            let body = right_body(method, path);
            let answer: Answer = asks.ask(&method.to_uppercase(), &there, body.as_ref()).await;
            assert_eq!(answer.status, 404, "{method} {there}: {}", answer.text());
            asked += 1;
        }
    }
    assert!(asked >= 12, "only {asked} endpoints were asked");
    assert_eq!(owns.get("/me").await.status, 200);
    assert_eq!(owns.get("/extensions/900").await.status, 200);
    assert_eq!(owns.get("/trunks/theirs").await.status, 200);
}

#[tokio::test]
async fn no_list_names_what_is_anothers() {
    let Neighbours { node, asks, owns } = Neighbours::new().await;
    owns.post("/tokens", json!({ "name": "Theirs" })).await;
    owns.post("/contacts", json!({ "name": "Theirs" })).await;
    let document = ramal_tests::desk::send(node.web, "GET", "/openapi.json", &[], None).await.json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        if path.contains('{') || item["get"].is_null() {
            continue;
        }
        let answer = asks.get(path).await;
        let text = answer.text().to_lowercase();
        for theirs in ["other.test", "theirs", "\"900\""] {
            assert!(!text.contains(theirs), "{path} names {theirs}: {text}");
        }
    }
}
