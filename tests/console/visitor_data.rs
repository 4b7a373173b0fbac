//! What is known of a visitor, and what the agent adds.

use ramal_tests::deadline::until_async;
use serde_json::json;

use crate::office::Office;
use crate::widget;

#[tokio::test]
async fn f146_to_f150_origin_times_browser_system_and_address_and_what_the_agent_adds() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let settings = json!({ "ask_name": "off", "ask_email": "off" });
    let body = json!({ "name": "site", "title": "Site", "plugin": "webchat", "queue_id": queue, "settings": settings });
    let inbox = office.admin.does("/inboxes", body).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let page = &ana.page;
    let key = inbox["key"].as_str().expect("a key");
    let address = format!("http://{}/widget/trial?inbox={key}&page=prices", office.node.web);
    let visitor = office.browser.open_alone("visitor", &address).await;
    widget::open(&visitor).await;
    widget::says(&visitor, "Oi").await;
    ana.accept().await;
    let tool = "#tool-visitor";
    let fact = |name: &str| format!("{tool} .facts > div:has(dt:text-is(\"{name}\")) dd");
    page.sees(&fact("Origem"), "page=prices").await;
    page.sees(&fact("Navegador"), "Chrom").await;
    page.sees(&fact("Sistema operacional"), "Linux").await;
    page.sees(&fact("Endereço IP"), "127.0.0.1").await;
    page.sees(&fact("Início"), ":").await;
    // F149: it goes on by the second.
    let begun = page.text(&fact("Duração")).await;
    until_async("a second", || async { (page.text(&fact("Duração")).await != begun).then_some(()) }).await;
    page.fill(&format!("{tool} input[type=email]"), "marina@mail.test").await;
    page.click(&format!("{tool} >> role=button[name=\"Salvar\"]")).await;
    page.sees_no(&format!("{tool} >> role=button[name=\"Salvar\"]")).await;
    ana.end(None).await;
    let closed = office.admin.read("/interactions?state=closed").await;
    assert_eq!(closed["items"][0]["visitor"]["email"], "marina@mail.test");
    // In the history it stands still.
    page.click("role=tab[name=\"Histórico\"]").await;
    page.click(".lines .line").await;
    page.sees(&fact("E-mail"), "marina@mail.test").await;
    let lasted = closed["items"][0]["closed_at_ms"].as_i64().unwrap_or(0)
        - closed["items"][0]["started_at_ms"].as_i64().unwrap_or(0);
    let seconds = lasted / 1000;
    page.sees(&fact("Duração"), &format!("00:{:02}:{:02}", seconds / 60, seconds % 60)).await;
    // Nothing has to be filled in: another one is ended as it came.
    visitor.click("ramal-widget .over button").await;
    widget::says(&visitor, "Mais uma coisa").await;
    ana.accept().await;
    ana.end(None).await;
    page.sees_no(".lines-title").await;
}
