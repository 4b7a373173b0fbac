//! The node stops and starts.

use super::room::Room;
use crate::model::{InteractionEventKind, InteractionState};
use crate::routing::distribution::{RoutingError, Scope};
use crate::routing::floor::order::Deed;
use crate::routing::floor::view::StandingState;

#[tokio::test]
async fn agents_stand_where_they_stood_and_have_what_they_had() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let mine = room.chat().await;
    room.accept(one).await;
    room.act(two, Deed::Pause { scope: Scope::Queue(room.chats), reason: room.lunch }).await.unwrap();
    room.act(one, Deed::LogOut { of: one, queues: Some(vec![room.chats]) }).await.unwrap();
    let first = room.chat().await;
    room.pass_ms(10).await;
    let second = room.chat().await;
    let since = room.part(two).presence.queues[1].since_ms;
    room.restart().await;
    let presence = room.part(two).presence;
    assert_eq!((presence.queues[1].state, presence.queues[1].since_ms), (StandingState::Paused, since));
    assert_eq!(room.row(mine).await.agent, Some(one));
    room.open_console(one).await;
    room.open_console(two).await;
    room.act(two, Deed::Ready { scope: Scope::All }).await.unwrap();
    let offered: Vec<_> = room.offers(two).into_iter().map(|(_, id)| id).collect();
    assert_eq!(offered, [first, second]);
    room.act(one, Deed::Close { interaction: mine, disposition: None }).await.unwrap();
    room.remove().await;
}

#[tokio::test]
async fn who_does_not_come_back_gives_back_after_the_grace() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    room.accept(one).await;
    room.restart().await;
    room.open_console(two).await;
    room.pass_ms(59_999).await;
    assert!(room.offers(two).is_empty());
    room.pass_ms(1).await;
    assert_eq!(room.accept(two).await, id);
    room.remove().await;
}

#[tokio::test]
async fn calls_have_died_with_the_node() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let (talking, _) = room.call().await;
    room.accept(agent).await;
    let (waiting, _) = room.call().await;
    room.restart().await;
    for id in [talking, waiting] {
        assert_eq!(room.row(id).await.state, InteractionState::Closed);
        assert_eq!(room.kinds(id).await.last(), Some(&InteractionEventKind::Closed));
    }
    assert_eq!(room.row(talking).await.agent, Some(agent));
    assert_eq!(room.row(waiting).await.agent, None);
    let board = room.part(agent).boards.into_iter().find(|board| board.queue_id == room.calls.0).unwrap();
    assert_eq!((board.handled_today, board.abandoned_today), (1, 1));
    room.remove().await;
}

#[tokio::test]
async fn an_offer_of_before_is_worth_nothing() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    room.chat().await;
    let (number, _) = room.offers(agent)[0];
    room.restart().await;
    room.floor.desks.get_mut(&room.here).unwrap().offer_base = 5_000;
    room.open_console(agent).await;
    assert_eq!(room.act(agent, Deed::Accept(number)).await, Err(RoutingError::OfferOver.into()));
    assert_eq!(room.offers(agent).len(), 1);
    room.remove().await;
}

#[tokio::test]
async fn figures_of_the_day_begin_anew_at_midnight() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    room.chat().await;
    let id = room.accept(agent).await;
    room.act(agent, Deed::Close { interaction: id, disposition: None }).await.unwrap();
    let handled = |room: &Room| room.part(agent).boards.iter().map(|board| board.handled_today).sum::<u32>();
    room.pass_ms(12 * 3_600_000 - 2).await;
    assert_eq!(handled(&room), 1);
    room.pass_ms(2).await;
    assert_eq!(handled(&room), 0);
    room.remove().await;
}
