//! What goes out.

use super::{Desk, NOW, message};
use crate::chat::{Addressee, AtThread, Event, Outgoing, Receipt, Request, SendError, SendFailure};
use crate::model::{CustomerState, InteractionId, MessageDirection, MessageState, UserId};

const DAY_MS: i64 = 86_400_000;

fn outgoing(desk: &Desk, interaction: InteractionId, text: &str) -> Outgoing {
    Outgoing {
        user: desk.agent,
        interaction,
        to: Addressee::Customer,
        text: text.to_owned(),
        client_id: None,
        reply_to: None,
    }
}

async fn send(desk: &Desk, interaction: InteractionId, text: &str) {
    desk.chat.send(desk.here, outgoing(desk, interaction, text), NOW).await.unwrap();
}

fn text_of(request: &Request) -> &str {
    match request {
        Request::Message(message) => &message.text,
        Request::Typing | Request::Read { .. } | Request::Ended => "",
    }
}

fn receipt(id: &str) -> Receipt {
    Receipt { ids: vec![id.to_owned()], state: MessageState::Sent }
}

#[tokio::test]
async fn an_answer_is_stored_shown_and_waits_in_the_outbox() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    desk.test.store.save_draft((desk.here, desk.agent), interaction, "good d", NOW).await.unwrap();
    send(&desk, interaction, "good day").await;
    let row = desk.latest().await;
    assert_eq!((row.customer, row.unread, row.answered_at_ms), (CustomerState::Answered, 0, Some(NOW)));
    assert!(desk.test.store.drafts_of(desk.here, desk.agent).await.unwrap().is_empty());
    let claims = desk.chat.claim(9, NOW).await.unwrap();
    assert_eq!((claims.len(), claims[0].thread.as_str()), (1, "t1"));
    assert_eq!(text_of(&claims[0].request), "good day");
    desk.chat.sent(&claims[0], &receipt("p1")).await.unwrap();
    let last = desk.messages(interaction).await.pop().unwrap();
    assert_eq!((last.state, last.author.unwrap().name.as_str()), (MessageState::Sent, "Ana"));
    assert!(desk.chat.claim(9, NOW + DAY_MS).await.unwrap().is_empty());
    desk.test.remove().await;
}

#[tokio::test]
async fn the_same_message_of_a_console_is_sent_once() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    let same = Outgoing { client_id: Some("c1".to_owned()), ..outgoing(&desk, interaction, "once") };
    let first = desk.chat.send(desk.here, same.clone(), NOW).await.unwrap();
    let second = desk.chat.send(desk.here, same, NOW + 1).await.unwrap();
    assert_eq!(first.id, second.id);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM outbox").await, 1);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_comment_never_reaches_the_customer() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    let comment = Outgoing { to: Addressee::Colleagues, ..outgoing(&desk, interaction, "call legal") };
    let comment = desk.chat.send(desk.here, comment, NOW).await.unwrap();
    assert_eq!((comment.direction, comment.state), (MessageDirection::Comment, MessageState::None));
    assert_eq!(desk.ask("SELECT COUNT(*) FROM outbox").await, 0);
    assert_eq!(desk.latest().await.customer, CustomerState::New);
    let shown = desk.chat.shown(desk.here, desk.inbox, "t1", 9).await.unwrap().unwrap();
    assert_eq!(shown.iter().map(|message| message.id.as_str()).collect::<Vec<_>>(), ["m1"]);
    desk.test.remove().await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_its_reason() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    let refused =
        async |outgoing: Outgoing, now_ms| desk.chat.send(desk.here, outgoing, now_ms).await.unwrap_err();
    let long = refused(outgoing(&desk, interaction, &"é".repeat(101)), NOW).await;
    assert!(matches!(long, SendError::TooLong { has: 101, limit: 100 }));
    assert!(matches!(refused(outgoing(&desk, interaction, " \n"), NOW).await, SendError::Empty));
    let stranger = Outgoing { user: UserId(desk.agent.0 + 1), ..outgoing(&desk, interaction, "hi") };
    assert!(matches!(refused(stranger, NOW).await, SendError::NotYours));
    let elsewhere = desk.chat.send(desk.there, outgoing(&desk, interaction, "hi"), NOW).await.unwrap_err();
    assert!(matches!(elsewhere, SendError::NoInteraction));
    desk.run(r#"UPDATE inboxes SET capabilities = '{"reply_window_s": 3600}'"#).await;
    let late = refused(outgoing(&desk, interaction, "hi"), NOW + 3_600_000).await;
    assert!(matches!(late, SendError::WindowClosed { hours: 1 }));
    desk.receive(vec![Event::Ended(AtThread { thread: "t1".to_owned(), at_ms: NOW })]).await;
    assert!(matches!(refused(outgoing(&desk, interaction, "hi"), NOW).await, SendError::CustomerEnded));
    desk.run("UPDATE interactions SET state = 'closed'").await;
    assert!(matches!(refused(outgoing(&desk, interaction, "hi"), NOW).await, SendError::Closed));
    assert_eq!(desk.ask("SELECT COUNT(*) FROM outbox").await, 0);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_quote_names_the_providers_message() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    let quoted = desk.messages(interaction).await.remove(0).id;
    let answer = Outgoing { reply_to: Some(quoted), ..outgoing(&desk, interaction, "to that") };
    let sent = desk.chat.send(desk.here, answer, NOW).await.unwrap();
    assert_eq!(sent.reply_to, Some(quoted));
    let claim = desk.chat.claim(9, NOW).await.unwrap().remove(0);
    let Request::Message(message) = claim.request else { panic!("a message") };
    assert_eq!(message.reply_to.as_deref(), Some("m1"));
    desk.test.remove().await;
}

