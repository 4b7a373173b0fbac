//! What a supervisor watches.

use ramal_tests::Browser;
use ramal_tests::deadline::until_async;
use serde_json::json;

use crate::calls::{CALLER_HZ, caller, served};
use crate::office::{AGENT_HZ, Office, log_in};
use crate::stage::{console, email, faults, made, press, reads, visit};
use crate::widget::{open, says, shop};

#[tokio::test]
async fn f196_to_f200_b05_boards_count_and_a_waiting_chat_says_why() {
    let shop = shop(json!({ "ask_name": "off", "ask_email": "off" })).await;
    let sofia = shop.admin.colleague("Sofia", "supervisor", json!({ "language": "en" })).await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &shop.node, "sofia", email(&sofia)).await;
    visit(&page, &shop.node, "supervise").await;
    let card = format!("[data-queue='{}']", shop.queue);
    page.sees(&card, "Support").await;
    let visitor = shop.visitor(&browser, "visitor", "home").await;
    open(&visitor).await;
    says(&visitor, "Hello?").await;
    // F198, F200: one waits, and the longest waiting ticks.
    page.sees(&format!("{card} .figure"), "1").await;
    page.sees(&format!("{card} time"), "00:").await;
    assert_eq!(faults(&page).await, json!([]));
    // B05
    page.click("role=tab[name=\"Waiting\"]").await;
    page.sees("tr", "Support").await;
    press(&page, "Why?").await;
    page.sees("dialog[open]", "Not logged in to the queue").await;
    assert_eq!(faults(&page).await, json!([]));
}

#[tokio::test]
async fn f180_a_supervisor_ends_the_wrap_up_of_an_agent() {
    let shop = shop(json!({ "ask_name": "off", "ask_email": "off" })).await;
    let answer = shop.admin.patch(&format!("/queues/{}", shop.queue), json!({ "wrap_up_s": 300 })).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let browser = Browser::speaking(440.0).await;
    let agent = console(&browser, &shop.node, "agent", email(&shop.admin)).await;
    made(&shop.admin, "/presence/login", json!({ "queues": [shop.queue] })).await;
    let visitor = shop.visitor(&browser, "visitor", "home").await;
    open(&visitor).await;
    says(&visitor, "Hello?").await;
    visitor.sees("ramal-widget .bubble.visitor:has([aria-label=Sent])", "Hello?").await;
    press(&agent, "Accept").await;
    let id = until_async("what was accepted", async || {
        // Until the click has come through it is only offered, and who ends it then has nothing to wrap up.
        let one = shop.admin.read("/desk").await["desk"]["interactions"][0].clone();
        (one["state"] == "open").then(|| one["id"].clone())
    })
    .await;
    made(&shop.admin, &format!("/interactions/{id}/end"), json!({})).await;
    let page = console(&browser, &shop.node, "supervisor", email(&shop.admin)).await;
    visit(&page, &shop.node, "supervise").await;
    page.sees("tr", "Wrap-up").await;
    press(&page, "End wrap-up").await;
    page.sees_no("tr .badge.wait").await;
    until_async("the end of the wrap-up", async || {
        shop.admin.read("/desk").await["desk"]["presence"]["wrap_up_until_ms"].is_null().then_some(())
    })
    .await;
    reads(&page, "Here").await;
}

const BOSS_HZ: f64 = 850.0;

#[tokio::test]
async fn v13_a_supervisor_listens_whispers_joins_in_leaves_and_takes_a_call_over() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    tokio::join!(ana.page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    let boss = json!({ "language": "en", "extension": "102", "webrtc": true });
    let sofia = office.admin.colleague("Sofia", "supervisor", boss).await;
    let browser = Browser::speaking(BOSS_HZ).await;
    let page = browser.open_alone("sofia", &format!("http://{}/", office.node.web)).await;
    log_in(&page, email(&sofia)).await;
    visit(&page, &office.node, "supervise/calls").await;
    page.sees("tr", "Vendas").await;
    page.sees("tr", "Ana").await;
    page.sees("tr", "Talking").await;
    assert_eq!(faults(&page).await, json!([]));
    press(&page, "Listen").await;
    page.sees(".watching", "Ana with 101").await;
    page.hears_all(&[CALLER_HZ, AGENT_HZ], &[BOSS_HZ]).await;
    tokio::join!(ana.page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    assert_eq!(faults(&page).await, json!([]));
    // Nobody is told of who only listens.
    ana.page.counts(".call-company", 0).await;
    page.click(".watching >> role=button[name=\"Whisper\"]").await;
    ana.page.hears_all(&[CALLER_HZ, BOSS_HZ], &[AGENT_HZ]).await;
    ana.page.sees(".call-company", "Sofia").await;
    ana.page.sees(".call-company", "sussurra para você, o cliente não ouve").await;
    caller.rtp.hears_all(&[AGENT_HZ], &[BOSS_HZ]).await;
    page.click(".watching >> role=button[name=\"Join in\"]").await;
    caller.rtp.hears_all(&[AGENT_HZ, BOSS_HZ], &[CALLER_HZ]).await;
    ana.page.sees(".call-company", "fala com os dois").await;
    page.click("role=button[name=\"Leave this call\"]").await;
    caller.rtp.hears_all(&[AGENT_HZ], &[BOSS_HZ]).await;
    page.sees_no(".watching").await;
    page.sees_no("tr .badge:has-text(\"Join in\")").await;
    press(&page, "Listen").await;
    page.sees(".watching", "Ana with 101").await;
    page.click(".watching >> role=button[name=\"Take over\"]").await;
    page.click("dialog >> role=button[name=\"Take over\"]").await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(BOSS_HZ));
    page.sees(".dock .call[data-state=talking]", "101").await;
    page.click(".dock >> role=button[name=\"Hang up call\"]").await;
    caller.call.expect_bye().await;
}
