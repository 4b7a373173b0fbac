//! Conversations.

use super::room::{Room, new_chat};
use crate::feed::Audience;
use crate::model::InteractionEventKind::{
    Abandoned, Arrived, Assigned, Closed, CustomerEnded, CustomerLeft, CustomerReturned, GivenBack, Offered,
    Refused, TimedOut, Transferred,
};
use crate::model::{CustomerState, InteractionId, InteractionState, NewInteraction, OrganizationId, UserId};
use crate::routing::distribution::RoutingError;
use crate::routing::floor::error::FloorError;
use crate::routing::floor::order::{Deed, Target};
use crate::routing::floor::view::Stage;

#[tokio::test]
async fn offered_accepted_opened_and_closed() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let id = room.chat().await;
    assert_eq!(room.row(id).await.protocol, "20261121000001");
    room.accept(agent).await;
    let row = room.row(id).await;
    assert_eq!(
        (row.state, row.agent, row.customer),
        (InteractionState::Open, Some(agent), CustomerState::New)
    );
    room.act(agent, Deed::Open(id)).await.unwrap();
    assert_eq!(room.row(id).await.customer, CustomerState::Waiting);
    room.pass_ms(60_000).await;
    room.act(agent, Deed::Close { interaction: id, disposition: Some(room.sold) }).await.unwrap();
    let row = room.row(id).await;
    assert_eq!((row.state, row.disposition), (InteractionState::Closed, Some(room.sold)));
    assert_eq!(room.kinds(id).await, [Arrived, Offered, Assigned, Closed]);
    let board = room.part(agent).boards.into_iter().find(|board| board.queue_id == room.chats.0).unwrap();
    assert_eq!((board.handled_today, board.mean_handle_ms, board.waiting), (1, Some(60_000), 0));
    room.remove().await;
}

#[tokio::test]
async fn the_events_of_an_offer_come_in_order_and_to_the_right_people() {
    let mut room = Room::attended_by(2).await;
    let first = room.agents[0];
    room.chat().await;
    let events = room.events().await;
    let kinds: Vec<&str> = events.iter().map(|(_, event)| event["type"].as_str().unwrap()).collect();
    let at = |kind| kinds.iter().position(|k| *k == kind).unwrap();
    assert!(at("interaction") < at("offer"), "{kinds:?}");
    assert_eq!(events[at("offer")].0, Audience::User(first));
    assert_eq!(events[at("offer")].1["data"]["interaction"]["state"], "offered");
    assert_eq!(events[at("interaction")].0, Audience::Interaction { queue: Some(room.chats), agent: None });
    room.accept(first).await;
    let events = room.events().await;
    let gone = events.iter().find(|(_, event)| event["type"] == "interaction.gone").unwrap();
    assert!(matches!(gone.0, Audience::Left { .. }));
    assert!(events.iter().any(|(_, e)| e["type"] == "offer.over" && e["data"]["why"] == "accepted"));
    room.remove().await;
}

#[tokio::test]
async fn refused_and_timed_out_it_goes_on_to_the_next() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    let (number, _) = room.offers(one)[0];
    room.act(one, Deed::Refuse(number)).await.unwrap();
    assert_eq!(room.act(one, Deed::Accept(number)).await, Err(RoutingError::OfferOver.into()));
    assert_eq!(room.offers(two).len(), 1);
    room.pass_ms(15_000).await;
    assert_eq!(room.offers(two).len(), 0);
    room.pass_ms(15_000).await;
    assert_eq!(room.accept(one).await, id);
    assert_eq!(room.kinds(id).await, [Arrived, Offered, Refused, Offered, TimedOut, Offered, Assigned]);
    let events = room.test.store.interaction_events(room.here, id, 0, 100).await.unwrap();
    assert_eq!(events[3].detail["others"][0]["code"], "declined");
    room.remove().await;
}

#[tokio::test]
async fn an_offer_is_of_one_agent_alone() {
    let mut room = Room::attended_by(2).await;
    room.chat().await;
    let (number, _) = room.offers(room.agents[0])[0];
    let other = room.agents[1];
    assert_eq!(room.act(other, Deed::Accept(number)).await, Err(RoutingError::OfferOver.into()));
    assert_eq!(room.act(other, Deed::Refuse(number)).await, Err(RoutingError::OfferOver.into()));
    room.remove().await;
}

