//! A conference from its form to its end.

use ramal_tests::{Call, Node, Rtp, Ua};

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
    page.fill("dialog >> role=spinbutton[name=\"Most members\"]", "9").await;
    page.click("dialog >> role=button[name=\"Save\"]").await;
    page.sees_no("dialog").await;
    let rules = office.admin.read("/dial-rules").await;
    let kept = json!({ "dial": "*70", "conference": "board", "pin": "(kept)", "max_members": 9 });
    assert!(rules.as_array().is_some_and(|all| all.contains(&kept)), "{rules}");
}
