//! Agents: where they stand, how they pause, how they go.

use super::room::Room;
use crate::feed::Audience;
use crate::model::{Medium, Permission, UserId};
use crate::routing::distribution::{RoutingError, Scope};
use crate::routing::floor::error::FloorError;
use crate::routing::floor::order::Deed;
use crate::routing::floor::view::{AgentPresence, StandingState};

fn states(room: &Room, user: UserId) -> Vec<StandingState> {
    room.part(user).presence.queues.into_iter().map(|queue| queue.state).collect()
}

#[tokio::test]
async fn nobody_is_logged_in_who_has_not_said_so() {
    let mut room = Room::with_agents(1).await;
    let agent = room.agents[0];
    room.open_console(agent).await;
    room.chat().await;
    assert_eq!(states(&room, agent), [StandingState::Offline; 2]);
    assert!(room.offers(agent).is_empty());
    room.act(agent, Deed::LogIn { queues: vec![room.chats] }).await.unwrap();
    assert_eq!(states(&room, agent), [StandingState::Offline, StandingState::Online]);
    assert_eq!(room.offers(agent).len(), 1);
    room.remove().await;
}

#[tokio::test]
async fn nothing_is_offered_without_a_console() {
    let mut room = Room::with_agents(1).await;
    let agent = room.agents[0];
    room.act(agent, Deed::LogIn { queues: vec![room.chats] }).await.unwrap();
    room.chat().await;
    assert!(room.offers(agent).is_empty());
    room.pass_ms(50_000).await;
    room.open_console(agent).await;
    assert_eq!(room.offers(agent).len(), 1);
    room.remove().await;
}

#[tokio::test]
async fn voice_needs_a_phone() {
    let mut room = Room::with_agents(1).await;
    let queues = vec![room.calls];
    room.test
        .run(format!(
            "INSERT INTO queue_members (organization_id, queue_id, user_id) VALUES ({}, {}, 90)",
            room.here, room.calls
        ))
        .await;
    room.test.run("UPDATE site SET revision = revision + 1".to_owned()).await;
    room.reload().await;
    assert_eq!(room.act(UserId(90), Deed::LogIn { queues }).await, Err(FloorError::NoPhone));
    room.remove().await;
}

#[tokio::test]
async fn a_pause_needs_a_reason_of_the_queue_and_reaches_all_of_a_medium() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let scope = Scope::Medium(Medium::Voice);
    let odd = Deed::Pause { scope, reason: crate::model::PauseReasonId(999) };
    assert_eq!(room.act(agent, odd).await, Err(RoutingError::NoSuchReason.into()));
    room.pass_ms(5_000).await;
    room.act(agent, Deed::Pause { scope, reason: room.lunch }).await.unwrap();
    let presence = room.part(agent).presence;
    assert_eq!(presence.queues[0].state, StandingState::Paused);
    assert_eq!(presence.queues[0].since_ms, Some(room.at.wall_ms));
    assert_eq!(presence.queues[0].reason.as_ref().unwrap().title, "Lunch");
    assert_eq!(presence.queues[1].state, StandingState::Online);
    room.call().await;
    assert!(room.offers(agent).is_empty());
    room.act(agent, Deed::Ready { scope }).await.unwrap();
    assert_eq!(room.offers(agent).len(), 1);
    room.remove().await;
}

#[tokio::test]
async fn a_killed_browser_gives_back_in_order_after_the_grace() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    room.act(two, Deed::LogOut { of: two, queues: None }).await.unwrap();
    let first = room.chat().await;
    room.accept(one).await;
    room.pass_ms(1_000).await;
    let second = room.chat().await;
    room.accept(one).await;
    room.act(two, Deed::LogIn { queues: vec![room.chats] }).await.unwrap();
    room.close_console(one).await;
    assert_eq!(room.part(two).agents[0].presence, AgentPresence::Lost);
    room.pass_ms(59_999).await;
    assert!(room.offers(two).is_empty());
    room.pass_ms(1).await;
    let offered: Vec<_> = room.offers(two).into_iter().map(|(_, interaction)| interaction).collect();
    assert_eq!(offered, [first, second]);
    assert_eq!(states(&room, one), [StandingState::Offline; 2]);
    assert!(room.test.store.standings(room.here).await.unwrap().iter().all(|row| row.user == two));
    room.remove().await;
}

#[tokio::test]
async fn a_page_that_is_loaded_anew_changes_nothing() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let id = room.chat().await;
    room.accept(agent).await;
    room.close_console(agent).await;
    room.pass_ms(3_000).await;
    room.open_console(agent).await;
    room.pass_ms(120_000).await;
    assert_eq!(room.row(id).await.agent, Some(agent));
    assert_eq!(states(&room, agent), [StandingState::Online; 2]);
    room.remove().await;
}

#[tokio::test]
async fn sixteen_consoles_are_enough() {
    let mut room = Room::with_agents(1).await;
    let agent = room.agents[0];
    for _ in 0..16 {
        room.open_console(agent).await;
    }
    let at = room.at;
    let desk = room.floor.desks.get_mut(&room.here).unwrap();
    assert_eq!(desk.socket_opened(at, agent), Err(FloorError::TooManyConsoles));
    room.remove().await;
}

#[tokio::test]
async fn a_supervisor_sees_what_agents_work_on_and_ends_their_wrap_up() {
    let mut room = Room::attended_by(2).await;
    let (one, supervisor) = (room.agents[0], UserId(90));
    let (id, call) = room.call().await;
    room.accept(one).await;
    assert_eq!(room.part(supervisor).agents[0].interactions.len(), 1);
    assert!(room.part(room.agents[1]).agents[0].interactions.is_empty());
    room.hang_up(call).await;
    room.act(one, Deed::Close { interaction: id, disposition: None }).await.unwrap();
    assert!(room.part(one).presence.wrap_up_until_ms.is_some());
    let other = room.agents[1];
    assert_eq!(room.act(other, Deed::EndWrapUp { of: one }).await, Err(FloorError::NotYours));
    room.events().await;
    room.act(supervisor, Deed::EndWrapUp { of: one }).await.unwrap();
    assert!(room.part(one).presence.wrap_up_until_ms.is_none());
    let audiences: Vec<Audience> =
        room.events().await.into_iter().filter(|(_, e)| e["type"] == "agent").map(|(a, _)| a).collect();
    let supervise = Permission::Supervise;
    assert_eq!(audiences, [Audience::NotPermitted(supervise), Audience::Permitted(supervise)]);
    room.remove().await;
}

#[tokio::test]
async fn an_agent_who_is_switched_off_has_nothing_more() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    room.accept(one).await;
    room.test.run(format!("UPDATE users SET enabled = FALSE WHERE id = {one}")).await;
    room.reload().await;
    assert_eq!(room.accept(two).await, id);
    room.remove().await;
}

#[tokio::test]
async fn a_queue_that_is_switched_off_and_on_loses_nobody() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let id = room.chat().await;
    room.test.run(format!("UPDATE queues SET enabled = FALSE WHERE id = {}", room.chats)).await;
    room.reload().await;
    assert!(room.offers(agent).is_empty());
    room.test.run(format!("UPDATE queues SET enabled = TRUE WHERE id = {}", room.chats)).await;
    room.reload().await;
    room.act(agent, Deed::LogIn { queues: vec![room.chats] }).await.unwrap();
    assert_eq!(room.accept(agent).await, id);
    room.remove().await;
}
