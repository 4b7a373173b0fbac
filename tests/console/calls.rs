//! A caller waits in a queue and is served in the browser.

use ramal_tests::rtp::tone;
use ramal_tests::{Rtp, Site, Wav, wav};
use serde_json::json;

use crate::office::{AGENT_HZ, Agent, Office};
use crate::stage::faults;

pub const CALLER_HZ: f64 = 660.0;
/// What a queue's callers hear, where a story listens: nobody else sounds like it.
const MUSIC_HZ: f64 = 1250.0;
/// What is said while nothing may be recorded.
const CARD_HZ: f64 = 880.0;

/// Somebody who called *80 and waits, hearing music; his name for the office is his number, 101.
pub struct Caller {
    pub call: ramal_tests::wire::call::Call,
    pub rtp: Rtp,
}

pub async fn caller(office: &Office, number: &str) -> Caller {
    let phone = office.node.phone(number).await;
    let rtp = Rtp::new().await;
    let mut call = phone.invite("*80", &rtp.sdp()).await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(CALLER_HZ);
    Caller { call, rtp }
}

pub async fn served(office: &Office, more: serde_json::Value) -> Agent {
    let ana = office.hire("Ana", "100").await;
    office.voice_queue(&[&ana], more).await;
    let ana = office.seat(ana).await;
    ana.join("voice").await;
    ana
}

#[tokio::test]
async fn f058_f059_f060_f061_f110_an_incoming_call_names_kind_queue_and_caller_is_accepted_and_ended() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let caller = caller(&office, "101").await;
    page.sees(".offer", "Chamada recebida").await;
    page.sees(".offer", "Vendas").await;
    page.sees(".offer-name", "101").await;
    // F110: it rings.
    page.sounded(400.0).await;
    ana.accept().await;
    page.sees(".call[data-state=talking]", "Em conversa").await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    // Nobody leaves in a call, and is not asked first whether he wants to.
    page.click(".nav >> role=button[name=\"Sair do sistema\"]").await;
    page.sees("dialog", "Você não pode fazer logout durante uma chamada").await;
    page.press("Enter").await;
    page.sees_no("dialog").await;
    page.click("role=button[name=\"Desligar chamada\"]").await;
    caller.call.expect_bye().await;
    page.sees(".call[data-state=ended]", "A chamada terminou").await;
    // Whoever works by the keyboard goes on where it is ended.
    page.sees(".talk-head .button.primary:focus", "Encerrar interação").await;
    // F071: the connection is over, the interaction is not.
    page.counts(".lines [data-interaction]", 1).await;
    ana.end(None).await;
    page.sees_no(".lines [data-interaction]").await;
}

#[tokio::test]
async fn f058_a_refused_call_waits_on_and_is_accepted_with_a_key() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let bia = office.hire("Bia", "102").await;
    office.voice_queue(&[&ana, &bia], json!({})).await;
    let ana = office.seat(ana).await;
    ana.join("voice").await;
    let caller = caller(&office, "101").await;
    ana.page.sees(".offer", "101").await;
    let bia = office.seat(bia).await;
    bia.join("voice").await;
    ana.page.press("r").await;
    ana.page.sees_no(".offer").await;
    bia.page.sees(".offer", "101").await;
    bia.page.press("a").await;
    bia.page.sees(".call[data-state=talking]", "101").await;
    tokio::join!(bia.page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
}

#[tokio::test]
async fn f035_f067_a_call_is_held_resumed_muted_and_takes_digits() {
    let sounds = tempfile::tempdir().expect("a folder");
    wav::write_mono(&sounds.path().join("waiting.wav"), 8000, &tone::sine(MUSIC_HZ, 8000, 0, 16_000));
    let office = Office::of(Site::acme().announcements(sounds.path())).await;
    let ana = served(&office, json!({ "music": "waiting.wav" })).await;
    let page = &ana.page;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    page.press("h").await;
    page.sees(".call[data-state=held]", "Em espera").await;
    caller.rtp.hears(MUSIC_HZ).await;
    page.hears_no(CALLER_HZ).await;
    page.press("h").await;
    page.sees(".call[data-state=talking]", "").await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    page.press("m").await;
    caller.rtp.hears_no(AGENT_HZ).await;
    page.press("m").await;
    caller.rtp.hears(AGENT_HZ).await;
    page.click(".call >> role=button[name=\"Teclado\"]").await;
    page.click(".call-pad >> role=button[name=\"Tecla 5\"]").await;
    assert_eq!(caller.rtp.expect_digit().await.0, '5');
}