#[tokio::test]
async fn of_each_thread_only_the_first_is_claimed_and_by_one_alone() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    for text in ["one", "two", "three"] {
        send(&desk, interaction, text).await;
    }
    let other_node = super::chat(&desk.test).await;
    let (ours, theirs) = tokio::join!(desk.chat.claim(9, NOW), other_node.claim(9, NOW));
    let claims = [ours.unwrap(), theirs.unwrap()].concat();
    assert_eq!(claims.iter().map(|claim| text_of(&claim.request)).collect::<Vec<_>>(), ["one"]);
    desk.chat.sent(&claims[0], &receipt("p1")).await.unwrap();
    let next = desk.chat.claim(9, NOW).await.unwrap();
    assert_eq!(text_of(&next[0].request), "two");
    desk.test.remove().await;
}

#[tokio::test]
async fn what_was_not_taken_is_tried_again_before_what_stands_behind_it() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    send(&desk, interaction, "one").await;
    send(&desk, interaction, "two").await;
    let claim = desk.chat.claim(9, NOW).await.unwrap().remove(0);
    let later = SendFailure::Later { after_ms: Some(5_000), reason: "busy".to_owned() };
    desk.chat.failed(&claim, &later, NOW).await.unwrap();
    assert!(desk.chat.claim(9, NOW + 4_999).await.unwrap().is_empty());
    let again = desk.chat.claim(9, NOW + 5_000).await.unwrap().remove(0);
    assert_eq!((text_of(&again.request), again.attempts), ("one", 1));
    let never = SendFailure::Later { after_ms: None, reason: "busy".to_owned() };
    desk.chat.failed(&again, &never, NOW + 2 * DAY_MS).await.unwrap();
    let failed = &desk.messages(interaction).await[1];
    assert_eq!((failed.state, failed.reason.as_deref()), (MessageState::Failed, Some("busy")));
    assert_eq!(text_of(&desk.chat.claim(9, NOW + 5_001).await.unwrap()[0].request), "two");
    desk.test.remove().await;
}

