//! What the distribution has decided becomes rows, with the reasons, and news.

use serde_json::{Value, json};

use super::batch::{OfferNews, event};
use super::desk::Desk;
use super::moment::Moment;
use super::view::{CallState, CallView};
use super::voice::VoiceOrder;
use crate::model::{InteractionEventKind, InteractionId, InteractionState, QueueId, UserId};
use crate::routing::distribution::{
    Decision, Destination, GaveBack, NotOffered, Offer, Output, Standing, Withdrawal,
};
use crate::store::{InteractionChange, StandingChange, StandingRow};

impl Desk {
    /// Takes everything that the distribution has decided since the last time.
    pub fn settle(&mut self, at: Moment) {
        while let Some(output) = self.distribution.poll_output() {
            match output {
                Output::Offered(offer) => {
                    self.batch.touched.insert(offer.interaction);
                    self.batch.offers.push(OfferNews::Made(offer));
                }
                Output::Withdrawn { offer, why } => self.withdrawn(offer, why),
                Output::Assigned { interaction, agent } => self.assigned(at, interaction, agent),
                Output::GivenBack { interaction, agent, why } => self.given_back(at, interaction, agent, why),
                Output::SentHome { interaction, agent, queue } => self.sent_home(interaction, agent, queue),
                Output::Decided(decision) => self.decided(at, decision),
                Output::WrappedUp { interaction, lasted } => {
                    self.wrapped_up(interaction, millis(lasted.as_millis()));
                }
                Output::AgentChanged(agent) => {
                    self.batch.agents.insert(agent);
                }
            }
        }
        self.keep_standings(at);
        self.boards.look_again(at.instant);
    }

    fn withdrawn(&mut self, offer: Offer, why: Withdrawal) {
        let (kind, detail) = match why {
            Withdrawal::Gone => (InteractionEventKind::Withdrawn, json!({ "why": "gone" })),
            Withdrawal::AgentLeft => (InteractionEventKind::Withdrawn, json!({ "why": "agent_left" })),
            Withdrawal::InCall => (InteractionEventKind::Withdrawn, json!({ "why": "in_call" })),
            Withdrawal::Refused => (InteractionEventKind::Refused, json!({})),
            Withdrawal::TimedOut => (InteractionEventKind::TimedOut, json!({})),
        };
        if self.interactions.contains_key(&offer.interaction) {
            self.batch.note(offer.interaction, event(kind, Some(offer.agent), detail));
        }
        self.batch.offers.push(OfferNews::Over(offer, why));
    }

    fn assigned(&mut self, at: Moment, interaction: InteractionId, agent: UserId) {
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        item.state = InteractionState::Open;
        item.agent = Some(agent);
        item.assigned_at_ms = Some(at.wall_ms);
        let told = event(InteractionEventKind::Assigned, Some(agent), json!({}));
        self.batch.step(interaction, InteractionChange::Assigned { agent }, told);
    }

    fn given_back(&mut self, at: Moment, interaction: InteractionId, agent: UserId, why: GaveBack) {
        let to = self.distribution.interaction(interaction).map(|routed| routed.arrival.to);
        let waits_for = match to {
            Some(Destination::Agent(only)) => Some(only),
            Some(Destination::Queue(_)) | None => None,
        };
        let why = match why {
            GaveBack::Lost => "lost",
            GaveBack::LoggedOut => "logged_out",
            GaveBack::Released => "released",
        };
        self.lay_down(at, interaction);
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        item.wait(at.wall_ms, waits_for);
        let queue = item.queue;
        let told = event(InteractionEventKind::GivenBack, Some(agent), json!({ "why": why }));
        self.batch.step(interaction, InteractionChange::Waiting { queue, agent: waits_for }, told);
        self.back_to_music(at, interaction);
    }

