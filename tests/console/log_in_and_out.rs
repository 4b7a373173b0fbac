//! Who comes lands where he works; who leaves is asked, and gone from all queues.

use ramal_tests::desk::PASSWORD;
use ramal_tests::{Browser, Desk, Node, Site};
use serde_json::json;

use crate::office::{Office, log_in};

#[tokio::test]
async fn f022_agents_land_at_their_work_and_administrators_at_theirs() {
    let office = Office::open().await;
    let ana = office.seat(office.hire("Ana", "100").await).await;
    ana.page.sees(".work", "Atendimento").await;
    let chief = office.browser.open_alone("chief", &format!("http://{}/", office.node.web)).await;
    log_in(&chief, office.admin.me["email"].as_str().expect("an e-mail")).await;
    chief.sees("h1", "").await;
    chief.counts(".work", 0).await;
    office.chat_queue(&[&office.admin], json!({})).await;
    chief.click("role=button[name=\"Atendimento Offline\"]").await;
    chief.sees("role=button[name=\"Atendimento Online\"]", "").await;
    chief.sees("#channels-chat.online", "1/1").await;
}

#[tokio::test]
async fn f012_f013_f014_logging_out_asks_leads_to_the_log_in_and_leaves_all_queues() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let bia = office.hire("Bia", "102").await;
    let queue = office.chat_queue(&[&ana, &bia], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let page = &ana.page;
    page.click(".top-user").await;
    page.click("role=menuitem[name=\"Sair\"]").await;
    page.sees("dialog", "Deseja mesmo sair?").await;
    page.click("dialog >> role=button[name=\"Cancelar\"]").await;
    page.sees("#channels-chat.online", "1/1").await;
    page.click(".top-user").await;
    page.click("role=menuitem[name=\"Sair\"]").await;
    page.click("dialog >> role=button[name=\"Sair\"]").await;
    page.sees(".gate-card", "Entrar").await;
    page.ask("call", json!({ "object": "history", "method": "back", "args": [] })).await;
    page.sees(".gate-card", "Entrar").await;
    let agents = office.admin.read("/agents").await;
    let ana = agents["items"].as_array().expect("agents").iter().find(|one| one["name"] == "Ana");
    assert!(ana.is_none_or(|ana| ana["standings"].as_array().is_some_and(Vec::is_empty)), "{ana:?}");
    // A chat that comes now is offered to whoever is there, and was never hers.
    let _visitor = office.visitor(&key, "Marina", "Oi").await;
    let bia = office.seat(bia).await;
    bia.join("chat").await;
    bia.page.sees(".offer", "Marina").await;
    let id = bia.desk.read("/desk").await["desk"]["offers"][0]["interaction"]["id"].clone();
    let course = office.admin.read(&format!("/interactions/{id}/events")).await;
    let offered: Vec<&str> = course["items"]
        .as_array()
        .expect("events")
        .iter()
        .filter(|one| one["kind"] == "offered")
        .filter_map(|one| one["user"]["name"].as_str())
        .collect();
    assert_eq!(offered, ["Bia"], "{course:#}");
}

#[tokio::test]
async fn f015_logging_out_is_refused_while_an_interaction_is_open() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let _visitor = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    let page = &ana.page;
    page.click(".nav >> role=button[name=\"Sair do sistema\"]").await;
    page.click("dialog >> role=button[name=\"Sair\"]").await;
    let text = "Você não pode fazer logout enquanto houver atendimentos em andamento. Finalize-os para sair da aplicação.";
    page.sees("dialog", text).await;
    page.press("Enter").await;
    page.sees_no("dialog").await;
    ana.end(None).await;
    page.click(".nav >> role=button[name=\"Sair do sistema\"]").await;
    page.click("dialog >> role=button[name=\"Sair\"]").await;
    page.sees(".gate-card", "Entrar").await;
}

#[tokio::test]
async fn f008_the_language_chosen_beside_the_first_password_stays_and_refusals_are_told_in_it() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let link = node.setup_link.clone().expect("a link");
    let page = browser.open_alone("first", &link).await;
    page.sees("[name=again]", "").await;
    // The administrator's own is Portuguese, whatever the browser asks for.
    for language in ["pt-BR", "en"] {
        page.ask("choose", json!({ "selector": ".gate-foot select", "value": language })).await;
    }
    for name in ["password", "again"] {
        page.fill(&format!("[name={name}]"), "aaaaaaaaaaaaa").await;
    }
    page.click("button[type=submit]").await;
    page.sees(".field-error", "Everybody tries this password first").await;
    page.ask("choose", json!({ "selector": ".gate-foot select", "value": "pt-BR" })).await;
    page.sees(".field-error", "uma das primeiras que todos tentam").await;
    page.ask("choose", json!({ "selector": ".gate-foot select", "value": "en" })).await;
    for name in ["password", "again"] {
        page.fill(&format!("[name={name}]"), PASSWORD).await;
    }
    page.click("button[type=submit]").await;
    page.sees("nav a[href='#/admin']", "").await;
    assert_eq!(page.ask("attribute", json!({ "selector": "html", "name": "lang" })).await, "en");
    let admin = Desk::log_in(&node, "admin@acme.test").await;
    assert_eq!(admin.me["language"], "en");
}
