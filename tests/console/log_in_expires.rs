//! A log-in that is over in the middle of a sentence.

use serde_json::json;

use crate::office::{Office, log_in};

#[tokio::test]
async fn f094_a_log_in_that_expires_in_mid_sentence_costs_no_word() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let page = &ana.page;
    let mut visitor = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    page.click(".composer textarea").await;
    page.ask("type", json!({ "text": "Estou vendo is" })).await;
    office.node.database.change("UPDATE logins SET expires_at_ms = 1");
    // She does not look up: some of the keys come while the log-in ends, some after.
    page.ask("type", json!({ "text": "so ag" })).await;
    page.sees(".gate-card", "Sua sessão terminou").await;
    page.sees(".gate-card", "Sua mensagem não terminada").await;
    page.ask("type", json!({ "text": "ora" })).await;
    log_in(page, ana.desk.me["email"].as_str().expect("an e-mail")).await;
    page.click(".lines .line").await;
    page.holds(".composer textarea", "Estou vendo isso agora").await;
    page.click(".composer >> role=button[name=\"Enviar\"]").await;
    let answer =
        visitor.expect("the whole sentence", |frame| frame["text"] == "Estou vendo isso agora").await;
    assert_eq!(answer["from"], "agent");
}
