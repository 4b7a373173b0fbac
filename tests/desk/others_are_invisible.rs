//! Nothing of one Organization is visible to another, at any endpoint: the document of the API is walked, so that none is forgotten.

use ramal_tests::page::http::Answer;
use ramal_tests::{Desk, Node};
use serde_json::{Value, json};

use crate::neighbours::{Estate, Neighbours};

/// What the other organization has that is not one row for all endpoints.
struct Theirs {
    estate: Estate,
    offer: Value,
    attachment: String,
    call: String,
    recording: String,
    // Its call runs as long as this.
    _seat: ramal_tests::page::Seat,
}

impl Theirs {
    async fn of(node: &Node, owns: &Desk) -> Theirs {
        let estate = Estate::of(node, owns, "Theirs", "900").await;
        let (call, recording, seat) = estate.calls(node).await;
        let (offer, attachment) = (estate.offer().await, estate.attachment(node).await);
        Theirs { estate, offer, attachment, call, recording, _seat: seat }
    }
}

/// What stands for each variable of a path: something that the other organization has.
fn stands_for(theirs: &Theirs, path: &str, variable: &str) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Theirs { estate, offer, attachment, call, recording, .. } = theirs;
    match (path.split('/').nth(1).unwrap_or_default(), variable) {
        ("agents" | "users", "id") => estate.agent.id().to_string(),
        ("attachments", "id") => attachment.clone(),
        ("calls", "id") => call.clone(),
        ("contacts", "id") => text(&estate.contact),
        ("dispositions", "id") => text(&estate.disposition),
        ("extensions", "number") => "900".to_owned(),
        ("inboxes", "id") => text(&estate.inbox),
        ("interactions", "id") => text(&estate.interaction),
        ("offers", "id") => text(offer),
        ("pause-reasons", "id") => text(&estate.pause_reason),
        ("queues", "id") => text(&estate.queue),
        ("call-records" | "recordings", "id") => recording.clone(),
        ("rules", "id") => text(&estate.rule),
        ("sound-clips", "id") => text(&estate.sound_clip),
        ("tokens", "id") => text(&estate.token),
        ("trunks", "name") => "theirs".to_owned(),
        // Somebody's call has to be one first.
        ("conferences", "id") => "00000000000000000000000000".to_owned(),
        ("whip", "attachment") => "0".repeat(32),
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
        ("post", "/calls/{id}/clip") => Some(json!({ "clip": 1 })),
        ("post", "/calls/{id}/listen") => Some(json!({ "voice": true, "answerer": false, "fax": false })),
        ("post", "/calls/{id}/mask") => Some(json!({ "masked": true })),
        ("post", "/calls/{id}/recording") => Some(json!({ "to": "pause" })),
        ("patch", "/sound-clips/{id}") => Some(json!({ "title": "Mallory" })),
        ("patch", "/contacts/{id}") => Some(json!({ "name": "Mallory" })),
        ("patch" | "put", path) => panic!("say here what a right body is for {method} {path}"),
        _ => None,
    }
}

#[tokio::test]
async fn no_endpoint_shows_or_changes_what_is_anothers() {
    let Neighbours { node, asks, owns } = Neighbours::new().await;
    let theirs = Theirs::of(&node, &owns).await;
    let document = ramal_tests::desk::send(node.web, "GET", "/openapi.json", &[], None).await.json();
    let (mut asked, mut seen) = (0, 0);
    for (path, item) in document["paths"].as_object().expect("paths") {
        let Some((_, rest)) = path.split_once('{') else { continue };
        let variable = rest.split('}').next().unwrap_or_default();
        // A link is a secret that opens for whoever has it; a plugin is the node's.
        if path.starts_with("/links/") || path.starts_with("/plugins/") {
            continue;
        }
        let there = path.replace(&format!("{{{variable}}}"), &stands_for(&theirs, path, variable));
        for method in item.as_object().expect("operations").keys() {
            if (method.as_str(), path.as_str()) == ("patch", "/whip/{attachment}") {
                continue; // It takes no JSON; DELETE shows what it is worth.
            }
            let body = right_body(method, path);
            let answer: Answer = asks.ask(&method.to_uppercase(), &there, body.as_ref()).await;
            assert_eq!(answer.status, 404, "{method} {there}: {}", answer.text());
            asked += 1;
        }
        // It is there: its owner sees it. Of a file that failed and of a user without a photograph there is nothing to see.
        let nothing = ["/attachments/{id}", "/users/{id}/photo"].contains(&path.as_str());
        if !item["get"].is_null() && !nothing {
            assert_eq!(owns.get(&there).await.status, 200, "{there} of its owner");
            seen += 1;
        }
    }
    assert!(
        asked >= 50 && seen >= 14,
        "only {asked} endpoints were asked, {seen} rows were seen by their owner"
    );
    let offers = theirs.estate.agent.read("/desk").await["desk"]["offers"].clone();
    assert_eq!(offers[0]["id"], theirs.offer, "nobody touched it");
    let calls = theirs.estate.agent.read("/calls").await;
    assert_eq!(calls[0]["id"], theirs.call.as_str(), "nobody hung up");
}

#[tokio::test]
async fn no_list_names_what_is_anothers() {
    let Neighbours { node, asks, owns } = Neighbours::new().await;
    let theirs = Theirs::of(&node, &owns).await;
    let document = ramal_tests::desk::send(node.web, "GET", "/openapi.json", &[], None).await.json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        if path.contains('{') || item["get"].is_null() {
            continue;
        }
        let text = asks.get(path).await.text().to_lowercase();
        for name in ["other.test", "theirs", "\"900\"", &theirs.recording.to_lowercase()] {
            assert!(!text.contains(name), "{path} names {name}: {text}");
        }
    }
}
