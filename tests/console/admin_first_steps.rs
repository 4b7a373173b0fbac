//! From the link of the first start to an answered call and an answered chat, by hand and with no command line.

use ramal_tests::desk::PASSWORD;
use ramal_tests::wire::ua::Identity;
use ramal_tests::{Browser, Node, Page, Rtp, Site, Ua};
use serde_json::json;

use crate::stage::{choose, press, reads, tick, visit, write};
use crate::widget;

#[tokio::test]
async fn f232_to_f237_an_administrator_sets_everything_up_by_hand_and_the_first_call_is_answered() {
    let node = Node::start(Site::acme()).await;
    let browser = Browser::speaking(440.0).await;
    let page = by_the_link(
        &browser,
        &node,
        "admin",
        node.setup_link.as_deref().expect("a link for the first administrator"),
    )
    .await;
    visit(&page, &node, "profile/appearance").await;
    page.ask("choose", json!({ "selector": "select:has(option[value=en])", "value": "en" })).await;
    visit(&page, &node, "admin").await;
    reads(&page, "0 of 5 done").await;
    // What is missing is made where it is said to be: the form is open.
    for (verb, form) in [("Create queue", "New queue"), ("Create inbox", "Which channel?")] {
        press(&page, verb).await;
        page.sees("dialog h2", form).await;
        page.press("Escape").await;
        page.sees_no("dialog").await;
        visit(&page, &node, "admin").await;
    }
    // A phone in a page asks for a domain that is known here.
    let trial = browser.open("trial", &format!("http://{}/trial/", node.web)).await;
    trial.sees("#domain:valid", "").await;
    queues(&page, &node).await;

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
    page.sees("dialog", "User created").await;
    // A softphone could register as the new extension: all that it asks for is there.
    page.sees("dialog", "sip:150@acme.test").await;
    page.sees("dialog .field:has-text(\"Server (SIP UDP)\")", &node.udp.to_string()).await;
    let secret = page.text("dialog .field:has-text(\"Password\") code").await;
    let link = page.text("dialog code >> nth=0").await;
    registers(&node, "150", &secret).await;
    press(&page, "Done").await;
    page.sees("tr", "Ana Souza").await;

    // F236: the chat of the web site leads to a queue.
    visit(&page, &node, "admin/inboxes").await;
    press(&page, "New inbox").await;
    page.click(".choice:has-text(\"Website chat\")").await;
    let queue = json!({ "selector": "dialog select >> nth=0", "value": { "label": "Support" } });
    page.ask("choose", queue).await;
    press(&page, "Create").await;
    page.sees(".copy-line code", "widget.js").await;
    let trial =
        page.ask("attribute", json!({ "selector": "a[href^=\"/widget/trial\"]", "name": "href" })).await;

    // A number leads to the queue.
    visit(&page, &node, "admin/dial_rules").await;
    press(&page, "New rule").await;
    choose(&page, "Kind of call", "dial").await;
    write(&page, "Number dialled", "600").await;
    choose(&page, "Queue", "sales").await;
    press(&page, "Create").await;
    reads(&page, "queue Sales").await;
    visit(&page, &node, "admin").await;
    reads(&page, "4 of 5 done").await;

    let ana = by_the_link(&browser, &node, "ana", &link).await;
    serves(&browser, &node, &ana, trial.as_str().expect("an address")).await;
    reads(&page, "5 of 5 done").await;
    let problems = page.ask("problems", json!({})).await;
    let refused: Vec<&str> = problems
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one.as_str())
        .filter(|one| !one.contains("401"))
        .collect();
    assert!(refused.is_empty(), "the consoles of the pages: {refused:?}");
}

/// A softphone with what the page told registers, and leaves again.
async fn registers(node: &Node, number: &str, secret: &str) {
    let told = Identity { password: secret.trim().to_owned(), ..node.identity(number, node.udp) };
    let phone = Ua::udp(told).await;
    phone.register().await;
    assert_eq!(phone.register_for(0).await.status(), Some(200));
}

