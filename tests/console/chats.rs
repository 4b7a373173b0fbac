//! A visitor of a website chats with an agent.

use ramal_tests::deadline::{until_async, within};
use ramal_tests::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::office::{Agent, Office};

async fn served(office: &Office) -> (Agent, String) {
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    (ana, key)
}

fn says(frame: &Value, text: &str) -> bool {
    frame["type"] == "message" && frame["text"] == text
}

#[tokio::test]
async fn f080_f088_messages_go_both_ways_with_enter_and_button() {
    let office = Office::open().await;
    let (ana, key) = served(&office).await;
    let page = &ana.page;
    let mut visitor = office.visitor(&key, "Marina", "Quero trocar de plano").await;
    page.sees(".offer", "Nova conversa").await;
    ana.accept().await;
    page.sees(".bubble.in", "Quero trocar de plano").await;
    page.fill(".composer textarea", "Bom dia!").await;
    page.press("Enter").await;
    visitor.expect("the first answer", |frame| says(frame, "Bom dia!")).await;
    page.sees(".bubble.out", "Bom dia!").await;
    page.fill(".composer textarea", "Uma linha").await;
    page.press("Shift+Enter").await;
    page.ask("type", json!({ "text": "e outra" })).await;
    page.click(".composer >> role=button[name=\"Enviar\"]").await;
    let answer = visitor.expect("both lines", |frame| says(frame, "Uma linha\ne outra")).await;
    visitor.tell(json!({ "type": "seen", "ids": [answer["id"]], "state": "read" })).await;
    page.sees(".delivery.read", "").await;
    visitor.tell(json!({ "type": "typing", "active": true })).await;
    page.sees(".typing", "Marina está digitando").await;
    visitor.say("second-word", "<b>Obrigada</b> https://acme.test/planos").await;
    page.sees(".bubble.in", "<b>Obrigada</b>").await;
    page.sees(".bubble.in a[href=\"https://acme.test/planos\"]", "").await;
}

#[tokio::test]
async fn f093_a_comment_is_seen_by_colleagues_and_never_by_the_customer() {
    let office = Office::open().await;
    let (ana, key) = served(&office).await;
    let page = &ana.page;
    let mut visitor = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    page.fill(".composer textarea", "! ligar para o jurídico").await;
    page.sees(".composer.comment", "O cliente não recebe").await;
    page.press("Enter").await;
    page.sees(".bubble.comment", "ligar para o jurídico").await;
    page.fill(".composer textarea", "Um momento").await;
    page.press("Enter").await;
    visitor.expect("the message after the comment", |frame| says(frame, "Um momento")).await;
    let shown = visitor.hello().await;
    let texts: Vec<&str> = shown["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|one| one["text"].as_str())
        .collect();
    assert!(
        texts.contains(&"Um momento") && !texts.iter().any(|text| text.contains("jurídico")),
        "{texts:?}"
    );
}

#[tokio::test]
async fn f094_a_draft_and_what_could_not_be_sent_are_kept_over_reloads_and_an_expired_log_in() {
    let office = Office::open().await;
    let (ana, key) = served(&office).await;
    let page = &ana.page;
    let mut visitor = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    // Written while the network is away, and the page is loaded anew before it is back.
    page.ask("cut", json!({ "cut": true })).await;
    page.fill(".composer textarea", "Já vejo").await;
    page.press("Enter").await;
    page.sees(".bubble-waits", "o servidor não responde").await;
    let _ = page.try_ask("reload", json!({})).await;
    page.ask("cut", json!({ "cut": false })).await;
    page.ask("go", json!({ "url": format!("http://{}/#/desk", office.node.web) })).await;
    visitor.expect("what was written meanwhile", |frame| says(frame, "Já vejo")).await;
    page.click(".lines .line").await;
    page.sees(".bubble.out:not([data-message=\"-1\"])", "Já vejo").await;
    page.counts(".bubble.out", 1).await;
    page.click(".composer textarea").await;
    page.ask("type", json!({ "text": "Estou vendo" })).await;
    page.reload().await;
    page.click(".lines .line").await;
    page.holds(".composer textarea", "Estou vendo").await;
    let id = ana.desk.id();
    let reset = office
        .admin
        .ask(
            "PUT",
            &format!("/users/{id}/password"),
            Some(&json!({ "password": ramal_tests::desk::PASSWORD })),
        )
        .await;
    assert!(reset.status < 300, "{}", reset.text());
    page.ask("type", json!({ "text": " isso" })).await;
    page.sees(".gate-card", "Sua sessão terminou").await;
    crate::office::log_in(page, ana.desk.me["email"].as_str().expect("an e-mail")).await;
    page.click(".lines .line").await;
    until_async("the draft", async || {
        page.value(".composer textarea").await.starts_with("Estou vendo").then_some(())
    })
    .await;
}

#[tokio::test]
async fn f079_f099_f102_a_waiting_chat_is_taken_and_ended_after_being_asked() {
    let office = Office::open().await;
    let (ana, key) = served(&office).await;
    let page = &ana.page;
    let mut visitor = office.visitor(&key, "Marina", "Oi").await;
    page.sees(".offer", "Marina").await;
    page.click(".offer >> role=button[name=/Recusar/]").await;
    page.sees_no(".offer").await;
    page.click(".lines .line:has-text(\"Marina\")").await;
    page.click("role=button[name=\"Atender\"]").await;
    page.sees(".composer", "").await;
    page.press("Escape").await;
    page.click(".talk-head >> role=button[name=/Encerrar interação/]").await;
    page.click("dialog >> role=button[name=\"Continuar\"]").await;
    page.sees(".composer", "").await;
    ana.end(None).await;
    visitor.expect("the end", |frame| frame["type"] == "ended" && frame["by"] == "agent").await;
    page.sees_no(".lines [data-interaction]").await;
    page.click("role=link[name=\"Atendimentos Finalizados\"]").await;
    page.sees(".lines", "Marina").await;
}

#[tokio::test]
async fn f132_f154_f155_f157_a_chat_goes_to_a_colleague_and_to_another_queue_with_all_that_was_said() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let bia = office.hire("Bia", "102").await;
    let queue = office.chat_queue(&[&ana, &bia], json!({})).await;
    office.admin.queue("outro", "chat", &[&ana], json!({ "title": "Outro" })).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let mut visitor = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    let protocol = ana.page.text(".talk-head .protocol").await;
    let bia = office.seat(bia).await;
    bia.join("chat").await;
    let clock = ana.tta_from(1).await;
    ana.page.click(".composer textarea").await;
    ana.page.ask("type", json!({ "text": "@" })).await;
    ana.page.click("dialog >> role=radio[name=/Bia/]").await;
    ana.page.click("dialog >> role=button[name=\"Transferir\"]").await;
    ana.page.sees_no(".lines [data-interaction]").await;
    // What is not hers any more makes room for the desk.
    ana.page.sees(".talk-place .boards", "").await;
    bia.page.sees(".offer", "Marina").await;
    bia.accept().await;
    bia.page.sees(".bubble.in", "Oi").await;
    assert_eq!(bia.page.text(".talk-head .protocol").await, protocol);
    assert!(bia.tta_from(0).await >= clock, "the clock began anew");
    visitor.say("still-here", "Ainda aqui").await;
    bia.page.sees(".bubble.in", "Ainda aqui").await;
    bia.page.click(".composer textarea").await;
    bia.page.ask("type", json!({ "text": "#" })).await;
    bia.page.click("dialog >> role=radio[name=/Outro/]").await;
    bia.page.click("dialog >> role=button[name=\"Transferir\"]").await;
    ana.page.sees(".offer", "Outro").await;
    ana.accept().await;
    ana.page.sees(".bubble.in", "Ainda aqui").await;
    assert_eq!(ana.page.text(".talk-head .protocol").await, protocol);
    ana.end(None).await;
    ana.page.click("role=tab[name=\"Histórico\"]").await;
    ana.page.click(".lines .line").await;
    ana.page.sees(".course", "Transferido por Ana para Bia").await;
    ana.page.sees(".course", "Transferido por Bia para Outro").await;
}

