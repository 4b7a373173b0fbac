//! The list of interactions and the header of the one that is shown.

use ramal_tests::Site;
use serde_json::json;

use crate::office::Office;

#[tokio::test]
async fn f109_f111_to_f116_f123_f124_rows_with_their_states_while_a_visitor_writes_leaves_returns_and_ends() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let page = &ana.page;
    let mut marina = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    page.click("role=tab[name=\"Histórico\"]").await;
    page.click("role=tab[name=\"Atendimento\"]").await;
    let mut nina = office.visitor(&key, "Nina", "Bom dia").await;
    page.sees(".offer", "Nina").await;
    page.press("a").await;
    page.sees_no(".offer").await;
    page.counts(".lines [data-interaction]", 2).await;
    let row = |name: &str| format!(".lines .line:has-text(\"{name}\")");
    let state = |name: &str, state: &str| format!("{} .mark[data-state={state}]", row(name));
    page.click(&row("Nina")).await;
    page.sees(&state("Nina", "waiting"), "").await;
    page.fill(".composer textarea", "Pois não").await;
    page.press("Enter").await;
    page.sees(&state("Nina", "answered"), "").await;
    nina.expect("the answer", |frame| frame["text"] == "Pois não").await;
    nina.say("second-word", "Vocês entregam?").await;
    page.sees(&state("Nina", "waiting"), "").await;
    for part in ["Nina", "Vocês entregam?", "Chat do site"] {
        page.sees(&row("Nina"), part).await;
    }
    for part in [".avatar", "time"] {
        page.sees(&format!("{} {part}", row("Nina")), "").await;
    }
    page.sees(&format!("{} .timer", row("Nina")), "00:").await;
    page.sees(&format!("{} [aria-label=\"Chat do site\"]", row("Nina")), "").await;
    let token = nina.token.clone();
    drop(nina);
    page.sees(&state("Nina", "left"), "").await;
    page.sees(&row("Nina"), "Saiu da página, ").await;
    let _nina =
        ramal_tests::visitor::Visitor::open(office.node.web, &key, Some(&token)).await.expect("a line");
    page.sees(&state("Nina", "waiting"), "").await;
    // What is written while the network is away comes too late for her: it is refused, and stays until its writer lets it go.
    page.click(&row("Marina")).await;
    page.ask("cut", json!({ "cut": true })).await;
    page.fill(".composer textarea", "Ainda aí?").await;
    page.press("Enter").await;
    page.sees(".bubble-waits", "o servidor não responde").await;
    marina.tell(json!({ "type": "end" })).await;
    marina.expect("the end", |frame| frame["type"] == "ended").await;
    page.ask("cut", json!({ "cut": false })).await;
    page.sees(&state("Marina", "ended"), "").await;
    page.sees(".talk-note", "O cliente encerrou").await;
    page.sees(".bubble-failed", "Enviar de novo").await;
    page.click(".bubble-failed >> role=button[name=\"Descartar\"]").await;
    page.counts(".bubble.out", 0).await;
    // What has ended waits in no queue.
    page.counts("role=button[name=\"Devolver para a fila\"]", 0).await;
    ana.end(None).await;
    page.counts(".lines [data-interaction]", 1).await;
}

#[tokio::test]
async fn f111_a_chat_that_came_while_another_is_read_is_new_until_it_is_opened() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let _marina = office.visitor(&key, "Marina", "Oi").await;
    ana.page.sees(".offer", "Marina").await;
    let offers = ana.desk.read("/desk").await["desk"]["offers"].clone();
    let offer = offers[0]["id"].as_i64().expect("an offer");
    // From another tab of hers: on this screen it only appears.
    ana.desk.does(&format!("/offers/{offer}/accept"), json!({})).await;
    ana.page.sees(".lines .mark[data-state=new]", "").await;
    ana.page.sees(".unread", "1").await;
    ana.page.click(".lines .line").await;
    ana.page.sees(".lines .mark[data-state=waiting]", "").await;
    ana.page.sees_no(".unread").await;
}

#[tokio::test]
async fn f119_f120_f121_f125_searching_filtering_and_ordering() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let page = &ana.page;
    let _marina = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    let _nina = office.visitor(&key, "Nina", "Oi").await;
    ana.accept().await;
    page.sees(".talk-head h1", "Nina").await;
    let protocol = page.text(".talk-head .protocol").await;
    page.fill(".list input[type=search]", "mar").await;
    page.sees_no(".lines .line:has-text(\"Nina\")").await;
    page.counts(".lines .line", 1).await;
    page.fill(".list input[type=search]", protocol.trim()).await;
    page.sees(".lines", "Nina").await;
    page.sees_no(".lines .line:has-text(\"Marina\")").await;
    page.fill(".list input[type=search]", "").await;
    page.sees(".lines li:first-child .line", "Marina").await;
    page.click("role=button[name=\"Filtros\"]").await;
    page.ask("choose", json!({ "selector": ".list-filters select >> nth=2", "value": "up" })).await;
    page.sees(".lines li:first-child .line", "Nina").await;
}

#[tokio::test]
async fn f128_f129_f131_the_header_has_name_protocol_that_is_copied_history_and_tta() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let page = &ana.page;
    let _marina = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    page.sees(".talk-head h1", "Marina").await;
    page.sees(".tta .timer", "00:").await;
    page.ask("allow", json!({ "permissions": ["clipboard-read", "clipboard-write"] })).await;
    let protocol = page.text(".protocol").await.trim().to_owned();
    page.click(".protocol button >> nth=0").await;
    let clipboard = page.ask("clipboard", json!({})).await;
    assert_eq!(clipboard.as_str(), Some(protocol.as_str()));
}

#[tokio::test]
async fn f114_f115_who_stays_away_too_long_has_ended_and_his_chat_stays_until_it_is_closed() {
    // As with 90 seconds, only sooner.
    let office = Office::with(Site::acme(), "[desk]\nvisitor_grace_s = 1").await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let marina = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    drop(marina);
    ana.page.sees(".lines .mark[data-state=ended]", "").await;
    ana.page.sees(".talk-note", "O cliente encerrou").await;
    ana.end(None).await;
    ana.page.sees_no(".lines [data-interaction]").await;
}
