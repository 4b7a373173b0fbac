//! Calls as Interactions: what signalling tells, and giving a caller to an agent.

use serde_json::json;

use super::batch::event;
use super::deeds::Asker;
use super::desk::{Desk, Item};
use super::error::FloorError;
use super::moment::Moment;
use super::order::{By, Connecting};
use super::outputs::turn;
use super::view::{CallState, CallView};
use super::voice::{Hangup, VoiceOrder, VoiceRefusal};
use crate::model::{
    CallId, EndedByWhom, InteractionEventKind, InteractionId, InteractionRow, InteractionState, Medium,
    UserId,
};
use crate::routing::distribution::{GaveBack, RoutingError};
use crate::store::InteractionChange;

/// What a running call does, once its Interaction is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum CallNews {
    Connected {
        recorded: bool,
    },
    Held,
    Resumed,
    /// The agent gave it away; to a colleague's Seat, or out of our sight.
    HandedOver {
        to: String,
        user: Option<UserId>,
    },
    SeatLost,
    Ended {
        by: Hangup,
        reason: &'static str,
    },
}

impl Desk {
    /// A call whose row has just been written.
    pub fn admit_call(&mut self, at: Moment, row: &InteractionRow, call: CallId, view: CallView) {
        self.admit(at, row.id, Item { call: Some((call, view)), ..Item::of(row) });
    }

    /// The Interaction has to be connected by signalling before anybody has it: the call, if it is one.
    pub fn call_to_connect(&self, interaction: InteractionId) -> Option<CallId> {
        let item = self.interactions.get(&interaction)?;
        let (call, view) = item.call.as_ref()?;
        (item.medium == Medium::Voice && view.state == CallState::Waiting).then_some(*call)
    }

    /// What an offer is for, if it is his.
    pub fn offered(&self, user: UserId, number: i64) -> Result<InteractionId, FloorError> {
        let over = FloorError::Routing(RoutingError::OfferOver);
        let id = self.own_offer(user, number)?;
        let offers = self.distribution.agent(user).map(|agent| &agent.offers);
        offers.and_then(|offers| offers.get(&id)).map(|(interaction, _)| *interaction).ok_or(over)
    }

    /// Whether signalling may be asked to connect it now: once at a time.
    pub fn begin_connecting(&mut self, interaction: InteractionId) -> Result<(), FloorError> {
        if self.connecting.insert(interaction) { Ok(()) } else { Err(FloorError::Connecting) }
    }

    /// Signalling has answered: the agent hears the caller, or nothing has changed.
    pub fn connected(
        &mut self,
        at: Moment,
        asker: Asker<'_>,
        connecting: &Connecting,
        answer: Result<(), VoiceRefusal>,
    ) -> Result<(), FloorError> {
        let Connecting { interaction, call, by, .. } = *connecting;
        self.connecting.remove(&interaction);
        if let Err(refusal) = answer {
            if let By::Offer(number) = by
                && let Ok(offer) = self.own_offer(asker.user, number)
            {
                let told = json!({ "why": refusal.to_string() });
                self.batch.note(interaction, event(InteractionEventKind::Refused, Some(asker.user), told));
                self.distribution.refuse(at.instant, offer)?;
            }
            return Err(refusal.into());
        }
        let taken = match by {
            By::Offer(number) => self
                .act(at, asker, super::order::Deed::Accept(number))
                .or_else(|_| self.take(at, asker, interaction)),
            By::Choice => self.take(at, asker, interaction),
        };
        let item = self.interactions.get_mut(&interaction);
        let queue = item.as_ref().and_then(|item| item.queue);
        match (&taken, item.and_then(|item| item.call.as_mut())) {
            (Ok(()), Some((_, view))) => {
                if view.state == CallState::Waiting {
                    turn(view, CallState::Talking, at);
                }
                self.answered(interaction);
            }
            // He was too late, and hears somebody who is not his.
            (Err(_), Some(_)) => self.batch.voice.push(VoiceOrder::BackToWaiting { call, queue }),
            (_, None) => {}
        }
        taken
    }

    fn answered(&mut self, interaction: InteractionId) {
        self.batch.touched.insert(interaction);
        self.batch.steps.push(crate::store::InteractionStep {
            interaction,
            change: InteractionChange::Answered,
            event: None,
        });
    }

    /// A running call has done something.
    pub fn call_news(&mut self, at: Moment, interaction: InteractionId, news: CallNews) {
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        let agent = item.agent;
        let Some((_, view)) = &mut item.call else { return };
        match news {
            CallNews::Connected { recorded } => {
                view.recorded = recorded;
                self.batch.touched.insert(interaction);
                if view.state == CallState::Waiting && item.state == InteractionState::Open {
                    turn(view, CallState::Talking, at);
                    self.answered(interaction);
                }
            }
            CallNews::Held => {
                turn(view, CallState::Held, at);
                self.batch.note(interaction, event(InteractionEventKind::Held, agent, json!({})));
            }
            CallNews::Resumed => {
                turn(view, CallState::Talking, at);
                self.batch.note(interaction, event(InteractionEventKind::Resumed, agent, json!({})));
            }
            CallNews::HandedOver { to, user } => self.handed_over(at, interaction, &to, user),
            CallNews::SeatLost => {
                turn(view, CallState::Waiting, at);
                self.batch.touched.insert(interaction);
                if let Some(agent) = agent {
                    // Nobody has it: then it waits already.
                    let _ = self.distribution.release(at.instant, interaction, agent, GaveBack::Lost);
                }
            }
            CallNews::Ended { by, reason } => {
                turn(view, CallState::Ended, at);
                self.batch.touched.insert(interaction);
                let by = match by {
                    Hangup::Agent => EndedByWhom::Agent,
                    Hangup::Customer => EndedByWhom::Customer,
                    Hangup::System => EndedByWhom::System,
                };
                self.ended(at, interaction, (by, reason));
            }
        }
    }

    /// The agent gave the call away by himself. A colleague's Seat has it: it is his Interaction now. Else it is over for us.
    fn handed_over(&mut self, at: Moment, interaction: InteractionId, to: &str, user: Option<UserId>) {
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        let from = item.agent;
        let colleague = user.filter(|user| self.distribution.agent(*user).is_some());
        let Some(colleague) = colleague else {
            if let Some((_, view)) = &mut item.call {
                turn(view, CallState::Ended, at);
            }
            let told =
                event(InteractionEventKind::Transferred, from, json!({ "from": from, "to_number": to }));
            self.batch.note(interaction, told);
            return self.ended(at, interaction, (EndedByWhom::Transfer, "handed over"));
        };
        self.lay_down(at, interaction);
        let Some(item) = self.interactions.get_mut(&interaction) else { return };
        item.agent = Some(colleague);
        item.state = InteractionState::Open;
        item.assigned_at_ms = Some(at.wall_ms);
        let arrival = item.arrival(interaction);
        // Closed for the one, who has his wrap-up, and restored for the other, whatever he has open: he hears the caller already.
        let _ = self.distribution.close(at.instant, interaction);
        if let Some(arrival) = arrival {
            let _ = self.distribution.restore(arrival, colleague);
        }
        let detail = json!({ "from": from, "to_user": colleague });
        let told = event(InteractionEventKind::Transferred, from, detail);
        self.batch.step(interaction, InteractionChange::Assigned { agent: colleague }, told);
        self.batch.agents.insert(colleague);
        self.batch.agents.extend(from);
    }
}
