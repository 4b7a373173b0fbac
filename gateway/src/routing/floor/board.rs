//! Queues in numbers, told at most once a second.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::desk::Desk;
use super::moment::Moment;
use super::view::BoardView;
use crate::model::{Directory, InteractionState, Queue, QueueId};
use crate::store::{LocalDay, QueueTally};

/// The shortest time between two tellings.
const PERIOD: Duration = Duration::from_secs(1);

/// What was told, and when to look again.
#[derive(Default, Debug)]
pub(super) struct Boards {
    tallies: BTreeMap<QueueId, QueueTally>,
    day: Option<(Instant, LocalDay)>,
    told: BTreeMap<QueueId, BoardView>,
    told_at: Option<Instant>,
    due: Option<Instant>,
}

impl Boards {
    /// Begins a day with what has been done in it already.
    pub fn begin_day(&mut self, at: Moment, day: LocalDay, tallies: Vec<(QueueId, QueueTally)>) {
        self.day = Some((at.instant_of(day.ends_at_ms), day));
        self.tallies = tallies.into_iter().collect();
        self.look_again(at.instant);
    }

    /// Whether the day is over.
    pub fn day_is_over(&self, now: Instant) -> bool {
        self.day.is_some_and(|(ends, _)| ends <= now)
    }

    pub fn handled(&mut self, queue: QueueId, ms: i64) {
        let tally = self.tallies.entry(queue).or_default();
        tally.handled = tally.handled.saturating_add(1);
        tally.handled_ms = tally.handled_ms.saturating_add(ms.max(0));
    }

    /// A wrap-up has ended of one that was closed then; it belongs to that day.
    pub fn wrapped_up(&mut self, queue: QueueId, closed_at_ms: i64, ms: i64) {
        if self.day.is_some_and(|(_, day)| day.starts_at_ms <= closed_at_ms) {
            let tally = self.tallies.entry(queue).or_default();
            tally.handled_ms = tally.handled_ms.saturating_add(ms.max(0));
        }
    }

    pub fn abandoned(&mut self, queue: QueueId) {
        let tally = self.tallies.entry(queue).or_default();
        tally.abandoned = tally.abandoned.saturating_add(1);
    }

    /// Something has changed that a board may show.
    pub fn look_again(&mut self, now: Instant) {
        let due = self.told_at.map_or(now, |told| (told + PERIOD).max(now));
        self.due.get_or_insert(due);
    }

    /// When to look, or when the day ends.
    pub fn due(&self) -> Option<Instant> {
        [self.due, self.day.map(|(ends, _)| ends)].into_iter().flatten().min()
    }

    /// Of these, those that differ from what was told last; nothing, if it is not time yet.
    pub fn news(&mut self, now: Instant, boards: impl FnOnce(&Self) -> Vec<BoardView>) -> Vec<BoardView> {
        if self.due.is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.due = None;
        self.told_at = Some(now);
        let boards = boards(self);
        let news: Vec<BoardView> = boards
            .iter()
            .filter(|board| self.told.get(&QueueId(board.queue_id)) != Some(*board))
            .cloned()
            .collect();
        self.told = boards.into_iter().map(|board| (QueueId(board.queue_id), board)).collect();
        news
    }

    fn tally(&self, queue: QueueId) -> QueueTally {
        self.tallies.get(&queue).copied().unwrap_or_default()
    }
}

impl Desk {
    /// The board of one queue, now.
    pub fn board(&self, queue: &Queue) -> BoardView {
        board(self, &self.boards, queue)
    }

    /// The boards that have to be told now.
    pub fn board_news(&mut self, now: Instant, directory: &Directory) -> Vec<BoardView> {
        let mut boards = std::mem::take(&mut self.boards);
        let news = boards.news(now, |boards| {
            directory.queues(self.organization).map(|queue| board(self, boards, queue)).collect()
        });
        self.boards = boards;
        news
    }
}

fn board(desk: &Desk, boards: &Boards, queue: &Queue) -> BoardView {
    let waits =
        |item: &&super::desk::Item| item.state == InteractionState::Waiting && item.queue == Some(queue.id);
    let waiting = || desk.interactions.values().filter(waits);
    let connected = || desk.distribution.agents().filter(|agent| agent.queues.contains_key(&queue.id));
    let free = connected().filter(|agent| agent.is_free_for(queue.id, queue.medium)).count();
    let tally = boards.tally(queue.id);
    BoardView {
        queue_id: queue.id.0,
        title: queue.title.clone(),
        medium: queue.medium,
        waiting: count(waiting().count()),
        agents_connected: count(connected().count()),
        agents_free: count(free),
        longest_waiting_since_ms: waiting()
            .map(|item| item.waiting_since_ms.unwrap_or(item.started_at_ms))
            .min(),
        handled_today: tally.handled,
        abandoned_today: tally.abandoned,
        mean_handle_ms: (tally.handled > 0).then(|| tally.handled_ms / i64::from(tally.handled)),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
