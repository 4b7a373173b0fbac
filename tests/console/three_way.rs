//! Three in one call, made from the call bar.

use ramal_tests::{Call, Rtp, Ua};
use serde_json::json;

use crate::calls::{CALLER_HZ, caller, served};
use crate::office::{AGENT_HZ, Agent, Office};

const EXPERT_HZ: f64 = 1250.0;

/// Whom the agent asks.
struct Expert {
    call: Call,
    rtp: Rtp,
}

/// Dials him from the call bar; he answers once the bar says that he is being called.
async fn add(ana: &Agent, phone: &Ua) -> Expert {
    let page = &ana.page;
    page.click(".call >> role=button[name=\"Adicionar\"]").await;
    page.fill(".call-add input", "103").await;
    page.click("role=button[name=\"Chamar e adicionar\"]").await;
    let call = phone.expect_invite().await;
    page.sees(".call-company", "Chamando 103").await;
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    rtp.speak(EXPERT_HZ);
    page.sees(".call-company [data-party='103']", "103").await;
    Expert { call, rtp }
}

#[tokio::test]
async fn f069_a_third_one_is_added_dropped_added_again_and_the_agent_leaves_the_two_alone() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let phone = office.node.phone("103").await;
    let mut caller = caller(&office, "101").await;
    ana.accept().await;
    page.hears(CALLER_HZ).await;
    let expert = add(&ana, &phone).await;
    tokio::join!(
        page.hears_all(&[CALLER_HZ, EXPERT_HZ], &[AGENT_HZ]),
        caller.rtp.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CALLER_HZ]),
        expert.rtp.hears_all(&[AGENT_HZ, CALLER_HZ], &[EXPERT_HZ]),
    );
    // Who is brought in is no customer of his own.
    page.counts(".lines [data-interaction]", 1).await;
    page.click("role=button[name=\"Retirar 103 da chamada\"]").await;
    expert.call.expect_bye().await;
    page.sees_no(".call-company").await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    let expert = add(&ana, &phone).await;
    caller.rtp.hears_all(&[AGENT_HZ, EXPERT_HZ], &[CALLER_HZ]).await;
    page.click("role=button[name=\"Sair da chamada: os outros continuam\"]").await;
    tokio::join!(
        caller.rtp.hears_all(&[EXPERT_HZ], &[AGENT_HZ]),
        expert.rtp.hears_all(&[CALLER_HZ], &[AGENT_HZ]),
    );
    page.sees_no(".call-verbs").await;
    caller.call.bye().await;
    expert.call.expect_bye().await;
}

#[tokio::test]
async fn f069_the_agent_ends_it_for_all_after_a_question() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let phone = office.node.phone("103").await;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    ana.page.hears(CALLER_HZ).await;
    let expert = add(&ana, &phone).await;
    ana.page.click(".call-company >> role=button[name=\"Encerrar para todos\"]").await;
    ana.page.click("dialog >> role=button[name=\"Encerrar para todos\"]").await;
    tokio::join!(caller.call.expect_bye(), expert.call.expect_bye());
    ana.page.sees(".call[data-state=ended]", "").await;
}

#[tokio::test]
async fn f069_who_does_not_come_in_is_told_and_the_call_is_still_there() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let phone = office.node.phone("103").await;
    let mut caller = caller(&office, "101").await;
    ana.accept().await;
    page.hears(CALLER_HZ).await;
    page.click(".call >> role=button[name=\"Adicionar\"]").await;
    page.fill(".call-add input", "103").await;
    page.press("Enter").await;
    phone.expect_invite().await.reject(486).await;
    page.sees(".toasts", "103 não entrou na chamada").await;
    page.sees(".call[data-state=held]", "").await;
    page.press("h").await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    // He comes after all, and the customer leaves: one talks with him, and the bar says so.
    let expert = add(&ana, &phone).await;
    page.hears_all(&[CALLER_HZ, EXPERT_HZ], &[AGENT_HZ]).await;
    caller.call.bye().await;
    page.sees(".call-note", "O cliente saiu da chamada. Você fala com 103.").await;
    page.sees(".call[data-state=talking] .call-who strong", "103").await;
    page.screenshot("more/call_customer_left").await;
    tokio::join!(page.hears(EXPERT_HZ), expert.rtp.hears(AGENT_HZ));
}

#[tokio::test]
async fn f069_who_is_brought_in_is_offered_nothing_that_is_not_his_to_do_and_may_leave() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let bia = office.hire("Bia", "102").await;
    office.admin.queue("outra", "voice", &[&bia], json!({ "title": "Outra" })).await;
    let bia = office.seat(bia).await;
    bia.join("voice").await;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    ana.page.hears(CALLER_HZ).await;
    ana.page.click(".call >> role=button[name=\"Adicionar\"]").await;
    ana.page.fill(".call-add input", "102").await;
    ana.page.press("Enter").await;
    bia.accept().await;
    ana.page.sees_no(".call-company li:has-text(\"Chamando\")").await;
    ana.page.sees(".call-company [data-party='102']", "Bia").await;
    bia.page.sees(".dock .call[data-state=talking]", "").await;
    bia.page.screenshot("more/call_third").await;
    ana.page.screenshot("more/call_with_third").await;
    let leave = "role=button[name=\"Sair da chamada: os outros continuam\"]";
    bia.page.sees(leave, "").await;
    for verb in ["Transferir", "Encerrar para todos"] {
        assert_eq!(bia.page.count(&format!(".dock >> role=button[name=\"{verb}\"]")).await, 0, "{verb}");
    }
    bia.page.click(".dock >> role=button[name=\"Mais\"]").await;
    bia.page.sees("role=menu", "Ocultar teclas").await;
    bia.page.counts("role=menuitem[name=\"Clipes de áudio\"]", 0).await;
    bia.page.press("Escape").await;
    bia.page.click(leave).await;
    ana.page.sees_no(".call-company").await;
    tokio::join!(ana.page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
}
