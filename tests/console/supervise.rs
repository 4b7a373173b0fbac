//! What a supervisor watches.

use ramal_tests::Browser;
use serde_json::json;

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
    let open_now = shop.admin.read("/desk").await;
    let id = open_now["desk"]["interactions"][0]["id"].clone();
    made(&shop.admin, &format!("/interactions/{id}/end"), json!({})).await;
    let page = console(&browser, &shop.node, "supervisor", email(&shop.admin)).await;
    visit(&page, &shop.node, "supervise").await;
    page.sees("tr", "Wrap-up").await;
    press(&page, "End wrap-up").await;
    page.sees_no("tr .badge.wait").await;
    let presence = shop.admin.read("/desk").await["desk"]["presence"]["wrap_up_until_ms"].clone();
    assert_eq!(presence, json!(null));
    reads(&page, "Here").await;
}
