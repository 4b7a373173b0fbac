//! What a new administrator stumbled over: each obstacle is named where he meets it, with the way on.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::rtp::tone;
use ramal_tests::visitor::{SITE, Visitor};
use ramal_tests::{Browser, Desk, Node, Page, Rtp, Site, Ua, wav};
use serde_json::json;

use crate::stage::{administrator, choose, console, email, faults, made, press, reads, visit, write};

#[tokio::test]
async fn a_refused_carrier_is_let_in_by_what_stands_beside_it() {
    let address = carrier_address().await;
    let host = address.ip().to_string();
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let queue = json!({ "name": "sales", "title": "Sales", "medium": "voice" });
    made(&admin, "/queues", queue).await;
    let carrier = carrier_of(&node, address).await;
    let rtp = Rtp::new().await;
    carrier.invite("+551130001000", &rtp.sdp()).await.expect_status(407).await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    visit(&page, &node, "admin").await;
    page.click("role=button[name=/1 call from outside was refused/]").await;
    page.sees(".refused tr", &host).await;
    // What the carrier has to be told of us.
    page.sees(".copy-line", &node.udp.to_string()).await;
    assert_eq!(faults(&page).await, json!([]));
    press(&page, "Add this address to a trunk").await;
    page.click(".choice:has-text(\"A new trunk\")").await;
    page.holds("role=textbox[name=\"Calls come from\"]", &host).await;
    write(&page, "Name", "Carrier X").await;
    // Whatever the server minds is brought before the eyes, wherever the form was scrolled to.
    page.click("role=spinbutton[name=/^Check that it answers/]").await;
    press(&page, "Create").await;
    page.sees("dialog input[aria-invalid]:focus", "").await;
    page.holds("role=textbox[name=\"Name\"]", "Carrier X").await;
    write(&page, "Name", "carrier").await;
    press(&page, "Create").await;
    page.sees_no("dialog").await;
    page.sees("tr", "carrier").await;
    page.sees_no(".refused").await;
    carrier.invite("+551130001000", &rtp.sdp()).await.expect_status(404).await;
    visit(&page, &node, "admin/dial_rules").await;
    page.sees(".refused tr", "+551130001000").await;
    press(&page, "Create a rule for this number").await;
    page.holds("role=textbox[name=\"Number called\"]", "+551130001000").await;
    // One trunk, one queue: both are chosen already.
    press(&page, "Create").await;
    page.sees(".ordered", "queue Sales").await;
    page.sees_no(".refused").await;
    let mut call = carrier.invite("551130001000", &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    call.bye().await;
    // Whoever tries much after it pushes the one that matters off no page.
    carrier.invite("+551130002000", &rtp.sdp()).await.expect_status(404).await;
    for number in 0..100 {
        let guess = format!("+5511300030{number:02}");
        carrier.invite(&guess, &rtp.sdp()).await.expect_status(404).await;
    }
    visit(&page, &node, "admin").await;
    page.sees("role=button[name=/101 calls from outside were refused/]", "").await;
    visit(&page, &node, "admin/dial_rules").await;
    page.sees(".refused tr:has-text(\"+551130002000\")", "Create a rule for this number").await;
}

#[tokio::test]
async fn who_guesses_passwords_is_named_by_his_address_and_told_from_a_phone_that_is_set_up_wrong() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let guess = async |from: &Ua| from.register_for(3600).await.status();
    let mut identity = node.identity("101", node.udp);
    identity.password = "a slip".to_owned();
    assert_eq!(guess(&Ua::udp(identity).await).await, Some(403));
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    visit(&page, &node, "admin/trunks").await;
    let slip = ".refused tr:has-text(\"extension 101\")";
    page.sees(slip, "127.0.0.1").await;
    page.sees(slip, "Correct the password there").await;
    for _ in 0..8 {
        let mut identity = node.identity("100", node.udp);
        identity.password = "a guess".to_owned();
        guess(&Ua::udp(identity).await).await;
    }
    let guessed = ".refused tr:has-text(\"extension 100\"):has-text(\"wrong passwords\")";
    page.sees(guessed, "127.0.0.1").await;
    page.sees(guessed, "somebody is guessing passwords").await;
    assert_eq!(faults(&page).await, json!([]));
    page.screenshot("more/admin_refused_guesses").await;
}