#[tokio::test]
async fn f078_f109_f110_calls_chats_and_telegram_stand_in_one_list() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    office.voice_queue(&[&ana], json!({})).await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let sandbox = Sandbox::start().await;
    telegram(&office, &sandbox, queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    ana.join("voice").await;
    let page = &ana.page;
    let _marina = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    sandbox.write(7, "João", "Vocês entregam?").await;
    page.sees(".offer", "João").await;
    page.sounded(880.0).await;
    ana.accept().await;
    page.sees(".bubble.in", "Vocês entregam?").await;
    let _caller = crate::calls::caller(&office, "101").await;
    page.sees(".lines", "101").await;
    for channel in ["Chat do site", "Telegram", "Voz"] {
        page.sees(&format!(".lines .line [aria-label=\"{channel}\"]"), "").await;
    }
    page.counts(".lines [data-interaction]", 3).await;
    page.fill(".composer textarea", "Entregamos").await;
    page.press("Enter").await;
    sandbox.expect_said(7, "Entregamos").await;
    ana.end(None).await;
    page.sees_no(".lines [data-interaction]:has-text(\"João\")").await;
    page.counts(".lines [data-interaction]", 2).await;
}

/// A Telegram bot whose messages wait in this queue; the sandbox plays the provider.
async fn telegram(office: &Office, sandbox: &Sandbox, queue: i64) {
    office.node.run(&["plugin", "grant", "telegram", "--allow-private-networks", "--allow-cleartext"]).await;
    let settings = json!({ "token": "42:abc", "webhook_secret": "s3cret", "api_url": format!("http://{}", sandbox.address) });
    let body = json!({ "name": "bot", "title": "Bot", "plugin": "telegram", "queue_id": queue, "settings": settings });
    let inbox = office.admin.does("/inboxes", body).await;
    // A running node takes up the grants within seconds; until then the provider cannot be asked.
    within("an inbox that is ready", async {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(200));
        loop {
            tick.tick().await;
            let tried = office.admin.patch(&format!("/inboxes/{}", inbox["id"]), json!({})).await.json();
            if tried["state"] == "ready" {
                return;
            }
        }
    })
    .await;
}
