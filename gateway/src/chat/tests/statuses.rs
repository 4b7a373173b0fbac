//! How far messages of ours have come.

use super::{Desk, NOW};
use crate::chat::{Addressee, Claim, Event, Outgoing, Receipt, Status, StatusTarget};
use crate::model::MessageState::{self, Delivered, Failed, Queued, Read, Sent};

async fn claimed(desk: &Desk) -> Claim {
    let interaction = desk.taken().await;
    let outgoing = Outgoing {
        user: desk.agent,
        interaction,
        to: Addressee::Customer,
        text: "good day".to_owned(),
        client_id: None,
        reply_to: None,
    };
    let message = desk.chat.send(desk.here, outgoing, NOW).await.unwrap();
    assert_eq!(message.state, Queued);
    desk.chat.claim(9, NOW).await.unwrap().remove(0)
}

fn receipt(id: &str) -> Receipt {
    Receipt { ids: vec![id.to_owned()], state: Sent }
}

fn status(target: StatusTarget, state: MessageState) -> Event {
    Event::Status(Status { target, state, reason: (state == Failed).then(|| "blocked".to_owned()) })
}

async fn state(desk: &Desk, claim: &Claim) -> MessageState {
    desk.test.store.message(desk.here, claim.message.unwrap()).await.unwrap().unwrap().state
}

#[tokio::test]
async fn states_only_move_forward() {
    let desk = Desk::new().await;
    let claim = claimed(&desk).await;
    desk.chat.sent(&claim, &receipt("p1")).await.unwrap();
    let by_id = |state| status(StatusTarget::Provider("p1".to_owned()), state);
    for (news, then) in [
        (Failed, Failed),
        (Sent, Failed),
        (Delivered, Delivered),
        (Failed, Delivered),
        (Read, Read),
        (Delivered, Read),
    ] {
        desk.receive(vec![by_id(news)]).await;
        assert_eq!(state(&desk, &claim).await, then);
    }
    desk.test.remove().await;
}

#[tokio::test]
async fn a_status_that_comes_before_the_receipt_is_kept() {
    let desk = Desk::new().await;
    let claim = claimed(&desk).await;
    let by_id = |state| status(StatusTarget::Provider("p1".to_owned()), state);
    desk.receive(vec![by_id(Read), by_id(Delivered)]).await;
    assert_eq!(state(&desk, &claim).await, Queued);
    desk.chat.sent(&claim, &receipt("p1")).await.unwrap();
    assert_eq!(state(&desk, &claim).await, Read);
    assert_eq!(desk.ask("SELECT COUNT(*) FROM early_statuses").await, 0);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_status_by_our_own_id_needs_no_receipt() {
    let desk = Desk::new().await;
    let claim = claimed(&desk).await;
    let crate::chat::Request::Message(message) = &claim.request else { panic!("a message") };
    desk.receive(vec![status(StatusTarget::Ours(message.our_id.clone()), Delivered)]).await;
    assert_eq!(state(&desk, &claim).await, Delivered);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_whole_thread_is_read_also_what_is_still_on_its_way() {
    let desk = Desk::new().await;
    let claim = claimed(&desk).await;
    let target = || StatusTarget::ThreadUntil { thread: "t1".to_owned(), at_ms: NOW + 1 };
    desk.receive(vec![status(target(), Read)]).await;
    assert_eq!(state(&desk, &claim).await, Queued);
    desk.chat.sent(&claim, &receipt("p1")).await.unwrap();
    assert_eq!(state(&desk, &claim).await, Read);
    desk.test.remove().await;
}

#[tokio::test]
async fn a_copy_of_our_own_message_that_came_before_its_receipt_is_not_shown_twice() {
    let desk = Desk::new().await;
    let claim = claimed(&desk).await;
    let mut echo = super::inbound("p1", "t1", "good day", NOW);
    echo.writer = crate::chat::Writer::Business;
    desk.receive(vec![Event::Message(Box::new(echo))]).await;
    desk.chat.sent(&claim, &receipt("p1")).await.unwrap();
    let id = desk.latest().await.id;
    assert_eq!(desk.texts(id).await, ["hello", "good day"]);
    desk.test.remove().await;
}