#[tokio::test]
async fn f066_f071_f176_f179_notes_during_the_call_then_outcome_and_wrap_up_that_ends_early() {
    let office = Office::open().await;
    let solved = office.admin.does("/dispositions", json!({ "title": "Resolvido" })).await["id"].clone();
    let ana = served(&office, json!({ "wrap_up_s": 600, "dispositions": [solved] })).await;
    let page = &ana.page;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    page.sees(".call[data-state=talking]", "").await;
    page.sees(".talk-head", "101").await;
    page.press("n").await;
    page.sees("#tool-notes :focus", "").await;
    page.ask("type", json!({ "text": "Quer trocar de plano" })).await;
    page.click("#tool-notes >> role=button[name=\"Salvar nota\"]").await;
    page.sees(".notes", "Quer trocar de plano").await;
    page.fill("#tool-outcome input", "vip").await;
    page.press("Enter").await;
    page.sees(".tag", "vip").await;
    page.click("role=button[name=\"Desligar chamada\"]").await;
    caller.call.expect_bye().await;
    page.sees(".call[data-state=ended]", "").await;
    page.press("e").await;
    page.sees("dialog select:focus", "").await;
    page.press("Escape").await;
    page.sees_no("dialog").await;
    ana.end(Some("Resolvido")).await;
    page.sees(".wrap-up", "Pós-atendimento").await;
    let mut next = self::caller(&office, "103").await;
    page.click("role=button[name=\"Concluir pós-atendimento\"]").await;
    page.sees(".offer", "103").await;
    page.sees_no(".wrap-up").await;
    next.call.bye().await;
    page.sees_no(".offer").await;
    page.click("role=tab[name=\"Histórico\"]").await;
    page.click(".lines .line:has-text(\"Resolvido\")").await;
    page.sees(".notes", "Quer trocar de plano").await;
    page.sees(".tag", "vip").await;
}

#[tokio::test]
async fn f132_f153_f157_a_call_is_transferred_to_another_agent_with_its_protocol_and_clock() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let bia = office.hire("Bia", "102").await;
    office.voice_queue(&[&ana, &bia], json!({})).await;
    let ana = office.seat(ana).await;
    ana.join("voice").await;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    ana.page.sees(".call[data-state=talking]", "").await;
    let protocol = ana.page.text(".talk-head .protocol").await;
    let bia = office.seat(bia).await;
    bia.join("voice").await;
    let clock = ana.tta_from(1).await;
    ana.page.press("t").await;
    ana.page.click("dialog >> role=radio[name=/Bia/]").await;
    ana.page.click("dialog >> role=button[name=\"Transferir\"]").await;
    ana.page.sees_no("dialog").await;
    bia.page.sees(".offer", "101").await;
    bia.accept().await;
    bia.page.sees(".call[data-state=talking]", "").await;
    tokio::join!(bia.page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    assert_eq!(bia.page.text(".talk-head .protocol").await, protocol);
    assert!(bia.tta_from(0).await >= clock, "the clock began anew");
    ana.page.sees_no(".lines [data-interaction]").await;
    ana.page.sees(".talk-place .boards", "").await;
}

#[tokio::test]
async fn f070_what_is_said_in_a_pause_is_absent_from_the_recording_and_the_pause_is_marked() {
    let office = Office::of(Site::acme().recorded()).await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let mut caller = caller(&office, "101").await;
    ana.accept().await;
    page.sees(".call", "Gravando").await;
    page.hears(CALLER_HZ).await;
    page.click("role=button[name=\"Pausar gravação\"]").await;
    page.sees(".call", "Gravação pausada").await;
    // The card number.
    caller.rtp.speak(CARD_HZ);
    for _ in 0..3 {
        page.hears(CARD_HZ).await;
    }
    caller.rtp.speak(CALLER_HZ);
    page.hears(CALLER_HZ).await;
    page.click("role=button[name=\"Retomar gravação\"]").await;
    page.sees(".call", "Gravando").await;
    for _ in 0..3 {
        page.hears(CALLER_HZ).await;
    }
    caller.call.bye().await;
    opens_what_is_over(&ana).await;
    page.sees(".recording", "Pausada de 00:").await;
    let address = page.ask("attribute", json!({ "selector": ".recording audio", "name": "src" })).await;
    let place = address.as_str().expect("an address").trim_start_matches("/api/v1").to_owned();
    let heard = Wav::parse(office.admin.get(&place).await.bytes()).expect("a WAV file");
    assert!(heard.seconds_of_tone(0, CALLER_HZ) > 0.5 && heard.seconds_of_tone(1, AGENT_HZ) > 0.5);
    assert!(heard.loudest(0, CARD_HZ) < 0.1, "nothing of the card is there");
}

