//! What comes in.

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use super::{Desk, NOW, identity, inbound, message, person, written};
use crate::chat::{
    AtThread, ChatError, Deleted, Edited, Event, PersonChanged, Reacted, Started, Typing, Writer,
};
use crate::model::{CustomerState, IdentityKind, InteractionState, MessageDirection, MessageState};

/// Messages of the storm, and how often each comes.
const MESSAGES: i64 = 120;
const TIMES: usize = 3;

#[tokio::test]
async fn a_first_message_begins_contact_conversation_and_interaction() {
    let desk = Desk::new().await;
    desk.receive(vec![message("m1", "t1", "hello", NOW - 9_000)]).await;
    let row = desk.latest().await;
    assert_eq!((row.state, row.customer, row.unread), (InteractionState::Waiting, CustomerState::New, 1));
    assert_eq!((row.title.as_str(), row.channel.as_str()), ("Bia", "webchat"));
    assert_eq!((row.last_text.as_deref(), row.last_at_ms), (Some("hello"), Some(NOW - 9_000)));
    assert_eq!(row.visitor.unwrap()["origin"], "/prices");
    let contact = desk.test.store.contact(desk.here, row.contact.unwrap()).await.unwrap().unwrap();
    assert_eq!((contact.name.as_str(), contact.identities.len()), ("Bia", 1));
    let messages = desk.messages(row.id).await;
    assert_eq!(messages[0].direction, MessageDirection::In);
    assert_eq!((messages[0].state, messages[0].at_ms), (MessageState::None, NOW - 9_000));
    desk.test.remove().await;
}

#[tokio::test]
async fn a_repeat_changes_nothing() {
    let desk = Desk::new().await;
    for _ in 0..3 {
        desk.receive(vec![message("m1", "t1", "hello", NOW)]).await;
    }
    desk.receive(vec![message("m1", "t1", "hello", NOW), message("m1", "t1", "hello", NOW)]).await;
    let row = desk.latest().await;
    assert_eq!((row.unread, desk.texts(row.id).await.len()), (1, 1));
    assert_eq!(desk.ask("SELECT COUNT(*) FROM interactions").await, 1);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_storm_of_repeats_in_disorder_and_in_parallel_leaves_one_copy_of_each_in_order() {
    let desk = Desk::new().await;
    let mut order: Vec<i64> = (0..MESSAGES).flat_map(|number| [number; TIMES]).collect();
    order.shuffle(&mut StdRng::seed_from_u64(1));
    let mut deliveries = tokio::task::JoinSet::new();
    for number in order {
        let (chat, here, inbox) = (desk.chat.clone(), desk.here, desk.inbox);
        let thread = format!("t{}", number % 2);
        let event =
            message(&format!("m{number}"), &thread, &number.to_string(), NOW - 500_000 + number * 1_000);
        deliveries.spawn(async move { chat.receive(here, inbox, vec![event], NOW).await });
    }
    while let Some(outcome) = deliveries.join_next().await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(desk.ask("SELECT COUNT(*) FROM messages").await, MESSAGES);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM conversations").await, 2);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM interactions").await, 2);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM contacts").await, 2);
    assert_eq!(desk.ask("SELECT CAST(SUM(unread) AS BIGINT) FROM interactions").await, MESSAGES);
    let last = desk.latest().await;
    let numbers: Vec<i64> = desk.texts(last.id).await.iter().map(|text| text.parse().unwrap()).collect();
    assert!(numbers.is_sorted() && numbers.len() == MESSAGES as usize / 2);
    assert_eq!(last.last_text, numbers.last().map(ToString::to_string));
    desk.test.remove().await;
}

#[tokio::test]
async fn two_threads_of_one_new_person_make_one_contact() {
    let desk = Desk::new().await;
    let mut deliveries = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (chat, here, inbox) = (desk.chat.clone(), desk.here, desk.inbox);
        let mut one = inbound(&format!("m{number}"), &format!("t{number}"), "hi", NOW);
        one.person = person("same");
        let event = Event::Message(Box::new(one));
        deliveries.spawn(async move { chat.receive(here, inbox, vec![event], NOW).await });
    }
    while let Some(outcome) = deliveries.join_next().await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(desk.ask("SELECT COUNT(*) FROM contacts").await, 1);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM conversations").await, 8);
    desk.test.remove().await;
}

