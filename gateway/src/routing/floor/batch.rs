//! What one change brings about: first rows, then events, then orders to signalling.

use std::collections::BTreeSet;

use serde_json::Value;

use super::voice::VoiceOrder;
use crate::model::{InteractionEventKind, InteractionId, UserId};
use crate::routing::distribution::{Offer, Withdrawal};
use crate::store::{InteractionChange, InteractionStep, NewInteractionEvent, StandingChange};

/// News of an offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OfferNews {
    Made(Offer),
    Accepted(Offer),
    Over(Offer, Withdrawal),
}

/// See the module.
#[derive(Default, Debug)]
pub(super) struct Batch {
    pub steps: Vec<InteractionStep>,
    pub standings: Vec<StandingChange>,
    /// Interactions that look different now.
    pub touched: BTreeSet<InteractionId>,
    /// Agents who do.
    pub agents: BTreeSet<UserId>,
    pub offers: Vec<OfferNews>,
    pub voice: Vec<VoiceOrder>,
}

impl Batch {
    /// The row changes, and says why.
    pub fn step(
        &mut self,
        interaction: InteractionId,
        change: InteractionChange,
        event: NewInteractionEvent,
    ) {
        self.steps.push(InteractionStep { interaction, change, event: Some(event) });
        self.touched.insert(interaction);
    }

    /// The row stays as it is, and the event is kept with it.
    pub fn note(&mut self, interaction: InteractionId, event: NewInteractionEvent) {
        self.step(interaction, InteractionChange::Unchanged, event);
    }
}

/// An event with its detail.
pub(super) fn event(kind: InteractionEventKind, user: Option<UserId>, detail: Value) -> NewInteractionEvent {
    NewInteractionEvent { kind, user, detail }
}
