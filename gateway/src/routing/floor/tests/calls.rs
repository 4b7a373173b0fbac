//! Calls.

use super::room::Room;
use crate::model::InteractionEventKind::{
    Abandoned, Arrived, Assigned, Closed, Ended, GivenBack, Held, Offered, Refused, Resumed,
};
use crate::model::{CallId, CustomerState, EndedByWhom, InteractionDirection, InteractionState};
use crate::routing::distribution::RoutingError;
use crate::routing::floor::error::FloorError;
use crate::routing::floor::order::{Deed, Target};
use crate::routing::floor::view::CallState;
use crate::routing::floor::voice::{Hangup, VoiceEvent, VoiceOrder, VoiceRefusal};

fn state(room: &Room, interaction: crate::model::InteractionId) -> CallState {
    room.floor.desks[&room.here].live(interaction).call.unwrap().state
}

#[tokio::test]
async fn accepted_held_hung_up_by_the_caller_and_closed() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let (id, call) = room.call().await;
    assert_eq!(state(&room, id), CallState::Waiting);
    room.accept(agent).await;
    assert_eq!(state(&room, id), CallState::Talking);
    assert_eq!(room.row(id).await.answered_at_ms, Some(room.at.wall_ms));
    room.tell(VoiceEvent::Held { call }).await;
    assert_eq!(state(&room, id), CallState::Held);
    room.tell(VoiceEvent::Resumed { call }).await;
    room.hang_up(call).await;
    assert_eq!(state(&room, id), CallState::Ended);
    // Not closed yet: neither calls nor conversations are offered.
    let (_, waiting) = room.call().await;
    room.chat().await;
    assert!(room.offers(agent).is_empty());
    room.act(agent, Deed::Close { interaction: id, disposition: None }).await.unwrap();
    assert!(room.offers(agent).is_empty(), "he has his wrap-up");
    assert_eq!(room.part(agent).presence.wrap_up_interaction, Some(id.0));
    room.act(agent, Deed::EndWrapUp { of: agent }).await.unwrap();
    assert_eq!(room.offers(agent).len(), 1);
    assert_eq!(room.kinds(id).await, [Arrived, Offered, Assigned, Held, Resumed, Ended, Closed]);
    assert!(room.voice.try_recv().is_err(), "a call that is over is not hung up");
    room.hang_up(waiting).await;
    room.remove().await;
}

#[tokio::test]
async fn who_ended_a_call_is_kept_and_told() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let by = [
        (Hangup::Agent, EndedByWhom::Agent),
        (Hangup::Customer, EndedByWhom::Customer),
        (Hangup::System, EndedByWhom::System),
    ];
    for (hangup, expected) in by {
        let (id, call) = room.call().await;
        room.accept(agent).await;
        room.hung_up_by(hangup, call).await;
        assert_eq!(room.row(id).await.ended_by, Some(expected));
        room.act(agent, Deed::Close { interaction: id, disposition: None }).await.unwrap();
        room.act(agent, Deed::EndWrapUp { of: agent }).await.unwrap();
        assert_eq!(room.row(id).await.ended_by, Some(expected), "who closes it has not ended it");
    }
    let (id, call) = room.call().await;
    room.accept(agent).await;
    room.tell(VoiceEvent::HandedOver { call, to: "5511988887777".to_owned(), extension: None }).await;
    assert_eq!(room.row(id).await.ended_by, Some(EndedByWhom::Transfer));
    room.act(agent, Deed::Close { interaction: id, disposition: None }).await.unwrap();
    room.act(agent, Deed::EndWrapUp { of: agent }).await.unwrap();
    let (id, _) = room.call().await;
    room.accept(agent).await;
    room.act(agent, Deed::Close { interaction: id, disposition: None }).await.unwrap();
    assert_eq!(room.row(id).await.ended_by, Some(EndedByWhom::Agent));
    room.act(agent, Deed::EndWrapUp { of: agent }).await.unwrap();
    let (waiting, call) = room.call().await;
    room.hang_up(call).await;
    assert_eq!(room.row(waiting).await.ended_by, Some(EndedByWhom::Customer));
    room.remove().await;
}

#[tokio::test]
async fn without_browser_audio_the_caller_goes_on_to_the_next() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let (id, _) = room.call().await;
    let (number, _) = room.offers(one)[0];
    let done = room.act_with(one, Deed::Accept(number), Err(VoiceRefusal::NoSeat)).await;
    assert_eq!(done, Err(FloorError::NoAudio(VoiceRefusal::NoSeat)));
    assert_eq!(room.row(id).await.state, InteractionState::Waiting);
    room.accept(two).await;
    assert_eq!(room.row(id).await.agent, Some(two));
    assert!(room.kinds(id).await.contains(&Refused));
    room.remove().await;
}

