//! What people call themselves is text, wherever it stands.

use ramal_tests::Page;
use serde_json::json;

use crate::office::Office;

/// As a name it would be a picture that runs a script, and bold letters.
const NAME: &str = "<img src=x onerror=\"document.title='bad'\"><b>Mallory</b>";

/// No page made anything of it.
async fn is_text(page: &Page) {
    for selector in ["img[src=x]", "b:has-text(\"Mallory\")"] {
        page.counts(selector, 0).await;
    }
    let title = page.ask("title", json!({})).await;
    assert_ne!(title, "bad");
}

#[tokio::test]
async fn f080_f128_f148_html_in_a_name_is_text_in_console_and_widget() {
    let office = Office::open().await;
    let mallory = json!({ "extension": "100", "webrtc": true, "omnichannel": true });
    let agent = office.admin.colleague("Ana", "agent", mallory).await;
    let renamed = office.admin.patch(&format!("/users/{}", agent.id()), json!({ "name": NAME })).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text());
    let queue = office.admin.queue("site", "chat", &[&agent], json!({ "title": NAME })).await;
    let settings = json!({ "ask_name": "required", "ask_email": "off", "title": NAME, "greeting": NAME });
    let body = json!({ "name": "site", "title": NAME, "plugin": "webchat", "queue_id": queue, "settings": settings });
    let key = office.admin.does("/inboxes", body).await["key"].as_str().expect("a key").to_owned();
    let agent = office.seat(agent).await;
    agent.page.sees(".top", NAME).await;
    agent.join("chat").await;
    let address = format!("http://{}/widget/trial?inbox={key}&language=pt-BR&page=home", office.node.web);
    let visitor = office.browser.open_alone("visitor", &address).await;
    visitor.click("ramal-widget .launcher").await;
    visitor.sees("ramal-widget h2", NAME).await;
    visitor.fill("ramal-widget input[name=name]", NAME).await;
    visitor.click("ramal-widget .form button").await;
    visitor.fill("ramal-widget textarea", NAME).await;
    visitor.press("Enter").await;
    agent.page.sees(".offer-name", NAME).await;
    agent.accept().await;
    for place in [".talk-head h1", ".bubble.in", ".lines .line"] {
        agent.page.sees(place, NAME).await;
    }
    agent.page.fill(".composer textarea", NAME).await;
    agent.page.press("Enter").await;
    visitor.sees("ramal-widget .bubble.agent .who", NAME).await;
    visitor.sees("ramal-widget .bubble.agent .text", NAME).await;
    is_text(&agent.page).await;
    is_text(&visitor).await;
    let boss = office.browser.open_alone("boss", &format!("http://{}/", office.node.web)).await;
    crate::office::log_in(&boss, office.admin.me["email"].as_str().expect("an e-mail")).await;
    for (place, row) in
        [("admin/users", "tr"), ("admin/queues", "tr"), ("admin/inboxes", "tr"), ("supervise", "main")]
    {
        boss.ask("go", json!({ "url": format!("http://{}/#/{place}", office.node.web) })).await;
        boss.sees(row, NAME).await;
        is_text(&boss).await;
    }
}
