//! How long Interactions were handled: all agents' parts together, and the same figure after a restart.

use std::time::Duration;

use super::room::Room;
use crate::model::{InteractionEventKind, InteractionId, Permission, QueueId, UserId};
use crate::routing::floor::order::{Deed, Target};
use crate::routing::floor::voice::VoiceEvent;

/// Who supervises, see [`Room::with_agents`].
const SUPERVISOR: UserId = UserId(90);

/// Handled, abandoned and the mean of one queue.
fn figures(room: &Room, queue: QueueId) -> (u32, u32, Option<i64>) {
    let boards = room.part(room.agents[0]).boards;
    let board = boards.into_iter().find(|board| board.queue_id == queue.0).unwrap();
    (board.handled_today, board.abandoned_today, board.mean_handle_ms)
}

/// The board says so, and says so again after a restart.
async fn assert_figures(room: &mut Room, queue: QueueId, expected: (u32, u32, Option<i64>)) {
    assert_eq!(figures(room, queue), expected);
    room.restart().await;
    assert_eq!(figures(room, queue), expected, "after a restart");
}

fn closed(interaction: InteractionId) -> Deed {
    Deed::Close { interaction, disposition: None }
}

#[tokio::test]
async fn what_a_rule_has_closed_at_its_arrival_was_neither_handled_nor_abandoned() {
    let mut room = Room::attended_by(1).await;
    room.chat_that_a_rule_closes().await;
    let queue = room.chats;
    assert_figures(&mut room, queue, (0, 0, None)).await;
    room.remove().await;
}

#[tokio::test]
async fn of_a_conversation_that_two_agents_had_both_parts_count_and_what_it_waited_does_not() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    room.accept(one).await;
    room.pass_ms(60_000).await;
    room.act(one, Deed::Transfer { interaction: id, to: Target::User(two) }).await.unwrap();
    room.pass_ms(5_000).await;
    room.accept(two).await;
    room.pass_ms(20_000).await;
    room.act(two, closed(id)).await.unwrap();
    let chats = room.chats;
    assert_figures(&mut room, chats, (1, 0, Some(80_000))).await;
    room.remove().await;
}

#[tokio::test]
async fn what_the_first_agent_did_counts_when_he_lays_it_down_and_the_node_stops_between() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    room.accept(one).await;
    room.pass_ms(30_000).await;
    room.act(one, Deed::Release(id)).await.unwrap();
    room.pass_ms(1_000).await;
    room.accept(two).await;
    room.pass_ms(10_000).await;
    room.restart().await;
    room.open_console(two).await;
    room.pass_ms(10_000).await;
    room.act(two, closed(id)).await.unwrap();
    let chats = room.chats;
    assert_figures(&mut room, chats, (1, 0, Some(50_000))).await;
    room.remove().await;
}

#[tokio::test]
async fn of_a_call_that_went_from_agent_to_agent_talk_and_the_wrap_ups_of_both_count() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let (id, call) = room.call().await;
    room.accept(one).await;
    room.pass_ms(40_000).await;
    let extension = room.floor.directory.agent(room.here, two).unwrap().extension;
    room.tell(VoiceEvent::HandedOver { call, to: "1002".to_owned(), extension }).await;
    assert_eq!(room.row(id).await.agent, Some(two));
    room.pass_ms(10_000).await;
    room.act(one, Deed::EndWrapUp { of: one }).await.unwrap();
    room.pass_ms(50_000).await;
    room.hang_up(call).await;
    // He writes down what it was about.
    room.pass_ms(5_000).await;
    room.act(two, closed(id)).await.unwrap();
    let calls = room.calls;
    assert_eq!(figures(&room, calls), (1, 0, Some(40_000 + 10_000 + 65_000)));
    room.pass_ms(30_000).await;
    assert_figures(&mut room, calls, (1, 0, Some(40_000 + 10_000 + 65_000 + 30_000))).await;
    room.remove().await;
}

#[tokio::test]
async fn a_wrap_up_that_the_first_agent_has_longer_than_the_second_his_call_counts_still() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let (id, call) = room.call().await;
    room.accept(one).await;
    room.pass_ms(40_000).await;
    let extension = room.floor.directory.agent(room.here, two).unwrap().extension;
    room.tell(VoiceEvent::HandedOver { call, to: "1002".to_owned(), extension }).await;
    room.pass_ms(20_000).await;
    room.hang_up(call).await;
    room.act(two, closed(id)).await.unwrap();
    room.act(two, Deed::EndWrapUp { of: two }).await.unwrap();
    let calls = room.calls;
    assert_eq!(figures(&room, calls), (1, 0, Some(60_000)));
    room.pass_ms(10_000).await;
    assert_figures(&mut room, calls, (1, 0, Some(40_000 + 30_000 + 20_000))).await;
    room.remove().await;
}

