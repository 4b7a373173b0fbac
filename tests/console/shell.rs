//! What stands around every screen: the person at the top right, the menu at the left; and the person's own page.

use std::path::Path;

use serde_json::json;

use crate::calls::served;
use crate::office::{Office, log_in};
use crate::stage::{email, press};

/// A picture that is at hand.
const PHOTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/screens/log_in.png");

#[tokio::test]
async fn f016_to_f021_f023_f007_the_menu_at_the_left_holds_modules_person_softphone_company_and_state() {
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    // F016, F023: from a page of another module, one click.
    page.click("nav >> role=link[name=\"Contatos\"]").await;
    page.sees("h1", "Contatos").await;
    page.click("nav >> role=link[name=\"Atendimento\"]").await;
    page.sees("role=tab[name=\"Atendimento\"]", "").await;
    page.sees("role=tab[name=\"Histórico\"]", "").await;
    // F007
    page.click("nav >> role=link[name=\"Meu Perfil\"]").await;
    page.sees("h1", "Meu Perfil").await;
    // F017: icons alone, then words and what belongs to them; and the page remembers.
    if page.count("nav.wide").await == 0 {
        press(page, "Expandir menu").await;
    }
    // F020, F021
    page.sees("nav.wide .nav-foot", "Empresa: acme").await;
    page.sees("nav.wide .nav-foot", "Sistema: em dia").await;
    page.reload().await;
    page.sees("nav.wide", "").await;
    page.ask("cut", json!({ "cut": true })).await;
    page.sees("nav.wide .nav-foot", "Sistema: sem conexão").await;
    page.ask("cut", json!({ "cut": false })).await;
    page.sees("nav.wide .nav-foot", "Sistema: em dia").await;
    press(page, "Recolher menu").await;
    page.sees_no("nav.wide").await;
    page.reload().await;
    page.sees("nav[aria-label]", "").await;
    page.counts("nav.wide", 0).await;
    // F019
    page.sees("#channels-voice.online", "").await;
    page.click("nav >> role=button[name=\"Softphone\"]").await;
    page.sees(".popup.dialler", "").await;
    page.press("Escape").await;
    // F018: as by the menu beside the avatar.
    page.click("nav >> role=button[name=\"Sair do sistema\"]").await;
    page.sees("dialog", "Deseja mesmo sair?").await;
    page.click("dialog >> role=button[name=\"Sair\"]").await;
    page.sees(".gate-card", "Entrar").await;
}

#[tokio::test]
async fn f002_to_f006_f010_f011_name_photo_and_menu_at_the_top_right_and_a_profile_that_is_edited() {
    let office = Office::open().await;
    let ana = office.seat(office.hire("Ana", "100").await).await;
    let page = &ana.page;
    // F002: without a photo her initial.
    page.sees(".top-user", "Ana").await;
    page.counts(".top-user img", 0).await;
    page.sees(".top-user span.avatar", "A").await;
    // F003, F010, F011
    page.click(".top-user").await;
    for entry in ["Meu Perfil", "Configurar dispositivos", "Sair"] {
        page.sees(&format!("role=menuitem[name=\"{entry}\"]"), "").await;
    }
    page.press("Escape").await;
    page.sees_no("role=menuitem[name=\"Sair\"]").await;
    page.click(".top-user").await;
    page.click("role=menuitem[name=\"Configurar dispositivos\"]").await;
    page.sees("select", "").await;
    // F004
    page.click(".top-user").await;
    page.click("role=menuitem[name=\"Meu Perfil\"]").await;
    for fact in ["Ana", email(&ana.desk), "100"] {
        page.sees(".facts", fact).await;
    }
    // F005, F006: the rest is the administrator's.
    press(page, "Editar Perfil").await;
    for field in ["E-mail", "Ramal"] {
        page.sees(&format!("dialog .field:has-text(\"{field}\") input[readonly]"), "").await;
    }
    assert!(Path::new(PHOTO).exists());
    page.ask("upload", json!({ "selector": "dialog input[type=file]", "path": PHOTO })).await;
    page.sees("dialog img.avatar[src^=blob]", "").await;
    page.fill("dialog .field:has-text(\"Nome\") input", "Ana Souza").await;
    press(page, "Salvar").await;
    page.sees_no("dialog").await;
    page.sees(".top-user", "Ana Souza").await;
    page.sees(".top-user img.avatar", "").await;
    page.reload().await;
    page.sees(".top-user img.avatar", "").await;
    // Others see it too.
    let users = office.admin.read("/users").await;
    let seen = users["items"].as_array().expect("users").iter().find(|one| one["name"] == "Ana Souza");
    let photo = seen.and_then(|one| one["photo_url"].as_str()).expect("a photo").to_owned();
    assert_eq!(office.admin.get(photo.trim_start_matches("/api/v1")).await.status, 200);
}

#[tokio::test]
async fn f008_each_reads_the_language_that_is_his_and_it_survives_the_next_log_in() {
    let office = Office::open().await;
    let ana = office.seat(office.hire("Ana", "100").await).await;
    let bia = office.seat(office.hire("Bia", "102").await).await;
    let page = &ana.page;
    page.ask("go", json!({ "url": format!("http://{}/#/profile/appearance", office.node.web) })).await;
    page.ask("choose", json!({ "selector": "select:has(option[value=en])", "value": "en" })).await;
    page.sees("h1", "My profile").await;
    page.sees("html[lang=en]", "").await;
    page.click(".top-user").await;
    page.click("role=menuitem[name=\"Log out\"]").await;
    page.click("dialog >> role=button[name=\"Log out\"]").await;
    page.sees(".gate-card", "Log in").await;
    log_in(page, email(&ana.desk)).await;
    page.sees("nav >> role=link[name=\"Workspace\"]", "").await;
    bia.page.reload().await;
    bia.page.sees("nav >> role=link[name=\"Atendimento\"]", "").await;
    bia.page.sees("html[lang=pt-BR]", "").await;
}