#[tokio::test]
async fn who_writes_after_the_end_begins_anew() {
    let desk = Desk::new().await;
    let first = desk.taken().await;
    desk.receive(vec![Event::Ended(AtThread { thread: "t1".to_owned(), at_ms: NOW })]).await;
    assert_eq!(desk.latest().await.customer, CustomerState::Ended);
    desk.receive(vec![message("m2", "t1", "once more", NOW)]).await;
    let second = desk.latest().await;
    assert_ne!(second.id, first);
    assert_eq!(desk.texts(first).await, ["hello"]);
    assert_eq!(desk.texts(second.id).await, ["once more"]);
    desk.run(&format!("UPDATE interactions SET state = 'closed' WHERE id = {}", second.id)).await;
    desk.receive(vec![message("m3", "t1", "and again", NOW)]).await;
    assert_eq!(desk.texts(desk.latest().await.id).await, ["and again"]);
    desk.test.remove().await;
}

#[tokio::test]
async fn who_leaves_the_page_and_returns_finds_everything_as_it_was() {
    let desk = Desk::new().await;
    desk.receive(vec![message("m1", "t1", "hello", NOW)]).await;
    let at = || AtThread { thread: "t1".to_owned(), at_ms: NOW - 7 };
    desk.receive(vec![Event::Left(at())]).await;
    assert_eq!(desk.latest().await.left_at_ms, Some(NOW - 7));
    desk.receive(vec![Event::Returned(at())]).await;
    let row = desk.latest().await;
    assert_eq!((row.left_at_ms, row.customer), (None, CustomerState::New));
    desk.receive(vec![Event::Left(at()), message("m2", "t1", "here", NOW)]).await;
    assert_eq!(desk.latest().await.left_at_ms, None);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_conversation_can_begin_without_a_message() {
    let desk = Desk::new().await;
    let started =
        Started { thread: "t1".to_owned(), person: person("p"), at_ms: NOW, attributes: Vec::new() };
    let begun = || Event::Started(Box::new(started.clone()));
    desk.receive(vec![begun()]).await;
    desk.receive(vec![begun(), message("m1", "t1", "hello", NOW)]).await;
    assert_eq!(desk.ask("SELECT COUNT(*) FROM interactions").await, 1);
    assert_eq!(desk.texts(desk.latest().await.id).await, ["hello"]);
    desk.test.remove().await;
}

#[tokio::test]
async fn of_identities_that_lead_to_two_people_the_first_decides() {
    let desk = Desk::new().await;
    let mut one = inbound("m1", "t1", "one", NOW);
    one.person.identities = vec![identity(IdentityKind::Phone, "+5511900000001")];
    let mut two = inbound("m2", "t2", "two", NOW);
    two.person.identities = vec![identity(IdentityKind::Email, "bia@example.com")];
    let mut both = inbound("m3", "t3", "both", NOW);
    both.person.identities = vec![
        identity(IdentityKind::Provider, "new"),
        identity(IdentityKind::Email, "bia@example.com"),
        identity(IdentityKind::Phone, "+5511900000001"),
    ];
    for message in [one, two, both] {
        desk.receive(vec![Event::Message(Box::new(message))]).await;
    }
    let row = desk.latest().await;
    let contact = desk.test.store.contact(desk.here, row.contact.unwrap()).await.unwrap().unwrap();
    let known: Vec<_> = contact.identities.iter().map(|identity| identity.value.as_str()).collect();
    assert_eq!(known, ["bia@example.com", "new"]);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM contacts").await, 2);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_person_with_a_new_id_is_still_the_same() {
    let desk = Desk::new().await;
    desk.receive(vec![message("m1", "t1", "hello", NOW)]).await;
    let before = identity(IdentityKind::Provider, "t1");
    let changed = PersonChanged { before, after: person("moved") };
    desk.receive(vec![Event::PersonChanged(Box::new(changed))]).await;
    let mut next = inbound("m2", "t2", "new number", NOW);
    next.person = person("moved");
    desk.receive(vec![Event::Message(Box::new(next))]).await;
    assert_eq!(desk.ask("SELECT COUNT(*) FROM contacts").await, 1);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_message_is_changed_answered_with_an_emoji_and_taken_back() {
    let desk = Desk::new().await;
    desk.receive(vec![message("m1", "t1", "helo", NOW - 5)]).await;
    let id = desk.latest().await.id;
    let edit =
        |text: &str, at_ms| Event::Edited(Edited { id: "m1".to_owned(), content: written(text), at_ms });
    desk.receive(vec![edit("hello!", NOW), edit("hello", NOW - 1)]).await;
    let react = |emoji: Option<&str>| {
        let emoji = emoji.map(str::to_owned);
        Event::Reacted(Reacted { id: "m1".to_owned(), emoji, writer: Writer::Customer })
    };
    desk.receive(vec![react(Some("👍"))]).await;
    let seen = desk.messages(id).await.remove(0);
    assert_eq!((seen.text.as_str(), seen.edited_at_ms), ("hello!", Some(NOW)));
    assert_eq!(seen.reactions.unwrap()["customer"], "👍");
    desk.receive(vec![react(None), Event::Deleted(Deleted { id: "m1".to_owned(), at_ms: NOW })]).await;
    let gone = desk.messages(id).await.remove(0);
    assert_eq!((gone.text.as_str(), gone.deleted_at_ms, gone.reactions), ("", Some(NOW), None));
    desk.receive(vec![edit("back", NOW + 9)]).await;
    assert_eq!(desk.texts(id).await, [""]);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_change_that_comes_before_its_message_is_not_lost() {
    let desk = Desk::new().await;
    let edit = |id: &str, text: &str, at_ms| {
        Event::Edited(Edited { id: id.to_owned(), content: written(text), at_ms })
    };
    let deleted = Event::Deleted(Deleted { id: "m2".to_owned(), at_ms: NOW });
    desk.receive(vec![
        edit("m1", "last", NOW),
        edit("m1", "middle", NOW - 1),
        deleted,
        edit("m2", "late", NOW),
    ])
    .await;
    desk.receive(vec![message("m1", "t1", "first", NOW - 9), message("m2", "t1", "gone", NOW - 8)]).await;
    assert_eq!(desk.texts(desk.latest().await.id).await, ["last", ""]);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM early_statuses").await, 0);
    desk.test.remove().await;
}

#[tokio::test]
async fn what_the_business_wrote_elsewhere_is_an_answer() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    let mut echo = inbound("e1", "t1", "from the phone", NOW);
    echo.writer = Writer::Business;
    desk.receive(vec![Event::Message(Box::new(echo))]).await;
    let row = desk.latest().await;
    assert_eq!((row.customer, row.unread), (CustomerState::Answered, 0));
    let last = desk.messages(interaction).await.pop().unwrap();
    assert_eq!((last.direction, last.state, last.author), (MessageDirection::Out, MessageState::Sent, None));
    desk.test.remove().await;
}

#[tokio::test]
async fn nothing_of_a_delivery_is_stored_where_one_event_may_not_be() {
    let desk = Desk::new().await;
    let long = "x".repeat(513);
    let events = vec![message("m1", "t1", "fine", NOW), message(&long, "t1", "not fine", NOW)];
    let error = desk.chat.receive(desk.here, desk.inbox, events, NOW).await.unwrap_err();
    assert!(matches!(error, ChatError::Malformed(_)));
    assert_eq!(desk.ask("SELECT COUNT(*) FROM messages").await, 0);
    desk.test.remove().await;
}

#[tokio::test]
async fn no_inbox_is_another_organizations() {
    let desk = Desk::new().await;
    let events = vec![message("m1", "t1", "hello", NOW)];
    let error = desk.chat.receive(desk.there, desk.inbox, events, NOW).await.unwrap_err();
    assert!(matches!(error, ChatError::NoInbox));
    desk.receive(vec![message("m1", "t1", "hello", NOW)]).await;
    let id = desk.latest().await.id;
    assert!(desk.test.store.messages(desk.there, id, None, 9).await.unwrap().is_empty());
    let shown = desk.chat.shown(desk.there, desk.inbox, "t1", 9).await.unwrap();
    assert!(shown.is_none());
    desk.test.remove().await;
}

#[tokio::test]
async fn what_a_phone_sends_may_hold_anything() {
    let desk = Desk::new().await;
    let typing = Event::Typing(Typing { thread: "t1".to_owned(), active: true });
    desk.receive(vec![typing.clone(), message("m\x001", "t\x001", "a\0b", NOW), typing]).await;
    assert_eq!(desk.texts(desk.latest().await.id).await, ["ab"]);
    desk.test.remove().await;
}

#[tokio::test]
async fn earlier_messages_come_page_by_page() {
    let desk = Desk::new().await;
    let events = (0..7).map(|n| message(&format!("m{n}"), "t1", &n.to_string(), NOW - 10 + n / 2)).collect();
    desk.receive(events).await;
    let id = desk.latest().await.id;
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = desk.test.store.messages(desk.here, id, before, 3).await.unwrap();
        let Some(first) = page.first() else { break };
        before = Some(first.id);
        seen.splice(0..0, page.into_iter().map(|message| message.text));
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4", "5", "6"]);
    desk.test.remove().await;
}
