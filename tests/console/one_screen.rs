//! Everything of an interaction is on one screen, reached by keys, and readable by everybody.

use serde_json::{Value, json};

use crate::office::Office;

#[tokio::test]
async fn f001_contact_history_notes_transfer_and_wrap_up_of_a_call_and_a_chat_are_on_one_screen() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    office.voice_queue(&[&ana], json!({ "wrap_up_s": 600 })).await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let body = json!({ "name": "Oficina São Jorge", "identities": [{ "kind": "phone", "value": "101" }] });
    office.admin.does("/contacts", body).await;
    let ana = office.seat(ana).await;
    let page = &ana.page;
    ana.join("voice").await;
    let caller = crate::calls::caller(&office, "101").await;
    ana.accept().await;
    page.sees(".call[data-state=talking]", "Oficina São Jorge").await;
    for part in ["#tool-contact", "#tool-outcome", "#tool-notes", ".list", ".talk-head .protocol"] {
        page.sees(part, "").await;
    }
    page.sees(".talk-head [aria-label=\"Atendimentos anteriores deste contato\"]", "").await;
    page.sees("section[aria-label=\"Atendimentos anteriores\"]", "").await;
    page.click(".call >> role=button[name=\"Transferir\"]").await;
    page.sees("dialog", "Transferir a chamada").await;
    page.press("Escape").await;
    page.click("role=button[name=\"Desligar chamada\"]").await;
    caller.call.expect_bye().await;
    ana.end(None).await;
    page.click(".wrap-up >> role=button[name=\"Concluir pós-atendimento\"]").await;
    ana.join("chat").await;
    let _marina = office.visitor(&key, "Marina", "Oi").await;
    ana.accept().await;
    for part in
        ["#tool-contact", "#tool-visitor", "#tool-outcome", "#tool-notes", ".composer", ".list", ".talk-head"]
    {
        page.sees(part, "").await;
    }
    page.click(".talk-in").await;
    page.press("t").await;
    page.sees("dialog", "Transferir").await;
    page.press("Escape").await;
    page.press("e").await;
    page.sees("dialog", "Encerrar interação").await;
    page.press("Escape").await;
    page.press("?").await;
    page.sees(".key-list", "Transferir").await;
    page.press("Escape").await;
    // A key is the page's again once the dialog before it is gone, and is typed once its field has the focus.
    page.sees_no("dialog").await;
    page.press("Control+k").await;
    page.sees("dialog input:focus", "").await;
    page.ask("type", json!({ "text": "contatos" })).await;
    page.sees("dialog [role=option][aria-selected=true]", "Contatos").await;
    page.press("Enter").await;
    page.sees("h1", "Contatos").await;
    for (scheme, path) in
        [("light", "#/desk"), ("dark", "#/desk"), ("dark", "#/profile"), ("light", "#/profile/devices")]
    {
        page.ask("emulate", json!({ "media": { "colorScheme": scheme } })).await;
        page.ask("go", json!({ "url": format!("http://{}/{path}", office.node.web) })).await;
        page.sees("#main", "").await;
        let faults = page.ask("accessibility", json!({})).await;
        assert_eq!(faults, Value::Array(Vec::new()), "{scheme} {path}");
    }
    let problems = page.ask("problems", json!({})).await;
    let refused: Vec<&Value> = problems
        .as_array()
        .expect("problems")
        .iter()
        .filter(|one| one.as_str().is_some_and(|text| text.contains("Content Security Policy")))
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[tokio::test]
async fn f008_the_language_is_each_users_own_and_stays() {
    let office = Office::open().await;
    let ana = office.seat(office.hire("Ana", "100").await).await;
    let page = &ana.page;
    page.click(".top-user").await;
    page.click("role=menuitem[name=\"Meu Perfil\"]").await;
    page.click("role=tab[name=\"Aparência\"]").await;
    page.ask("choose", json!({ "selector": ".panel select >> nth=0", "value": "en" })).await;
    page.sees("role=tab[name=\"Appearance\"]", "").await;
    page.reload().await;
    page.sees("h1", "My profile").await;
    let other = office.seat(office.hire("Bia", "102").await).await;
    other.page.sees(".list", "Atendimento").await;
}
