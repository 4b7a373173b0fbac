//! A body that names a row of another organization is refused as if that row were not there: the document of the API is walked
//! for all that bodies may name.

use ramal_tests::{Desk, Node};
use serde_json::{Value, json};

use crate::neighbours::{Estate, Neighbours};

/// A field of a body that names a row: where it stands, as a JSON pointer, and the schema of its number.
type Field = (String, String);

/// All fields of a schema that name rows.
fn fields(document: &Value, schema: &Value, at: &str, depth: usize) -> Vec<Field> {
    let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next());
    if let Some(name) = name.filter(|name| name.ends_with("Id")) {
        return vec![(at.to_owned(), name.to_owned())];
    }
    if depth == 0 {
        return Vec::new();
    }
    let schema = name.map_or(schema, |name| &document["components"]["schemas"][name]);
    let mut found = Vec::new();
    for choice in ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
        found.extend(fields(document, choice, at, depth - 1));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        found.extend(fields(document, property, &format!("{at}/{name}"), depth - 1));
    }
    if schema["items"].is_object() {
        found.extend(fields(document, &schema["items"], &format!("{at}/0"), depth - 1));
    }
    found
}

/// What the other organization has of this kind, as it would fit at this endpoint.
fn theirs(estate: &Estate, kind: &str, path: &str) -> Value {
    match kind {
        "ContactId" => estate.contact.clone(),
        "DispositionId" => estate.disposition.clone(),
        "InboxId" => estate.inbox.clone(),
        "InteractionId" => estate.interaction.clone(),
        "MessageId" => estate.message.clone(),
        "PauseReasonId" => estate.pause_reason.clone(),
        "QueueId" if path.starts_with("/calls") => estate.voice_queue.clone(),
        "QueueId" => estate.queue.clone(),
        "SoundClipId" => estate.sound_clip.clone(),
        "UserId" => json!(estate.agent.id()),
        other => panic!("say here what the other organization has as {other} ({path})"),
    }
}

/// Where one asks, and a body that would be right but for the field that is put into it.
fn right(own: &Own, method: &str, path: &str) -> (String, Value) {
    let Own { estate, agent, .. } = own;
    let talk = |verb: &str| format!("/interactions/{}{verb}", estate.interaction);
    let name = format!("n{}", rand::random::<u32>());
    let (there, body) = match (method, path) {
        ("post", "/calls") => (path.to_owned(), json!({ "to": "*43" })),
        ("post", "/calls/{id}/transfer") => (format!("/calls/{}/transfer", own.call), json!({ "to": {} })),
        ("post", "/calls/{id}/clip") => (format!("/calls/{}/clip", own.call), json!({})),
        ("post", "/contacts") => {
            (path.to_owned(), json!({ "name": name, "identities": [{ "kind": "handle", "value": name }] }))
        }
        ("patch", "/contacts/{id}") => (
            format!("/contacts/{}", estate.contact),
            json!({ "identities": [{ "kind": "handle", "value": name }] }),
        ),
        ("post", "/dispositions") => (path.to_owned(), json!({ "title": name, "queues": [] })),
        ("post", "/inboxes") => {
            (path.to_owned(), json!({ "name": name, "title": name, "plugin": "webchat" }))
        }
        ("patch", "/inboxes/{id}") => (format!("/inboxes/{}", estate.inbox), json!({})),
        ("patch", "/interactions/{id}") => (talk(""), json!({})),
        ("post", "/interactions/{id}/end") => (talk("/end"), json!({})),
        ("post", "/interactions/{id}/messages") => (talk("/messages"), json!({ "text": "Mallory" })),
        ("post", "/interactions/{id}/transfer") => (talk("/transfer"), json!({ "to": {} })),
        ("post", "/presence/login" | "/presence/logout") => (path.to_owned(), json!({ "queues": [] })),
        ("post", "/presence/pause") => {
            (path.to_owned(), json!({ "scope": { "queue": estate.queue }, "reason_id": estate.pause_reason }))
        }
        ("post", "/presence/ready") => (path.to_owned(), json!({ "scope": {} })),
        ("post", "/queues") => (path.to_owned(), json!({ "name": name, "medium": "chat" })),
        ("patch", "/queues/{id}") => (format!("/queues/{}", estate.queue), json!({})),
        ("post", "/users") => {
            (path.to_owned(), json!({ "name": name, "email": format!("{name}@acme.test"), "role": "agent" }))
        }
        ("patch", "/users/{id}") => (format!("/users/{agent}"), json!({})),
        (method, path) => panic!("say here what a right body of {method} {path} is"),
    };
    (there, body)
}

/// What the one who asks has himself.
struct Own {
    estate: Estate,
    /// Number of his agent.
    agent: i64,
    /// A call of his agent.
    call: String,
    _seat: ramal_tests::page::Seat,
}

impl Own {
    /// The agent has the visitor's Interaction, and a call beside it.
    async fn of(node: &Node, admin: &Desk) -> Own {
        let estate = Estate::of(node, admin, "Ours", "101").await;
        estate.agent.does(&format!("/offers/{}/accept", estate.offer().await), json!({})).await;
        let seat = estate.agent.take_seat().await;
        let call = estate.agent.dial("*43").await;
        let agent = estate.agent.id();
        Own { estate, agent, call, _seat: seat }
    }
}

/// Puts a value where a pointer leads, and makes what is missing on the way.
fn put(body: &mut Value, at: &str, value: Value) {
    let (parent, name) = at.rsplit_once('/').expect("a pointer");
    let place = if parent.is_empty() {
        body
    } else {
        body.pointer_mut(parent).expect("its parent in the right body")
    };
    match place {
        Value::Array(items) => *items = vec![value],
        place => place[name] = value,
    }
}

#[tokio::test]
async fn a_body_that_names_anothers_row_is_refused() {
    let Neighbours { node, asks, owns } = Neighbours::new().await;
    let (own, estate) = (Own::of(&node, &asks).await, Estate::of(&node, &owns, "Theirs", "900").await);
    let document = ramal_tests::desk::send(node.web, "GET", "/openapi.json", &[], None).await.json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            for (at, kind) in fields(&document, schema, "", 6) {
                let (there, mut body) = right(&own, method, path);
                // A list that the right body leaves out.
                if let Some(list) = at.strip_suffix("/0").filter(|list| body.pointer(list).is_none()) {
                    put(&mut body, list, json!([]));
                }
                put(&mut body, &at, theirs(&estate, &kind, path));
                let own_affair =
                    ["/calls", "/interactions", "/presence"].iter().any(|noun| path.starts_with(noun));
                let desk = if own_affair { &own.estate.agent } else { &asks };
                let answer = desk.ask(&method.to_uppercase(), &there, Some(&body)).await;
                // Who is not in a queue is out of it.
                let out_already = answer.status == 200 && path == "/presence/logout";
                assert!(
                    out_already || matches!(answer.status, 404 | 409 | 422),
                    "{method} {there} {body}: {} {}",
                    answer.status,
                    answer.text()
                );
                assert!(!answer.text().contains("Theirs"), "{method} {there}: {}", answer.text());
                asked += 1;
            }
        }
    }
    assert!(asked >= 25, "only {asked} fields were tried");
    // Ours is as it was, and so is theirs.
    let ours = own.estate.agent.read(&format!("/interactions/{}", own.estate.interaction)).await;
    assert_eq!((&ours["state"], &ours["agent"]["id"]), (&json!("open"), &json!(own.agent)));
    assert_eq!(estate.agent.read("/desk").await["desk"]["offers"].as_array().map(Vec::len), Some(1));
}