    /// It was meant for one agent alone, who has not taken it.
    fn sent_home(&mut self, interaction: InteractionId, agent: UserId, queue: QueueId) {
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        item.agent = None;
        let told = event(InteractionEventKind::GivenBack, Some(agent), json!({ "why": "not_taken" }));
        let change = InteractionChange::Waiting { queue: Some(queue), agent: None };
        self.batch.step(interaction, change, told);
    }

    /// The customer of a call that nobody has any more hears music again.
    pub fn back_to_music(&mut self, at: Moment, interaction: InteractionId) {
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        let queue = item.queue;
        let Some((call, view)) = &mut item.call else { return };
        match view.state {
            CallState::Talking | CallState::Held => {
                turn(view, CallState::Waiting, at);
                self.batch.voice.push(VoiceOrder::BackToWaiting { call: *call, queue });
            }
            CallState::Waiting | CallState::Ended => {}
        }
    }

    fn decided(&mut self, at: Moment, decision: Decision) {
        let others: Vec<Value> = decision
            .others
            .iter()
            .map(|(user, why)| {
                let (code, figures) = reason(at, *why);
                json!({ "user": user, "code": code, "figures": figures })
            })
            .collect();
        let detail = json!({
            "queue": decision.queue,
            "open": decision.open,
            "idle_ms": millis(decision.idle.as_millis()),
            "others": others,
        });
        let told = event(InteractionEventKind::Offered, Some(decision.agent), detail);
        self.batch.note(decision.interaction, told);
    }

    /// Makes the rows of standings say what the distribution says.
    fn keep_standings(&mut self, at: Moment) {
        for &user in &self.batch.agents {
            let now = self.distribution.agent(user).map(|agent| agent.queues.clone()).unwrap_or_default();
            let before: Vec<_> = self
                .standings
                .range((user, QueueId(i64::MIN))..)
                .take_while(|((of, _), _)| *of == user)
                .map(|((_, queue), _)| *queue)
                .collect();
            for queue in before.into_iter().filter(|queue| !now.contains_key(queue)) {
                self.standings.remove(&(user, queue));
                self.batch.standings.push(StandingChange::Gone {
                    organization: self.organization,
                    user,
                    queue,
                });
            }
            for (queue, standing) in now {
                let paused = match standing {
                    Standing::Ready => None,
                    Standing::Paused { reason } => Some(reason),
                };
                if self.standings.get(&(user, queue)).is_some_and(|row| row.paused == paused) {
                    continue;
                }
                let row = StandingRow {
                    organization: self.organization,
                    user,
                    queue,
                    paused,
                    since_ms: at.wall_ms,
                };
                self.standings.insert((user, queue), row);
                self.batch.standings.push(StandingChange::Set(row));
            }
        }
    }
}

/// A call goes over into another state.
pub(super) fn turn(call: &mut CallView, state: CallState, at: Moment) {
    call.state = state;
    call.since_ms = at.wall_ms;
}

/// Why somebody is not offered something: one word, and its figures.
pub(super) fn reason(at: Moment, why: NotOffered) -> (&'static str, Value) {
    match why {
        NotOffered::AtCapacity { open, of } => ("at_capacity", json!({ "open": open, "of": of })),
        NotOffered::Declined { until } => ("declined", json!({ "until_ms": at.wall_of(until) })),
        NotOffered::IdleForLess { idle } => ("idle_for_less", json!({ "idle_ms": millis(idle.as_millis()) })),
        NotOffered::InCall => ("in_call", json!({})),
        NotOffered::Lost => ("lost", json!({})),
        NotOffered::MoreOpen { open } => ("more_open", json!({ "open": open })),
        NotOffered::NotLoggedIn => ("not_logged_in", json!({})),
        NotOffered::NotFree { open } => ("not_free", json!({ "open": open })),
        NotOffered::Paused { reason } => ("paused", json!({ "reason_id": reason })),
        NotOffered::WrapUp { until } => ("wrap_up", json!({ "until_ms": at.wall_of(until) })),
        NotOffered::WithoutCapacity => ("without_capacity", json!({})),
    }
}

fn millis(ms: u128) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
