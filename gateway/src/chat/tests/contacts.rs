//! Contacts, drafts and notes.

use super::{Desk, NOW, identity, message};
use crate::model::{AuditEntry, ContactId, Identity, IdentityKind, InboxId};
use crate::store::{ContactChange, ContactFields, ContactOutcome, ContactPlace};

fn named(name: &str) -> ContactFields {
    ContactFields { name: name.to_owned(), ..ContactFields::default() }
}

fn anywhere(kind: IdentityKind, text: &str) -> (InboxId, Identity) {
    (InboxId(0), identity(kind, text))
}

async fn create(desk: &Desk, name: &str, identities: &[(InboxId, Identity)]) -> ContactOutcome {
    desk.test.store.create_contact(desk.here, &named(name), identities, None, NOW).await.unwrap()
}

async fn contact(desk: &Desk, name: &str, identities: &[(InboxId, Identity)]) -> ContactId {
    match create(desk, name, identities).await {
        ContactOutcome::Written(id) => id,
        ContactOutcome::Taken { .. } | ContactOutcome::Missing => panic!("not written"),
    }
}

fn deletion(desk: &Desk, contact: ContactId) -> AuditEntry {
    AuditEntry {
        organization: desk.here,
        at_ms: NOW,
        user: Some(desk.agent),
        actor: "Ana".to_owned(),
        action: "delete".to_owned(),
        noun: "contact".to_owned(),
        noun_id: contact.to_string(),
        detail: serde_json::json!({}),
        address: String::new(),
    }
}

async fn found(desk: &Desk, text: &str) -> Vec<String> {
    let found = desk.test.store.contacts(desk.here, Some(text), None, 10).await.unwrap();
    found.into_iter().map(|contact| contact.name).collect()
}

#[tokio::test]
async fn a_contact_is_found_by_parts_of_name_number_and_address() {
    let desk = Desk::new().await;
    let phone = anywhere(IdentityKind::Phone, "+5511987654321");
    contact(&desk, "José da Silva", &[phone, anywhere(IdentityKind::Email, "ze@acme.com")]).await;
    contact(&desk, "Mário 100%", &[]).await;
    for text in ["jose", "SILVA", "98765-4321", "ze@ac"] {
        assert_eq!(found(&desk, text).await, ["José da Silva"], "{text}");
    }
    assert_eq!(found(&desk, "100%").await, ["Mário 100%"]);
    assert!(found(&desk, "_a_").await.is_empty());
    let theirs = desk.test.store.contacts(desk.there, Some("jose"), None, 10).await.unwrap();
    assert!(theirs.is_empty());
    desk.test.remove().await;
}