#[tokio::test]
async fn an_inbox_that_leads_nowhere_and_a_user_without_an_extension_are_warned_of() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let settings = json!({ "origins": SITE, "ask_name": "off", "ask_email": "off" });
    let lost = json!({ "name": "lost", "title": "Lost", "plugin": "webchat", "settings": settings });
    let lost = made(&admin, "/inboxes", lost).await;
    let _visitor = Visitor::begin(node.web, lost["key"].as_str().expect("a key"), json!({})).await;
    let ana = admin.colleague("Ana", "agent", json!({})).await;
    let queue = json!({ "name": "sales", "title": "Sales", "medium": "voice", "members": [ana.id()] });
    made(&admin, "/queues", queue).await;
    let support = json!({ "name": "support", "title": "Support", "medium": "chat" });
    let support = made(&admin, "/queues", support).await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    visit(&page, &node, "admin").await;
    reads(&page, "Inbox Lost leads nowhere").await;
    reads(&page, "Ana is in the queue Sales and cannot take calls").await;
    page.click("role=button[name=/Ana is in the queue/]").await;
    page.sees(".field-warning", "Cannot take calls of Sales: no extension").await;
    assert_eq!(faults(&page).await, json!([]));
    visit(&page, &node, "supervise").await;
    page.sees("tr:has-text(\"Ana\")", "Cannot take calls: no extension").await;
    // What came by the inbox says the same, and is sent where somebody takes it.
    visit(&page, &node, "supervise/waiting").await;
    press(&page, "Why?").await;
    page.sees("dialog .form-problem", "by the inbox Lost, which leads to no queue").await;
    assert_eq!(faults(&page).await, json!([]));
    press(&page, "Send").await;
    page.sees("tr", "Support").await;
    visit(&page, &node, "admin/queues").await;
    page.click("tr:has-text(\"Sales\")").await;
    page.sees(".field-warning", "Ana").await;
    visit(&page, &node, "admin/inboxes").await;
    page.sees("tr:has-text(\"Lost\")", "Leads nowhere").await;
    assert_eq!(faults(&page).await, json!([]));
    // There is one queue for chats: a new inbox leads to it, and its words are the reader's.
    press(&page, "New inbox").await;
    page.click(".choice:has-text(\"Website chat\")").await;
    page.holds("role=textbox[name=\"Heading of the chat\"]", "Talk to us").await;
    page.holds("dialog select >> nth=0", &support["id"].to_string()).await;
    press(&page, "Create").await;
    page.sees(".badge", "Ready").await;
    what_ails_an_inbox_or_a_rule_stands_in_its_list(&node, &admin, &page).await;
}

