//! The node is killed while a customer writes, and comes back: the console sees it by itself.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use ramal_tests::Page;
use ramal_tests::front::Front;
use ramal_tests::page::http;
use serde_json::json;
use tokio::task::JoinSet;

use crate::calls::{CALLER_HZ, taken_directly};
use crate::office::{Agent, Office, log_in};

/// Messages of the customer, each a webhook of its own.
const MESSAGES: usize = 30;
/// So many are there before the node is killed amid the others.
const BEFORE: usize = 10;

/// Brings message `number` of the customer; whether it was answered 200.
async fn writes(web: SocketAddr, path: String, number: usize) -> (usize, bool) {
    let update = json!({ "update_id": number, "message": { "message_id": number, "date": 1_700_000_000 + number,
        "text": said(number), "from": { "id": 7, "first_name": "Téo" }, "chat": { "id": 7 } } });
    let secret = [("x-telegram-bot-api-secret-token", "s3cret")];
    let status = http::try_post(web, &path, &secret, update.to_string().as_bytes()).await;
    (number, status == Some(200))
}

fn said(number: usize) -> String {
    format!("Mensagem {number:02}.")
}

/// What the customer wrote, as it stands on the screen.
async fn shown(page: &Page) -> Vec<String> {
    let all = page.ask("texts", json!({ "selector": ".bubble.in .bubble-text" })).await;
    all.as_array().into_iter().flatten().filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn b03_b04_after_a_killed_node_the_console_comes_back_and_shows_each_message_once() {
    let mut office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let voice = office.voice_queue(&[&ana], json!({})).await;
    // Nobody stands behind this bot: it takes webhooks.
    let settings = json!({ "token": "42:abc", "webhook_secret": "s3cret", "api_url": "http://127.0.0.1:9" });
    let body = json!({ "name": "bot", "title": "Bot", "plugin": "telegram", "queue_id": queue, "settings": settings });
    let inbox = office.admin.does("/inboxes", body).await;
    let path = format!("/hooks/{}", inbox["key"].as_str().expect("a key"));
    // The console's address stays when the node's does not.
    let front = Front::before(office.node.web).await;
    let page = office.browser.open_alone("Ana", &format!("http://{}/", front.address)).await;
    log_in(&page, ana.me["email"].as_str().expect("an e-mail")).await;
    page.sees(".reach.live", "").await;
    ana.does("/presence/login", json!({ "queues": [queue, voice] })).await;
    let ana = Agent { desk: ana, page };
    let page = &ana.page;
    for number in 0..BEFORE {
        assert!(writes(office.node.web, path.clone(), number).await.1);
    }
    page.click(".offer >> role=button[name=/Aceitar/]").await;
    page.sees(".bubble.in", &said(BEFORE - 1)).await;
    let _caller = taken_directly(&office, &ana, "101", CALLER_HZ).await;
    page.sees(".dock .call[data-state=talking]", "101").await;
    let mut posting = JoinSet::new();
    for number in BEFORE..MESSAGES {
        posting.spawn(writes(office.node.web, path.clone(), number));
    }
    // The first answer is there, the others are on their way.
    let mut answers = vec![posting.join_next().await.expect("an answer").expect("no panic")];
    office.node.kill().await;
    answers.extend(posting.join_all().await);
    page.sees(".reach:not(.live)", "").await;
    page.fill(".composer textarea", "Já respondo").await;
    page.press("Enter").await;
    page.sees(".bubble-waits", "o servidor não responde").await;
    page.fill(".composer textarea", "Um momento, o sistema").await;
    // Nobody calls into the void; what he was about to dial stays.
    page.click("#dialler").await;
    page.fill(".dialler input", "101").await;
    page.sees(".dialler-note", "A conexão com o servidor caiu e está sendo refeita.").await;
    page.sees(".dialler .good[aria-disabled=true]", "Ligar").await;
    office.node.serve().await;
    front.lead_to(office.node.web);
    page.sees(".reach.live", "").await;
    // Of a call that died with the node nobody else tells.
    page.sees(".toasts", "sua chamada com 101 foi cortada").await;
    page.sees(".bubble.out:not([data-message=\"-1\"])", "Já respondo").await;
    page.sees(".dialler .good:not([aria-disabled=true])", "Ligar").await;
    page.sees_no(".dialler-note").await;
    page.holds(".dialler input", "101").await;
    page.press("Escape").await;
    // What was not answered is sent again, as a provider does.
    let mut again: BTreeSet<usize> =
        answers.into_iter().filter_map(|(number, taken)| (!taken).then_some(number)).collect();
    while let Some(number) = again.pop_first() {
        assert!(writes(office.node.web, path.clone(), number).await.1, "{number}");
    }
    page.sees(".bubble.in", &said(MESSAGES - 1)).await;
    // The last may have come before one that the node did not live to answer.
    page.counts(".bubble.in .bubble-text", MESSAGES as u64).await;
    page.counts(".bubble.out", 1).await;
    assert_eq!(shown(page).await, (0..MESSAGES).map(said).collect::<Vec<_>>());
    page.holds(".composer textarea", "Um momento, o sistema").await;
    page.counts(".lines [data-interaction]", 1).await;
}
