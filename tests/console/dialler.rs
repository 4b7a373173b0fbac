//! The dialler in the top bar.

use ramal_tests::{Desk, Page, Rtp};
use serde_json::json;

use crate::calls::CALLER_HZ;
use crate::office::{AGENT_HZ, Office, log_in};
use crate::stage::{email, faults};

#[tokio::test]
async fn f029_f030_f031_f034_a_number_is_dialled_once_a_voice_channel_is_online() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    office.voice_queue(&[&ana], json!({})).await;
    let ana = office.seat(ana).await;
    let page = &ana.page;
    for place in ["desk", "contacts", "profile"] {
        crate::stage::visit(page, &office.node, place).await;
        for part in ["#dialler", "#channels-voice", "#channels-chat"] {
            page.sees(&format!(".top-middle {part}"), "").await;
        }
    }
    page.sees("#dialler[aria-disabled=true][data-tip=\"Entre em uma fila de voz para discar.\"]", "").await;
    ana.join("voice").await;
    page.click("#dialler").await;
    page.click(".dialler >> role=button[name=\"Tecla 1\"]").await;
    page.ask("type", json!({ "text": "01" })).await;
    assert_eq!(page.ask("value", json!({ "selector": ".dialler input" })).await, "101");
    let bob = office.node.phone("101").await;
    page.click(".dialler >> role=button[name=\"Ligar\"]").await;
    let at_bob = bob.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&at_bob.offer());
    at_bob.answer(&rtp.sdp()).await;
    rtp.speak(660.0);
    page.sees(".call[data-state=talking]", "101").await;
    tokio::join!(page.hears(660.0), rtp.hears(AGENT_HZ));
    page.click("role=button[name=\"Desligar chamada\"]").await;
    at_bob.expect_bye().await;
}

#[tokio::test]
async fn f032_f033_a_contact_is_found_by_three_letters_and_called_with_one_press() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    office.voice_queue(&[&ana], json!({})).await;
    let body = json!({ "name": "Padaria Central", "identities": [{ "kind": "phone", "value": "101" }] });
    office.admin.does("/contacts", body).await;
    let ana = office.seat(ana).await;
    ana.join("voice").await;
    let page = &ana.page;
    page.click("#dialler").await;
    page.click(".dialler >> role=tab[name=\"Contatos\"]").await;
    page.fill(".dialler input[type=search]", "cen").await;
    let bob = office.node.phone("101").await;
    page.click(".dialler-contact:has-text(\"Padaria Central\")").await;
    let at_bob = bob.expect_invite().await;
    at_bob.ring().await;
    page.sees(".call", "101").await;
    page.click("role=button[name=\"Desligar chamada\"]").await;
    at_bob.expect_cancel().await;
}

#[tokio::test]
async fn f029_v13_a_supervisor_in_no_queue_dials_and_is_called_in_the_browser_once_she_says_so() {
    let office = Office::open().await;
    let more = json!({ "extension": "102", "webrtc": true, "language": "en" });
    let sofia = office.admin.colleague("Sofia", "supervisor", more).await;
    let page = office.browser.open_alone("sofia", &format!("http://{}/", office.node.web)).await;
    log_in(&page, email(&sofia)).await;
    page.sees(".reach.live", "").await;
    let phone = office.node.phone("101").await;
    // Nobody asked her for the microphone, and nothing rings at her.
    phone.invite("102", &Rtp::new().await.sdp()).await.expect_status(480).await;
    page.click("#dialler").await;
    page.fill(".dialler input", "101").await;
    page.press("Enter").await;
    let at_phone = phone.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&at_phone.offer());
    at_phone.answer(&rtp.sdp()).await;
    rtp.speak(CALLER_HZ);
    page.sees(".dock .call[data-state=talking]", "101").await;
    tokio::join!(page.hears(CALLER_HZ), rtp.hears(AGENT_HZ));
    page.click(".dock >> role=button[name=\"Hang up call\"]").await;
    at_phone.expect_bye().await;
    page.click("#dialler").await;
    page.click(".dialler >> role=switch[name=/^Take calls/]").await;
    page.sees("#dialler[aria-label=\"Dialler; extension 102 rings here\"]", "").await;
    assert_eq!(faults(&page).await, json!([]));
    page.screenshot("more/dialler_here").await;
    // It holds over a reload.
    page.reload().await;
    page.sees("#dialler[aria-label=\"Dialler; extension 102 rings here\"]", "").await;
    let rtp = Rtp::new().await;
    let mut call = phone.invite("102", &rtp.sdp()).await;
    page.sees(".offer-name", "101").await;
    page.click(".offer >> role=button[name=/Accept/]").await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(CALLER_HZ);
    tokio::join!(page.hears(CALLER_HZ), rtp.hears(AGENT_HZ));
    call.bye().await;
    page.sees_no(".dock").await;
    it_rings_in_one_browser_and_the_other_says_so(&office, &sofia, &page).await;
    page.click("#dialler").await;
    page.click(".dialler >> role=switch[name=/^Take calls/]").await;
    page.sees("#dialler[aria-label=\"Dialler\"]", "").await;
}

const HERE: &str = "#dialler[aria-label=\"Dialler; extension 102 rings here\"]";
const ELSEWHERE: &str = "#dialler[aria-label=\"Dialler; extension 102 rings in another browser\"]";

/// Takes the extension over at home, calls from the office all the same, takes it back at home, and gives it up there.
async fn it_rings_in_one_browser_and_the_other_says_so(office: &Office, sofia: &Desk, page: &Page) {
    let home = office.browser.open_alone("sofia at home", &format!("http://{}/", office.node.web)).await;
    log_in(&home, email(sofia)).await;
    home.click("#dialler").await;
    home.click(".dialler >> role=switch[name=/^Take calls/]").await;
    home.sees(HERE, "").await;
    page.sees(ELSEWHERE, "").await;
    page.sees(".call-note", "Another browser has taken over").await;
    page.click("#dialler").await;
    page.sees(".dialler-note", "ring in another browser of yours").await;
    assert_eq!(faults(page).await, json!([]));
    page.screenshot("more/dialler_elsewhere").await;
    // Who calls from here is heard here.
    let phone = office.node.phone("101").await;
    page.fill(".dialler input", "101").await;
    page.press("Enter").await;
    let at_phone = phone.expect_invite().await;
    let rtp = Rtp::new().await;
    rtp.follow(&at_phone.offer());
    at_phone.answer(&rtp.sdp()).await;
    rtp.speak(CALLER_HZ);
    tokio::join!(page.hears(CALLER_HZ), rtp.hears(AGENT_HZ));
    page.sees(HERE, "").await;
    home.sees(ELSEWHERE, "").await;
    home.hears_no(CALLER_HZ).await;
    page.click(".dock >> role=button[name=\"Hang up call\"]").await;
    at_phone.expect_bye().await;
    home.sees_no(".dock").await;
    home.click(".dialler >> role=button[name=\"Take them back here\"]").await;
    home.sees(HERE, "").await;
    page.sees(ELSEWHERE, "").await;
    // Given up there, it comes back by itself.
    home.click(".dialler >> role=switch[name=/^Take calls/]").await;
    home.sees("#dialler[aria-label=\"Dialler\"]", "").await;
    page.sees(HERE, "").await;
}
