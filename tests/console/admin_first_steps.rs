//! From the link of the first start to a queue that answers, by hand and with no command line.

use ramal_tests::desk::PASSWORD;
use ramal_tests::{Browser, Node, Page, Site};
use serde_json::json;

use crate::stage::{choose, faults, press, reads, tick, visit, write};

#[tokio::test]
async fn f231_to_f237_an_administrator_sets_everything_up_by_hand() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = by_the_link(&browser, &node).await;
    reads(&page, "0 of 5 done").await;
    page.screenshot("admin_home").await;
    assert_eq!(faults(&page).await, json!([]));

    // F237: reasons first, so that queues can be paused.
    visit(&page, &node, "admin/pause_reasons").await;
    titled(&page, "New reason", "Lunch").await;
    visit(&page, &node, "admin/dispositions").await;
    titled(&page, "New disposition", "Solved").await;

    // F233: a voice queue, with its reason and its outcome.
    visit(&page, &node, "admin/queues").await;
    press(&page, "New queue").await;
    write(&page, "Title", "Sales").await;
    press(&page, "Create").await;
    page.sees("h1", "Sales").await;
    tick(&page, "Lunch").await;
    tick(&page, "Solved").await;
    press(&page, "Save").await;
    reads(&page, "Saved.").await;
    page.screenshot("admin_queue").await;
    assert_eq!(faults(&page).await, json!([]));

    // F234, F236: a chat queue and the site's chat that leads to it.
    visit(&page, &node, "admin/queues").await;
    press(&page, "New queue").await;
    write(&page, "Title", "Support").await;
    choose(&page, "For", "chat").await;
    press(&page, "Create").await;
    page.sees("h1", "Support").await;

    // F232, F235: a user with a new extension, in both.
    visit(&page, &node, "admin/users").await;
    press(&page, "New user").await;
    write(&page, "Name", "Ana Souza").await;
    write(&page, "E-mail", "ana@acme.test").await;
    choose(&page, "Extension", "new").await;
    write(&page, "Number of the new extension", "150").await;
    tick(&page, "Sales").await;
    tick(&page, "Support").await;
    press(&page, "Create").await;
    page.sees("[role=dialog], dialog", "User made").await;
    page.screenshot("admin_user_made").await;
    press(&page, "Done").await;
    page.sees("tr", "Ana Souza").await;

    // F231: a number leads to the queue.
    visit(&page, &node, "admin/dial_rules").await;
    press(&page, "New rule").await;
    choose(&page, "What it is about", "dial").await;
    write(&page, "Number dialled", "600").await;
    choose(&page, "Queue", "sales").await;
    press(&page, "Create").await;
    reads(&page, "queue sales").await;

    visit(&page, &node, "admin").await;
    reads(&page, "3 of 5 done").await;
    let problems = page.ask("problems", json!({})).await;
    assert_eq!(problems, json!([]), "the console of the page");
}

/// Opens the link of the first start, sets a password, and stands at the administrator's home, in English.
async fn by_the_link(browser: &Browser, node: &Node) -> Page {
    let link = node.setup_link.as_deref().expect("a link for the first administrator");
    let token = link.rsplit('/').next().expect("a token");
    let page = browser.open_alone("admin", &format!("http://{}/#/link/{token}", node.web)).await;
    page.fill("input[name=password]", PASSWORD).await;
    page.fill("input[name=again]", PASSWORD).await;
    page.click("button[type=submit]").await;
    page.sees("nav[aria-label]", "").await;
    visit(&page, node, "profile").await;
    page.ask("choose", json!({ "selector": "select:has(option[value=en])", "value": "en" })).await;
    visit(&page, node, "admin").await;
    page
}

async fn titled(page: &Page, verb: &str, title: &str) {
    press(page, verb).await;
    write(page, "Title", title).await;
    press(page, "Create").await;
    page.sees("tr", title).await;
}