/// F237, F233, F234: reasons and outcomes, a voice queue that has them, and a chat queue.
async fn queues(page: &Page, node: &Node) {
    visit(page, node, "admin/pause_reasons").await;
    titled(page, "New reason", "Lunch").await;
    visit(page, node, "admin/dispositions").await;
    titled(page, "New disposition", "Solved").await;
    visit(page, node, "admin/queues").await;
    press(page, "New queue").await;
    write(page, "Title", "Sales").await;
    choose(page, "Direction", "inbound").await;
    press(page, "Create").await;
    page.sees("h1", "Sales").await;
    tick(page, "Lunch").await;
    // What may come of it is offered in every queue by itself.
    page.sees("fieldset:has-text(\"Solved\") input:checked", "").await;
    press(page, "Save").await;
    reads(page, "Saved.").await;
    visit(page, node, "admin/queues").await;
    press(page, "New queue").await;
    write(page, "Title", "Support").await;
    choose(page, "For", "chat").await;
    press(page, "Create").await;
    page.sees("h1", "Support").await;
    visit(page, node, "admin/queues").await;
    for title in ["Sales", "Support"] {
        page.sees("tr", title).await;
    }
}

/// Her profile shows the extension, her channels the queues; a visitor and then a caller are answered.
async fn serves(browser: &Browser, node: &Node, ana: &Page, trial: &str) {
    visit(ana, node, "profile").await;
    ana.sees(".facts", "150").await;
    visit(ana, node, "desk").await;
    for (channels, title) in [("voice", "Sales"), ("chat", "Support")] {
        ana.click(&format!("#channels-{channels}")).await;
        ana.sees(".channel-row", title).await;
        press(ana, "Log in to queues").await;
        ana.sees(&format!("#channels-{channels}.online"), "1/1").await;
    }
    // Only the voice queue has a reason.
    ana.click("#channels-voice").await;
    ana.sees(".channel-foot", "Pause").await;
    ana.press("Escape").await;
    let visitor = browser.open_alone("visitor", &format!("http://{}{trial}&language=en", node.web)).await;
    widget::open(&visitor).await;
    visitor.fill("ramal-widget input[name=name]", "Maria").await;
    visitor.click("ramal-widget .form button").await;
    widget::says(&visitor, "Do you deliver?").await;
    ana.sees(".offer", "Support").await;
    ana.click(".offer >> role=button[name=/Accept/]").await;
    ana.sees(".bubble.in", "Do you deliver?").await;
    ana.fill(".composer textarea", "We do.").await;
    ana.press("Enter").await;
    visitor.sees("ramal-widget .bubble.agent", "We do.").await;
    ana.click(".talk-head >> role=button[name=/End interaction/]").await;
    ana.click("dialog >> role=button[name=\"End interaction\"]").await;
    let phone = node.phone("101").await;
    let rtp = Rtp::new().await;
    let mut call = phone.invite("600", &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(660.0);
    ana.sees(".offer", "Sales").await;
    ana.click(".offer >> role=button[name=/Accept/]").await;
    tokio::join!(ana.hears(660.0), rtp.hears(440.0));
    call.bye().await;
    ana.sees(".call[data-state=ended]", "").await;
}

/// Opens a one-time link, sets a password, and is inside.
async fn by_the_link(browser: &Browser, node: &Node, name: &str, link: &str) -> Page {
    let token = link.rsplit('/').next().expect("a token");
    let page = browser.open_alone(name, &format!("http://{}/#/link/{token}", node.web)).await;
    page.fill("input[name=password]", PASSWORD).await;
    page.fill("input[name=again]", PASSWORD).await;
    page.click("button[type=submit]").await;
    page.sees("nav[aria-label]", "").await;
    page
}

async fn titled(page: &Page, verb: &str, title: &str) {
    press(page, verb).await;
    write(page, "Title", title).await;
    press(page, "Create").await;
    page.sees("tr", title).await;
}