#[tokio::test]
async fn contacts_are_listed_by_name_page_by_page() {
    let desk = Desk::new().await;
    for name in ["Édson", "ana", "Bia", "ana"] {
        contact(&desk, name, &[]).await;
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = desk.test.store.contacts(desk.here, None, after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(ContactPlace { search: crate::model::folded(&last.name), id: last.id.0 });
        seen.extend(page.into_iter().map(|contact| contact.name));
    }
    assert_eq!(seen, ["ana", "ana", "Bia", "Édson"]);
    desk.test.remove().await;
}

#[tokio::test]
async fn nobody_is_two_contacts() {
    let desk = Desk::new().await;
    let phone = anywhere(IdentityKind::Phone, "+5511987654321");
    let first = contact(&desk, "Ana", std::slice::from_ref(&phone)).await;
    assert_eq!(create(&desk, "Bia", &[phone]).await, ContactOutcome::Taken { at: 0, by: first });
    assert_eq!(desk.ask("SELECT COUNT(*) FROM contacts").await, 1);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_number_is_found_however_it_is_written() {
    let desk = Desk::new().await;
    desk.run("UPDATE organizations SET country_prefix = '+55'").await;
    let ana = contact(&desk, "Ana", &[anywhere(IdentityKind::Phone, "+5511987654321")]).await;
    for number in ["+55 11 98765-4321", "011987654321", "005511987654321"] {
        let found = desk.test.store.contact_of_phone(desk.here, number).await.unwrap();
        assert_eq!(found.map(|contact| contact.id), Some(ana), "{number}");
    }
    for number in ["1001", "anonymous", ""] {
        assert!(desk.test.store.contact_of_phone(desk.here, number).await.unwrap().is_none());
    }
    assert!(desk.test.store.contact_of_phone(desk.there, "+5511987654321").await.unwrap().is_none());
    desk.test.remove().await;
}

#[tokio::test]
async fn a_contact_changes_its_name_and_its_numbers() {
    let desk = Desk::new().await;
    let ana = contact(&desk, "Ana", &[anywhere(IdentityKind::Phone, "+551190000001")]).await;
    let change = ContactChange {
        name: Some("Ana Lima".to_owned()),
        identities: Some(vec![anywhere(IdentityKind::Phone, "+551190000002")]),
        ..ContactChange::default()
    };
    let store = &desk.test.store;
    let outcome = store.update_contact(desk.here, ana, &change, NOW + 1).await.unwrap();
    assert_eq!(outcome, ContactOutcome::Written(ana));
    let after = store.contact(desk.here, ana).await.unwrap().unwrap();
    assert_eq!((after.name.as_str(), after.updated_at_ms), ("Ana Lima", NOW + 1));
    let numbers: Vec<_> = after.identities.iter().map(|identity| identity.value.as_str()).collect();
    assert_eq!(numbers, ["+551190000002"]);
    let elsewhere = store.update_contact(desk.there, ana, &change, NOW).await.unwrap();
    assert_eq!(elsewhere, ContactOutcome::Missing);
    assert!(!store.delete_contact(desk.there, ana, &deletion(&desk, ana)).await.unwrap());
    assert!(store.delete_contact(desk.here, ana, &deletion(&desk, ana)).await.unwrap());
    assert!(store.contact(desk.here, ana).await.unwrap().is_none());
    desk.test.remove().await;
}

#[tokio::test]
async fn whoever_is_associated_is_found_again_by_the_next_message() {
    let desk = Desk::new().await;
    let ana = contact(&desk, "Ana Lima", &[]).await;
    desk.receive(vec![message("m1", "t1", "hello", NOW)]).await;
    let row = desk.latest().await;
    let outcome = desk.test.store.associate_contact(desk.here, row.id, ana).await.unwrap();
    assert_eq!(outcome, ContactOutcome::Written(ana));
    assert_eq!(desk.latest().await.title, "Ana Lima");
    desk.run("UPDATE interactions SET state = 'closed'").await;
    let mut next = super::inbound("m2", "t2", "again", NOW);
    next.person = super::person("t1");
    desk.receive(vec![crate::chat::Event::Message(Box::new(next))]).await;
    assert_eq!(desk.latest().await.contact, Some(ana));
    desk.test.remove().await;
}

#[tokio::test]
async fn a_contact_that_is_deleted_leaves_what_was_said() {
    let desk = Desk::new().await;
    desk.receive(vec![message("m1", "t1", "hello", NOW)]).await;
    let row = desk.latest().await;
    let gone = row.contact.unwrap();
    assert!(desk.test.store.delete_contact(desk.here, gone, &deletion(&desk, gone)).await.unwrap());
    assert_eq!(desk.latest().await.contact, None);
    assert_eq!(desk.texts(row.id).await, ["hello"]);
    desk.receive(vec![message("m2", "t1", "still me", NOW)]).await;
    assert_eq!(desk.ask("SELECT COUNT(*) FROM contacts").await, 1);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_draft_is_its_agents_and_a_note_everybodys() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    let store = &desk.test.store;
    store.save_draft((desk.here, desk.agent), interaction, "first", NOW).await.unwrap();
    store.save_draft((desk.here, desk.agent), interaction, "second", NOW).await.unwrap();
    store.save_draft((desk.there, desk.agent), interaction, "theirs", NOW).await.unwrap();
    let drafts = store.drafts_of(desk.here, desk.agent).await.unwrap();
    assert_eq!(drafts, [(interaction, "second".to_owned())]);
    store.save_draft((desk.here, desk.agent), interaction, "", NOW).await.unwrap();
    assert!(store.drafts_of(desk.here, desk.agent).await.unwrap().is_empty());
    let note = store.add_note(desk.here, interaction, Some(desk.agent), "likes tea", NOW).await.unwrap();
    assert_eq!(note.as_ref().and_then(|note| note.author.as_ref()).unwrap().name, "Ana");
    assert!(store.add_note(desk.there, interaction, None, "x", NOW).await.unwrap().is_none());
    assert_eq!(store.notes(desk.here, interaction).await.unwrap(), [note.unwrap()]);
    assert!(store.notes(desk.there, interaction).await.unwrap().is_empty());
    desk.test.remove().await;
}