#[tokio::test]
async fn the_fifth_waits_until_one_of_four_is_closed() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(room.chat().await);
        room.accept(agent).await;
    }
    let fifth = room.chat().await;
    let why = room.floor.desks[&room.here].why(room.at, &room.floor.directory, fifth).unwrap();
    assert_eq!((why.state, &why.agents[0].reasons[..]), (Stage::Waiting, &["at_capacity"][..]));
    assert_eq!(room.act(agent, Deed::Take(fifth)).await, Err(RoutingError::NoRoom.into()));
    room.act(agent, Deed::Close { interaction: all[1], disposition: None }).await.unwrap();
    assert_eq!(room.accept(agent).await, fifth);
    room.remove().await;
}

#[tokio::test]
async fn the_customer_who_gives_up_waiting_is_counted_as_lost() {
    let mut room = Room::with_agents(1).await;
    let id = room.chat().await;
    room.customer_ends(id).await;
    let row = room.row(id).await;
    assert_eq!((row.state, row.customer), (InteractionState::Closed, CustomerState::Ended));
    assert_eq!(room.kinds(id).await, [Arrived, Abandoned]);
    let board = room.part(room.agents[0]).boards.into_iter().find(|board| board.queue_id == room.chats.0);
    assert_eq!(board.unwrap().abandoned_today, 1);
    room.remove().await;
}

#[tokio::test]
async fn what_the_customer_ended_stays_with_its_agent_until_he_ends_it() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let id = room.chat().await;
    room.accept(agent).await;
    room.customer_ends(id).await;
    room.customer_ends(id).await;
    let row = room.row(id).await;
    assert_eq!((row.state, row.customer), (InteractionState::Open, CustomerState::Ended));
    let elsewhere = Deed::Transfer { interaction: id, to: Target::Queue(room.chats) };
    assert_eq!(room.act(agent, elsewhere).await, Err(FloorError::Ended));
    room.pass_ms(1_800_000).await;
    room.act(agent, Deed::Close { interaction: id, disposition: None }).await.unwrap();
    assert_eq!(room.kinds(id).await, [Arrived, Offered, Assigned, CustomerEnded, Closed]);
    room.remove().await;
}

#[tokio::test]
async fn a_visitor_who_left_the_page_has_ninety_seconds() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let id = room.chat().await;
    room.accept(agent).await;
    leave(&mut room, id).await;
    room.pass_ms(89_000).await;
    assert_eq!(room.row(id).await.customer, CustomerState::New);
    room.test.run(format!("UPDATE interactions SET left_at_ms = NULL WHERE id = {id}")).await;
    room.changed(id).await;
    room.pass_ms(10_000).await;
    assert_eq!(room.row(id).await.customer, CustomerState::New);
    leave(&mut room, id).await;
    room.pass_ms(30_000).await;
    room.restart().await;
    room.pass_ms(59_999).await;
    assert_eq!(room.row(id).await.customer, CustomerState::New);
    room.open_console(agent).await;
    room.pass_ms(1).await;
    let row = room.row(id).await;
    assert_eq!((row.customer, row.left_at_ms), (CustomerState::Ended, None));
    let kinds = room.kinds(id).await;
    assert_eq!(kinds[3..], [CustomerLeft, CustomerReturned, CustomerLeft, CustomerEnded]);
    room.remove().await;
}

async fn leave(room: &mut Room, id: InteractionId) {
    let now = room.at.wall_ms;
    room.test.run(format!("UPDATE interactions SET left_at_ms = {now} WHERE id = {id}")).await;
    room.changed(id).await;
}