#[tokio::test]
async fn a_message_that_nobody_knows_about_is_not_sent_again() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    send(&desk, interaction, "one").await;
    let claim = desk.chat.claim(9, NOW).await.unwrap().remove(0);
    // The node died here.
    let later = claim.lease_until_ms + 1;
    assert!(desk.chat.claim(9, later).await.unwrap().is_empty());
    assert_eq!(desk.messages(interaction).await[1].state, MessageState::Unknown);
    // Or it was only slow, and the provider did take it.
    desk.chat.sent(&claim, &receipt("p1")).await.unwrap();
    assert_eq!(desk.messages(interaction).await[1].state, MessageState::Sent);
    desk.test.remove().await;
}

/// A provider that gives one id twice, or that of a message of the customer: nothing that was written is lost for it.
#[tokio::test]
async fn an_id_that_is_taken_costs_no_message() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    for (text, id) in [("one", "p1"), ("two", "p1"), ("three", "m1")] {
        send(&desk, interaction, text).await;
        let claim = desk.chat.claim(9, NOW).await.unwrap().remove(0);
        desk.chat.sent(&claim, &receipt(id)).await.unwrap();
    }
    let shown = desk.messages(interaction).await;
    let texts: Vec<_> = shown.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts[1..], ["one", "two", "three"]);
    assert!(shown[1..].iter().all(|message| message.state == MessageState::Sent));
    assert_eq!(desk.ask("SELECT COUNT(*) FROM messages WHERE provider_id IS NOT NULL").await, 2);
    desk.test.remove().await;
}

#[tokio::test]
async fn an_inbox_that_stands_still_costs_no_try() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    send(&desk, interaction, "one").await;
    let claim = desk.chat.claim(9, NOW).await.unwrap().remove(0);
    desk.chat
        .failed(&claim, &SendFailure::Held { until_ms: NOW + 9, reason: Some("no plugin".to_owned()) }, NOW)
        .await
        .unwrap();
    let again = desk.chat.claim(9, NOW + 9).await.unwrap().remove(0);
    assert_eq!(again.attempts, 0);
    let waiting = &desk.messages(interaction).await[1];
    assert_eq!((waiting.state, waiting.reason.as_deref()), (MessageState::Queued, Some("no plugin")));
    desk.chat.failed(&again, &SendFailure::Held { until_ms: NOW + DAY_MS, reason: None }, NOW).await.unwrap();
    assert!(desk.chat.claim(9, NOW + DAY_MS).await.unwrap().is_empty());
    assert_eq!(desk.messages(interaction).await[1].state, MessageState::Failed);
    desk.test.remove().await;
}

#[tokio::test]
async fn reading_and_typing_are_told_once_and_never_late() {
    let desk = Desk::new().await;
    let interaction = desk.taken().await;
    for _ in 0..2 {
        desk.chat.read(desk.here, desk.agent, interaction, NOW).await.unwrap();
        desk.chat.typing(desk.here, desk.agent, interaction, NOW).await.unwrap();
    }
    assert_eq!(desk.latest().await.unread, 0);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM outbox").await, 2);
    let claim = desk.chat.claim(9, NOW).await.unwrap().remove(0);
    assert_eq!(claim.request, Request::Read { provider_id: "m1".to_owned() });
    let later = SendFailure::Later { after_ms: None, reason: "busy".to_owned() };
    desk.chat.failed(&claim, &later, NOW).await.unwrap();
    assert!(desk.chat.claim(9, NOW + 10_000).await.unwrap().is_empty());
    assert_eq!(desk.ask("SELECT COUNT(*) FROM outbox").await, 0);
    desk.test.remove().await;
}

#[tokio::test]
async fn what_the_centre_says_is_no_answer_of_an_agent() {
    let desk = Desk::new().await;
    desk.receive(vec![message("m1", "t1", "hello", NOW)]).await;
    let id = desk.latest().await.id;
    let said = desk.chat.say(desk.here, id, "We open at 8.", NOW).await.unwrap();
    assert_eq!((said.direction, said.author), (MessageDirection::Out, None));
    let row = desk.latest().await;
    assert_eq!((row.customer, row.answered_at_ms, row.unread), (CustomerState::New, None, 1));
    assert_eq!(desk.chat.claim(9, NOW).await.unwrap().len(), 1);
    desk.test.remove().await;
}