#[tokio::test]
async fn two_agents_cannot_be_connected_at_once() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let (id, call) = room.call().await;
    let (number, _) = room.offers(one)[0];
    let (reply, mut first) = tokio::sync::oneshot::channel();
    let accept = crate::routing::floor::order::Order::Deed(one, Deed::Accept(number), reply);
    room.floor.handle(room.at, (room.here, accept)).await;
    assert_eq!(room.act(two, Deed::Take(id)).await, Err(FloorError::Connecting));
    let VoiceOrder::Connect { call: asked, .. } = room.voice.recv().await.unwrap() else {
        panic!("not asked")
    };
    assert_eq!(asked, call);
    assert!(first.try_recv().is_err(), "signalling has not answered");
    room.remove().await;
}

#[tokio::test]
async fn the_caller_hangs_up_while_he_waits() {
    let mut room = Room::attended_by(1).await;
    let (id, call) = room.call().await;
    room.hang_up(call).await;
    assert!(room.offers(room.agents[0]).is_empty());
    assert_eq!(room.row(id).await.state, InteractionState::Closed);
    assert!(room.kinds(id).await.contains(&Abandoned));
    assert!(room.floor.calls.is_empty());
    room.remove().await;
}

#[tokio::test]
async fn ending_a_call_that_talks_hangs_it_up() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let (id, call) = room.call().await;
    room.accept(agent).await;
    room.act(agent, Deed::Close { interaction: id, disposition: None }).await.unwrap();
    let VoiceOrder::HangUp { call: ended } = room.voice.try_recv().unwrap() else { panic!("not hung up") };
    assert_eq!(ended, call);
    room.hang_up(call).await;
    assert_eq!(room.kinds(id).await.last(), Some(&Closed));
    room.remove().await;
}

#[tokio::test]
async fn transferred_to_a_colleague_the_caller_hears_music_until_he_takes_it() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let (id, call) = room.call().await;
    room.accept(one).await;
    room.act(one, Deed::Transfer { interaction: id, to: Target::User(two) }).await.unwrap();
    let order = room.voice.try_recv().unwrap();
    assert!(
        matches!(order, VoiceOrder::BackToWaiting { call: of, queue } if of == call && queue == Some(room.calls))
    );
    assert_eq!(room.accept(two).await, id);
    assert_eq!(state(&room, id), CallState::Talking);
    let wrong = Deed::Transfer { interaction: id, to: Target::Queue(room.chats) };
    assert_eq!(room.act(two, wrong).await, Err(FloorError::WrongMedium));
    room.remove().await;
}

#[tokio::test]
async fn a_browser_that_is_gone_gives_the_caller_back() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let (id, call) = room.call().await;
    room.accept(one).await;
    room.tell(VoiceEvent::SeatLost { call }).await;
    assert!(room.voice.try_recv().is_err(), "signalling plays music by itself");
    let events = room.test.store.interaction_events(room.here, id, 0, 100).await.unwrap();
    let given_back = events.iter().find(|event| event.kind == GivenBack).unwrap();
    assert_eq!(given_back.detail["why"], "lost", "he laid nothing down");
    assert_eq!(room.accept(two).await, id);
    room.remove().await;
}

#[tokio::test]
async fn an_agents_own_call_is_his_interaction_from_the_beginning() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let extension = room.floor.directory.agent(room.here, agent).unwrap().extension.unwrap();
    let call = CallId::new(1, [9; 10]);
    let (organization, to, at_ms) = (room.here, "5511988887777".to_owned(), room.at.wall_ms);
    room.tell(VoiceEvent::Dialled { organization, call, extension, to, purpose: Default::default(), at_ms })
        .await;
    let id = room.floor.calls[&call].1;
    let row = room.row(id).await;
    assert_eq!((row.direction, row.agent), (InteractionDirection::Outbound, Some(agent)));
    assert_eq!(state(&room, id), CallState::Waiting);
    room.tell(VoiceEvent::Connected { call, recorded: false }).await;
    assert_eq!(state(&room, id), CallState::Talking);
    room.chat().await;
    assert!(room.offers(agent).is_empty(), "a call takes all attention");
    room.hang_up(call).await;
    assert_eq!(room.row(id).await.customer, CustomerState::Ended);
    room.act(agent, Deed::Close { interaction: id, disposition: None }).await.unwrap();
    assert_eq!(room.offers(agent).len(), 1);
    room.remove().await;
}

#[tokio::test]
async fn a_call_is_offered_to_nobody_who_has_anything_open() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let chat = room.chat().await;
    room.accept(agent).await;
    let (id, _) = room.call().await;
    assert!(room.offers(agent).is_empty());
    assert_eq!(room.act(agent, Deed::Take(id)).await, Err(RoutingError::NoRoom.into()));
    room.act(agent, Deed::Close { interaction: chat, disposition: None }).await.unwrap();
    assert_eq!(room.accept(agent).await, id);
    room.remove().await;
}