#[tokio::test]
async fn b09_keys_are_hidden_from_the_agent_and_reach_the_far_end() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    page.hears(CALLER_HZ).await;
    page.click(".call >> role=button[name=\"Mais\"]").await;
    page.click("role=menuitemradio[name=\"Ocultar teclas (dados do cartão)\"]").await;
    page.sees(".call", "Teclas ocultas").await;
    page.click(".call >> role=button[name=\"Teclado\"]").await;
    page.click(".call-pad >> role=button[name=\"Tecla 7\"]").await;
    assert_eq!(caller.rtp.expect_digit().await.0, '7');
    page.sees(".call-pad output", "•").await;
    let shown = page.text(".call-pad output").await;
    assert!(!shown.contains('7'), "{shown}");
    page.press("Escape").await;
    page.click(".call >> role=button[name=\"Mais\"]").await;
    page.click("role=menuitemradio[name=\"Ocultar teclas (dados do cartão)\"]").await;
    page.sees_no(".call .badge:has-text(\"Teclas ocultas\")").await;
}

/// The call is over: the agent ends the Interaction and opens it in the history.
async fn opens_what_is_over(ana: &Agent) {
    let page = &ana.page;
    page.sees(".call[data-state=ended]", "").await;
    ana.end(None).await;
    page.click("role=tab[name=\"Histórico\"]").await;
    page.click(".lines .line:has-text(\"101\")").await;
}

#[tokio::test]
async fn f130_f142_a_recorded_call_stands_in_the_history_and_is_played() {
    let office = Office::of(Site::acme().recorded()).await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let mut caller = caller(&office, "101").await;
    ana.accept().await;
    page.sees(".call", "Gravando").await;
    page.hears(CALLER_HZ).await;
    caller.call.bye().await;
    opens_what_is_over(&ana).await;
    page.sees(".recording audio", "").await;
    let seconds = page.ask("sound", json!({ "selector": ".recording audio" })).await;
    assert!(seconds.as_f64().is_some_and(|seconds| seconds > 0.1), "{seconds}");
}

#[tokio::test]
async fn f055_f056_f057_one_call_alone_and_nothing_else_until_it_is_closed() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    office.voice_queue(&[&ana], json!({})).await;
    let chats = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(chats).await;
    let ana = office.seat(ana).await;
    ana.join("voice").await;
    ana.join("chat").await;
    let page = &ana.page;
    let mut one = caller(&office, "101").await;
    ana.accept().await;
    page.sees(".call[data-state=talking]", "").await;
    let _visitor = office.visitor(&key, "Marina", "Oi").await;
    page.sees(".lines", "Marina").await;
    one.call.bye().await;
    page.sees(".call[data-state=ended]", "").await;
    page.counts(".offer", 0).await;
    ana.end(None).await;
    page.sees(".offer", "Marina").await;
    ana.accept().await;
    let _two = caller(&office, "103").await;
    page.sees(".lines", "103").await;
    for name in ["Nina", "Olga", "Paula"] {
        let visitor = office.visitor(&key, name, "Oi").await;
        ana.accept().await;
        std::mem::forget(visitor);
    }
    let _fifth = office.visitor(&key, "Quinta", "Oi").await;
    page.sees(".lines", "Quinta").await;
    page.counts(".offer", 0).await;
    for _ in 0..4 {
        page.click(".lines section >> nth=0 >> .line >> nth=0").await;
        ana.end(None).await;
    }
    // The chat took the place that the first of them left; the call takes all or nothing.
    page.sees(".offer", "Quinta").await;
    ana.accept().await;
    ana.end(None).await;
    page.sees(".offer", "103").await;
}

