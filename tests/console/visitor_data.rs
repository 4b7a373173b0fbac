//! What is known of a visitor.

use serde_json::json;

use crate::office::Office;

#[tokio::test]
async fn f146_to_f150_origin_times_browser_system_and_address_and_what_the_agent_adds() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let page = &ana.page;
    let _marina = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    let tool = "#tool-visitor";
    page.sees(tool, "https://shop.test/prices").await;
    page.sees(tool, "127.0.0.1").await;
    page.sees(tool, "Início").await;
    page.sees(&format!("{tool} .timer"), "00:00:").await;
    page.fill(&format!("{tool} input[type=email]"), "marina@mail.test").await;
    page.click(&format!("{tool} >> role=button[name=\"Salvar\"]")).await;
    page.sees_no(&format!("{tool} >> role=button[name=\"Salvar\"]")).await;
    ana.end(None).await;
    let closed = office.admin.read("/interactions?state=closed").await;
    assert_eq!(closed["items"][0]["visitor"]["email"], "marina@mail.test");
}