#[tokio::test]
async fn a_call_that_died_with_the_node_was_handled_to_then() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let (_, call) = room.call().await;
    room.accept(agent).await;
    room.pass_ms(40_000).await;
    room.hang_up(call).await;
    room.pass_ms(20_000).await;
    room.restart().await;
    let calls = room.calls;
    assert_figures(&mut room, calls, (1, 0, Some(60_000))).await;
    room.remove().await;
}

#[tokio::test]
async fn while_the_node_was_down_nobody_handled_the_calls_that_died_with_it() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    let (_, call) = room.call().await;
    room.accept(agent).await;
    room.pass_ms(40_000).await;
    let (here, now) = (room.here, room.at.wall_ms);
    room.test.run(format!("INSERT INTO nodes (name, alive_at_ms) VALUES ('one', {now})")).await;
    room.test
        .run(format!(
            "INSERT INTO calls (id, organization_id, node, direction, caller, callee, started_at_ms, end_reason) \
             VALUES ('{call}', {here}, 'one', 'inbound', '', '', 0, '')"
        ))
        .await;
    room.at.instant += Duration::from_secs(3_600);
    room.at.wall_ms += 3_600_000;
    room.restart().await;
    let calls = room.calls;
    assert_figures(&mut room, calls, (1, 0, Some(40_000))).await;
    room.remove().await;
}

#[tokio::test]
async fn what_waits_for_one_agent_alone_and_is_closed_by_a_supervisor_was_abandoned() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let may = room.floor.directory.agent(room.here, SUPERVISOR).unwrap().may(Permission::Supervise);
    assert!(may);
    let id = room.chat().await;
    room.accept(one).await;
    room.pass_ms(60_000).await;
    room.act(one, Deed::Transfer { interaction: id, to: Target::User(two) }).await.unwrap();
    room.act(SUPERVISOR, closed(id)).await.unwrap();
    assert_eq!(room.row(id).await.agent, None);
    let chats = room.chats;
    assert_figures(&mut room, chats, (0, 1, None)).await;
    room.remove().await;
}

#[tokio::test]
async fn a_wrap_up_after_midnight_is_none_of_the_new_day() {
    let mut room = Room::attended_by(1).await;
    let agent = room.agents[0];
    room.pass_ms(12 * 3_600_000 - 20_000).await;
    let (id, call) = room.call().await;
    room.accept(agent).await;
    room.pass_ms(10_000).await;
    room.hang_up(call).await;
    room.act(agent, closed(id)).await.unwrap();
    room.pass_ms(30_000).await;
    room.act(agent, Deed::EndWrapUp { of: agent }).await.unwrap();
    let (id, call) = room.call().await;
    room.accept(agent).await;
    room.pass_ms(10_000).await;
    room.hang_up(call).await;
    room.act(agent, closed(id)).await.unwrap();
    let calls = room.calls;
    assert_figures(&mut room, calls, (1, 0, Some(10_000))).await;
    room.remove().await;
}

#[tokio::test]
async fn what_the_one_it_was_given_to_does_not_take_waits_in_its_queue_and_what_it_waits_is_kept() {
    let mut room = Room::attended_by(2).await;
    let (one, two) = (room.agents[0], room.agents[1]);
    let id = room.chat().await;
    room.pass_ms(5_000).await;
    room.accept(one).await;
    room.pass_ms(60_000).await;
    room.close_console(two).await;
    room.act(one, Deed::Transfer { interaction: id, to: Target::User(two) }).await.unwrap();
    let board =
        |room: &Room| room.part(one).boards.into_iter().find(|board| board.queue_id == room.chats.0).unwrap();
    let since = Some(room.at.wall_ms);
    assert_eq!((board(&room).waiting, board(&room).longest_waiting_since_ms), (1, since));
    room.pass_ms(59_999).await;
    assert_eq!((room.row(id).await.agent, room.offers(one)), (Some(two), vec![]));
    // Over a restart it waits for him anew, and knows its queue still.
    room.restart().await;
    room.open_console(one).await;
    assert_eq!((board(&room).waiting, board(&room).longest_waiting_since_ms), (1, since));
    room.pass_ms(60_000).await;
    assert_eq!(room.row(id).await.agent, None);
    assert!(room.kinds(id).await.contains(&InteractionEventKind::GivenBack));
    assert_eq!(room.accept(one).await, id);
    let row = room.row(id).await;
    assert_eq!((row.waited_ms, row.waiting_since_ms), (5_000 + 59_999 + 60_000, None));
    room.remove().await;
}
