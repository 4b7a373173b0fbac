//! Calls that came by no queue are given away from the call bar.

use ramal_tests::node::{carrier_address, carrier_of};
use ramal_tests::{Browser, Call, Page, Rtp, Site, Ua};
use serde_json::json;

use crate::calls::{CALLER_HZ, served, taken_directly};
use crate::office::{AGENT_HZ, Agent, Office, log_in};
use crate::stage::{email, faults, visit};

const BIA_HZ: f64 = 850.0;
const OTHER_HZ: f64 = 1250.0;
const SOFIA_HZ: f64 = 1050.0;

/// Somebody at a phone, or outside, in a call.
struct Party {
    call: Call,
    rtp: Rtp,
}

async fn answers(call: Call, hz: f64) -> Party {
    let rtp = Rtp::new().await;
    rtp.follow(&call.offer());
    call.answer(&rtp.sdp()).await;
    rtp.speak(hz);
    Party { call, rtp }
}

/// Ana dials from her console.
async fn dials(ana: &Agent, number: &str) {
    ana.page.click("#dialler").await;
    ana.page.fill(".dialler input", number).await;
    ana.page.press("Enter").await;
}

async fn to_number(page: &Page, number: &str) {
    page.click("dialog >> role=tab[name=\"Número\"]").await;
    page.fill("dialog input", number).await;
    page.click("dialog >> role=button[name=\"Transferir\"]").await;
    page.sees_no("dialog").await;
}

async fn to_colleague(page: &Page, name: &str) {
    page.click(&format!("dialog >> role=radio[name=/{name}/]")).await;
    page.click("dialog >> role=button[name=\"Transferir\"]").await;
    page.sees_no("dialog").await;
}

/// Ana serves `vendas`, Bia another queue, in a browser with another voice.
async fn two_agents(site: Site) -> (Office, Agent, Browser, Agent) {
    let office = Office::of(site).await;
    let (ana, bia) = (office.hire("Ana", "100").await, office.hire("Bia", "102").await);
    office.voice_queue(&[&ana], json!({})).await;
    office.admin.queue("outra", "voice", &[&bia], json!({ "title": "Outra" })).await;
    let browser = Browser::speaking(BIA_HZ).await;
    let page = browser.open_alone("Bia", &format!("http://{}/", office.node.web)).await;
    log_in(&page, email(&bia)).await;
    let bia = Agent { desk: bia, page };
    let ana = office.seat(ana).await;
    ana.join("voice").await;
    bia.join("voice").await;
    (office, ana, browser, bia)
}

#[tokio::test]
async fn f153_a_call_to_ones_own_extension_is_given_to_a_number_and_comes_back_where_nobody_takes_it() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let phone: Ua = office.node.phone("103").await;
    let mut caller = taken_directly(&office, &ana, "101", CALLER_HZ).await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    page.press("t").await;
    page.sees("dialog", "Transferir a chamada").await;
    assert_eq!(faults(page).await, json!([]));
    page.screenshot("more/call_transfer").await;
    to_number(page, "103").await;
    phone.expect_invite().await.reject(486).await;
    page.sees(".toasts", "A transferência não deu certo").await;
    page.sees(".dock .call[data-state=talking]", "101").await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    page.click(".dock >> role=button[name=\"Transferir\"]").await;
    to_number(page, "103").await;
    let call = phone.expect_invite().await;
    call.ring().await;
    page.sees(".dock .call[data-state=transferring]", "").await;
    // What failed before is no news any more.
    assert_eq!(page.count(".toast.warn").await, 0);
    let other = answers(call, OTHER_HZ).await;
    page.sees(".toasts", "Transferida.").await;
    page.sees_no(".dock").await;
    tokio::join!(
        caller.rtp.hears_all(&[OTHER_HZ], &[AGENT_HZ]),
        other.rtp.hears_all(&[CALLER_HZ], &[AGENT_HZ]),
    );
    caller.call.bye().await;
    other.call.expect_bye().await;
    // What was told is told once, also where it could be read in another language from now on.
    page.sees_no(".toast").await;
    visit(page, &office.node, "profile/appearance").await;
    page.ask("choose", json!({ "selector": "select:has(option[value=en])", "value": "en" })).await;
    page.sees("h1", "My profile").await;
    page.counts(".toast", 0).await;
}