#[tokio::test]
async fn a_transfer_keeps_protocol_and_clock() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    room.accept(one).await;
    let before = room.row(id).await;
    room.pass_ms(600_000).await;
    room.act(one, Deed::Transfer { interaction: id, to: Target::User(two) }).await.unwrap();
    assert_eq!(room.accept(two).await, id);
    room.act(two, Deed::Transfer { interaction: id, to: Target::Queue(room.chats) }).await.unwrap();
    assert_eq!(room.accept(one).await, id);
    let after = room.row(id).await;
    assert_eq!((after.protocol, after.started_at_ms), (before.protocol, before.started_at_ms));
    let kinds = room.kinds(id).await;
    assert_eq!(kinds.iter().filter(|kind| **kind == Transferred).count(), 2);
    room.remove().await;
}

#[tokio::test]
async fn a_person_who_is_away_is_waited_for() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    room.accept(one).await;
    room.act(two, Deed::LogOut { of: two, queues: None }).await.unwrap();
    room.act(one, Deed::Transfer { interaction: id, to: Target::User(two) }).await.unwrap();
    let row = room.row(id).await;
    assert_eq!((row.state, row.agent, row.queue), (InteractionState::Waiting, Some(two), Some(room.chats)));
    assert!(room.offers(one).is_empty());
    // The node stops meanwhile, and knows it still.
    room.restart().await;
    room.open_console(two).await;
    room.act(two, Deed::LogIn { queues: vec![room.chats] }).await.unwrap();
    assert_eq!(room.accept(two).await, id);
    room.remove().await;
}

#[tokio::test]
async fn only_who_has_it_or_supervises_decides_about_it() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    room.accept(one).await;
    for deed in [
        Deed::Close { interaction: id, disposition: None },
        Deed::Release(id),
        Deed::Transfer { interaction: id, to: Target::User(two) },
    ] {
        assert_eq!(room.act(two, deed).await, Err(FloorError::NotYours));
    }
    assert_eq!(room.act(two, Deed::Take(id)).await, Err(FloorError::Unknown));
    room.act(UserId(90), Deed::Release(id)).await.unwrap();
    assert_eq!(room.accept(two).await, id);
    assert!(room.kinds(id).await.contains(&GivenBack));
    room.remove().await;
}

#[tokio::test]
async fn what_waits_without_a_queue_can_be_picked_and_sent_on() {
    let mut room = Room::attended_by(1).await;
    let new = new_chat(room.here, room.at.wall_ms);
    let [one, two] = [0, 1].map(|_| new.clone());
    let mut ids = Vec::new();
    for new in [one, two] {
        let row = room.test.store.insert_interaction(&new).await.unwrap();
        room.floor.handle(room.at, (room.here, crate::routing::floor::order::Order::Arrived(row.id))).await;
        ids.push(row.id);
    }
    assert_eq!(room.act(room.agents[0], Deed::Take(ids[0])).await, Err(FloorError::Unknown));
    let to = Target::Queue(room.chats);
    room.act(UserId(90), Deed::Transfer { interaction: ids[0], to }).await.unwrap();
    assert_eq!(room.accept(room.agents[0]).await, ids[0]);
    room.act(UserId(90), Deed::Take(ids[1])).await.unwrap();
    assert_eq!(room.row(ids[1]).await.agent, Some(UserId(90)));
    room.remove().await;
}

#[tokio::test]
async fn another_organization_finds_nothing_here() {
    let mut room = Room::attended_by(1).await;
    let id = room.chat().await;
    room.test
        .run(
            "INSERT INTO organizations (id, name, title, sip_domain, recording, ring_timeout_s) \
        VALUES (77, 'two', 'two', 'two.example', 'inherit', 30)"
                .to_owned(),
        )
        .await;
    super::room::add_user(&room.test, (OrganizationId(77), 701), "administrator", None).await;
    room.reload().await;
    let here = std::mem::replace(&mut room.here, OrganizationId(77));
    for deed in [Deed::Take(id), Deed::Close { interaction: id, disposition: None }, Deed::Open(id)] {
        assert_eq!(room.act(UserId(701), deed).await, Err(FloorError::Unknown));
    }
    let there = NewInteraction { queue: Some(room.chats), ..new_chat(OrganizationId(77), room.at.wall_ms) };
    let row = room.test.store.insert_interaction(&there).await.unwrap();
    assert_eq!(row.protocol, "20261121000001");
    room.here = here;
    assert_eq!(room.part(room.agents[0]).live.len(), 1);
    room.remove().await;
}