#[tokio::test]
async fn f114_f130_who_ended_a_call_is_told_in_list_course_and_history_with_its_number_beside_the_name() {
    let office = Office::open().await;
    let contact = json!({ "name": "Otávio Lima", "identities": [{ "kind": "phone", "value": "101" }] });
    office.admin.does("/contacts", contact).await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let first = caller(&office, "101").await;
    ana.accept().await;
    page.sees(".call[data-state=talking]", "Otávio Lima").await;
    page.click("role=button[name=\"Desligar chamada\"]").await;
    first.call.expect_bye().await;
    page.sees(".lines .mark[data-state=ended][title=\"Encerrada pelo atendente\"]", "").await;
    ana.end(None).await;
    let mut second = caller(&office, "103").await;
    ana.accept().await;
    page.sees(".call[data-state=talking]", "103").await;
    second.call.bye().await;
    page.sees(".lines .mark[data-state=ended][title=\"Encerrada pelo cliente\"]", "").await;
    ana.end(None).await;
    page.click("role=tab[name=\"Histórico\"]").await;
    page.sees(".lines .line:has-text(\"103\")", "Encerrada pelo cliente").await;
    let known = ".lines .line:has-text(\"Otávio Lima\")";
    page.sees(known, "Encerrada pelo atendente").await;
    page.sees(known, "101").await;
    page.click(known).await;
    page.sees(".talk-facts", "101").await;
    page.sees(".talk-head", "Encerrada pelo atendente").await;
    page.sees(".course", "O atendente encerrou a chamada").await;
}

#[tokio::test]
async fn f058_an_offer_that_ran_out_is_served_from_its_notice_and_one_that_was_refused_from_the_list() {
    let office = Office::open().await;
    let ana = served(&office, json!({ "offer_timeout_s": 5, "wrap_up_s": 0 })).await;
    let page = &ana.page;
    let mut first = caller(&office, "101").await;
    page.sees(".offer", "101").await;
    // Nobody else is there: it waits on, and she can still have it.
    page.sees(".toasts", "O atendimento espera na fila").await;
    page.sees_no(".offer").await;
    page.click(".toasts >> role=button[name=\"Atender\"]").await;
    page.sees(".call[data-state=talking]", "101").await;
    tokio::join!(page.hears(CALLER_HZ), first.rtp.hears(AGENT_HZ));
    first.call.bye().await;
    page.sees(".call[data-state=ended]", "").await;
    ana.end(None).await;
    let second = caller(&office, "103").await;
    page.sees(".offer", "103").await;
    page.press("r").await;
    page.sees_no(".offer").await;
    page.click(".lines .line:has-text(\"103\")").await;
    page.sees(".talk-note", "Quem ligou espera").await;
    page.click(".talk-note >> role=button[name=\"Atender\"]").await;
    page.sees(".call[data-state=talking]", "103").await;
    tokio::join!(page.hears(CALLER_HZ), second.rtp.hears(AGENT_HZ));
}

/// Somebody who calls the agent's own extension, and is taken.
pub async fn taken_directly(office: &Office, ana: &Agent, number: &str, hz: f64) -> Caller {
    let phone = office.node.phone(number).await;
    let rtp = Rtp::new().await;
    let mut call = phone.invite("100", &rtp.sdp()).await;
    ana.page.sees(".offer-name", number).await;
    ana.page.click(".offer >> role=button[name=/Aceitar/]").await;
    rtp.follow(&call.answered().await.text());
    rtp.speak(hz);
    ana.page.sees(".dock .call[data-state=talking]", number).await;
    Caller { call, rtp }
}

#[tokio::test]
async fn f035_of_two_calls_both_are_seen_and_a_press_switches_between_them() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let first = taken_directly(&office, &ana, "101", CALLER_HZ).await;
    page.hears(CALLER_HZ).await;
    page.counts(".other-call", 0).await;
    let mut second = taken_directly(&office, &ana, "103", CARD_HZ).await;
    tokio::join!(page.hears(CARD_HZ), second.rtp.hears(AGENT_HZ));
    page.sees(".other-call[data-state=held]", "101").await;
    page.sees(".other-call", "Em espera").await;
    assert_eq!(faults(page).await, json!([]));
    page.screenshot("more/call_of_two").await;
    page.click("role=button[name=\"Alternar para 101\"]").await;
    page.sees(".dock .call[data-state=talking]", "101").await;
    page.sees(".other-call[data-state=held]", "103").await;
    tokio::join!(page.hears(CALLER_HZ), first.rtp.hears(AGENT_HZ));
    page.hears_no(CARD_HZ).await;
    // The button is still under the finger, and leads back.
    page.press("Enter").await;
    page.sees(".dock .call[data-state=talking]", "103").await;
    tokio::join!(page.hears(CARD_HZ), second.rtp.hears(AGENT_HZ));
    // Hold means this call, also where another one waits.
    page.press("h").await;
    page.sees(".dock .call[data-state=held]", "103").await;
    page.sees(".other-call[data-state=held]", "101").await;
    second.call.bye().await;
    page.sees(".dock .call[data-state=held]", "101").await;
    page.sees_no(".other-calls").await;
}
