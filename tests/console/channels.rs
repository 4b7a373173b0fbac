//! Channels in the top bar: logging in to queues, pausing, coming back.

use serde_json::{Value, json};

use crate::office::{Agent, Office};

/// Ana with two voice queues, one of which may be paused, an outbound one, and a chat queue that may be paused.
async fn ana(office: &Office) -> Agent {
    let ana = office.hire("Ana", "100").await;
    let lunch = office.admin.does("/pause-reasons", json!({ "title": "Almoço" })).await["id"].clone();
    office.voice_queue(&[&ana], json!({ "pause_reasons": [lunch] })).await;
    let more = |title: &str, direction: &str| json!({ "title": title, "direction": direction });
    office.admin.queue("suporte", "voice", &[&ana], more("Suporte", "inbound")).await;
    office.admin.queue("cobranca", "voice", &[&ana], more("Cobrança", "outbound")).await;
    office.chat_queue(&[&ana], json!({ "pause_reasons": [lunch] })).await;
    office.admin.queue("outro", "chat", &[&ana], json!({ "title": "Outro" })).await;
    office.seat(ana).await
}

async fn standing(agent: &Agent, queue: &str) -> Value {
    let desk = agent.desk.read("/desk").await;
    let queues = desk["desk"]["presence"]["queues"].as_array().cloned().unwrap_or_default();
    queues.into_iter().find(|one| one["title"] == queue).unwrap_or_default()["state"].clone()
}

#[tokio::test]
async fn f037_to_f043_and_f049_f050_two_groups_with_state_count_list_arrows_and_timers() {
    let office = Office::open().await;
    let ana = ana(&office).await;
    let page = &ana.page;
    page.sees("#channels-voice.offline", "Offline").await;
    page.sees("#channels-voice", "0/3").await;
    page.sees("#channels-chat.offline", "0/2").await;
    page.click("#channels-voice").await;
    for title in ["Vendas", "Suporte", "Cobrança"] {
        page.sees(".channel-row", title).await;
    }
    page.counts(".channel-row", 3).await;
    page.counts("role=img[name=\"Canal de Voz Receptivo\"]", 2).await;
    page.counts("role=img[name=\"Canal de Voz Ativo\"]", 1).await;
    // F043: hovering shows it; F050: two of three are joined.
    page.counts("[data-tip=\"Canal de Voz Receptivo\"]", 2).await;
    page.click("role=checkbox[name=\"Efetuar login em Cobrança\"]").await;
    page.click(".popup >> role=button[name=\"Efetuar login em filas\"]").await;
    page.sees("#channels-voice.online", "2/3").await;
    page.sees("#channels-chat.offline", "0/2").await;
    page.click("#channels-voice").await;
    page.sees(".channel-row:has-text(\"Vendas\") .timer", "00:00:").await;
    assert_eq!(standing(&ana, "Cobrança").await, "offline");
}

#[tokio::test]
async fn f044_f045_f051_f053_a_pause_of_voice_is_one_of_all_its_queues_with_a_reason() {
    let office = Office::open().await;
    let ana = ana(&office).await;
    let page = &ana.page;
    ana.join("voice").await;
    page.click("#channels-voice").await;
    page.click(".channel-foot >> role=button[name=\"Pausar\"]").await;
    page.click("role=menuitem[name=\"Almoço\"]").await;
    page.sees("#channels-voice.paused", "Em pausa").await;
    for title in ["Vendas", "Suporte", "Cobrança"] {
        page.sees(&format!(".channel-row:has-text(\"{title}\")"), "Em pausa · Almoço").await;
    }
    page.sees(".channel-row:has-text(\"Vendas\") .timer", "00:00:").await;
    assert_eq!(standing(&ana, "Cobrança").await, "paused");
    page.click(".channel-foot >> role=button[name=\"Pronto\"]").await;
    page.sees("#channels-voice.online", "3/3").await;
}

#[tokio::test]
async fn f046_f052_a_chat_channel_is_paused_by_itself_and_only_where_it_has_reasons() {
    let office = Office::open().await;
    let ana = ana(&office).await;
    let page = &ana.page;
    ana.join("chat").await;
    page.click("#channels-chat").await;
    page.click("role=button[name=\"Meu status em Chat do site\"]").await;
    page.click("role=menuitem[name=\"Pausar: Almoço\"]").await;
    page.sees(".channel-row:has-text(\"Chat do site\")", "Em pausa · Almoço").await;
    page.sees(".channel-row:has-text(\"Outro\")", "Online").await;
    page.sees("#channels-chat.online", "2/2").await;
    page.click("role=button[name=\"Meu status em Outro\"]").await;
    page.sees("role=menuitem[name=\"Sair da fila\"]", "").await;
    page.counts("role=menuitem[name=/Pausar/]", 0).await;
    page.click("role=menuitem[name=\"Sair da fila\"]").await;
    page.sees(".channel-row:has-text(\"Outro\")", "Offline").await;
    assert_eq!(standing(&ana, "Chat do site").await, "paused");
    page.click("role=button[name=\"Meu status em Chat do site\"]").await;
    page.click("role=menuitem[name=\"Pronto agora\"]").await;
    page.sees(".channel-row:has-text(\"Chat do site\")", "Online").await;
}

#[tokio::test]
async fn f051_f053_one_status_for_all_queues_of_both_kinds_seen_by_the_supervisor() {
    let office = Office::open().await;
    let ana = ana(&office).await;
    let page = &ana.page;
    ana.join("voice").await;
    ana.join("chat").await;
    let status = async |item: &str| {
        page.click(".top-user").await;
        page.click(&format!("role=menuitem[name=\"{item}\"]")).await;
    };
    status("Pausar tudo: Almoço").await;
    page.sees("#channels-voice.paused", "3/3").await;
    page.sees("#channels-chat.paused", "2/2").await;
    let agents = office.admin.read("/agents").await;
    let hers = agents["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| one["name"] == "Ana")
        .cloned()
        .unwrap_or_default();
    assert_eq!(hers["standings"][0]["reason"], "Almoço", "{hers:#}");
    status("Pronto em todas as filas").await;
    page.sees("#channels-voice.online", "3/3").await;
    page.sees("#channels-chat.online", "2/2").await;
    status("Sair de todas as filas").await;
    page.sees("#channels-voice.offline", "0/3").await;
    page.sees("#channels-chat.offline", "0/2").await;
}

#[tokio::test]
async fn f044_queues_without_reasons_cannot_be_paused() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    office.voice_queue(&[&ana], json!({})).await;
    let ana = office.seat(ana).await;
    ana.join("voice").await;
    ana.page.click("#channels-voice").await;
    ana.page.sees(".channel-foot", "Sair de todas").await;
    ana.page.counts(".channel-foot >> role=button[name=\"Pausar\"]", 0).await;
}
