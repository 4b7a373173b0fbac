//! A conference from its form to its end.

use ramal_tests::{Call, Node, Rtp, Ua};

use crate::calls::served;
use crate::office::{Office, log_in};
use crate::stage::{faults, visit};
use serde_json::json;

const FIRST_HZ: f64 = 660.0;
const SECOND_HZ: f64 = 850.0;

struct Member {
    rtp: Rtp,
    call: Call,
    _phone: Ua,
}

/// Dials, knows the PIN and speaks.
async fn member(node: &Node, number: &str, hz: f64) -> Member {
    let (phone, rtp) = (node.phone(number).await, Rtp::new().await);
    let mut call = phone.invite("*70", &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    "4711".chars().for_each(|digit| rtp.press(digit));
    rtp.speak(hz);
    Member { rtp, call, _phone: phone }
}

#[tokio::test]
async fn a_conference_is_made_in_a_form_and_its_members_are_seen_muted_and_removed() {
    let office = Office::open().await;
    let said = office.admin.patch("/me", json!({ "language": "en" })).await;
    assert_eq!(said.status, 200, "{}", said.text());
    let page = office.browser.open_alone("chief", &format!("http://{}/", office.node.web)).await;
    log_in(&page, office.admin.me["email"].as_str().expect("an e-mail")).await;
    page.sees(".steps", "").await;
    visit(&page, &office.node, "admin/conferences").await;
    page.click("role=button[name=\"New conference\"]").await;
    page.fill("dialog >> role=textbox[name=\"Name\"]", "Board").await;
    page.fill("dialog >> role=textbox[name=\"Number\"]", "*70").await;
    page.fill("dialog >> role=textbox[name=\"PIN\"]", "47").await;
    assert_eq!(faults(&page).await, json!([]));
    page.click("dialog >> role=button[name=\"Create\"]").await;
    page.sees("dialog .field-error", "a PIN has 3 to 12 digits").await;
    page.fill("dialog >> role=textbox[name=\"PIN\"]", "4711").await;
    page.click("dialog >> role=button[name=\"Create\"]").await;
    page.sees_no("dialog").await;
    page.sees("tr", "Whoever knows the PIN").await;
    let (first, second) =
        (member(&office.node, "100", FIRST_HZ).await, member(&office.node, "101", SECOND_HZ).await);
    tokio::join!(first.rtp.hears(SECOND_HZ), second.rtp.hears(FIRST_HZ));
    page.click("role=link[name=\"See who is in a conference now\"]").await;
    page.sees(".panel", "Conference board: 2 members").await;
    page.sees("tr:has([data-member='100']) .talks", "Talks").await;
    assert_eq!(faults(&page).await, json!([]));
    page.click("role=button[name=\"Mute 100\"]").await;
    page.sees("[data-member='100']", "Muted").await;
    second.rtp.hears_no(FIRST_HZ).await;
    page.click("role=button[name=\"Let 100 speak\"]").await;
    second.rtp.hears(FIRST_HZ).await;
    page.click("role=button[name=\"Let 101 hear nothing\"]").await;
    second.rtp.hears_no(FIRST_HZ).await;
    page.click("role=button[name=\"Let 101 hear\"]").await;
    second.rtp.hears(FIRST_HZ).await;
    page.ask("choose", json!({ "selector": "role=combobox[name=\"Volume of 100\"]", "value": "6" })).await;
    page.sees("tr", "100").await;
    page.click("role=button[name=\"Take 101 out of the conference\"]").await;
    page.click("dialog >> role=button[name=\"Hang up\"]").await;
    second.call.expect_bye().await;
    page.sees(".panel", "Conference board: 1 member").await;
    // The PIN stays where the form says nothing of it.
    visit(&page, &office.node, "admin/conferences").await;
    page.click("tr:has-text(\"board\")").await;
    page.fill("dialog >> role=spinbutton[name=\"Maximum members\"]", "9").await;
    page.click("dialog >> role=button[name=\"Save\"]").await;
    page.sees_no("dialog").await;
    let rules = office.admin.read("/dial-rules").await;
    let kept = json!({ "dial": "*70", "conference": "board", "pin": "(kept)", "max_members": 9 });
    assert!(rules.as_array().is_some_and(|all| all.contains(&kept)), "{rules}");
}

#[tokio::test]
async fn who_is_in_a_conference_reads_that_it_asks_for_the_pin_that_he_was_muted_and_that_he_was_removed() {
    let office = Office::open().await;
    let rules = json!([{ "dial": "*70", "conference": "board", "pin": "4711" }]);
    let put = office.admin.put("/dial-rules", rules).await;
    assert_eq!(put.status, 200, "{}", put.text());
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    page.click("#dialler").await;
    page.fill(".dialler input", "*70").await;
    page.click(".dialler >> role=button[name=\"Ligar\"]").await;
    page.sees(".dock .call-facts", "Pede o PIN").await;
    page.click(".dock >> role=button[name=\"Teclado\"]").await;
    for (typed, digit) in ["4", "7", "1", "1"].into_iter().enumerate() {
        page.click(&format!(".call-pad >> role=button[name=\"Tecla {digit}\"]")).await;
        page.sees(".call-pad output", &"•".repeat(typed + 1)).await;
    }
    page.sees(".dock .call-facts", "Em conversa").await;
    assert_eq!(page.text(".call-pad output").await.trim(), "••••");
    page.press("Escape").await;
    let members = office.admin.read("/conferences").await;
    let call = members["items"][0]["members"][0]["call"].as_str().expect("a member").to_owned();
    let place = format!("/conferences/members/{call}");
    let muted = office.admin.patch(&place, json!({ "muted": true })).await;
    assert_eq!(muted.status, 200, "{}", muted.text());
    page.sees(".dock .call-facts", "Silenciado pela conferência").await;
    page.sees(".dock .call-verbs [aria-disabled=true]:has-text(\"Sem voz\")", "").await;
    let heard = office.admin.patch(&place, json!({ "muted": false })).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    page.sees_no(".dock .call-facts .badge:has-text(\"Silenciado\")").await;
    page.sees(".dock .call-verbs", "Mudo").await;
    let removed = office.admin.delete(&place).await;
    assert_eq!(removed.status, 204, "{}", removed.text());
    page.sees(".toasts", "Você foi retirado da conferência board").await;
    page.sees_no(".dock .call").await;
}

#[tokio::test]
async fn a_rule_comes_after_those_that_others_made_while_its_form_was_open() {
    let office = Office::open().await;
    let page = office.browser.open_alone("chief", &format!("http://{}/", office.node.web)).await;
    log_in(&page, office.admin.me["email"].as_str().expect("an e-mail")).await;
    page.sees(".steps", "").await;
    let put = office.admin.put("/dial-rules", json!([{ "dial": "*71", "service": "echo" }])).await;
    assert_eq!(put.status, 200, "{}", put.text());
    visit(&page, &office.node, "admin/dial_rules").await;
    page.sees(".ordered", "*71").await;
    page.click("role=button[name=\"Nova regra\"]").await;
    crate::stage::choose(&page, "Tipo de chamada", "dial").await;
    page.fill("dialog >> role=textbox[name=\"Número discado\"]", "*73").await;
    crate::stage::choose(&page, "Leva a", "service").await;
    crate::stage::choose(&page, "Serviço", "tone").await;
    let others = json!([{ "dial": "*71", "service": "echo" }, { "dial": "*72", "service": "busy" }]);
    let put = office.admin.put("/dial-rules", others).await;
    assert_eq!(put.status, 200, "{}", put.text());
    page.click("dialog >> role=button[name=\"Criar\"]").await;
    page.sees_no("dialog").await;
    let dialled = |rules: serde_json::Value| -> Vec<String> {
        let rules = rules.as_array().expect("a list").clone();
        rules.iter().map(|rule| rule["dial"].as_str().expect("a number").to_owned()).collect()
    };
    assert_eq!(dialled(office.admin.read("/dial-rules").await), ["*71", "*72", "*73"]);
    // What the form changes is gone meanwhile: that is said, and nothing of others is overwritten.
    page.click(".ordered-text:has-text(\"*72\")").await;
    page.fill("dialog >> role=textbox[name=\"Número discado\"]", "*74").await;
    let put = office.admin.put("/dial-rules", json!([{ "dial": "*71", "service": "echo" }])).await;
    assert_eq!(put.status, 200, "{}", put.text());
    page.click("dialog >> role=button[name=\"Salvar\"]").await;
    page.sees("dialog", "alterou isto").await;
    assert_eq!(dialled(office.admin.read("/dial-rules").await), ["*71"]);
}
