//! A node that starts finds the floor as its rows say.

use std::collections::BTreeMap;

use serde_json::json;

use super::batch::event;
use super::desk::{Desk, Item};
use super::moment::Moment;
use super::task::Settings;
use crate::model::{
    Directory, EndedByWhom, InteractionEventKind, InteractionId, InteractionRow, InteractionState, Medium,
    UserId,
};
use crate::routing::distribution::Scope;
use crate::store::{InteractionChange, InteractionStep, LocalDay, QueueTally, StandingRow};

/// What the database has of one Organization's floor.
#[derive(Debug)]
pub(super) struct Stored {
    pub standings: Vec<StandingRow>,
    pub interactions: Vec<InteractionRow>,
    /// When the calls of those that are not closed ended, so far as they have a record of it.
    pub ends_of_calls: BTreeMap<InteractionId, i64>,
    pub day: LocalDay,
    pub tallies: Vec<(crate::model::QueueId, QueueTally)>,
}

impl Desk {
    /// Agents stand where they stood and have what they had, for as long as somebody who is lost keeps it. Calls have died with the process.
    pub fn load(&mut self, at: Moment, directory: &Directory, stored: Stored, settings: Settings) {
        self.boards.begin_day(at, stored.day, stored.tallies);
        self.take_over(at, directory, settings.agent_grace);
        self.stand_again(at, &stored.standings);
        for row in stored.interactions {
            match row.medium {
                Medium::Voice => self.bury(at, &row, &stored.ends_of_calls),
                Medium::Chat => self.admit_again(at, &row, settings),
            }
        }
    }

    fn stand_again(&mut self, at: Moment, standings: &[StandingRow]) {
        self.standings =
            standings.iter().map(|row| ((row.user, row.queue), *row)).collect::<BTreeMap<_, _>>();
        for row in standings {
            self.batch.agents.insert(row.user);
            if self.distribution.log_in(at.instant, row.user, row.queue).is_err() {
                continue;
            }
            let Some(reason) = row.paused else { continue };
            if self.distribution.pause(at.instant, row.user, Scope::Queue(row.queue), reason).is_err() {
                // The reason is gone. Nobody is made ready who has not said so.
                let _ = self.distribution.log_out(at.instant, row.user, row.queue);
            }
        }
    }

    fn admit_again(&mut self, at: Moment, row: &InteractionRow, settings: Settings) {
        let mut item = Item::of(row);
        if item.state == InteractionState::Open && !self.knows(item.agent) {
            let ms = item.part_ms(at.wall_ms).unwrap_or_default();
            item.wait(at.wall_ms, None);
            item.handled_ms = item.handled_ms.saturating_add(ms);
            self.keep_handled(row.id, ms);
            let change = InteractionChange::Waiting { queue: item.queue, agent: None };
            let told = event(InteractionEventKind::GivenBack, row.agent, json!({ "why": "agent_gone" }));
            self.batch.step(row.id, change, told);
        }
        self.admit(at, row.id, item);
        self.await_visitor(at, row.id, settings.visitor_grace_ms);
    }

    fn knows(&self, agent: Option<UserId>) -> bool {
        agent.is_some_and(|agent| self.distribution.agent(agent).is_some())
    }

    fn bury(&mut self, at: Moment, row: &InteractionRow, ends: &BTreeMap<InteractionId, i64>) {
        // Nobody had it any more once the call was dead.
        let died_at_ms = ends.get(&row.id).copied().unwrap_or(at.wall_ms).min(at.wall_ms);
        let part_ms = Item::of(row).part_ms(died_at_ms);
        if let Some(ms) = part_ms {
            self.keep_handled(row.id, ms);
        }
        let handled_ms = row.handled_ms.saturating_add(part_ms.unwrap_or_default());
        let change = match (row.state, row.queue) {
            (InteractionState::Waiting, queue) => {
                queue.into_iter().for_each(|queue| self.boards.abandoned(queue));
                InteractionChange::Abandoned { by: EndedByWhom::System }
            }
            (InteractionState::Open | InteractionState::Closed, queue) => {
                queue.into_iter().for_each(|queue| self.boards.handled(queue, handled_ms));
                InteractionChange::Closed { disposition: None, by: EndedByWhom::System }
            }
        };
        let told = event(InteractionEventKind::Closed, None, json!({ "why": "the node stopped" }));
        self.batch.steps.push(InteractionStep { interaction: row.id, change, event: Some(told) });
    }
}
