//! The contact of an interaction.

use serde_json::json;

use crate::office::Office;

#[tokio::test]
async fn f134_f135_a_contact_is_made_edited_and_another_associated() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    office.admin.does("/contacts", json!({ "name": "Padaria Central", "identities": [{ "kind": "phone", "value": "+5511987654321" }] })).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let page = &ana.page;
    let _marina = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    page.click("#tool-contact >> role=button[name=/Associar|Outro contato/]").await;
    page.fill("dialog input[type=search]", "padaria").await;
    page.click("dialog li:has-text(\"Padaria Central\") >> role=button[name=\"Associar\"]").await;
    page.sees(".talk-head h1", "Padaria Central").await;
    page.sees(".lines", "Padaria Central").await;
    page.sees("#tool-contact", "+55 11 98765-4321").await;
    page.click("#tool-contact >> role=button[name=\"Editar\"]").await;
    page.fill("dialog input >> nth=0", "Padaria do Centro").await;
    page.click("dialog >> role=button[name=\"Salvar\"]").await;
    page.sees("#tool-contact", "Padaria do Centro").await;
    page.sees(".talk-head h1", "Padaria do Centro").await;
}

#[tokio::test]
async fn f134_f135_the_next_call_from_a_contacts_number_shows_the_name() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    office.voice_queue(&[&ana], json!({})).await;
    let ana = office.seat(ana).await;
    let page = &ana.page;
    page.click(".nav >> role=link[name=\"Contatos\"]").await;
    page.click("role=button[name=\"Novo contato\"]").await;
    page.fill("dialog input >> nth=0", "Oficina São Jorge").await;
    page.fill("dialog .identity input", "103").await;
    page.click("dialog >> role=button[name=\"Criar contato\"]").await;
    // Its phone is another one: edited, saved, opened again.
    page.click(".table tr:has-text(\"Oficina São Jorge\")").await;
    page.sees("dialog", "103").await;
    page.click("dialog >> role=button[name=\"Editar contato\"]").await;
    page.fill("dialog .identity input", "101").await;
    page.click("dialog >> role=button[name=\"Salvar\"]").await;
    page.reload().await;
    page.sees("dialog .facts", "101").await;
    page.press("Escape").await;
    page.sees_no("dialog").await;
    page.click(".nav >> role=link[name=\"Atendimento\"]").await;
    ana.join("voice").await;
    let phone = office.node.phone("101").await;
    let rtp = ramal_tests::Rtp::new().await;
    let mut call = phone.invite("*80", &rtp.sdp()).await;
    call.answered().await;
    page.sees(".offer-name", "Oficina São Jorge").await;
    call.bye().await;
    page.sees_no(".offer").await;
    // F134: a number that nobody knows is added as a contact, from the tool bar; the name stands in its place.
    let _caller = crate::calls::caller(&office, "103").await;
    page.sees(".offer-name", "103").await;
    ana.accept().await;
    page.click("#tool-contact >> role=button[name=\"Criar contato\"]").await;
    assert_eq!(page.ask("value", json!({ "selector": "dialog .identity input" })).await, "103");
    page.fill("dialog input >> nth=0", "Nina Prado").await;
    page.click("dialog >> role=button[name=\"Criar contato\"]").await;
    page.sees(".talk-head h1", "Nina Prado").await;
    page.sees(".lines .line", "Nina Prado").await;
}