/// In the reader's words, in short in the list and whole where it is opened; a field is called as its form calls it.
async fn what_ails_an_inbox_or_a_rule_stands_in_its_list(node: &Node, admin: &Desk, page: &Page) {
    let settings = json!({ "time_zone": "America/Sao_Paulo", "hours": "mon-fri 09:00-18:00" });
    made(admin, "/rules", json!({ "title": "Hours", "plugin": "business-hours", "settings": settings }))
        .await;
    // A plugin that is gone, and a new version of one that does not take what was filled in.
    node.database.change("UPDATE rules SET plugin = 'gone'");
    let details = json!({ "field": "origins", "reason": "wrong", "reason_code": "between", "least": "1", "most": "5000" });
    node.database.change(&format!(
        "UPDATE inboxes SET state = 'faulty', fault = 'origins: wrong', \
         fault_cause = '{{\"code\": \"setting_wrong\", \"details\": {details}}}' WHERE name <> 'lost'"
    ));
    let gone = "Its plugin is not installed on this node, or cannot be loaded.";
    let wrong = "The field “Sites that may show the chat” does not fit. From 1 to 5,000.";
    visit(page, node, "admin/rules").await;
    page.sees("tr:has-text(\"Hours\") .in-short", gone).await;
    page.screenshot("more/admin_rules_failed").await;
    page.click("tr:has-text(\"Hours\")").await;
    page.sees("dialog .form-problem", gone).await;
    page.press("Escape").await;
    visit(page, node, "admin/inboxes").await;
    page.sees("tr:has-text(\"Needs attention\") .in-short", wrong).await;
    page.screenshot("more/admin_inboxes_faulty").await;
    page.click("tr:has-text(\"Needs attention\")").await;
    page.sees(".fault-text", wrong).await;
    visit(page, node, "admin").await;
    reads(page, &format!("Rule Hours: {gone}")).await;
    assert_eq!(faults(page).await, json!([]));
}

#[tokio::test]
async fn music_is_uploaded_and_callers_of_a_queue_hear_it() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let queue =
        made(&admin, "/queues", json!({ "name": "sales", "title": "Sales", "medium": "voice" })).await;
    admin.queue_number("600", "sales").await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    let file = node.folder().join("Waltz_of_tests.wav");
    wav::write_mono(&file, 8_000, &tone::sine(990.0, 8_000, 0, 16_000));
    visit(&page, &node, "admin/sounds").await;
    press(&page, "Upload a sound").await;
    page.ask("upload", json!({ "selector": "dialog input[type=file]", "path": file })).await;
    press(&page, "Upload").await;
    page.sees("tr", "Waltz of tests").await;
    assert_eq!(faults(&page).await, json!([]));
    visit(&page, &node, &format!("admin/queues/{}", queue["id"])).await;
    page.ask(
        "choose",
        json!({ "selector": "select:has(option[value=file])", "value": { "label": "Waltz of tests" } }),
    )
    .await;
    page.ask("sound", json!({ "selector": "audio.sound" })).await;
    press(&page, "Save").await;
    reads(&page, "Saved.").await;
    let phone = node.phone("100").await;
    let rtp = Rtp::new().await;
    let mut call = phone.invite("600", &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    rtp.hears(990.0).await;
    call.bye().await;
    visit(&page, &node, "admin/sounds").await;
    page.sees("tr:has-text(\"Waltz of tests\")", "Sales").await;
    page.click("tr:has-text(\"Waltz of tests\")").await;
    press(&page, "Delete").await;
    page.click("dialog >> nth=-1 >> role=button[name=\"Delete\"]").await;
    reads(&page, "plays this sound while callers wait").await;
}

#[tokio::test]
async fn a_server_without_plugins_says_where_it_looked_for_them() {
    let node = Node::start_bare(Site::acme()).await;
    let admin = administrator(&node).await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    let beside = node.folder().join("bare/plugins");
    for screen in ["inboxes", "plugins"] {
        visit(&page, &node, &format!("admin/{screen}")).await;
        page.sees("main code", &beside.to_string_lossy()).await;
    }
    visit(&page, &node, "admin/inboxes").await;
    press(&page, "New inbox").await;
    page.sees("dialog code", &beside.to_string_lossy()).await;
    assert_eq!(faults(&page).await, json!([]));
}

#[tokio::test]
async fn every_section_is_on_the_list_of_a_narrow_screen() {
    let node = Node::start(Site::acme()).await;
    let admin = administrator(&node).await;
    let browser = Browser::speaking(440.0).await;
    let page = console(&browser, &node, "admin", email(&admin)).await;
    page.ask("resize", json!({ "width": 700, "height": 700 })).await;
    visit(&page, &node, "admin").await;
    choose(&page, "Administration", "dispositions").await;
    page.sees("h1", "Dispositions").await;
    assert_eq!(page.count(".admin-jump option").await, page.count(".admin-entry").await);
}
