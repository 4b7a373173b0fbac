//! A visitor chats, leaves the page, comes back, ends: over a real WebSocket, as the widget does it.

use ramal_tests::page::http;
use ramal_tests::visitor::{SITE, Visitor};
use serde_json::json;

use crate::ground::{Ground, key};

#[tokio::test]
async fn a_form_is_filled_in_and_both_sides_talk() {
    let ground = Ground::new().await;
    let inbox = ground
        .website_with(
            "site",
            json!({ "ask_name": "required", "ask_email": "optional", "questions": "Pedido*" }),
        )
        .await;
    assert!(inbox["snippet"].as_str().is_some_and(|snippet| snippet.contains(key(&inbox))));
    let web = ground.node.web;
    let config =
        http::request(web, "GET", &format!("/hooks/{}/config", key(&inbox)), &[("Origin", SITE)], b"").await;
    assert_eq!((config.status, config.header("Access-Control-Allow-Origin").as_str()), (200, SITE));
    assert_eq!(config.json()["form"].as_array().map(Vec::len), Some(3));

    let _here = ground.attend().await;
    let mut visitor = Visitor::open(web, key(&inbox), None).await.expect("a line");
    assert_eq!(visitor.hello().await["open"], false);
    visitor.tell(json!({ "type": "say", "id": "too-early-1", "text": "Oi" })).await;
    visitor.expect("a refusal", |frame| frame["code"] == "not_started" && frame["id"] == "too-early-1").await;
    visitor.tell(json!({ "type": "start", "page": SITE, "form": { "name": "Ana" } })).await;
    visitor.expect("the missing field", |frame| frame["code"] == "form" && frame["field"] == "q1").await;
    let form = json!({ "name": "Ana", "email": "ana@example.com", "q1": "123" });
    visitor
        .tell(json!({ "type": "start", "page": format!("{SITE}/prices"), "language": "pt-BR", "form": form }))
        .await;
    visitor.expect("the beginning", |frame| frame["type"] == "started").await;
    visitor.say("first-word", "Oi").await;

    let interaction = ground.expect_interaction("the visitor", |it| it["title"] == "Ana").await;
    let visible = &interaction["visitor"];
    assert_eq!(visible["origin"], format!("{SITE}/prices"));
    assert_eq!((&visible["ip"], &visible["email"]), (&json!("127.0.0.1"), &json!("ana@example.com")));
    assert_eq!(visible["form"]["Pedido"], "123");
    ground.answer(&interaction, "Olá, Ana!").await;
    let heard = visitor.expect("the answer", |frame| frame["text"] == "Olá, Ana!").await;
    assert_eq!((&heard["from"], &heard["name"]), (&json!("agent"), &json!("Bia")));
    visitor.tell(json!({ "type": "seen", "ids": [heard["id"]], "state": "read" })).await;
    ramal_tests::deadline::within("a message that was read", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(50));
        loop {
            tick.tick().await;
            let page = ground.admin.read(&format!("/interactions/{}/messages", interaction["id"])).await;
            let read =
                page["items"].as_array().is_some_and(|all| all.iter().any(|one| one["state"] == "read"));
            if read {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_leaves_and_returns_finds_everything_once() {
    let ground = Ground::new().await;
    let inbox = ground.website("site").await;
    let web = ground.node.web;
    let _here = ground.attend().await;
    let mut visitor = Visitor::begin(web, key(&inbox), json!({})).await;
    visitor.say("message-1", "Oi").await;
    let interaction = ground.expect_interaction("the visitor", |it| it["last"]["text"] == "Oi").await;
    let token = visitor.token.clone();
    drop(visitor);
    let id = interaction["id"].clone();
    ground.expect_interaction("a visitor who left", |it| it["id"] == id && it["customer"] == "left").await;
    // Written while nobody is there.
    ground.answer(&interaction, "Ainda aí?").await;
    let mut back = Visitor::open(web, key(&inbox), Some(&token)).await.expect("a line");
    assert_eq!(back.token, token);
    let state = back.hello().await;
    let texts: Vec<&str> =
        state["messages"].as_array().into_iter().flatten().filter_map(|one| one["text"].as_str()).collect();
    assert_eq!((&state["open"], texts), (&json!(true), vec!["Oi", "Ainda aí?"]));
    assert_eq!(state["messages"][0]["id"], "message-1");
    // Sent again, as a widget does that did not hear of it: still one.
    back.say("message-1", "Oi").await;
    back.say("message-2", "Sim").await;
    ground.expect_interaction("a visitor who is back", |it| it["id"] == id && it["customer"] != "left").await;
    let texts: Vec<String> = ground.messages(&interaction).await.into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["Oi", "Ainda aí?", "Sim"]);
    assert_eq!(ground.interactions().await.len(), 1);
}

#[tokio::test]
async fn the_visitor_ends_and_may_begin_anew() {
    let ground = Ground::new().await;
    let inbox = ground.website("site").await;
    let _here = ground.attend().await;
    let mut visitor = Visitor::begin(ground.node.web, key(&inbox), json!({})).await;
    visitor.say("message-1", "Oi").await;
    let first = ground.expect_interaction("the visitor", |it| it["last"]["text"] == "Oi").await;
    ground.answer(&first, "Olá").await;
    visitor.tell(json!({ "type": "end" })).await;
    visitor.expect("the end", |frame| frame["type"] == "ended" && frame["by"] == "visitor").await;
    ground
        .expect_interaction("an ended conversation", |it| {
            it["id"] == first["id"] && it["customer"] == "ended"
        })
        .await;
    assert_eq!(visitor.hello().await["open"], false);
    visitor.tell(json!({ "type": "start", "page": SITE, "form": {} })).await;
    visitor.expect("a new beginning", |frame| frame["type"] == "started").await;
    visitor.say("message-2", "De novo").await;
    let second = ground.expect_interaction("a second one", |it| it["last"]["text"] == "De novo").await;
    assert_ne!(second["id"], first["id"]);
    assert_ne!(second["protocol"], first["protocol"]);
}

#[tokio::test]
async fn two_tabs_see_the_same_and_a_comment_is_seen_by_none() {
    let ground = Ground::new().await;
    let inbox = ground.website("site").await;
    let web = ground.node.web;
    let _here = ground.attend().await;
    let mut first = Visitor::begin(web, key(&inbox), json!({})).await;
    let mut second = Visitor::open(web, key(&inbox), Some(&first.token)).await.expect("a line");
    first.say("message-1", "Oi").await;
    second.expect("the same message", |frame| frame["id"] == "message-1").await;
    let interaction = ground.expect_interaction("the visitor", |it| it["last"]["text"] == "Oi").await;
    ground.answer(&interaction, "primeira").await;
    let comment = json!({ "text": "cliente difícil", "client_id": "c-comment", "comment": true });
    let kept = ground.agent.post(&format!("/interactions/{}/messages", interaction["id"]), comment).await;
    assert!(kept.status < 300, "{}", kept.text());
    ground.write(&interaction, "segunda").await;
    for tab in [&mut first, &mut second] {
        let next =
            tab.expect("an answer", |frame| frame["from"] == "agent" && frame["text"] != "primeira").await;
        assert_eq!(next["text"], "segunda");
    }
    assert!(!first.hello().await.to_string().contains("difícil"));
}

#[tokio::test]
async fn pages_of_other_sites_floods_and_unknown_inboxes_are_refused() {
    let ground = Ground::new().await;
    let inbox = ground.website("site").await;
    let web = ground.node.web;
    for origin in [Some("https://evil.test"), None] {
        let refused = Visitor::open_from(web, key(&inbox), None, origin).await.err().expect("a refusal");
        assert!(refused.contains("403"), "{refused}");
    }
    let unknown = Visitor::open(web, &"0".repeat(32), None).await.err().expect("a refusal");
    assert!(unknown.contains("404"), "{unknown}");
    let mut flooding = Visitor::open(web, key(&inbox), None).await.expect("a line");
    for _ in 0..30 {
        // The node may have had enough before we are done.
        if flooding.try_tell(json!({ "type": "ping" })).await.is_err() {
            break;
        }
    }
    assert_eq!(flooding.expect_close().await, Some(1008));
    let mut honest = Visitor::open(web, key(&inbox), None).await.expect("a line");
    assert_eq!(honest.hello().await["open"], false);
    // Somebody else's token is not guessed, and one that is none is replaced.
    let stranger = Visitor::open(web, key(&inbox), Some("nonsense")).await.expect("a line");
    assert_ne!(stranger.token, "nonsense");
}