#[tokio::test]
async fn f153_a_call_that_one_dialled_is_given_to_a_colleague_and_by_her_to_a_queue() {
    let (office, ana, _browser, bia) = two_agents(Site::acme()).await;
    let phone = office.node.phone("103").await;
    dials(&ana, "103").await;
    let mut other = answers(phone.expect_invite().await, OTHER_HZ).await;
    ana.page.sees(".dock .call[data-state=talking]", "103").await;
    tokio::join!(ana.page.hears(OTHER_HZ), other.rtp.hears(AGENT_HZ));
    ana.page.press("t").await;
    to_colleague(&ana.page, "Bia").await;
    bia.page.sees(".offer", "103").await;
    bia.accept().await;
    bia.page.sees(".dock .call[data-state=talking]", "103").await;
    tokio::join!(bia.page.hears(OTHER_HZ), other.rtp.hears_all(&[BIA_HZ], &[AGENT_HZ]));
    ana.page.sees_no(".dock").await;
    bia.page.press("t").await;
    bia.page.click("dialog >> role=tab[name=\"Fila\"]").await;
    to_colleague(&bia.page, "Vendas").await;
    ana.page.sees(".offer", "Vendas").await;
    ana.accept().await;
    ana.page.sees(".call[data-state=talking]", "103").await;
    tokio::join!(ana.page.hears(OTHER_HZ), other.rtp.hears_all(&[AGENT_HZ], &[BIA_HZ]));
    bia.page.sees_no(".dock").await;
    other.call.bye().await;
    ana.page.sees(".call[data-state=ended]", "").await;
}

#[tokio::test]
async fn f153_f157_a_call_dialled_by_a_trunk_is_given_to_a_colleague_with_its_protocol() {
    let address = carrier_address().await;
    let (office, ana, _browser, bia) = two_agents(Site::acme().trunk("embratel", address, "")).await;
    office.admin.colleague("Sofia", "supervisor", json!({ "extension": "103" })).await;
    let carrier = carrier_of(&office.node, address).await;
    dials(&ana, "0551199990000").await;
    let mut other = answers(carrier.expect_invite().await, OTHER_HZ).await;
    ana.page.sees(".talk-place .call[data-state=talking]", "").await;
    tokio::join!(ana.page.hears(OTHER_HZ), other.rtp.hears(AGENT_HZ));
    let protocol = ana.page.text(".talk-head .protocol").await;
    // Wherever she is.
    visit(&ana.page, &office.node, "contacts").await;
    ana.page.click(".dock >> role=button[name=\"Transferir\"]").await;
    to_colleague(&ana.page, "Bia").await;
    bia.accept().await;
    bia.page.sees(".call[data-state=talking]", "").await;
    tokio::join!(bia.page.hears(OTHER_HZ), other.rtp.hears_all(&[BIA_HZ], &[AGENT_HZ]));
    assert_eq!(bia.page.text(".talk-head .protocol").await, protocol);
    // Who is in no queue, and has no console open, is reached at her extension; who has none, the administrator, is not there.
    let phone = office.node.phone("103").await;
    bia.page.press("t").await;
    bia.page.sees("dialog >> role=radio[name=/Sofia/]", "Ramal 103").await;
    bia.page.counts("dialog >> role=radio", 2).await;
    bia.page.fill("dialog >> role=searchbox[name=\"Nome ou ramal\"]", "103").await;
    bia.page.counts("dialog >> role=radio", 1).await;
    bia.page.screenshot("more/transfer_to_extension").await;
    to_colleague(&bia.page, "Sofia").await;
    let sofia = answers(phone.expect_invite().await, SOFIA_HZ).await;
    tokio::join!(sofia.rtp.hears(OTHER_HZ), other.rtp.hears_all(&[SOFIA_HZ], &[BIA_HZ]));
    other.call.bye().await;
    sofia.call.expect_bye().await;
}
